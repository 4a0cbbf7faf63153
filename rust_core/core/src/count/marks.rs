//! A pass over a body that knows quotes, brackets and commas, by blocks where it may and by bytes where it must.

use memchr::memchr_iter;

use super::blank_until;
use super::block::{BLOCK, look};

/// Where the search for the end of an element stopped.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum End {
    /// Behind a comma.
    Comma,
    /// Behind the closer of the surrounding array or object.
    Closed,
    /// At the end of the body.
    Body,
}

/// A pass over quotes, brackets and commas.
pub(super) struct Marks<'a> {
    pub(super) body: &'a [u8],
    /// Where the pass stands.
    pub(super) at: usize,
    /// Open brackets of the element at hand.
    open: Vec<u8>,
    squares: usize,
    /// Whether blocks may be looked at; a test compares with the bytes alone.
    skims: bool,
}

impl<'a> Marks<'a> {
    pub(super) fn new(body: &'a [u8], skims: bool) -> Marks<'a> {
        Marks { body, at: blank_until(body, 0), open: Vec::new(), squares: 0, skims }
    }

    /// Count the elements of the array whose bracket has just been passed, and pass the array.
    pub(super) fn elements(&mut self) -> u64 {
        let filled = blank_until(self.body, self.at);
        if self.body.get(filled) == Some(&b']') {
            self.at = filled + 1;
            return 0;
        }
        let mut elements = 1;
        self.begin();
        loop {
            let (commas, end) = self.skim(b']');
            elements += commas;
            if end == Some(End::Closed) || self.next_end(b']') != End::Comma {
                return elements;
            }
            elements += 1;
        }
    }

    /// No bracket is open.
    pub(super) fn begin(&mut self) {
        self.open.clear();
        self.squares = 0;
    }

    /// Pass whole blocks of elements, as long as no string needs a closer look. The commas outside of brackets, and the
    /// end if it was met.
    fn skim(&mut self, closer: u8) -> (u64, Option<End>) {
        let (mut commas, mut carry, mut quote) = (0, 0, self.at);
        let mut at = self.at;
        while let Some(bytes) = self.body.get(at..).and_then(|rest| rest.first_chunk::<BLOCK>()) {
            let block = look(bytes);
            if block.odd != 0 || !self.skims {
                break;
            }
            let strings = block.strings(carry);
            let mut outside = block.commas & !strings;
            let mut brackets = block.brackets & !strings;
            while brackets != 0 {
                let place = brackets.trailing_zeros();
                if self.open.is_empty() {
                    commas += u64::from((outside & ((1 << place) - 1)).count_ones());
                }
                // What stands before this bracket has been seen.
                outside &= u64::MAX << place;
                brackets &= brackets - 1;
                if self.bracket(bytes[place as usize], closer) {
                    self.at = at + place as usize + 1;
                    return (commas, Some(End::Closed));
                }
            }
            if self.open.is_empty() {
                commas += u64::from(outside.count_ones());
            }
            if block.quotes != 0 {
                quote = at + (BLOCK - 1 - block.quotes.leading_zeros() as usize);
            }
            carry = ((strings as i64) >> (BLOCK - 1)) as u64;
            at += BLOCK;
        }
        // A string that is still open is read again from its quote.
        self.at = if carry == 0 { at } else { quote };
        (commas, None)
    }

    /// Open or close a bracket. Whether it is the closer of the surrounding array or object.
    #[inline(always)]
    fn bracket(&mut self, bracket: u8, closer: u8) -> bool {
        if matches!(bracket, b'[' | b'{') {
            self.open.push(bracket);
            self.squares += usize::from(bracket == b'[');
            return false;
        }
        !self.matched(bracket) && bracket == closer
    }

    /// If `"events": [` stands here, pass it.
    pub(super) fn enter_events(&mut self) -> bool {
        let quote = blank_until(self.body, self.at);
        if self.body.get(quote) != Some(&b'"') {
            return false;
        }
        let behind_key = self.behind_string(quote);
        let key = &self.body[quote + 1..behind_key];
        let colon = blank_until(self.body, behind_key);
        let square = blank_until(self.body, colon.saturating_add(1));
        let found = key.strip_suffix(b"\"").is_some_and(spells_events)
            && self.body.get(colon) == Some(&b':')
            && self.body.get(square) == Some(&b'[');
        if found {
            self.at = square + 1;
        }
        found
    }

    /// Pass everything up to and including the next comma or `closer` outside of brackets.
    pub(super) fn next_end(&mut self, closer: u8) -> End {
        while let Some(byte) = self.body.get(self.at) {
            if *byte == b'"' {
                self.at = self.behind_string(self.at);
                continue;
            }
            self.at += 1;
            match byte {
                b',' if self.open.is_empty() => return End::Comma,
                b'[' | b'{' | b']' | b'}' if self.bracket(*byte, closer) => return End::Closed,
                _ => {}
            }
        }
        End::Body
    }

    /// Whether a closer has an opener; everything from the nearest one on is closed then.
    fn matched(&mut self, closer: u8) -> bool {
        let opener = if closer == b']' { b'[' } else { b'{' };
        let openers = if closer == b']' { self.squares } else { self.open.len() - self.squares };
        if openers == 0 {
            return false;
        }
        let nearest = self.open.iter().rposition(|open| *open == opener).unwrap_or(0);
        self.squares -= memchr_iter(b'[', &self.open[nearest..]).count();
        self.open.truncate(nearest);
        true
    }

    /// The byte behind the string that opens at `quote`; a raw line feed ends it too and stays.
    fn behind_string(&self, quote: usize) -> usize {
        let mut at = quote + 1;
        while let Some(offset) = memchr::memchr3(b'"', b'\\', b'\n', self.body.get(at..).unwrap_or_default()) {
            at += offset;
            match self.body[at] {
                b'"' => return at + 1,
                b'\n' => return at,
                _ => at += if self.body.get(at + 1) == Some(&b'\n') { 1 } else { 2 },
            }
        }
        self.body.len()
    }
}

/// Whether a key reads `events`, be it with escapes.
fn spells_events(key: &[u8]) -> bool {
    key == b"events" || (key.len() <= 36 && key.contains(&b'\\') && escaped_is_events(key))
}

fn escaped_is_events(key: &[u8]) -> bool {
    let mut quoted = Vec::with_capacity(key.len() + 2);
    quoted.push(b'"');
    quoted.extend_from_slice(key);
    quoted.push(b'"');
    serde_json::from_slice::<String>(&quoted).is_ok_and(|text| text == "events")
}
