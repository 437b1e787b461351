//! The real binary as a child process whose console is watched and typed on.

use std::io::{Read, Write};
use std::process::{Child, ChildStdin, Command, ExitStatus, Stdio};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};

/// The command under test.
pub const MANYHART: &str = env!("CARGO_BIN_EXE_manyhart");

/// A running machine with its console.
pub struct Console {
    child: Child,
    stdin: Option<ChildStdin>,
    seen: Arc<Mutex<Vec<u8>>>,
    readers: Vec<JoinHandle<()>>,
    /// How much of `seen` earlier waits have used up.
    used: usize,
}

impl Console {
    /// Starts `manyhart` with these arguments.
    pub fn start(arguments: &[&str]) -> Console {
        Console::start_by(Command::new(MANYHART).args(arguments))
    }

    /// Starts it as `command` does.
    pub fn start_by(command: &mut Command) -> Console {
        let mut child = command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("manyhart starts");
        let seen = Arc::new(Mutex::new(Vec::new()));
        let outputs: [Box<dyn Read + Send>; 2] =
            [Box::new(child.stdout.take().expect("piped")), Box::new(child.stderr.take().expect("piped"))];
        let reader = |mut output: Box<dyn Read + Send>| {
            let seen = seen.clone();
            std::thread::spawn(move || {
                let mut chunk = [0; 4096];
                while let Ok(read @ 1..) = output.read(&mut chunk) {
                    seen.lock().expect("no panic").extend_from_slice(&chunk[..read]);
                }
            })
        };
        let readers = outputs.map(reader).into();
        let stdin = child.stdin.take();
        Console { child, stdin, seen, readers, used: 0 }
    }

    /// The process.
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// Ctrl-C, as a terminal sends it, once the process catches that: one that has not come so far would be killed by it.
    pub fn interrupt(&self) {
        let (started, interrupt) = (Instant::now(), 1 << (Signal::INT.as_raw() - 1));
        let catches = || {
            let status = std::fs::read_to_string(format!("/proc/{}/status", self.id())).ok()?;
            let caught = status.lines().find_map(|line| line.strip_prefix("SigCgt:"))?.trim().to_owned();
            Some(u64::from_str_radix(&caught, 16).ok()? & interrupt != 0)
        };
        while catches() != Some(true) {
            assert!(started.elapsed() < Duration::from_secs(120), "it does not catch interrupts:\n{}", self.tail());
            std::thread::sleep(Duration::from_millis(5));
        }
        kill_process(Pid::from_child(&self.child), Signal::INT).expect("a signal");
    }

    /// Everything it has printed, on both outputs.
    pub fn output(&self) -> String {
        String::from_utf8_lossy(&self.seen.lock().expect("no panic")).into_owned()
    }

    /// Types.
    pub fn send(&mut self, bytes: &[u8]) {
        let stdin = self.stdin.as_mut().expect("open");
        stdin.write_all(bytes).and_then(|()| stdin.flush()).expect("the console takes input");
    }

    /// Waits until the output after the last wait holds `text`; panics with the tail of what there was after `limit`.
    pub fn wait_for(&mut self, text: &str, limit: Duration) {
        let started = Instant::now();
        loop {
            {
                let seen = self.seen.lock().expect("no panic");
                let rest = &seen[self.used..];
                if let Some(at) = rest.windows(text.len()).position(|window| window == text.as_bytes()) {
                    self.used += at + text.len();
                    return;
                }
            }
            assert!(started.elapsed() < limit, "no {text:?} within {limit:?}; the last output:\n{}", self.tail());
            std::thread::sleep(Duration::from_millis(5));
        }
    }

    /// Waits for its end.
    pub fn wait(&mut self, limit: Duration) -> ExitStatus {
        let started = Instant::now();
        loop {
            if let Some(status) = self.child.try_wait().expect("a child") {
                // The reading threads may be behind.
                while !self.readers.iter().all(JoinHandle::is_finished) {
                    assert!(started.elapsed() < limit + Duration::from_secs(60), "somebody keeps its outputs open");
                    std::thread::sleep(Duration::from_millis(1));
                }
                return status;
            }
            assert!(started.elapsed() < limit, "still running after {limit:?}; the last output:\n{}", self.tail());
            std::thread::sleep(Duration::from_millis(5));
        }
    }

    fn tail(&self) -> String {
        let output = self.output();
        let lines: Vec<&str> = output.lines().collect();
        lines[lines.len().saturating_sub(25)..].join("\n")
    }
}

impl Drop for Console {
    fn drop(&mut self) {
        // Gone already in the good case.
        drop(self.child.kill());
        drop(self.child.wait());
    }
}
