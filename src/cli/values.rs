//! The values of options: small languages of their own (`4` or `cpus=4`, `512M`, `loader,file=F`), each a typed value.

use std::path::PathBuf;
use std::str::FromStr;

use crate::board::Aia;
use crate::control::{Place, PlaceError};
use crate::plug::{self, DeviceOptions, OptionError};
use crate::text;

/// The most harts a machine has.
pub const MAX_HARTS: u32 = 512;
/// The most memory a machine has, in bytes.
pub const MAX_MEMORY: u64 = 1 << 40;

/// Why a value was refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ValueError {
    /// A device's options.
    #[error(transparent)]
    Options(#[from] OptionError),
    /// A device of no known kind.
    #[error("'{0}' is not a valid device model name")]
    NoDriver(String),
    /// Not a number.
    #[error("'{0}' is not a number")]
    NotANumber(String),
    /// A number of harts outside 1 to 512.
    #[error("a machine has 1 to {MAX_HARTS} harts, not {0}")]
    Harts(u64),
    /// A topology whose product is not the number of harts.
    #[error("sockets x cores x threads is {product}, not {harts}")]
    HartTopology {
        /// What the topology makes.
        product: u64,
        /// What was asked for.
        harts: u32,
    },
    /// No memory, or more than there can be.
    #[error("a machine has 4 KiB to 1 TiB of memory")]
    Memory,
    /// A size that is not a whole number of pages.
    #[error("memory is a multiple of 4 KiB")]
    PartOfAPage,
    /// A key that this option does not have (yet).
    #[error("'{0}' is not there yet")]
    NotThere(String),
    /// A key without its value.
    #[error("'{0}' is missing")]
    Missing(&'static str),
    /// A granularity that is not 1, 2, 4, 8, 16 or 32.
    #[error("a line holds 1, 2, 4, 8, 16 or 32 bytes")]
    Granularity,
}

/// `key=value` pairs after commas; a first part without `=` belongs to `first`.
fn pairs<'a>(text: &'a str, first: &'static str) -> impl Iterator<Item = (&'a str, &'a str)> {
    text.split(',').enumerate().map(move |(index, part)| match part.split_once('=') {
        Some(pair) => pair,
        None if index == 0 => (first, part),
        None => (part, ""),
    })
}

/// A number, decimal or `0x` hexadecimal.
pub fn number(text: &str) -> Result<u64, ValueError> {
    text::number(text).ok_or_else(|| ValueError::NotANumber(text.to_owned()))
}

/// `-m`: a bare number counts MiB; suffixes K, M, G, T.
pub fn memory_size(text: &str) -> Result<u64, ValueError> {
    let text = text.strip_prefix("size=").unwrap_or(text);
    let (digits, shift) = text::without_suffix(text).unwrap_or((text, 20));
    let bytes = u128::from(number(digits)?) << shift;
    match u64::try_from(bytes) {
        Ok(bytes) if bytes % 4096 != 0 => Err(ValueError::PartOfAPage),
        Ok(bytes) if (4096..=MAX_MEMORY).contains(&bytes) => Ok(bytes),
        _ => Err(ValueError::Memory),
    }
}

/// `--signature-granularity`.
pub fn signature_granularity(text: &str) -> Result<usize, ValueError> {
    match number(text)? {
        bytes @ (1 | 2 | 4 | 8 | 16 | 32) => Ok(bytes as usize),
        _ => Err(ValueError::Granularity),
    }
}

/// `-machine`: the board and its properties.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MachineOption {
    /// `dumpdtb=F`: the same as `--dump-dtb F`.
    pub dump_dtb: Option<PathBuf>,
    /// `aia=none`, `aplic` or `aplic-imsic`.
    pub aia: Aia,
}

impl FromStr for MachineOption {
    type Err = ValueError;

    fn from_str(text: &str) -> Result<MachineOption, ValueError> {
        let mut option = MachineOption { dump_dtb: None, aia: Aia::None };
        for (key, value) in pairs(text, "type") {
            match (key, value) {
                ("type", "virt") | ("aia-guests", "0") | ("aclint" | "acpi", "off") | ("accel", "tcg") => {}
                ("aia", "none") => option.aia = Aia::None,
                ("aia", "aplic") => option.aia = Aia::Aplic,
                ("aia", "aplic-imsic") => option.aia = Aia::AplicImsic,
                ("dumpdtb", file) => option.dump_dtb = Some(file.into()),
                ("type", other) => return Err(ValueError::NotThere(other.to_owned())),
                (key, value) => return Err(ValueError::NotThere(format!("{key}={value}"))),
            }
        }
        Ok(option)
    }
}

