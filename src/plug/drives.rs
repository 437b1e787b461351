//! What disks lie on: `-drive`, `-blockdev` and `blockdev-add`, in the words of qemu-system-riscv64.
//!
//! Where no format is given, only a file that looks like none but raw is taken: see [`manyhart_devices::block`].

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::str::FromStr;
use std::sync::{Arc, Weak};
use std::time::{Duration, Instant};

use manyhart_devices::block::{BlockBackend, Format, OpenError, OpenOptions, open};
use parking_lot::Mutex;
use serde_json::{Map, Value};

use super::{DeviceOptions, OptionError};

/// Why something about a disk's contents cannot be done.
#[derive(Debug, thiserror::Error)]
pub enum DriveError {
    /// What was said about it is not understood.
    #[error(transparent)]
    Options(#[from] OptionError),
    /// A value that is not known, or not to be had here.
    #[error("{key}={value}: {why}")]
    Value {
        /// Of what.
        key: &'static str,
        /// The value.
        value: String,
        /// What is wrong with it.
        why: &'static str,
    },
    /// The image cannot be opened.
    #[error(transparent)]
    Open(#[from] OpenError),
    /// The name is taken.
    #[error("Duplicate nodes with node-name='{0}'")]
    Duplicate(String),
    /// There is none of that name.
    #[error("Failed to find node with node-name='{0}'")]
    NotFound(String),
    /// A device has it, or another node lies on it.
    #[error("Node '{0}' is busy: {1}")]
    Busy(String, String),
}

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

/// `{"file": {"filename": F}}` says the same as `file.filename=F`.
pub(super) fn flatten(prefix: &str, object: Map<String, Value>, flat: &mut Map<String, Value>) {
    for (key, value) in object {
        let key = format!("{prefix}{key}");
        match value {
            Value::Object(inner) => flatten(&format!("{key}."), inner, flat),
            value => {
                flat.insert(key, value);
            }
        }
    }
}

/// How long is waited for a device that is gone to let go of an image: the host may be at its last requests.
const LAST_REQUESTS: Duration = Duration::from_secs(10);

/// All disks' contents of a machine, by name. Cheap to clone; for control threads.
#[derive(Clone, Default)]
pub struct Drives(Arc<Mutex<Table>>);

#[derive(Default)]
struct Table {
    drives: BTreeMap<String, Drive>,
    /// What was removed, for as long as somebody has it.
    closing: Vec<Weak<dyn BlockBackend>>,
}

/// What a device takes.
#[derive(Clone)]
pub struct Taken {
    /// The contents.
    pub backend: Arc<dyn BlockBackend>,
    /// What the drive says of the disk's cache.
    pub writeback: bool,
    /// And of its serial number.
    pub serial: Option<String>,
}

struct Drive {
    contents: Contents,
    user: Option<String>,
}

enum Contents {
    Open(Taken),
    /// A file that nobody has used yet: what lies on it opens it.
    File(OpenOptions),
}

impl Drives {
    /// Opens a `-drive` under its name, or `fallback` if it has none; the name.
    pub fn add_drive(&self, spec: &DriveSpec, fallback: &str) -> Result<String, DriveError> {
        let name = spec.id.clone().unwrap_or_else(|| fallback.to_owned());
        self.add(&name, || {
            let (writeback, serial) = (spec.writeback, spec.serial.clone());
            Ok(Contents::Open(Taken { backend: open(&spec.open)?, writeback, serial }))
        })?;
        Ok(name)
    }

    /// Opens a node.
    pub fn add_blockdev(&self, spec: &BlockdevSpec) -> Result<(), DriveError> {
        let opened = |options: &OpenOptions| -> Result<Contents, DriveError> {
            Ok(Contents::Open(Taken { backend: open(options)?, writeback: true, serial: None }))
        };
        match &spec.node {
            NodeSpec::Format(options) => self.add(&spec.name, || opened(options)),
            NodeSpec::File(options) => self.add(&spec.name, || {
                // It can be opened, at least; as what, is said later.
                open(&OpenOptions { lock: false, format: Some(Format::Raw), ..options.clone() })?;
                Ok(Contents::File(options.clone()))
            }),
            NodeSpec::On { file, format, read_only, discard } => {
                let below = self.file(file)?;
                let read_only = *read_only || below.read_only;
                let options =
                    OpenOptions { format: Some(*format), read_only, discard: *discard && below.discard, ..below };
                self.add(&spec.name, || opened(&options))?;
                self.mark(file, Some(spec.name.clone()));
                Ok(())
            }
        }
    }

    fn add(&self, name: &str, contents: impl Fn() -> Result<Contents, DriveError>) -> Result<(), DriveError> {
        let end = Instant::now() + LAST_REQUESTS;
        loop {
            let mut table = self.0.lock();
            if table.drives.contains_key(name) {
                return Err(DriveError::Duplicate(name.to_owned()));
            }
            table.closing.retain(|backend| backend.strong_count() > 0);
            match contents() {
                // Perhaps by one of ours that is about to be closed.
                Err(DriveError::Open(OpenError::Locked { .. }))
                    if !table.closing.is_empty() && Instant::now() < end => {}
                contents => {
                    table.drives.insert(name.to_owned(), Drive { contents: contents?, user: None });
                    return Ok(());
                }
            }
            drop(table);
            std::thread::sleep(Duration::from_millis(1));
        }
    }

    /// A file that nothing lies on yet.
    fn file(&self, name: &str) -> Result<OpenOptions, DriveError> {
        let table = self.0.lock();
        match table.drives.get(name) {
            None => Err(DriveError::NotFound(name.to_owned())),
            Some(Drive { user: Some(user), .. }) => Err(DriveError::Busy(name.to_owned(), format!("'{user}' uses it"))),
            Some(Drive { contents: Contents::Open(_), .. }) => {
                Err(DriveError::Busy(name.to_owned(), "it is no plain file".to_owned()))
            }
            Some(Drive { contents: Contents::File(options), .. }) => Ok(options.clone()),
        }
    }

    fn mark(&self, name: &str, user: Option<String>) {
        if let Some(drive) = self.0.lock().drives.get_mut(name) {
            drive.user = user;
        }
    }

    /// Gives a drive to a device, which nobody else may have then. What the last device has under way ends first.
    pub fn take(&self, name: &str, device: &str) -> Result<Taken, DriveError> {
        let end = Instant::now() + LAST_REQUESTS;
        loop {
            let mut table = self.0.lock();
            let drive = table.drives.get_mut(name).ok_or_else(|| DriveError::NotFound(name.to_owned()))?;
            let busy = |why: &str| DriveError::Busy(name.to_owned(), why.to_owned());
            if let Some(user) = &drive.user {
                return Err(busy(&format!("'{user}' uses it")));
            }
            if let Contents::File(options) = &drive.contents {
                let options = OpenOptions { format: Some(Format::Raw), ..options.clone() };
                let taken = Taken { backend: open(&options)?, writeback: true, serial: None };
                drive.contents = Contents::Open(taken);
            }
            if let Contents::Open(taken) = &drive.contents
                && Arc::strong_count(&taken.backend) == 1
            {
                drive.user = Some(device.to_owned());
                return Ok(taken.clone());
            }
            drop(table);
            if Instant::now() >= end {
                return Err(busy("the host is still at requests of the device before"));
            }
            std::thread::sleep(Duration::from_millis(1));
        }
    }

    /// A device is gone: its drives may go to another.
    pub fn release(&self, device: &str) {
        for drive in self.0.lock().drives.values_mut() {
            if drive.user.as_deref() == Some(device) {
                drive.user = None;
            }
        }
    }

    /// `blockdev-del`: the image is closed once the last request that uses it has ended.
    pub fn remove(&self, name: &str) -> Result<(), DriveError> {
        let mut table = self.0.lock();
        match table.drives.get(name) {
            None => return Err(DriveError::NotFound(name.to_owned())),
            Some(Drive { user: Some(user), .. }) => {
                return Err(DriveError::Busy(name.to_owned(), format!("'{user}' uses it")));
            }
            Some(_) => {}
        }
        if let Some(Drive { contents: Contents::Open(taken), .. }) = table.drives.remove(name) {
            table.closing.push(Arc::downgrade(&taken.backend));
        }
        // A file that it lay on is free again.
        for drive in table.drives.values_mut().filter(|drive| drive.user.as_deref() == Some(name)) {
            drive.user = None;
        }
        Ok(())
    }

    /// Each drive: its name, whether it is read-only, its size, and who uses it.
    pub fn list(&self) -> Vec<DriveReport> {
        let table = self.0.lock();
        let report = |(name, drive): (&String, &Drive)| {
            let backend = match &drive.contents {
                Contents::Open(taken) => Some(&taken.backend),
                Contents::File(_) => None,
            };
            DriveReport {
                name: name.clone(),
                size: backend.map(|backend| backend.size()),
                read_only: backend.is_some_and(|backend| backend.read_only()),
                user: drive.user.clone(),
            }
        };
        table.drives.iter().map(report).collect()
    }
}

/// What there is to say of a drive.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DriveReport {
    /// Its name.
    pub name: String,
    /// In bytes, once it is open.
    pub size: Option<u64>,
    /// Whether it cannot be written.
    pub read_only: bool,
    /// The device, or the node, that uses it.
    pub user: Option<String>,
}
