//! What end-to-end tests share: the real binary, scratch files, and programs written by hand.

#![allow(dead_code, reason = "each test file takes what it needs")]

pub mod asm;
pub mod console;
pub mod elf;
pub mod qmp;

use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};

/// On a kernel's command line: from userspace on its own messages stay off the console, where a busy host's would come in the middle of a line that a
/// test waits for. `dmesg` has them.
pub const QUIET: &str = "sysctl.kernel.printk=1";

/// A directory of its own for each test, removed at the end.
pub struct Scratch(PathBuf);

impl Scratch {
    pub fn new() -> Scratch {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let name = format!("manyhart-test-{}-{}", std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed));
        let path = std::env::temp_dir().join(name);
        std::fs::create_dir_all(&path).expect("a scratch directory");
        Scratch(path)
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }

    /// Writes a file; the answer is its path as text.
    pub fn file(&self, name: &str, bytes: impl AsRef<[u8]>) -> String {
        let path = self.path(name);
        std::fs::write(&path, bytes).expect("a scratch file");
        path.display().to_string()
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        if let Err(error) = std::fs::remove_dir_all(&self.0) {
            eprintln!("{} stays: {error}", self.0.display());
        }
    }
}

/// The binary under test, with no console and no cache of the user's.
pub fn manyhart(scratch: &Scratch) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_manyhart"));
    command.env("HOME", scratch.path("home")).env_remove("XDG_CACHE_HOME").stdin(Stdio::null());
    command
}

/// Runs it with these arguments, `{}` in them being the scratch directory.
pub fn run(scratch: &Scratch, arguments: &[&str]) -> Output {
    let home = scratch.path("").display().to_string();
    let arguments = arguments.iter().map(|argument| argument.replace("{}", home.trim_end_matches('/')));
    manyhart(scratch).args(arguments).output().expect("the binary runs")
}

pub fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

pub fn read(path: impl AsRef<Path>) -> String {
    text(&std::fs::read(path).expect("a file"))
}