/// `-smp`: how many harts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SmpOption(pub u32);

impl FromStr for SmpOption {
    type Err = ValueError;

    fn from_str(text: &str) -> Result<SmpOption, ValueError> {
        let (mut cpus, mut most, mut product) = (None, None, None);
        for (key, value) in pairs(text, "cpus") {
            let value = number(value)?;
            match key {
                "cpus" => cpus = Some(value),
                "maxcpus" => most = Some(value),
                "sockets" | "cores" | "threads" => product = Some(product.unwrap_or(1u64).saturating_mul(value)),
                other => return Err(ValueError::NotThere(other.to_owned())),
            }
        }
        let cpus = cpus.or(product).or(most).ok_or(ValueError::Missing("cpus"))?;
        let harts = u32::try_from(cpus).ok().filter(|n| (1..=MAX_HARTS).contains(n)).ok_or(ValueError::Harts(cpus))?;
        match (product, most) {
            (Some(product), _) if product != cpus => Err(ValueError::HartTopology { product, harts }),
            (_, Some(most)) if most != cpus => Err(ValueError::NotThere(format!("maxcpus={most}"))),
            _ => Ok(SmpOption(harts)),
        }
    }
}

/// Declares an option that has exactly these values, all of which mean what the machine does anyway.
macro_rules! only {
    ($(#[$doc:meta])* $name:ident: $($value:literal)|+) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub struct $name;

        impl FromStr for $name {
            type Err = ValueError;

            fn from_str(text: &str) -> Result<$name, ValueError> {
                match text {
                    $($value)|+ => Ok($name),
                    other => Err(ValueError::NotThere(other.to_owned())),
                }
            }
        }
    };
}

only! {
    /// `-cpu`.
    CpuOption: "rv64"
}
only! {
    /// `-accel`.
    AcceleratorOption: "tcg" | "tcg,thread=multi"
}
only! {
    /// `-display` and others that can only be off.
    Nothing: "none"
}

/// `-monitor`: a place, or none.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MonitorOption(pub Option<Place>);

impl FromStr for MonitorOption {
    type Err = PlaceError;

    fn from_str(text: &str) -> Result<MonitorOption, PlaceError> {
        Ok(MonitorOption(if text == "none" { None } else { Some(text.parse()?) }))
    }
}

/// `-device`: a file in memory, or a device of the catalogue.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DeviceOption {
    /// `loader`.
    Loader(LoaderOption),
    /// Any other: which there are is the catalogue's matter.
    Plugged(DeviceOptions),
}

impl FromStr for DeviceOption {
    type Err = ValueError;

    fn from_str(text: &str) -> Result<DeviceOption, ValueError> {
        let options = DeviceOptions::parse(text, "driver")?;
        match options.driver.as_str() {
            "loader" => text.parse().map(DeviceOption::Loader),
            "help" | "?" => Ok(DeviceOption::Plugged(options)),
            name if plug::is_driver(name) => Ok(DeviceOption::Plugged(options)),
            name => Err(ValueError::NoDriver(name.to_owned())),
        }
    }
}

/// `-device loader,…`: one more file in memory.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LoaderOption {
    /// The file.
    pub file: PathBuf,
    /// Where raw bytes go; an ELF brings its own addresses.
    pub addr: Option<u64>,
    /// The hart that starts at this image.
    pub cpu: Option<u32>,
    /// Not looked into: raw bytes, whatever they are.
    pub force_raw: bool,
}

impl FromStr for LoaderOption {
    type Err = ValueError;

    fn from_str(text: &str) -> Result<LoaderOption, ValueError> {
        let (mut file, mut addr, mut cpu, mut force_raw) = (None, None, None, false);
        for (key, value) in pairs(text, "driver") {
            match (key, value) {
                ("driver", "loader") => {}
                ("driver", other) => return Err(ValueError::NotThere(other.to_owned())),
                ("file", value) => file = Some(PathBuf::from(value)),
                ("addr", value) => addr = Some(number(value)?),
                ("cpu-num", value) => {
                    let hart = number(value)?;
                    cpu = Some(u32::try_from(hart).map_err(|_| ValueError::Harts(hart))?);
                }
                ("force-raw", "on" | "true") => force_raw = true,
                ("force-raw", "off" | "false") => force_raw = false,
                (key, _) => return Err(ValueError::NotThere(format!("loader,{key}"))),
            }
        }
        Ok(LoaderOption { file: file.ok_or(ValueError::Missing("file"))?, addr, cpu, force_raw })
    }
}

#[cfg(test)]
#[path = "values_tests.rs"]
mod tests;
