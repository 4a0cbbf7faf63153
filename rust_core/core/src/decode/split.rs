//! Where an element or a member ends, found without understanding it, so that a broken one costs only itself.
//!
//! ```text
//! [ {"id":"a"} , {"id": [1,2} , {"id":"c"} ]
//!              ▲              ▲            ▲   a comma or the closer of the context, outside of strings and brackets
//! ```
//! A closer closes the nearest opener of its kind; one without an opener is passed over. A string ends at its quote
//! or, since JSON has no raw line feeds in strings, at the end of the line.

use super::scan::string_stop;

/// What the element stands in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Context {
    /// Elements of an array.
    Array,
    /// Members of an object.
    Object,
}

/// The open brackets of the element at hand. At most one byte of memory for each byte of the body.
#[derive(Debug, Default)]
pub(super) struct Splitter {
    open: Vec<u8>,
    braces: usize,
}

impl Splitter {
    /// The comma or the closer behind the element that begins at `at`, or the length of the body.
    pub(super) fn end(&mut self, body: &[u8], mut at: usize, context: Context) -> usize {
        self.open.clear();
        self.braces = 0;
        while let Some(byte) = body.get(at) {
            match byte {
                b'"' => {
                    at = loose_string_end(body, at);
                    continue;
                }
                b'{' | b'[' => self.push(*byte),
                b'}' if !self.close(b'{') && context == Context::Object => return at,
                b']' if !self.close(b'[') && context == Context::Array => return at,
                b',' if self.open.is_empty() => return at,
                _ => {}
            }
            at += 1;
        }
        body.len()
    }

    fn push(&mut self, opener: u8) {
        self.open.push(opener);
        self.braces += usize::from(opener == b'{');
    }

    /// Close the nearest opener of this kind and whatever is open within it.
    fn close(&mut self, opener: u8) -> bool {
        let candidates = if opener == b'{' { self.braces } else { self.open.len() - self.braces };
        if candidates == 0 {
            return false;
        }
        while let Some(top) = self.open.pop() {
            self.braces -= usize::from(top == b'{');
            if top == opener {
                break;
            }
        }
        true
    }
}

/// The byte after a string, from its opening quote; a line feed ends a string that nothing else ended.
pub(super) fn loose_string_end(body: &[u8], at: usize) -> usize {
    let mut at = string_stop(body, at + 1);
    while let Some(byte) = body.get(at) {
        match byte {
            b'"' => return at + 1,
            b'\n' => return at,
            b'\\' if body.get(at + 1) != Some(&b'\n') => at += 2,
            _ => at += 1,
        }
        at = string_stop(body, at.min(body.len()));
    }
    body.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn elements(body: &str) -> Vec<&str> {
        let mut splitter = Splitter::default();
        let (mut at, mut found) = (1, Vec::new());
        loop {
            let end = splitter.end(body.as_bytes(), at, Context::Array);
            found.push(&body[at..end]);
            if body.as_bytes().get(end) != Some(&b',') {
                return found;
            }
            at = end + 1;
        }
    }

    #[test]
    fn commas_count_only_outside_of_strings_and_brackets() {
        assert_eq!(elements(r#"[{"a":"],\"}"},[1,2],3]"#), [r#"{"a":"],\"}"}"#, "[1,2]", "3"]);
    }

    #[test]
    fn a_bracket_of_the_wrong_kind_costs_only_its_element() {
        assert_eq!(elements(r#"[{"a":[1,2},{"b":2}]"#), [r#"{"a":[1,2}"#, r#"{"b":2}"#]);
        assert_eq!(elements(r#"[{"a":1}},{"b":2}]"#), [r#"{"a":1}}"#, r#"{"b":2}"#]);
    }

    #[test]
    fn an_open_string_ends_with_its_line() {
        assert_eq!(elements("[\"a\n,2]"), ["\"a\n", "2"]);
    }

    #[test]
    fn many_closers_without_openers_take_linear_time() {
        let body = format!("[{}{}", "[".repeat(200_000), "}".repeat(200_000));
        assert_eq!(elements(&body).len(), 1);
    }
}
