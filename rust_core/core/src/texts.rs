//! The texts of a row, kept in the arena as a COPY row has them: encoding the events is then one copy a row.
//!
//! ```text
//! arena │ length, source │ length, event_id │ … │ length, error_type │ length, 1, tags as JSON │ next row …
//!         u32, big endian; all ones: absent, and no bytes follow
//! ```

use crate::batch::{Batch, Row, Span, TEXT_FIELDS};
use crate::block::{BLOCK, copy_short};
use crate::limits::{ID_BYTES_MAX, TEXT_BYTES_MAX};

/// Length of an absent field.
const ABSENT: [u8; 4] = Span::ABSENT.to_be_bytes();
/// The version byte in front of a binary jsonb.
pub(crate) const JSONB_VERSION: u8 = 1;

/// Where the texts of a row lie in [`Batch::arena`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Texts {
    at: u32,
    len: u32,
}

impl Texts {
    /// Put the fields and the tags (a JSON object text) of a row at the end of the arena.
    pub fn put(arena: &mut Vec<u8>, fields: [Option<&[u8]>; TEXT_FIELDS], tags: Option<&[u8]>) -> Texts {
        let at = arena.len();
        for field in fields {
            match field {
                Some(text) => {
                    arena.extend_from_slice(&(text.len() as u32).to_be_bytes());
                    arena.extend_from_slice(text);
                }
                None => arena.extend_from_slice(&ABSENT),
            }
        }
        put_tags(arena, tags.map(|tags| |out: &mut Vec<u8>| out.extend_from_slice(tags)));
        Texts::from(at, arena)
    }

    /// What stands in the arena from `at` on.
    fn from(at: usize, arena: &[u8]) -> Texts {
        Texts { at: at as u32, len: (arena.len() - at) as u32 }
    }

    /// Bytes in the arena.
    pub(crate) fn len(self) -> usize {
        self.len as usize
    }

    /// All of them as they stand in the arena, and in a COPY row.
    #[inline(always)]
    pub(crate) fn of(self, arena: &[u8]) -> &[u8] {
        &arena[self.at as usize..][..self.len as usize]
    }

    /// Move to another arena.
    pub(crate) fn copy(self, from: &[u8], to: &mut Vec<u8>) -> Texts {
        let at = to.len();
        to.extend_from_slice(self.of(from));
        Texts::from(at, to)
    }
}

impl Batch {
    /// A text of a row by its place in [`crate::batch::TEXT_COLUMNS`]; `None` when it is absent.
    pub fn text(&self, row: &Row, place: usize) -> Option<&[u8]> {
        self.fields(row).nth(place).flatten()
    }

    /// The undeclared tags of a row as a JSON object text.
    pub fn tags(&self, row: &Row) -> Option<&[u8]> {
        self.fields(row).nth(TEXT_FIELDS).flatten().and_then(|jsonb| jsonb.split_first()).map(|(_, json)| json)
    }

    /// The texts, then the tags with their version.
    fn fields(&self, row: &Row) -> impl Iterator<Item = Option<&[u8]>> {
        let mut rest = row.texts.of(&self.arena);
        std::iter::from_fn(move || {
            let (len, behind) = rest.split_first_chunk()?;
            rest = behind;
            if *len == ABSENT {
                return Some(None);
            }
            let text = rest.split_off(..u32::from_be_bytes(*len) as usize)?;
            Some(Some(text))
        })
    }
}

fn put_tags(arena: &mut Vec<u8>, write: Option<impl FnOnce(&mut Vec<u8>)>) {
    let at = arena.len();
    arena.extend_from_slice(&ABSENT);
    if let Some(write) = write {
        arena.push(JSONB_VERSION);
        write(arena);
        let length = (arena.len() - at - ABSENT.len()) as u32;
        arena[at..][..4].copy_from_slice(&length.to_be_bytes());
    }
}

/// Room for the longest texts of a row: each has its length, its bytes and the rest of a block.
const DESK_BYTES: usize = TEXT_FIELDS * 4 + ID_BYTES_MAX + (TEXT_FIELDS - 1) * TEXT_BYTES_MAX + BLOCK;

/// The texts of one row in the making, kept from row to row.
#[derive(Debug)]
pub(crate) struct TextDesk {
    space: Box<[u8; DESK_BYTES]>,
    len: usize,
}

impl Default for TextDesk {
    fn default() -> TextDesk {
        TextDesk { space: Box::new([0; DESK_BYTES]), len: 0 }
    }
}

impl TextDesk {
    /// Forget the last row.
    pub(crate) fn clear(&mut self) {
        self.len = 0;
    }

    /// Add the next text: the first `len` bytes of `readable`, or nothing when `len` is [`Span::ABSENT`].
    #[inline(always)]
    pub(crate) fn text(&mut self, readable: &[u8], len: u32) {
        let Some((head, room)) = self.space.get_mut(self.len..).and_then(|room| room.split_first_chunk_mut()) else {
            return;
        };
        // An absent length is all ones.
        *head = len.to_be_bytes();
        let length = if len == Span::ABSENT { 0 } else { len as usize };
        copy_short(readable, length, room);
        self.len += head.len() + length;
    }

    /// Put the row at the end of the arena; `tags` writes its tags as a JSON object text.
    #[inline(always)]
    pub(crate) fn put(&self, arena: &mut Vec<u8>, tags: Option<impl FnOnce(&mut Vec<u8>)>) -> Texts {
        let at = arena.len();
        arena.extend_from_slice(&self.space[..self.len]);
        put_tags(arena, tags);
        Texts::from(at, arena)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_desk_puts_what_single_texts_put() {
        let readable: Vec<u8> = (0..=255).collect();
        let lens = [0, 1, Span::ABSENT, 31, 32, 33, 255, 256, Span::ABSENT, 7];
        let mut desk = TextDesk::default();
        lens.iter().for_each(|len| desk.text(&readable, *len));
        for tags in [None, Some(&b"{\"a\":\"b\"}"[..])] {
            let (mut arena, mut plain) = (vec![1, 2], vec![1, 2]);
            let texts = desk.put(&mut arena, tags.map(|tags| |out: &mut Vec<u8>| out.extend_from_slice(tags)));
            let fields = lens.map(|len| (len != Span::ABSENT).then(|| &readable[..len as usize]));
            assert_eq!((texts, &arena), (Texts::put(&mut plain, fields, tags), &plain));
        }
    }
}
