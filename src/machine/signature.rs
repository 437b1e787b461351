//! `--signature`: what an architectural test leaves in memory, in the form its suite compares.

use std::fmt::Write as _;

/// The bytes as lines of hexadecimal digits: `granularity` bytes a line, most significant first, the last line filled up with zeroes.
pub fn lines(bytes: &[u8], granularity: usize) -> String {
    let granularity = granularity.max(1);
    let mut out = String::with_capacity(bytes.len() * 2 + bytes.len() / granularity + 1);
    for chunk in bytes.chunks(granularity) {
        out.extend(std::iter::repeat_n("00", granularity - chunk.len()));
        for byte in chunk.iter().rev() {
            if write!(out, "{byte:02x}").is_err() {
                return out; // a String takes everything
            }
        }
        out.push('\n');
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_most_significant_byte_comes_first() {
        let bytes: Vec<u8> = (1..=6).collect();
        let cases = [
            (1, "01\n02\n03\n04\n05\n06\n"),
            (4, "04030201\n00000605\n"),
            (8, "0000060504030201\n"),
            (16, "00000000000000000000060504030201\n"),
        ];
        for (granularity, want) in cases {
            assert_eq!(lines(&bytes, granularity), want);
        }
        assert_eq!(lines(&[], 4), "");
    }
}
