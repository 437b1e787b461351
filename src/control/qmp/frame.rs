//! Finds whole JSON values in a stream of bytes, within limits. What the values mean is not looked at here.
//!
//! Single quotes are taken for double ones, as clients that people write in a shell have it. A byte 0xff, which JSON never has, throws
//! away what came before it: so a client that does not know what its predecessor left begins anew.

/// How many bytes a value may have.
pub const MOST_BYTES: usize = 1 << 20;
/// How deep it may nest.
pub const MOST_DEPTH: usize = 64;

/// What was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Frame {
    /// A value, or what looks like one from outside.
    Value(Vec<u8>),
    /// Something that cannot be one; what follows is skipped to the line's end.
    Broken(FrameError),
}

/// Why bytes are no value.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum FrameError {
    /// Too long.
    #[error("JSON message of more than {MOST_BYTES} bytes")]
    TooLong,
    /// Too deep.
    #[error("JSON nesting of more than {MOST_DEPTH} levels")]
    TooDeep,
    /// A bracket that closes what is not open.
    #[error("JSON parse error, unbalanced '{0}'")]
    Unbalanced(char),
    /// Given up by the client.
    #[error("JSON parse error, unexpected end of input")]
    Cut,
}

/// Where in a value the stream is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    Between,
    /// In a value outside of its texts.
    Inside,
    /// In a text, ended by this quote.
    Text(u8),
    /// Behind a backslash in one.
    Escaped(u8),
    /// Behind something broken.
    Skipping,
}

/// Finds values.
#[derive(Debug)]
pub struct Framer {
    value: Vec<u8>,
    /// The brackets that will close what is open.
    closing: Vec<u8>,
    place: Place,
}

impl Default for Framer {
    fn default() -> Framer {
        Framer { value: Vec::new(), closing: Vec::new(), place: Place::Between }
    }
}

impl Framer {
    /// Takes the next byte of the stream; answers what it completes.
    pub fn feed(&mut self, byte: u8) -> Option<Frame> {
        if byte == 0xff {
            let cut = !matches!(self.place, Place::Between | Place::Skipping);
            *self = Framer::default();
            return cut.then_some(Frame::Broken(FrameError::Cut));
        }
        if self.value.len() >= MOST_BYTES {
            return Some(self.broken(FrameError::TooLong, byte));
        }
        match (self.place, byte) {
            (Place::Skipping, b'\n') => self.place = Place::Between,
            (Place::Skipping, _) => {}
            (Place::Text(quote), b'\\') => self.keep(Place::Escaped(quote), b'\\'),
            (Place::Text(quote), byte) if byte == quote => {
                self.keep(Place::Inside, b'"');
                return self.completed();
            }
            // In a text between single quotes a double one is plain.
            (Place::Text(b'\''), b'"') => {
                self.value.push(b'\\');
                self.keep(self.place, b'"');
            }
            (Place::Text(_), byte) => self.keep(self.place, byte),
            (Place::Escaped(quote), b'\'') => {
                self.value.pop();
                self.keep(Place::Text(quote), b'\'');
            }
            (Place::Escaped(quote), byte) => self.keep(Place::Text(quote), byte),
            (Place::Between, b' ' | b'\t' | b'\r' | b'\n') => {}
            (Place::Between | Place::Inside, byte) => return self.outside_texts(byte),
        }
        None
    }

    fn keep(&mut self, place: Place, byte: u8) {
        self.place = place;
        self.value.push(byte);
    }

    fn outside_texts(&mut self, byte: u8) -> Option<Frame> {
        // A bare word ends where anything else begins.
        let bare = self.place == Place::Inside && self.closing.is_empty();
        match byte {
            b' ' | b'\t' | b'\r' | b'\n' if bare => return Some(self.take()),
            b'"' | b'\'' => {
                self.keep(Place::Text(byte), b'"');
                return None;
            }
            b'{' | b'[' if self.closing.len() >= MOST_DEPTH => return Some(self.broken(FrameError::TooDeep, byte)),
            b'{' => self.closing.push(b'}'),
            b'[' => self.closing.push(b']'),
            b'}' | b']' if self.closing.pop() != Some(byte) => {
                return Some(self.broken(FrameError::Unbalanced(char::from(byte)), byte));
            }
            _ => {}
        }
        self.keep(Place::Inside, byte);
        matches!(byte, b'}' | b']').then(|| self.completed()).flatten()
    }

