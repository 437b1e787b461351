//! `--log-commits`: every retired instruction in the format of Spike's `--log-commits`, so that logs compare line by line.

use std::fmt::Write as _;
use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use manyhart_vcpu::csr::address;
use manyhart_vcpu::{Commit, Tracer};
use parking_lot::Mutex;

use super::MachineError;

/// The log file that all harts share. A line is written whole.
#[derive(Clone)]
pub struct CommitLog {
    file: PathBuf,
    state: Arc<Mutex<State>>,
}

struct State {
    out: BufWriter<File>,
    /// The first failure; nothing is written after it.
    failed: Option<io::Error>,
}

impl CommitLog {
    /// Makes the file, or empties it.
    pub fn create(file: &Path) -> Result<CommitLog, MachineError> {
        let out = File::create(file).map_err(|error| MachineError::Write { file: file.to_owned(), error })?;
        let state = State { out: BufWriter::with_capacity(1 << 20, out), failed: None };
        Ok(CommitLog { file: file.to_owned(), state: Arc::new(Mutex::new(state)) })
    }

    /// What a hart tells its commits to.
    pub fn tracer(&self) -> Box<dyn Tracer> {
        Box::new(Lines { log: self.clone(), line: String::new() })
    }

    /// Pushes everything out; says what went wrong since the start.
    pub fn finish(&self) -> Result<(), MachineError> {
        let mut state = self.state.lock();
        let flushed = state.out.flush();
        match state.failed.take().map_or(flushed, Err) {
            Ok(()) => Ok(()),
            Err(error) => Err(MachineError::Write { file: self.file.clone(), error }),
        }
    }
}

struct Lines {
    log: CommitLog,
    line: String,
}

impl Tracer for Lines {
    fn commit(&mut self, commit: &Commit) {
        self.line.clear();
        if format_commit(&mut self.line, commit).is_err() {
            return; // a String takes everything
        }
        let mut state = self.log.state.lock();
        if state.failed.is_none() {
            state.failed = state.out.write_all(self.line.as_bytes()).err();
        }
    }
}

fn format_commit(line: &mut String, commit: &Commit) -> std::fmt::Result {
    let Commit { hart, privilege, pc, encoding, x, f, csr, mem } = *commit;
    let digits = if encoding & 3 == 3 { 8 } else { 4 };
    write!(line, "core{hart:4}: {privilege} 0x{pc:016x} (0x{encoding:0digits$x})")?;
    if let Some((index, value)) = x {
        write!(line, " x{index:<2} 0x{value:016x}")?;
    }
    if let Some((index, value)) = f {
        write!(line, " f{index:<2} 0x{value:016x}")?;
    }
    if let Some((number, value)) = csr {
        write!(line, " c{number}_{} 0x{value:016x}", csr_name(number))?;
    }
    if let Some((address, size, stored)) = mem {
        write!(line, " mem 0x{address:016x}")?;
        if let Some(value) = stored {
            let digits = 2 * usize::from(size);
            write!(line, " 0x{value:0digits$x}")?;
        }
    }
    line.write_char('\n')
}

fn csr_name(number: u16) -> String {
    address::name(number).unwrap_or_else(|| format!("unknown_{number:03x}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_look_like_spikes() {
        let plain = Commit {
            hart: 0,
            privilege: 3,
            pc: 0x8000_0000,
            encoding: 0x0000_0297,
            x: None,
            f: None,
            csr: None,
            mem: None,
        };
        let cases = [
            (
                Commit { x: Some((5, 0x8000_0000)), ..plain },
                "core   0: 3 0x0000000080000000 (0x00000297) x5  0x0000000080000000\n",
            ),
            (
                Commit { encoding: 0x4501, x: Some((10, 0)), hart: 12, privilege: 0, ..plain },
                "core  12: 0 0x0000000080000000 (0x4501) x10 0x0000000000000000\n",
            ),
            (
                Commit { encoding: 0x0053_2023, mem: Some((0x8000_1000, 4, Some(1))), ..plain },
                "core   0: 3 0x0000000080000000 (0x00532023) mem 0x0000000080001000 0x00000001\n",
            ),
            (
                Commit { encoding: 0x0003_a003, x: Some((6, 7)), mem: Some((0x8000_1000, 8, None)), ..plain },
                "core   0: 3 0x0000000080000000 (0x0003a003) x6  0x0000000000000007 mem 0x0000000080001000\n",
            ),
            (
                Commit { encoding: 0x3052_9073, csr: Some((0x305, 4)), ..plain },
                "core   0: 3 0x0000000080000000 (0x30529073) c773_mtvec 0x0000000000000004\n",
            ),
            (
                Commit { encoding: 0x53, f: Some((1, u64::MAX)), ..plain },
                "core   0: 3 0x0000000080000000 (0x00000053) f1  0xffffffffffffffff\n",
            ),
        ];
        for (commit, want) in cases {
            let mut line = String::new();
            format_commit(&mut line, &commit).unwrap();
            assert_eq!(line, want);
        }
        assert_eq!([csr_name(0x3b3), csr_name(0x200)], ["pmpaddr3", "unknown_200"]);
    }

    #[test]
    fn a_full_disk_is_told_once_at_the_end() {
        let log = CommitLog::create(Path::new("/dev/full")).unwrap();
        let mut tracer = log.tracer();
        let commit = Commit { hart: 0, privilege: 3, pc: 0, encoding: 3, x: None, f: None, csr: None, mem: None };
        for _ in 0..50_000 {
            tracer.commit(&commit);
        }
        let error = log.finish().unwrap_err().to_string();
        assert!(error.starts_with("/dev/full: cannot write: "), "{error}");
        assert!(CommitLog::create(Path::new("/nonexistent/log")).is_err());
    }
}
