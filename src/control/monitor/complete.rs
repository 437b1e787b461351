//! What the word before the cursor could become: commands and pages by name, and behind them whatever the command is about.

use super::table::{COMMANDS, Entry};
use super::{faults, info};
use crate::control::Control;
use crate::plug::{DRIVERS, Driver, Plugged, Seat};

/// Where the word starts that ends at the line's end, and all that it could become.
pub fn candidates(control: &Control, line: &str) -> (usize, Vec<String>) {
    let start = line.rfind(' ').map_or(0, |space| space + 1);
    let before: Vec<&str> = line[..start].split_whitespace().collect();
    let word = &line[start..];
    match before[..] {
        ["device_add"] => {
            let (offset, words) = option(control, word);
            (start + offset, words)
        }
        _ => (start, fitting(word, words(control, &before).into_iter().map(|word| word + " "))),
    }
}

/// What may stand behind these words.
fn words(control: &Control, before: &[&str]) -> Vec<String> {
    match *before {
        [] | ["help" | "?"] => names(COMMANDS),
        ["info" | "i"] | ["help" | "?", "info" | "i"] => names(info::PAGES),
        ["info" | "i", "why", _] => spaces(control),
        ["device_del" | "device_pull"] => ids(control, |device| device.seat == Seat::Pci && !device.is_bridge),
        ["pcie_link"] => ids(control, |device| device.driver == "pcie-root-port"),
        ["pcie_link", _] => vec!["on".to_owned(), "off".to_owned()],
        ["pcie_aer_inject_error"] => ids(control, |device| device.seat == Seat::Pci),
        ["pcie_aer_inject_error", _] => faults::errors().map(str::to_owned).collect(),
        ["drive_del"] => drives(control),
        ["netdev_del"] => netdevs(control),
        _ => Vec::new(),
    }
}

/// A driver, then properties and their values: where in the word, and what it could become.
fn option(control: &Control, word: &str) -> (usize, Vec<String>) {
    let Some((driver, properties)) = word.split_once(',') else {
        let hot = DRIVERS.iter().filter(|driver| driver.is_hot());
        return (0, fitting(word, hot.map(|driver| driver.names[0].to_owned())));
    };
    let Some(driver) = DRIVERS.iter().find(|known| known.names.contains(&driver)) else { return (0, Vec::new()) };
    let last = &properties[properties.rfind(',').map_or(0, |comma| comma + 1)..];
    let (part, words) = match last.split_once('=') {
        Some((key, value)) => (value, values(control, driver, key)),
        None => {
            let said = |key: &str| properties.split(',').any(|part| part.split('=').next() == Some(key));
            let keys = driver.all_properties().map(|property| property.name).chain(["id"]);
            (last, keys.filter(|key| !said(key)).map(|key| format!("{key}=")).collect())
        }
    };
    (word.len() - part.len(), fitting(part, words.into_iter()))
}

/// The values that a property may have, as far as they can be listed.
fn values(control: &Control, driver: &Driver, key: &str) -> Vec<String> {
    let property = driver.all_properties().find(|property| property.name == key);
    match (key, property.map(|property| property.values)) {
        ("bus", _) => ids(control, |device| device.is_bridge),
        ("drive", _) => drives(control),
        ("netdev", _) => netdevs(control),
        (_, Some("on|off")) => vec!["on".to_owned(), "off".to_owned()],
        _ => Vec::new(),
    }
}

fn fitting(word: &str, words: impl Iterator<Item = String>) -> Vec<String> {
    words.filter(|candidate| candidate.starts_with(word)).collect()
}

fn names(entries: &[Entry]) -> Vec<String> {
    entries.iter().map(|entry| entry.names[0].to_owned()).collect()
}

fn ids(control: &Control, fits: impl Fn(&Plugged) -> bool) -> Vec<String> {
    control.plugs().list().into_iter().filter(|device| fits(device)).map(|device| device.id).collect()
}

fn drives(control: &Control) -> Vec<String> {
    control.plugs().backends().drives.list().into_iter().map(|drive| drive.name).collect()
}

fn netdevs(control: &Control) -> Vec<String> {
    control.plugs().backends().netdevs.list().into_iter().map(|(id, _)| id).collect()
}

/// None while the machine ends.
fn spaces(control: &Control) -> Vec<String> {
    let survey = control.survey().map(|survey| survey.spaces()).unwrap_or_default();
    survey.into_iter().map(|space| space.name).collect()
}
