//! `-drive`, `-blockdev` and `blockdev-add`, in the words of qemu-system-riscv64.
//!
//! Where no format is given, only a file that looks like none but raw is taken: see [`manyhart_devices::block`].

use std::path::PathBuf;
use std::str::FromStr;

use manyhart_devices::block::{Format, OpenOptions};
use serde_json::{Map, Value};

use super::DriveError;
use crate::plug::options::flatten;
use crate::plug::{DeviceOptions, OptionError};

fn value(key: &'static str, value: &str, why: &'static str) -> DriveError {
    DriveError::Value { key, value: value.to_owned(), why }
}

/// What a drive is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Interface {
    /// A device names it.
    None,
    /// A virtio disk is made for it.
    #[default]
    Virtio,
}

/// `-drive`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DriveSpec {
    /// What devices call it.
    pub id: Option<String>,
    /// Who uses it.
    pub interface: Interface,
    /// How to open it.
    pub open: OpenOptions,
    /// Whether the disk has a cache that the guest must flush.
    pub writeback: bool,
    /// The serial number of the disk.
    pub serial: Option<String>,
}

impl FromStr for DriveSpec {
    type Err = DriveError;

    fn from_str(text: &str) -> Result<DriveSpec, DriveError> {
        let mut options = DeviceOptions::parse(text, "file")?;
        let mut open = OpenOptions::new(PathBuf::from(std::mem::replace(&mut options.driver, "drive".to_owned())));
        let interface = match options.text("if")?.as_deref() {
            None | Some("virtio") => Interface::Virtio,
            Some("none") => Interface::None,
            Some(other) => return Err(value("if", other, "the buses are 'virtio' and 'none'")),
        };
        open.format = options.text("format")?.map(|name| format(&name)).transpose()?;
        open.read_only = [options.switch("readonly")?, options.switch("read-only")?].contains(&Some(true));
        if let Some(discard) = options.text("discard")? {
            open.discard = unmap(&discard)?;
        }
        if let Some(locking) = options.text("file.locking")? {
            open.lock = lock(&locking)?;
        }
        let writeback = match options.text("cache")?.as_deref() {
            None | Some("writeback" | "none") => true,
            Some("writethrough" | "directsync") => false,
            Some(other) => return Err(value("cache", other, "'writeback', 'writethrough', 'none' or 'directsync'")),
        };
        match options.text("media")?.as_deref() {
            None | Some("disk") => {}
            Some("cdrom") => open.read_only = true,
            Some(other) => return Err(value("media", other, "'disk' or 'cdrom'")),
        }
        if options.switch("snapshot")? == Some(true) {
            return Err(value("snapshot", "on", "not supported: copy the image"));
        }
        for key in ["rerror", "werror"] {
            match options.text(key)?.as_deref() {
                None | Some("report" | "auto") => {}
                Some(other) => return Err(value("rerror, werror", other, "errors are always reported to the guest")),
            }
        }
        // Where it would be on a bus with positions, and how the host does it: nothing to choose here.
        for key in ["index", "bus", "unit", "aio"] {
            options.take(key);
        }
        let serial = options.text("serial")?;
        let spec = DriveSpec { id: options.id.clone(), interface, open, writeback, serial };
        options.finish()?;
        Ok(spec)
    }
}

fn format(name: &str) -> Result<Format, DriveError> {
    Format::by_name(name).ok_or_else(|| value("format", name, "the formats are 'raw', 'qcow2' and 'vmdk'"))
}

fn unmap(text: &str) -> Result<bool, DriveError> {
    match text {
        "unmap" | "on" => Ok(true),
        "ignore" | "off" => Ok(false),
        other => Err(value("discard", other, "'unmap' or 'ignore'")),
    }
}

fn lock(text: &str) -> Result<bool, DriveError> {
    match text {
        "on" | "auto" => Ok(true),
        "off" => Ok(false),
        other => Err(value("locking", other, "'on', 'off' or 'auto'")),
    }
}

/// `-blockdev` and `blockdev-add`: one node.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BlockdevSpec {
    /// Its name.
    pub name: String,
    /// What it is.
    pub node: NodeSpec,
}

/// What a node is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NodeSpec {
    /// A file of the host.
    File(OpenOptions),
    /// A format on a file that is given with it.
    Format(OpenOptions),
    /// A format on a node.
    On {
        /// Which node.
        file: String,
        /// Which format.
        format: Format,
        /// Nothing is written.
        read_only: bool,
        /// Whether a discard gives room back.
        discard: bool,
    },
}

impl FromStr for BlockdevSpec {
    type Err = DriveError;

    fn from_str(text: &str) -> Result<BlockdevSpec, DriveError> {
        if text.trim_start().starts_with('{') {
            let object = serde_json::from_str(text).map_err(|error| OptionError::Json(error.to_string()))?;
            return BlockdevSpec::from_object(object);
        }
        BlockdevSpec::from_options(DeviceOptions::parse(text, "driver")?)
    }
}

impl BlockdevSpec {
    /// From the arguments of `blockdev-add`.
    pub fn from_object(object: Map<String, Value>) -> Result<BlockdevSpec, DriveError> {
        let mut flat = Map::new();
        flatten("", object, &mut flat);
        BlockdevSpec::from_options(DeviceOptions::from_object(flat, "driver")?)
    }

    fn from_options(mut options: DeviceOptions) -> Result<BlockdevSpec, DriveError> {
        let name = options.required("node-name")?;
        let read_only = options.switch("read-only")?.unwrap_or(false);
        let discard = options.text("discard")?.map_or(Ok(true), |text| unmap(&text))?;
        // What the page cache does is the host's matter.
        for key in ["cache.direct", "cache.no-flush", "auto-read-only", "force-share", "detect-zeroes", "aio"] {
            options.take(key);
        }
        let node = match options.driver.as_str() {
            "file" | "host_device" => NodeSpec::File(file(&mut options, "", read_only, discard)?),
            driver => {
                let format = Format::by_name(driver)
                    .ok_or_else(|| value("driver", driver, "the drivers are 'file', 'raw', 'qcow2' and 'vmdk'"))?;
                match options.text("file")? {
                    Some(file) => NodeSpec::On { file, format, read_only, discard },
                    None => {
                        options.take("file.driver");
                        let open = file(&mut options, "file.", read_only, discard)?;
                        NodeSpec::Format(open.format(format))
                    }
                }
            }
        };
        options.finish()?;
        Ok(BlockdevSpec { name, node })
    }
}

/// A file's own options, under a prefix.
fn file(options: &mut DeviceOptions, prefix: &str, read_only: bool, discard: bool) -> Result<OpenOptions, DriveError> {
    let mut open = OpenOptions::new(options.required(&format!("{prefix}filename"))?);
    open.read_only = read_only || !prefix.is_empty() && options.switch(&format!("{prefix}read-only"))? == Some(true);
    open.discard = discard;
    if let Some(locking) = options.text(&format!("{prefix}locking"))? {
        open.lock = lock(&locking)?;
    }
    for key in ["node-name", "discard", "aio", "cache.direct", "cache.no-flush", "auto-read-only"] {
        if !prefix.is_empty() {
            options.take(&format!("{prefix}{key}"));
        }
    }
    Ok(open)
}
