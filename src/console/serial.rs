//! Where the serial port ends on the host.

use std::path::PathBuf;
use std::str::FromStr;

/// Where the serial port ends.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Serial {
    /// Standard input and output.
    Stdio {
        /// Whether Ctrl-A is a key of the emulator's own and Ctrl-C goes to the guest (`mon:stdio`); otherwise Ctrl-A goes to the guest
        /// and Ctrl-C ends the run.
        keys: bool,
    },
    /// Output goes to a file; there is no input.
    File(PathBuf),
    /// Nowhere.
    Null,
}

/// A place that is not there yet.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("'{0}' is not there yet: mon:stdio, stdio, file:F, null and none are")]
pub struct UnknownSerial(String);

impl FromStr for Serial {
    type Err = UnknownSerial;

    fn from_str(text: &str) -> Result<Serial, UnknownSerial> {
        match text {
            "mon:stdio" => Ok(Serial::Stdio { keys: true }),
            "stdio" => Ok(Serial::Stdio { keys: false }),
            "null" | "none" => Ok(Serial::Null),
            other => match other.strip_prefix("file:") {
                Some(path) if !path.is_empty() => Ok(Serial::File(path.into())),
                _ => Err(UnknownSerial(other.to_owned())),
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places() {
        let cases = [
            ("mon:stdio", Ok(Serial::Stdio { keys: true })),
            ("stdio", Ok(Serial::Stdio { keys: false })),
            ("null", Ok(Serial::Null)),
            ("none", Ok(Serial::Null)),
            ("file:a,b", Ok(Serial::File("a,b".into()))),
            ("file:", Err(UnknownSerial("file:".into()))),
            ("pty", Err(UnknownSerial("pty".into()))),
            ("tcp::4444,server", Err(UnknownSerial("tcp::4444,server".into()))),
        ];
        for (text, want) in cases {
            assert_eq!(text.parse(), want, "{text}");
        }
    }
}
