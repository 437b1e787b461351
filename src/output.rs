//! What a command says and writes. Standard output may be full or gone, standard error closed, a file on a full disk: nothing here panics.

use std::fmt::Display;
use std::fs::File;
use std::io::{self, ErrorKind, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use crate::cli::{EXIT_USAGE, fail};
use crate::console::Patient;

/// Why something could not be written.
#[derive(Debug, thiserror::Error)]
pub enum OutputError {
    /// To standard output.
    #[error("standard output: {0}")]
    Standard(io::Error),
    /// To a file.
    #[error("{}: cannot write: {error}", .file.display())]
    File {
        /// Which.
        file: PathBuf,
        /// Why.
        error: io::Error,
    },
}

impl OutputError {
    /// Says so, and answers the exit status. A reader that has read enough, such as `head`, is told nothing.
    pub fn report(&self) -> ExitCode {
        match self {
            OutputError::Standard(error) if error.kind() == ErrorKind::BrokenPipe => ExitCode::from(EXIT_USAGE),
            error => fail(error, EXIT_USAGE),
        }
    }
}

/// Writes what was asked for on standard output.
pub fn answer(text: &str) -> Result<(), OutputError> {
    let mut out = Patient(io::stdout());
    out.write_all(text.as_bytes()).and_then(|()| out.flush()).map_err(OutputError::Standard)
}

/// Writes a line for people on standard error. Where nobody can read it, nobody misses it.
pub fn note(line: &dyn Display) {
    drop(Patient(io::stderr()).write_all(format!("{line}\n").as_bytes()));
}

/// A file that is written at the end of a run: it is made before, so that a run is not for nothing.
#[derive(Debug)]
pub struct OutputFile {
    path: PathBuf,
    file: File,
}

impl OutputFile {
    /// Makes it, or empties it.
    pub fn create(path: &Path) -> Result<OutputFile, OutputError> {
        let file = File::create(path).map_err(|error| OutputError::File { file: path.to_owned(), error })?;
        Ok(OutputFile { path: path.to_owned(), file })
    }

    /// Writes this as JSON.
    pub fn write_json(&mut self, value: &impl serde::Serialize) -> Result<(), OutputError> {
        let text = serde_json::to_string_pretty(value);
        let text = text.map_err(|error| OutputError::File { file: self.path.clone(), error: error.into() })?;
        self.write(&(text + "\n"))
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Writes it.
    pub fn write(&mut self, text: &str) -> Result<(), OutputError> {
        let written = self.file.write_all(text.as_bytes());
        written.map_err(|error| OutputError::File { file: self.path.clone(), error })
    }
}
