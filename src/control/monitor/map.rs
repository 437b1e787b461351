//! The memory map of the running machine, as text or as JSON.

use manyhart_runtime::Gpa;
use serde::Deserialize;
use serde_json::Value;

use super::table::Said;
use crate::cli::number;
use crate::control::{Control, ControlError};
use crate::machine::{MachineError, Parts, Report};

/// What is asked about the map.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct MapRequest {
    tree: bool,
    flat: bool,
    lint: bool,
    history: bool,
    why: Option<u64>,
    space: Option<String>,
    generation: Option<u64>,
}

impl MapRequest {
    fn parts(&self) -> Parts {
        let nothing = !(self.tree || self.flat || self.lint || self.history || self.why.is_some());
        Parts {
            tree: self.tree || nothing,
            flat: self.flat || nothing,
            lint: self.lint,
            history: self.history,
            why: self.why.map(Gpa),
        }
    }

    fn report(&self, control: &Control) -> Result<Report, MachineError> {
        let failed = |error| match error {
            ControlError::Topology(error) => MachineError::Topology(error),
            other => MachineError::Panicked(other.to_string()),
        };
        let findings = if self.lint { control.lint().map_err(failed)? } else { Vec::new() };
        let history = control.history().map_err(failed)?;
        let space = self.space.as_deref().unwrap_or("memory");
        Report::new(&self.parts(), space, self.generation, &history, findings)
    }
}

/// The answer for programs.
pub fn as_json(control: &Control, request: &MapRequest) -> Result<Value, MachineError> {
    Ok(request.report(control)?.json())
}

fn as_text(control: &Control, request: &MapRequest) -> Said {
    Ok(request.report(control).map_err(|error| error.to_string())?.text())
}

/// `info mtree [-f] [-j] [@GENERATION]`.
pub fn mtree(control: &Control, flags: &str) -> Said {
    let mut request = MapRequest::default();
    let mut json = false;
    for flag in flags.split_whitespace() {
        match flag {
            "-f" => request.flat = true,
            "-j" => json = true,
            // Of the other emulator: dispatch trees, owners, disabled regions; what there is of it is always shown.
            "-d" | "-o" | "-D" => {}
            other => match generation(other) {
                Some(generation) => request.generation = Some(generation.map_err(|why| format!("info mtree: {why}"))?),
                None => return Err(format!("info mtree: '{other}' is not -f, -j or @GENERATION")),
            },
        }
    }
    request.tree = !request.flat;
    match json {
        true => as_json(control, &request).map(|value| format!("{value:#}\n")).map_err(|error| error.to_string()),
        false => as_text(control, &request),
    }
}

/// `info why ADDR [SPACE] [@GENERATION]`. The names of spaces may be of several words.
pub fn why(control: &Control, line: &str) -> Said {
    let mut words: Vec<&str> = line.split_whitespace().collect();
    let at = words.last().and_then(|word| generation(word)).transpose().map_err(|why| format!("info why: {why}"))?;
    if at.is_some() {
        words.pop();
    }
    let (address, space) = words.split_first().ok_or("info why: an address is missing")?;
    let address = number(address).map_err(|error| format!("info why: {error}"))?;
    let space = (!space.is_empty()).then(|| space.join(" "));
    as_text(control, &MapRequest { why: Some(address), space, generation: at, ..MapRequest::default() })
}

/// `@N`: as the map was then; `None` of a word that is something else.
fn generation(word: &str) -> Option<Result<u64, String>> {
    Some(number(word.strip_prefix('@')?).map_err(|error| error.to_string()))
}

/// `info history`.
pub fn history(control: &Control, _: &str) -> Said {
    as_text(control, &MapRequest { history: true, ..MapRequest::default() })
}

/// `info lint`.
pub fn lint(control: &Control, _: &str) -> Said {
    as_text(control, &MapRequest { lint: true, ..MapRequest::default() })
}
