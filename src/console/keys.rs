//! Ctrl-A and what may follow it: the keys that are the emulator's own.

/// Ctrl-A.
const ESCAPE: u8 = 0x01;

/// What Ctrl-A h says.
pub const HELP: &str = "\
Ctrl-A h    this help
Ctrl-A x    leave
Ctrl-A b    send a break
Ctrl-A c    the monitor, and back (there Ctrl-D, too)
Ctrl-A Ctrl-A    send Ctrl-A";

/// What a keyboard asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event {
    /// These bytes are the guest's.
    Bytes(Vec<u8>),
    /// A break on the line.
    Break,
    /// To leave.
    Quit,
    /// To be told the keys.
    Help,
    /// The monitor.
    Monitor,
}

/// Finds the keys in a stream of bytes.
#[derive(Debug, Default)]
pub struct Keys {
    escaped: bool,
}

impl Keys {
    /// What these bytes mean, in order. An escape at the end waits for its key.
    pub fn feed(&mut self, bytes: &[u8]) -> Vec<Event> {
        let mut events = Vec::new();
        let mut plain = Vec::new();
        for &byte in bytes {
            let event = match (std::mem::take(&mut self.escaped), byte) {
                (false, ESCAPE) => {
                    self.escaped = true;
                    continue;
                }
                (true, b'x' | b'X') => Event::Quit,
                (true, b'h' | b'H' | b'?') => Event::Help,
                (true, b'c' | b'C') => Event::Monitor,
                (true, b'b' | b'B') => Event::Break,
                // Any other key after the escape means nothing and is swallowed with it.
                (true, other) if other != ESCAPE => continue,
                (_, byte) => {
                    plain.push(byte);
                    continue;
                }
            };
            events.extend(take_bytes(&mut plain));
            events.push(event);
        }
        events.extend(take_bytes(&mut plain));
        events
    }
}

fn take_bytes(plain: &mut Vec<u8>) -> Option<Event> {
    (!plain.is_empty()).then(|| Event::Bytes(std::mem::take(plain)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_found_wherever_the_stream_is_cut() {
        let bytes = |text: &str| Event::Bytes(text.as_bytes().to_vec());
        let cases: [(&str, Vec<Event>); 9] = [
            ("ls\r", vec![bytes("ls\r")]),
            ("\x01x", vec![Event::Quit]),
            ("a\x01xb", vec![bytes("a"), Event::Quit, bytes("b")]),
            ("\x01\x01", vec![bytes("\x01")]),
            ("\x01\x01x", vec![bytes("\x01x")]),
            ("\x01zq", vec![bytes("q")]),
            ("\x01h\x01c\x01b", vec![Event::Help, Event::Monitor, Event::Break]),
            ("\x03", vec![bytes("\x03")]),
            ("\x01", vec![]),
        ];
        for (input, want) in cases {
            assert_eq!(Keys::default().feed(input.as_bytes()), want, "{input:?}");
            let mut keys = Keys::default();
            let mut single = Vec::new();
            for byte in input.bytes() {
                for event in keys.feed(&[byte]) {
                    match (single.last_mut(), event) {
                        (Some(Event::Bytes(last)), Event::Bytes(more)) => last.extend(more),
                        (_, event) => single.push(event),
                    }
                }
            }
            assert_eq!(single, want, "{input:?}, byte by byte");
        }
    }
}
