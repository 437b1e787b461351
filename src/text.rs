//! Small things about text for people.

/// A number with its digits in groups of three.
pub fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut out = String::with_capacity(digits.len() * 4 / 3);
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

/// A number, decimal or `0x` hexadecimal.
pub fn number(text: &str) -> Option<u64> {
    match text.strip_prefix("0x").or_else(|| text.strip_prefix("0X")) {
        Some(digits) => u64::from_str_radix(digits, 16).ok(),
        None => text.parse().ok(),
    }
}

/// What stands before a suffix K, M, G or T, and the binary logarithm of what the suffix says.
pub fn without_suffix(text: &str) -> Option<(&str, u32)> {
    let shift = match text.chars().next_back()?.to_ascii_uppercase() {
        'K' => 10,
        'M' => 20,
        'G' => 30,
        'T' => 40,
        _ => return None,
    };
    Some((&text[..text.len() - 1], shift))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_decimal_or_hexadecimal_and_have_suffixes() {
        let cases = [
            ("12", Some(12)),
            ("0x1F", Some(31)),
            ("0X0", Some(0)),
            ("", None),
            ("0x", None),
            ("-1", None),
            ("1k", None),
        ];
        for (text, want) in cases {
            assert_eq!(number(text), want, "{text:?}");
        }
        let cases =
            [("1k", Some(("1", 10))), ("0x2G", Some(("0x2", 30))), ("T", Some(("", 40))), ("7", None), ("1é", None)];
        for (text, want) in cases {
            assert_eq!(without_suffix(text), want, "{text:?}");
        }
    }

    #[test]
    fn digits_come_in_groups() {
        let cases = [(0, "0"), (999, "999"), (1000, "1,000"), (1_234_567, "1,234,567")];
        for (number, want) in cases {
            assert_eq!(grouped(number), want);
        }
    }
}
