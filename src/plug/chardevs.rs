//! What guests' consoles end in: `-chardev`, and the ports that wait for one.

use std::collections::BTreeMap;
use std::str::FromStr;
use std::sync::Arc;

use manyhart_devices::uart::Output;
use manyhart_devices::virtio::console::ConsoleHandle;
use parking_lot::Mutex;

use super::{DeviceOptions, PlugError};
use crate::console::Serial;

/// `-chardev`: `null,id=I`, `file,id=I,path=F` or `stdio,id=I[,mux=on]`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChardevSpec {
    /// What devices call it.
    pub id: String,
    /// Where it is.
    pub end: Serial,
}

impl FromStr for ChardevSpec {
    type Err = PlugError;

    fn from_str(text: &str) -> Result<ChardevSpec, PlugError> {
        let mut options = DeviceOptions::parse(text, "backend")?;
        let driver = options.driver.clone();
        let end = match driver.as_str() {
            "null" => Serial::Null,
            "file" => Serial::File(options.required("path")?.into()),
            "stdio" => Serial::Stdio { keys: options.switch("mux")?.unwrap_or(false) },
            _ => return Err(PlugError::NoChardev(driver)),
        };
        let id = options.id.clone().ok_or(PlugError::NotSet { driver, key: "id" })?;
        options.finish()?;
        Ok(ChardevSpec { id, end })
    }
}

/// A guest's console that has its end on the host.
pub struct ConsoleLine {
    /// Where that is.
    pub end: Serial,
    /// The device.
    pub handle: ConsoleHandle,
    /// What it prints.
    pub output: Output,
}

/// All of a machine. Cheap to clone; for control threads.
#[derive(Clone, Default)]
pub struct Chardevs(Arc<Mutex<Table>>);

#[derive(Default)]
struct Table {
    ends: BTreeMap<String, End>,
    /// Ports that nobody listens to yet, each of the controller of this name.
    ports: Vec<(String, ConsoleHandle, Output)>,
    lines: Vec<ConsoleLine>,
}

struct End {
    place: Serial,
    user: Option<String>,
}

impl Chardevs {
    /// Names an end.
    pub fn add(&self, spec: &ChardevSpec) -> Result<(), PlugError> {
        let mut table = self.0.lock();
        if table.ends.contains_key(&spec.id) {
            return Err(PlugError::Duplicate(spec.id.clone()));
        }
        table.ends.insert(spec.id.clone(), End { place: spec.end.clone(), user: None });
        Ok(())
    }

    /// A controller has a port.
    pub(super) fn add_port(&self, controller: &str, handle: ConsoleHandle, output: Output) {
        self.0.lock().ports.push((controller.to_owned(), handle, output));
    }

    /// Connects the first free port, of one controller (`bus`, with or without the number of its bus) or of any, for `device`.
    pub(super) fn connect(
        &self,
        driver: &str,
        chardev: &str,
        bus: Option<&str>,
        device: &str,
    ) -> Result<(), PlugError> {
        let table = &mut *self.0.lock();
        let no_end = || PlugError::NoBackend { driver: driver.to_owned(), key: "chardev", value: chardev.to_owned() };
        let end = table.ends.get_mut(chardev).ok_or_else(no_end)?;
        if let Some(user) = &end.user {
            return Err(PlugError::InUse(chardev.to_owned(), user.clone()));
        }
        let wanted = |controller: &str| bus.is_none_or(|bus| bus.strip_suffix(".0").unwrap_or(bus) == controller);
        let port = table.ports.iter().position(|(controller, ..)| wanted(controller));
        let port = port.ok_or_else(|| PlugError::NoBus { bus: "virtio-serial-bus", driver: driver.to_owned() })?;
        let (_, handle, output) = table.ports.remove(port);
        end.user = Some(device.to_owned());
        table.lines.push(ConsoleLine { end: end.place.clone(), handle, output });
        Ok(())
    }

    /// A device is gone.
    pub(super) fn release(&self, device: &str) {
        let mut table = self.0.lock();
        table.ports.retain(|(controller, ..)| controller != device);
        for end in table.ends.values_mut() {
            end.user.take_if(|user| user == device);
        }
    }

    /// What was connected, for whoever moves the bytes. Ports that nobody listens to swallow what is printed from now on.
    pub fn take_lines(&self) -> Vec<ConsoleLine> {
        let mut table = self.0.lock();
        table.ports.clear();
        std::mem::take(&mut table.lines)
    }
}

#[cfg(test)]
mod tests {
    use manyhart_devices::uart::{self, Put, Sink};
    use manyhart_devices::virtio::console::Console;

    use super::*;

    #[test]
    fn ends() {
        let spec = |id: &str, end| Ok(ChardevSpec { id: id.to_owned(), end });
        let cases = [
            ("null,id=n", spec("n", Serial::Null)),
            ("file,id=f,path=a,,b", spec("f", Serial::File("a,b".into()))),
            ("stdio,id=s,mux=on", spec("s", Serial::Stdio { keys: true })),
            ("stdio,id=s", spec("s", Serial::Stdio { keys: false })),
            ("null", Err("null: id property not set")),
            ("file,id=f", Err("Parameter 'path' is missing")),
            ("vc,id=v", Err("'vc' is not a valid char driver name")),
            ("null,id=n,path=p", Err("Property 'null.path' not found")),
        ];
        for (text, want) in cases {
            let got = text.parse::<ChardevSpec>().map_err(|error| error.to_string());
            assert_eq!(got, want.map_err(str::to_owned), "{text}");
        }
    }

    #[test]
    fn ports_are_connected_in_order() {
        let chardevs = Chardevs::default();
        let port = |name: &str| {
            let (sink, output) = uart::channel(1);
            chardevs.add_port(name, Console::new(Box::new(uart::channel(1).0)).1, output);
            sink
        };
        let (_first, mut second, _third) = (port("a"), port("b"), port("b"));
        for id in ["x", "y"] {
            chardevs.add(&ChardevSpec { id: id.to_owned(), end: Serial::Null }).unwrap();
        }
        let connect = |chardev, bus, device| {
            chardevs.connect("virtconsole", chardev, bus, device).map_err(|error| error.to_string())
        };
        assert_eq!(connect("z", None, "p").unwrap_err(), "Property 'virtconsole.chardev' can't find value 'z'");
        assert_eq!(
            connect("x", Some("c.0"), "p").unwrap_err(),
            "No 'virtio-serial-bus' bus found for device 'virtconsole'"
        );
        assert_eq!(connect("x", Some("b.0"), "p"), Ok(()));
        assert_eq!(connect("x", None, "q").unwrap_err(), "'x' is in use by 'p'");
        assert_eq!(connect("y", None, "q"), Ok(()));
        assert_eq!(
            chardevs.add(&ChardevSpec { id: "x".into(), end: Serial::Null }).unwrap_err().to_string(),
            "Duplicate device ID 'x'"
        );
        let lines = chardevs.take_lines();
        assert_eq!((lines.len(), second.put(b'!')), (2, Put::Taken));
        drop(lines);
        assert_eq!(second.put(b'!'), Put::Closed);
        chardevs.release("p");
        drop(port("d"));
        assert_eq!(connect("x", None, "r"), Ok(()), "free again");
    }
}
