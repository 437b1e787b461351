//! The benchmarks' guests, compiled when they are wanted.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::Error;

/// The repository.
pub fn repository() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// A compiled guest; its file goes with it.
#[derive(Debug)]
pub struct Built(PathBuf);

impl Built {
    /// The ELF file.
    pub fn path(&self) -> &Path {
        &self.0
    }
}

impl Drop for Built {
    fn drop(&mut self) {
        if let Err(error) = std::fs::remove_file(&self.0) {
            eprintln!("xtask: {}: {error}", self.0.display());
        }
    }
}

/// `guest/bench/NAME.c` for so many harts.
pub fn build(name: &str, harts: u32, flags: &[String]) -> Result<Built, Error> {
    let variant: String = flags.concat().chars().filter(char::is_ascii_alphanumeric).collect();
    let file = format!("manyhart-bench-{name}-{harts}-{variant}-{}.elf", std::process::id());
    let out = std::env::temp_dir().join(file);
    let script = repository().join("guest/bench/build.sh");
    let status = Command::new(&script)
        .args([name, &harts.to_string()])
        .arg(&out)
        .args(flags)
        .status()
        .map_err(|source| Error::Start { program: script.display().to_string(), source })?;
    match status.success() {
        true => Ok(Built(out)),
        false => Err(Error::Failed("the guest does not build; it needs Debian's gcc-riscv64-unknown-elf".to_owned())),
    }
}
