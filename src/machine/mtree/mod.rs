//! `manyhart mtree`: a board that is built and never run, and what there is to say of its memory map.

mod json;
#[cfg(test)]
mod tests;

use std::path::PathBuf;
use std::process::ExitCode;

use manyhart_devices::uart;
use manyhart_runtime::topology::{Difference, Finding, History, Survey, Why};
use manyhart_runtime::{AddressSpaceId, Clock, Config, Executive, Gpa};

use super::planner::PlannedBoard;
use super::{BoardSpec, MachineError};
use crate::board::{Board, BoardConfig, Boot, NextMode, Outlets, TIMEBASE};
use crate::cli::fail;
use crate::load::{Board as _, Chosen};
use crate::output;
use crate::plug::{PlugSpec, Plugs};

/// What is to be printed, and how.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MtreeSpec {
    /// Of which board.
    pub board: BoardSpec,
    /// What.
    pub parts: Parts,
    /// As JSON.
    pub json: bool,
    /// Draw the space here.
    pub svg: Option<PathBuf>,
    /// The space that is drawn and asked about.
    pub space: String,
    /// The generation that is looked at; the newest, where none is named.
    pub generation: Option<u64>,
    /// What is plugged into the board.
    pub plug: PlugSpec,
}

/// What is printed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Parts {
    /// The region tree.
    pub tree: bool,
    /// The flat views.
    pub flat: bool,
    /// What the lint finds (in the newest generation).
    pub lint: bool,
    /// What each generation changed.
    pub history: bool,
    /// All about this address.
    pub why: Option<Gpa>,
}

/// What was found out about a map, a board's or a running machine's, to be printed one way or the other.
pub struct Report {
    survey: Survey,
    tree: bool,
    flat: bool,
    lint: Option<Vec<Finding>>,
    history: Option<Vec<Difference>>,
    why: Option<Why>,
}

/// Prints what is asked for about a board's memory map.
pub fn print_mtree(spec: &MtreeSpec) -> ExitCode {
    match mtree(spec).and_then(|text| Ok(output::answer(&text)?)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(MachineError::Output(error)) => error.report(),
        Err(error) => fail(&error, error.status()),
    }
}

fn mtree(spec: &MtreeSpec) -> Result<String, MachineError> {
    let (history, findings) = look_at_board(&spec.board, &spec.plug)?;
    if let Some(file) = &spec.svg {
        let survey = history.at(spec.generation.unwrap_or(history.newest().generation()))?;
        let picture = survey.svg(space(&survey, &spec.space)?)?;
        std::fs::write(file, picture).map_err(|error| MachineError::Write { file: file.clone(), error })?;
    }
    let report = Report::new(&spec.parts, &spec.space, spec.generation, &history, findings)?;
    let nothing = spec.parts == Parts::default();
    Ok(match spec.json {
        _ if nothing => String::new(),
        true => format!("{:#}\n", report.json()),
        false => report.text(),
    })
}

fn space(survey: &Survey, name: &str) -> Result<AddressSpaceId, MachineError> {
    survey.space(name).ok_or_else(|| MachineError::NoSpace(name.to_owned()))
}

/// Builds the board, looks at its topology, and takes it down again.
fn look_at_board(spec: &BoardSpec, plug: &PlugSpec) -> Result<(History, Vec<Finding>), MachineError> {
    let config = Config { clock: Clock::host(TIMEBASE), on_device_failure: None };
    let executive = Executive::new(config).map_err(|error| MachineError::Host { what: "a thread", error })?;
    let config = BoardConfig {
        harts: spec.harts,
        ram_size: spec.memory,
        aia: spec.aia,
        boot: Boot { entry: 0, next_addr: 0, next_mode: NextMode::Supervisor },
        device_tree: PlannedBoard::new(*spec).device_tree(&Chosen::default())?,
    };
    let (sink, _output) = uart::channel(1);
    let outlets = Outlets {
        console: Box::new(sink),
        on_outcome: Box::new(|_| {}),
        on_pci_event: Box::new(|_| {}),
        host_time: Box::new(|| 0),
    };
    let mut board = Board::new(&executive, config, outlets)?;
    Plugs::new(executive.clone(), board.pci.clone()).plug_all(&mut board, plug)?;
    let looked = (executive.topology().history()?, executive.topology().lint()?);
    drop(board);
    executive.shutdown();
    Ok(looked)
}

impl Report {
    /// Looks at a map: at the newest generation, unless another is named. `space` is what an address is looked up in.
    pub fn new(
        parts: &Parts,
        space: &str,
        generation: Option<u64>,
        history: &History,
        findings: Vec<Finding>,
    ) -> Result<Report, MachineError> {
        let survey = history.at(generation.unwrap_or(history.newest().generation()))?;
        let why = match parts.why {
            Some(addr) => Some(history.why(self::space(&survey, space)?, addr, survey.generation())?),
            None => None,
        };
        let kept = history.generations();
        let steps = (*kept.start()..*kept.end()).map(|generation| history.difference(generation, generation + 1));
        let steps = parts.history.then(|| steps.collect::<Result<Vec<_>, _>>()).transpose()?;
        let lint = parts.lint.then_some(findings);
        Ok(Report { survey, tree: parts.tree, flat: parts.flat, lint, history: steps, why })
    }

    /// The parts for tools.
    pub fn json(&self) -> serde_json::Value {
        json::report(self)
    }

    /// The parts, with an empty line between any two.
    pub fn text(&self) -> String {
        let lines = |lines: Vec<String>| lines.iter().map(|line| format!("{line}\n")).collect::<String>();
        let findings = self.lint.as_ref().map(|findings| match findings.as_slice() {
            [] => "nothing found\n".to_owned(),
            findings => lines(findings.iter().map(Finding::to_string).collect()),
        });
        let history = self.history.iter().flatten().map(Difference::to_string).collect::<Vec<_>>().join("\n");
        let parts = [
            self.tree.then(|| self.survey.tree_text()),
            self.flat.then(|| self.survey.flat_text()),
            findings,
            self.history.as_ref().map(|_| history),
            self.why.as_ref().map(Why::to_string),
        ];
        parts.into_iter().flatten().collect::<Vec<_>>().join("\n")
    }
}
