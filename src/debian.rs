//! The Debian guest: an unmodified riscv64 kernel, busybox and OpenSBI from Debian's packages, fetched once and cached.
//!
//! The work is `guest/debian/fetch.sh`, which this binary carries: apt is what checks Debian's signatures, so the guest is made
//! on a Debian host. Elsewhere a directory made there can be copied and named with `--dir`.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::output;

const FETCH: &str = include_str!("../guest/debian/fetch.sh");
const INIT: &str = include_str!("../guest/debian/init");
const SLOTS: &str = include_str!("../guest/debian/slots");

/// The files of a whole, checked guest.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Guest {
    /// The kernel, a RISC-V Linux boot image.
    pub kernel: PathBuf,
    /// The initial file system.
    pub initrd: PathBuf,
    /// OpenSBI's `fw_dynamic.bin`.
    pub firmware: PathBuf,
    /// Package versions, a line each.
    pub versions: String,
    /// All files together, in bytes.
    pub size: u64,
}

/// Why there is no guest.
#[derive(Debug, thiserror::Error)]
pub enum DebianError {
    /// Neither `XDG_CACHE_HOME` nor `HOME` is set.
    #[error("no cache directory: set HOME or XDG_CACHE_HOME, or name one with --dir")]
    NoCache,
    /// A file could not be written or read.
    #[error("{path}: {source}")]
    File {
        /// Which.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// The fetch itself failed; it has said why.
    #[error(
        "the Debian guest could not be made in {0}; on a host that is not Debian, make it on one that is \
         (guest/debian/fetch.sh DIR), copy the directory and name it with --dir"
    )]
    Fetch(PathBuf),
}

/// Where the guest is cached when no directory is named.
pub fn default_dir() -> Result<PathBuf, DebianError> {
    let absolute = |name| std::env::var_os(name).map(PathBuf::from).filter(|path| path.is_absolute());
    let cache = absolute("XDG_CACHE_HOME").or_else(|| absolute("HOME").map(|home| home.join(".cache")));
    Ok(cache.ok_or(DebianError::NoCache)?.join("manyhart").join("debian"))
}

/// The guest in `dir`, fetched if it is not there whole. Says on standard error what it does.
pub fn ensure(dir: &Path) -> Result<Guest, DebianError> {
    std::fs::create_dir_all(dir).map_err(|source| DebianError::File { path: dir.to_owned(), source })?;
    let _lock = lock(dir)?;
    let script = dir.join("fetch.sh");
    for (path, text) in [(&script, FETCH), (&dir.join("init"), INIT), (&dir.join("slots"), SLOTS)] {
        std::fs::write(path, text).map_err(|source| DebianError::File { path: path.clone(), source })?;
    }
    if !run(&script, &["--check".as_ref(), dir.as_os_str()])? {
        output::note(&format_args!(
            "manyhart: no Debian guest in {} yet: fetching about 110 MB of packages, once",
            dir.display()
        ));
        if !run(&script, &[dir.as_os_str()])? {
            return Err(DebianError::Fetch(dir.to_owned()));
        }
    }
    load(dir)
}

/// Nobody else makes or checks this guest until it is dropped.
fn lock(dir: &Path) -> Result<std::fs::File, DebianError> {
    let path = dir.join(".lock");
    let locked = std::fs::File::create(&path).and_then(|file| {
        file.lock()?;
        Ok(file)
    });
    locked.map_err(|source| DebianError::File { path, source })
}

fn run(script: &Path, arguments: &[&std::ffi::OsStr]) -> Result<bool, DebianError> {
    // What the script says goes to standard error: standard output is the guest's console.
    let status = Command::new("sh")
        .arg(script)
        .args(arguments)
        .stdin(Stdio::null())
        .stdout(std::io::stderr())
        .status()
        .map_err(|source| DebianError::File { path: "sh".into(), source })?;
    Ok(status.success())
}

fn load(dir: &Path) -> Result<Guest, DebianError> {
    let mut size = 0;
    let mut file = |name: &str| {
        let path = dir.join(name);
        match std::fs::metadata(&path) {
            Ok(metadata) => {
                size += metadata.len();
                Ok(path)
            }
            Err(source) => Err(DebianError::File { path, source }),
        }
    };
    let (kernel, initrd, firmware) = (file("Image")?, file("initramfs.cpio.gz")?, file("fw_dynamic.bin")?);
    let path = file("VERSIONS")?;
    let all = std::fs::read_to_string(&path).map_err(|source| DebianError::File { path, source })?;
    let versions = all
        .lines()
        .filter(|line| line.split_once("  ").is_none_or(|(sum, _)| sum.len() != 64))
        .collect::<Vec<_>>()
        .join("\n");
    Ok(Guest { kernel, initrd, firmware, versions, size })
}

/// One line about a guest, for people.
pub fn describe(guest: &Guest) -> String {
    let packages = guest.versions.lines().map(|line| line.trim()).filter(|line| !line.is_empty()).collect::<Vec<_>>();
    format!("Debian guest, {} MB: {}", guest.size.div_ceil(1_000_000), packages.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scratch(name: &str) -> PathBuf {
        let dir = std::env::temp_dir().join(format!("manyhart-debian-{name}-{}", std::process::id()));
        std::fs::create_dir_all(&dir).expect("a temporary directory");
        dir
    }

    #[test]
    fn a_whole_guest_is_taken_as_it_is_and_a_damaged_one_is_not() {
        let dir = scratch("whole");
        let files = [
            ("Image", "Image"),
            ("initramfs.cpio.gz", ""),
            ("fw_dynamic.bin", ""),
            ("init", INIT),
            ("slots", SLOTS),
            ("fetch.sh", FETCH),
        ];
        for (name, text) in files {
            std::fs::write(dir.join(name), text).expect("a file");
        }
        let sums =
            Command::new("sha256sum").args(files.map(|(name, _)| name)).current_dir(&dir).output().expect("sha256sum");
        let versions = format!("linux-image 6.12\nopensbi 1.6-1\n{}", String::from_utf8_lossy(&sums.stdout));
        std::fs::write(dir.join("VERSIONS"), versions).expect("a file");

        let guest = ensure(&dir).expect("the guest");
        assert_eq!(guest.versions, "linux-image 6.12\nopensbi 1.6-1");
        assert_eq!(guest.kernel, dir.join("Image"));

        std::fs::write(dir.join("Image"), "damaged").expect("a file");
        let whole = run(&dir.join("fetch.sh"), &["--check".as_ref(), dir.as_os_str()]).expect("a shell");
        assert!(!whole, "a damaged image must not pass the check");
        std::fs::remove_dir_all(&dir).expect("removed");
    }
}
