//! What disks lie on, by name, who uses it, and how it goes again.

mod spec;

use std::collections::BTreeMap;
use std::sync::{Arc, Weak};
use std::time::{Duration, Instant};

use manyhart_devices::block::{BlockBackend, Format, OpenError, OpenOptions, open};
use parking_lot::Mutex;

pub use spec::{BlockdevSpec, DriveSpec, Interface, NodeSpec};

use super::OptionError;

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
