//! What the edge decided of the events of one message, as text that travels with the message.
//!
//! ```text
//! 3:missing_id,17:too_old      ordinal in the message : reject code, ascending; empty: all were accepted
//! ```
//! Who decodes the message later obeys: its clock is another one, and what was accepted must stay accepted.

use std::fmt::Write;

use crate::reject::Code;

use super::raw::Fault;

/// Longest name of a code that is read.
const NAME_BYTES_MAX: usize = 64;

/// The refused events of a message, ascending; all others were accepted.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Verdicts {
    refused: Vec<Refusal>,
}

/// One event that the edge refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Refusal {
    ordinal: u64,
    pub(super) code: Code,
    /// The name of a code that this version does not know, else empty.
    pub(super) detail: Box<str>,
}

impl Refusal {
    /// The fault as far as the edge told it.
    pub(super) fn fault(&self) -> Fault {
        Fault::whole(self.code)
    }
}

/// Verdicts that cannot be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("verdicts must read 'ordinal:code,…' with ascending ordinals; entry {entry} does not")]
pub struct VerdictError {
    /// Index of the entry.
    pub entry: usize,
}

impl Verdicts {
    /// Read the text. A code of a later version is kept by its name.
    pub fn parse(text: &[u8]) -> Result<Verdicts, VerdictError> {
        if text.is_empty() {
            return Ok(Verdicts::default());
        }
        let mut refused: Vec<Refusal> = Vec::new();
        for (entry, part) in text.split(|byte| *byte == b',').enumerate() {
            let refusal = parse_entry(part).ok_or(VerdictError { entry })?;
            if refused.last().is_some_and(|last| last.ordinal >= refusal.ordinal) {
                return Err(VerdictError { entry });
            }
            refused.push(refusal);
        }
        Ok(Verdicts { refused })
    }
}

fn parse_entry(part: &[u8]) -> Option<Refusal> {
    let (ordinal, name) = std::str::from_utf8(part).ok()?.split_once(':')?;
    let is_name = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_';
    let is_digits = !ordinal.is_empty() && ordinal.bytes().all(|byte| byte.is_ascii_digit());
    if !is_digits || name.is_empty() || name.len() > NAME_BYTES_MAX || !name.bytes().all(is_name) {
        return None;
    }
    let ordinal = ordinal.parse().ok()?;
    Some(match Code::from_name(name) {
        Some(code) => Refusal { ordinal, code, detail: "".into() },
        None => Refusal { ordinal, code: Code::RefusedAtEdge, detail: format!("refused at the edge: {name}").into() },
    })
}

/// Append one refusal to the text.
pub(super) fn write_refusal(text: &mut String, ordinal: u64, code: Code) {
    let comma = if text.is_empty() { "" } else { "," };
    // Writing to a string cannot fail.
    let _ = write!(text, "{comma}{ordinal}:{}", code.as_str());
}

/// The verdicts of one message, read along with its events.
#[derive(Clone, Copy)]
pub(super) struct Obeyed<'v> {
    left: &'v [Refusal],
}

impl<'v> Obeyed<'v> {
    pub(super) fn new(verdicts: Option<&'v Verdicts>) -> Obeyed<'v> {
        Obeyed { left: verdicts.map_or(&[], |verdicts| &verdicts.refused) }
    }

    /// The refusal of this event; to be asked for each ordinal, ascending.
    #[inline(always)]
    pub(super) fn of(&mut self, ordinal: u64) -> Option<&'v Refusal> {
        let (first, rest) = self.left.split_first()?;
        if first.ordinal != ordinal {
            return None;
        }
        self.left = rest;
        Some(first)
    }

    /// Refusals of events that the message does not have.
    pub(super) fn left(&self) -> u64 {
        self.left.len() as u64
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_can_be_read() {
        let mut text = String::new();
        write_refusal(&mut text, 3, Code::MissingId);
        write_refusal(&mut text, 17, Code::TooOld);
        assert_eq!(text, "3:missing_id,17:too_old");
        let verdicts = Verdicts::parse(text.as_bytes()).unwrap_or_default();
        let mut obeyed = Obeyed::new(Some(&verdicts));
        let found: Vec<_> = (0..20).filter_map(|at| obeyed.of(at).map(|refusal| (at, refusal.code))).collect();
        assert_eq!(found, [(3, Code::MissingId), (17, Code::TooOld)]);
        assert_eq!(Verdicts::parse(b""), Ok(Verdicts::default()));
    }

    #[test]
    fn a_code_of_another_version_keeps_its_name() {
        let verdicts = Verdicts::parse(b"0:from_tomorrow").unwrap_or_default();
        let found: Vec<_> = verdicts.refused.iter().map(|refusal| (refusal.code, &*refusal.detail)).collect();
        assert_eq!(found, [(Code::RefusedAtEdge, "refused at the edge: from_tomorrow")]);
    }

    #[test]
    fn text_that_is_no_verdict_is_an_error() {
        let long = format!("1:{}", "x".repeat(65));
        for (text, entry) in [
            ("x", 0),
            ("1:", 0),
            (":a", 0),
            ("1:a,", 1),
            ("+1:a", 0),
            ("1:a,1:b", 1),
            ("2:a,1:b", 1),
            ("1:A", 0),
            ("99999999999999999999:a", 0),
            (&long, 0),
            ("1:\u{e9}", 0),
        ] {
            assert_eq!(Verdicts::parse(text.as_bytes()), Err(VerdictError { entry }), "{text}");
        }
    }
}
