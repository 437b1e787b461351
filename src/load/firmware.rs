//! `-bios`: which firmware, and where packages put OpenSBI.

use std::convert::Infallible;
use std::path::{Path, PathBuf};
use std::str::FromStr;

use super::{LoadError, Source};
use crate::debian;

/// What runs first, in machine mode.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Firmware {
    /// Nothing: the kernel itself.
    None,
    /// OpenSBI, from where packages put it.
    Default,
    /// A file.
    File(PathBuf),
}

impl FromStr for Firmware {
    type Err = Infallible;

    fn from_str(text: &str) -> Result<Firmware, Infallible> {
        Ok(match text {
            "none" => Firmware::None,
            "default" => Firmware::Default,
            file => Firmware::File(file.into()),
        })
    }
}

impl Firmware {
    /// Where its bytes come from; `None` where there is no firmware.
    pub fn source(&self) -> Result<Option<Source>, LoadError> {
        match self {
            Firmware::None => Ok(None),
            Firmware::File(path) => Ok(Some(Source::File(path.clone()))),
            Firmware::Default => first_file(well_known()).map(|path| Some(Source::File(path))),
        }
    }
}

/// Where OpenSBI's `fw_dynamic` may be, the best first. That of the Debian guest is known to boot its kernel; a distribution's may be too old.
fn well_known() -> Vec<PathBuf> {
    let cached = debian::default_dir().ok().map(|dir| dir.join("fw_dynamic.bin"));
    let packaged = [
        "/usr/share/opensbi/generic/fw_dynamic.bin",
        "/usr/lib/riscv64-linux-gnu/opensbi/generic/fw_dynamic.bin",
        "/usr/share/qemu/opensbi-riscv64-generic-fw_dynamic.bin",
    ];
    cached.into_iter().chain(packaged.map(PathBuf::from)).collect()
}

fn first_file(candidates: Vec<PathBuf>) -> Result<PathBuf, LoadError> {
    let is_file = |path: &&PathBuf| Path::is_file(path);
    match candidates.iter().find(is_file) {
        Some(path) => Ok(path.clone()),
        None => Err(LoadError::NoFirmware { looked_at: candidates }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_file_that_exists_is_taken() {
        let here = PathBuf::from(file!()).canonicalize().expect("tests run in the package's directory");
        let missing = |name: &str| PathBuf::from("/nonexistent").join(name);
        let got = first_file(vec![missing("a"), "/".into(), here.clone(), missing("b")]);
        assert_eq!(got.unwrap(), here);
    }

    #[test]
    fn an_error_says_where_it_looked_and_what_helps() {
        let error = first_file(vec!["/nonexistent/a".into(), "/nonexistent/b".into()]).unwrap_err().to_string();
        assert!(error.contains("/nonexistent/a, /nonexistent/b"), "{error}");
        assert!(error.contains("package opensbi") && error.lines().count() == 1, "{error}");
        assert!(well_known().len() >= 3);
    }

    #[test]
    fn names() {
        assert_eq!("none".parse(), Ok(Firmware::None));
        assert_eq!("default".parse(), Ok(Firmware::Default));
        assert_eq!("x.bin".parse(), Ok(Firmware::File("x.bin".into())));
        assert_eq!(Firmware::None.source().unwrap(), None);
    }
}
