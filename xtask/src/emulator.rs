//! One run of an emulator as a process: its console watched for a line, its times taken from the system.

use std::io::{BufRead, BufReader};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::time::{Duration, Instant};

use nix::sys::resource::{UsageWho, getrusage};

use crate::Error;

/// A program and the arguments that make it emulate.
#[derive(Debug, Clone)]
pub struct Emulator {
    /// The executable.
    pub program: PathBuf,
    /// Before the machine's own options, which are the same for every emulator.
    pub prefix: Vec<String>,
}

/// What a run took until the line was seen.
#[derive(Debug, Clone, Copy)]
pub struct Times {
    /// Seconds on the wall.
    pub wall: f64,
    /// Seconds of processor time, of all threads.
    pub cpu: f64,
}

impl Emulator {
    /// Our own command, built like this one: beside it.
    pub fn manyhart() -> Result<Emulator, Error> {
        let status = Command::new(env!("CARGO"))
            .args(["build", "--quiet", "--release", "--package", "manyhart"])
            .status()
            .map_err(|source| Error::Start { program: "cargo".to_owned(), source })?;
        if !status.success() {
            return Err(Error::Failed("manyhart does not build".to_owned()));
        }
        let here = std::env::current_exe().map_err(|source| Error::Start { program: "xtask".to_owned(), source })?;
        Ok(Emulator { program: here.with_file_name("manyhart"), prefix: vec!["run".to_owned()] })
    }

    /// Debian's QEMU.
    pub fn qemu() -> Emulator {
        Emulator { program: "qemu-system-riscv64".into(), prefix: Vec::new() }
    }

    /// The name to print.
    pub fn name(&self) -> String {
        self.program.file_name().map_or_else(String::new, |name| name.to_string_lossy().into_owned())
    }

    /// The first line of `--version`.
    pub fn version(&self) -> Result<String, Error> {
        let start = |source| Error::Start { program: self.name(), source };
        let output = Command::new(&self.program).arg("--version").output().map_err(start)?;
        Ok(String::from_utf8_lossy(&output.stdout).lines().next().unwrap_or_default().to_owned())
    }

    /// Runs with `options` until the console shows `marker`, then ends it.
    pub fn until(&self, options: &[String], marker: &str, limit: Duration) -> Result<Times, Error> {
        Ok(self.watch(options, marker, limit)?.0)
    }

    /// The same for a guest that says its figures itself: the lines before the marker.
    pub fn lines_until(&self, options: &[String], marker: &str, limit: Duration) -> Result<Vec<String>, Error> {
        Ok(self.watch(options, marker, limit)?.1)
    }

    /// Runs with `options` until the guest has powered itself off: the times of the whole run, and all lines.
    pub fn to_end(&self, options: &[String], limit: Duration) -> Result<(Times, Vec<String>), Error> {
        let (started, before) = (Instant::now(), children_seconds()?);
        let mut child = self.start(options)?;
        let lines = lines_of(&mut child);
        let mut shown = Vec::new();
        let ended = loop {
            match lines.recv_timeout(limit.saturating_sub(started.elapsed())) {
                Ok(line) => shown.push(line),
                Err(error) => break error == RecvTimeoutError::Disconnected,
            }
        };
        let failed = |source| Error::Start { program: self.name(), source };
        if !ended {
            child.kill().map_err(failed)?;
        }
        let status = child.wait().map_err(failed)?;
        let times = Times { wall: started.elapsed().as_secs_f64(), cpu: children_seconds()? - before };
        match ended && status.success() {
            true => Ok((times, shown)),
            false => Err(Error::Failed(format!("{}: {status}; its lines:\n{}", self.name(), shown.join("\n")))),
        }
    }

    fn start(&self, options: &[String]) -> Result<Child, Error> {
        Command::new(&self.program)
            .args(&self.prefix)
            .args(options)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .map_err(|source| Error::Start { program: self.name(), source })
    }

    fn watch(&self, options: &[String], marker: &str, limit: Duration) -> Result<(Times, Vec<String>), Error> {
        let started = Instant::now();
        let mut child = self.start(options)?;
        let lines = lines_of(&mut child);
        let mut shown = Vec::new();
        let times = loop {
            let left = limit.saturating_sub(started.elapsed());
            match lines.recv_timeout(left) {
                Ok(line) if line.contains(marker) => break Some((started.elapsed(), cpu_seconds(child.id()))),
                Ok(line) => shown.push(line),
                Err(_) => break None,
            }
        };
        let ended = child.kill().and_then(|()| child.wait());
        let (wall, cpu) = times.ok_or_else(|| Error::NoMarker {
            program: self.name(),
            marker: marker.to_owned(),
            seconds: limit.as_secs(),
            tail: shown[shown.len().saturating_sub(8)..].join("\n"),
        })?;
        ended.map_err(|source| Error::Start { program: self.name(), source })?;
        let cpu = cpu.ok_or_else(|| Error::Failed(format!("{} ended before its time could be read", self.name())))?;
        Ok((Times { wall: wall.as_secs_f64(), cpu }, shown))
    }
}

/// The console's lines, read on a thread of their own so that waiting for one can have a limit.
fn lines_of(child: &mut Child) -> mpsc::Receiver<String> {
    let (send, receive) = mpsc::channel();
    if let Some(stdout) = child.stdout.take() {
        std::thread::spawn(move || {
            let mut reader = BufReader::new(stdout);
            let mut bytes = Vec::new();
            while matches!(reader.read_until(b'\n', &mut bytes), Ok(read) if read > 0) {
                if send.send(String::from_utf8_lossy(&bytes).trim_end().to_owned()).is_err() {
                    break;
                }
                bytes.clear();
            }
        });
    }
    receive
}

/// User and system time of a process that still runs, by proc(5): fields 14 and 15 of its stat line, in hundredths of a second.
fn cpu_seconds(pid: u32) -> Option<f64> {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    // The second field is the name in parentheses and may hold anything: count from behind it.
    let fields: Vec<&str> = stat.rsplit_once(')')?.1.split_whitespace().collect();
    let ticks: u64 = fields.get(11)?.parse::<u64>().ok()? + fields.get(12)?.parse::<u64>().ok()?;
    Some(ticks as f64 / 100.0)
}

/// User and system time of all children that have ended: exact, where a process's stat line counts hundredths.
fn children_seconds() -> Result<f64, Error> {
    let usage = getrusage(UsageWho::RUSAGE_CHILDREN).map_err(|error| Error::Failed(format!("getrusage: {error}")))?;
    let seconds = |time: nix::sys::time::TimeVal| time.tv_sec() as f64 + time.tv_usec() as f64 / 1e6;
    Ok(seconds(usage.user_time()) + seconds(usage.system_time()))
}
