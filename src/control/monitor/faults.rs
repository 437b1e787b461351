//! What a person does to the hardware of PCI without asking the guest: pulls a device out, cuts a link, has a function meet an error.

use manyhart_devices::pci::aer::AerError;

use super::table::{Said, done, split};
use crate::control::Control;

/// `device_pull ID`.
pub fn device_pull(control: &Control, line: &str) -> Said {
    match split(line) {
        ("", _) => Err("an id is missing".to_owned()),
        (id, "") => done(control.plugs().pull(id)),
        (_, more) => Err(format!("one id, not '{more}' too")),
    }
}

/// `pcie_link ID on|off`.
pub fn pcie_link(control: &Control, line: &str) -> Said {
    let disabled = match split(line) {
        (_, "on") => false,
        (_, "off") => true,
        _ => return Err("'on' or 'off' behind the id of a root port".to_owned()),
    };
    done(control.plugs().pci().set_link_disabled(split(line).0, disabled))
}

/// `pcie_aer_inject_error ID ERROR [WORD...]`.
pub fn inject_error(control: &Control, line: &str) -> Said {
    let mut words = line.split_whitespace();
    let (Some(id), Some(name)) = (words.next(), words.next()) else {
        return Err(format!("an id and an error: {}", names()));
    };
    let mut header = [0; 4];
    for (at, word) in words.enumerate() {
        let slot = header.get_mut(at).ok_or("a header has four words")?;
        *slot = number(word).ok_or_else(|| format!("'{word}' is no word of 32 bits"))?;
    }
    let error = AerError::named(name, header).ok_or_else(|| format!("'{name}' is none of {}", names()))?;
    done(control.plugs().pci().inject_error(id, error))
}

/// The errors that a function may meet, by name.
pub fn errors() -> impl Iterator<Item = &'static str> {
    AerError::names()
}

fn names() -> String {
    errors().collect::<Vec<_>>().join(", ")
}

fn number(word: &str) -> Option<u32> {
    match word.strip_prefix("0x") {
        Some(digits) => u32::from_str_radix(digits, 16).ok(),
        None => word.parse().ok(),
    }
}