    fn completed(&mut self) -> Option<Frame> {
        self.closing.is_empty().then(|| self.take())
    }

    fn take(&mut self) -> Frame {
        let Framer { value, .. } = std::mem::take(self);
        Frame::Value(value)
    }

    fn broken(&mut self, error: FrameError, at: u8) -> Frame {
        let place = if at == b'\n' { Place::Between } else { Place::Skipping };
        *self = Framer { place, ..Framer::default() };
        Frame::Broken(error)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::Value;

    use super::*;

    fn frames(bytes: &[u8]) -> Vec<Frame> {
        let mut framer = Framer::default();
        bytes.iter().filter_map(|&byte| framer.feed(byte)).collect()
    }

    fn value(text: &str) -> Frame {
        Frame::Value(text.as_bytes().to_vec())
    }

    #[test]
    fn values_are_found_however_they_stand() {
        let cases: [(&str, Vec<Frame>); 12] = [
            ("", vec![]),
            (" \r\n\t", vec![]),
            (r#"{"a":1}{"b":[2]}"#, vec![value(r#"{"a":1}"#), value(r#"{"b":[2]}"#)]),
            ("{\n\"a\" :\n1 }\n", vec![value("{\n\"a\" :\n1 }")]),
            (r#"{"a":"}{\"]"}"#, vec![value(r#"{"a":"}{\"]"}"#)]),
            (r#"{'a':'say "it\'s"'}"#, vec![value(r#"{"a":"say \"it's\""}"#)]),
            ("null {} ", vec![value("null"), value("{}")]),
            ("\"text\"", vec![value("\"text\"")]),
            ("{]\n{}", vec![Frame::Broken(FrameError::Unbalanced(']')), value("{}")]),
            ("} {} \n[]", vec![Frame::Broken(FrameError::Unbalanced('}')), value("[]")]),
            ("{\"never", vec![]),
            ("nonsense\n{}", vec![value("nonsense"), value("{}")]),
        ];
        for (text, want) in cases {
            assert_eq!(frames(text.as_bytes()), want, "{text}");
        }
    }

    #[test]
    fn limits_hold_and_the_next_line_is_read_again() {
        let deep = [vec![b'['; MOST_DEPTH + 1], b"\n{}".to_vec()].concat();
        assert_eq!(frames(&deep), [Frame::Broken(FrameError::TooDeep), value("{}")]);
        let fits = [vec![b'['; MOST_DEPTH], vec![b']'; MOST_DEPTH]].concat();
        assert_eq!(frames(&fits), [Frame::Value(fits.clone())]);
        let long = [b"\"".to_vec(), vec![b'x'; 3 * MOST_BYTES], b"\n{}".to_vec()].concat();
        assert_eq!(frames(&long), [Frame::Broken(FrameError::TooLong), value("{}")]);
    }

    #[test]
    fn a_client_may_begin_anew() {
        assert_eq!(frames(b"{\"half\xff{}"), [Frame::Broken(FrameError::Cut), value("{}")]);
        assert_eq!(frames(b"\xff\xff{}"), [value("{}")]);
    }

    proptest! {
        #[test]
        fn any_bytes_are_survived_and_framing_does_not_depend_on_what_was_before_a_sentinel(
            bytes in prop::collection::vec(any::<u8>(), 0..300)
        ) {
            let mut framer = Framer::default();
            for &byte in &bytes {
                if let Some(Frame::Value(value)) = framer.feed(byte) {
                    prop_assert!(!value.is_empty() && value.len() <= MOST_BYTES);
                }
            }
            framer.feed(0xff);
            let found: Vec<_> = b"{\"a\":1}".iter().filter_map(|&byte| framer.feed(byte)).collect();
            prop_assert_eq!(found, vec![value("{\"a\":1}")]);
        }

        #[test]
        fn whatever_serde_writes_is_found_as_it_is(texts in prop::collection::vec(".{0,20}", 1..6)) {
            let values: Vec<Value> = texts.iter().map(|text| serde_json::json!({ text.as_str(): [text, null, 1] })).collect();
            let stream: String = values.iter().map(Value::to_string).collect();
            let found: Vec<Value> = frames(stream.as_bytes())
                .into_iter()
                .map(|frame| match frame {
                    Frame::Value(bytes) => serde_json::from_slice(&bytes).unwrap(),
                    Frame::Broken(error) => panic!("{error}"),
                })
                .collect();
            prop_assert_eq!(found, values);
        }
    }
}
