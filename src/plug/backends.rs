//! What devices lie on, by name: disks' contents, and objects.

use std::collections::BTreeMap;
use std::str::FromStr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};

use parking_lot::Mutex;
use serde_json::{Map, Value};

use super::chardevs::Chardevs;
use super::drives::Drives;
use super::netdevs::{Netdevs, default_mac};
use super::{DeviceOptions, PlugError};

/// `-object`: something that devices use.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ObjectSpec {
    id: String,
    kind: ObjectKind,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum ObjectKind {
    /// The host's entropy.
    Entropy,
}

impl ObjectSpec {
    /// From the arguments of `object-add`.
    pub fn from_object(object: Map<String, Value>) -> Result<ObjectSpec, PlugError> {
        ObjectSpec::from_options(DeviceOptions::from_object(object, "qom-type")?)
    }

    fn from_options(mut options: DeviceOptions) -> Result<ObjectSpec, PlugError> {
        let driver = options.driver.clone();
        let not_set = |key| PlugError::NotSet { driver: driver.clone(), key };
        match driver.as_str() {
            "rng-builtin" => {}
            "rng-random" => match options.text("filename")?.as_deref() {
                None | Some("/dev/urandom" | "/dev/random") => {}
                Some(_) => {
                    let why = "the host's entropy is /dev/urandom";
                    return Err(PlugError::Value { driver: driver.clone(), key: "filename", why });
                }
            },
            _ => return Err(PlugError::NoObject(driver)),
        }
        let id = options.id.clone().ok_or_else(|| not_set("id"))?;
        options.finish()?;
        Ok(ObjectSpec { id, kind: ObjectKind::Entropy })
    }
}

impl FromStr for ObjectSpec {
    type Err = PlugError;

    fn from_str(text: &str) -> Result<ObjectSpec, PlugError> {
        ObjectSpec::from_options(DeviceOptions::parse(text, "qom-type")?)
    }
}

/// All of a machine. Cheap to clone; for control threads.
#[derive(Clone, Default)]
pub struct Backends {
    /// Disks' contents.
    pub drives: Drives,
    /// What network interfaces are wired to.
    pub netdevs: Netdevs,
    /// How many interfaces have come without an address.
    interfaces: Arc<AtomicU8>,
    /// What consoles end in.
    pub chardevs: Chardevs,
    /// Objects, and who uses each.
    objects: Arc<Mutex<BTreeMap<String, Object>>>,
}

struct Object {
    kind: ObjectKind,
    users: Vec<String>,
}

impl Backends {
    /// Makes an object.
    pub fn add_object(&self, spec: ObjectSpec) -> Result<(), PlugError> {
        let mut objects = self.objects.lock();
        if objects.contains_key(&spec.id) {
            return Err(PlugError::Duplicate(spec.id));
        }
        objects.insert(spec.id, Object { kind: spec.kind, users: Vec::new() });
        Ok(())
    }

    /// Removes an object that nobody uses.
    pub fn remove_object(&self, id: &str) -> Result<(), PlugError> {
        let mut objects = self.objects.lock();
        match objects.get(id).map(|object| object.users.first()) {
            None => Err(PlugError::NotFound(id.to_owned())),
            Some(Some(user)) => Err(PlugError::InUse(id.to_owned(), user.clone())),
            Some(None) => {
                objects.remove(id);
                Ok(())
            }
        }
    }

    /// An address for an interface that was given none.
    pub(super) fn next_mac(&self) -> [u8; 6] {
        default_mac(self.interfaces.fetch_add(1, Ordering::Relaxed))
    }

    /// That `name` is entropy, which `device` uses from now on.
    pub(super) fn take_entropy(&self, driver: &str, name: &str, device: &str) -> Result<(), PlugError> {
        match self.objects.lock().get_mut(name) {
            Some(Object { kind: ObjectKind::Entropy, users }) => {
                users.push(device.to_owned());
                Ok(())
            }
            None => Err(PlugError::NoBackend { driver: driver.to_owned(), key: "rng", value: name.to_owned() }),
        }
    }

    /// A device is gone: what it used may go to another.
    pub(super) fn release(&self, device: &str) {
        self.drives.release(device);
        self.netdevs.release(device);
        self.chardevs.release(device);
        for object in self.objects.lock().values_mut() {
            object.users.retain(|user| user != device);
        }
    }
}
