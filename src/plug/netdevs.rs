//! What network interfaces are wired to: `-netdev` and `netdev_add`, in the words of qemu-system-riscv64.
//!
//! * `tap,id=N[,ifname=NAME]`: scripts are not run; the host's administrator sets the interface up.
//! * `stream,id=N,server=on|off,addr.type=unix|inet,addr.path=P|addr.host=H,addr.port=N[,reconnect-ms=N]`
//! * `dgram,id=N,local.type=unix|inet,local.path=P|local.host=H,local.port=N,remote.type=…`
//! * `socket,id=N,listen=[H]:P|connect=H:P`, or `udp=H:P,localaddr=H:P`

use std::collections::BTreeMap;
use std::io;
use std::path::PathBuf;
use std::str::FromStr;
use std::sync::Arc;
use std::time::Duration;

use manyhart_devices::net::{DatagramAddress, Datagrams, Netdev, Stream, StreamAddress, Tap};
use parking_lot::Mutex;
use serde_json::{Map, Value};

use super::options::flatten;
use super::{DeviceOptions, OptionError};

/// Why a wire cannot be had.
#[derive(Debug, thiserror::Error)]
pub enum NetdevError {
    /// What was said about it is not understood.
    #[error(transparent)]
    Options(#[from] OptionError),
    /// A value that is not known, or not to be had here.
    #[error("{key}={value}: {why}")]
    Value {
        /// Of what.
        key: String,
        /// The value.
        value: String,
        /// What is wrong with it.
        why: &'static str,
    },
    /// The host refuses.
    #[error("netdev '{id}': {what}: {error}")]
    Host {
        /// Which.
        id: String,
        /// What was tried.
        what: String,
        /// The host's words.
        error: io::Error,
    },
    /// The name is taken.
    #[error("Duplicate ID '{0}' for netdev")]
    Duplicate(String),
    /// There is none of that name.
    #[error("Device '{0}' not found")]
    NotFound(String),
    /// A device has it.
    #[error("Device '{0}' is in use by '{1}'")]
    Busy(String, String),
}

/// `-netdev`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NetdevSpec {
    /// What devices call it.
    pub id: String,
    /// What it is.
    pub wire: WireSpec,
}

/// What a wire is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum WireSpec {
    /// A tap interface; the host chooses a name where there is none.
    Tap(String),
    /// Frames to one peer, that comes.
    Listen(StreamAddress),
    /// Frames to one peer, that is there; or that is looked for so often.
    Connect(StreamAddress, Option<Duration>),
    /// Datagrams.
    Datagrams {
        /// Where they come.
        local: DatagramAddress,
        /// Where they go.
        remote: DatagramAddress,
    },
}

impl FromStr for NetdevSpec {
    type Err = NetdevError;

    fn from_str(text: &str) -> Result<NetdevSpec, NetdevError> {
        if text.trim_start().starts_with('{') {
            let object = serde_json::from_str(text).map_err(|error| OptionError::Json(error.to_string()))?;
            return NetdevSpec::from_object(object);
        }
        NetdevSpec::from_options(DeviceOptions::parse(text, "type")?)
    }
}

impl NetdevSpec {
    /// From the arguments of `netdev_add`.
    pub fn from_object(object: Map<String, Value>) -> Result<NetdevSpec, NetdevError> {
        let mut flat = Map::new();
        flatten("", object, &mut flat);
        NetdevSpec::from_options(DeviceOptions::from_object(flat, "type")?)
    }

    fn from_options(mut options: DeviceOptions) -> Result<NetdevSpec, NetdevError> {
        let id = options.id.clone().ok_or(OptionError::Missing("id".to_owned()))?;
        let wire = match options.driver.as_str() {
            "tap" => tap(&mut options)?,
            "stream" => stream(&mut options)?,
            "dgram" => WireSpec::Datagrams {
                local: datagram_address(&mut options, "local")?,
                remote: datagram_address(&mut options, "remote")?,
            },
            "socket" => socket(&mut options)?,
            "user" => {
                return Err(refused(
                    "type",
                    "user",
                    "there is no user-mode network inside: run passt and use 'stream'",
                ));
            }
            other => return Err(refused("type", other, "the kinds are 'tap', 'stream', 'dgram' and 'socket'")),
        };
        options.finish()?;
        Ok(NetdevSpec { id, wire })
    }

    /// Opens it.
    pub fn open(&self) -> Result<Netdev, NetdevError> {
        let host = |what: String| {
            let id = self.id.clone();
            move |error| NetdevError::Host { id, what, error }
        };
        Ok(match &self.wire {
            WireSpec::Tap(name) => Netdev::new(Tap::open(name).map_err(host(format!("tap interface '{name}'")))?),
            WireSpec::Listen(at) => Netdev::new(Stream::listen(at).map_err(host(format!("listening at {at:?}")))?),
            WireSpec::Connect(to, again) => {
                Netdev::new(Stream::connect(to, *again).map_err(host(format!("connecting to {to:?}")))?)
            }
            WireSpec::Datagrams { local, remote } => {
                Netdev::new(Datagrams::open(local, remote).map_err(host(format!("datagrams at {local:?}")))?)
            }
        })
    }
}

fn refused(key: &str, value: &str, why: &'static str) -> NetdevError {
    NetdevError::Value { key: key.to_owned(), value: value.to_owned(), why }
}

fn tap(options: &mut DeviceOptions) -> Result<WireSpec, NetdevError> {
    for key in ["script", "downscript"] {
        if let Some(script) = options.text(key)?.filter(|script| script != "no") {
            return Err(refused(key, &script, "scripts are not run: say 'no', and set the interface up before"));
        }
    }
    if options.switch("vhost")? == Some(true) {
        return Err(refused("vhost", "on", "there is no vhost here"));
    }
    Ok(WireSpec::Tap(options.text("ifname")?.unwrap_or_default()))
}

fn stream(options: &mut DeviceOptions) -> Result<WireSpec, NetdevError> {
    let server = options.switch("server")?.unwrap_or(false);
    let seconds = options.number("reconnect", 1 << 20)?.map(Duration::from_secs);
    let again = options.number("reconnect-ms", 1 << 30)?.map(Duration::from_millis).or(seconds);
    let again = again.filter(|pause| !pause.is_zero());
    let address = match address(options, "addr")? {
        Address::Unix(path) => StreamAddress::Unix(path),
        Address::Inet(host, port) => StreamAddress::Inet(host, port),
    };
    match (server, again) {
        (true, Some(_)) => Err(refused("reconnect", "on a server", "it is for a client")),
        (true, None) => Ok(WireSpec::Listen(address)),
        (false, again) => Ok(WireSpec::Connect(address, again)),
    }
}

/// The older way of saying it.
fn socket(options: &mut DeviceOptions) -> Result<WireSpec, NetdevError> {
    let ways = [options.text("listen")?, options.text("connect")?, options.text("udp")?];
    match ways {
        [Some(at), None, None] => {
            let (host, port) = host_and_port("listen", &at)?;
            Ok(WireSpec::Listen(StreamAddress::Inet(if host.is_empty() { "0.0.0.0".to_owned() } else { host }, port)))
        }
        [None, Some(to), None] => {
            let (host, port) = host_and_port("connect", &to)?;
            Ok(WireSpec::Connect(StreamAddress::Inet(host, port), None))
        }
        [None, None, Some(to)] => {
            let local = options.required("localaddr")?;
            let [(host, port), (to_host, to_port)] = [host_and_port("localaddr", &local)?, host_and_port("udp", &to)?];
            let (local, remote) = (DatagramAddress::Inet(host, port), DatagramAddress::Inet(to_host, to_port));
            Ok(WireSpec::Datagrams { local, remote })
        }
        _ => Err(refused("socket", "", "exactly one of 'listen', 'connect' and 'udp'")),
    }
}

fn host_and_port(key: &str, text: &str) -> Result<(String, u16), NetdevError> {
    let parts = text.rsplit_once(':').and_then(|(host, port)| Some((host, port.parse().ok()?)));
    let (host, port) = parts.ok_or_else(|| refused(key, text, "a host and a port, with ':' between"))?;
    Ok((host.trim_start_matches('[').trim_end_matches(']').to_owned(), port))
}

enum Address {
    Unix(PathBuf),
    Inet(String, u16),
}

fn address(options: &mut DeviceOptions, prefix: &str) -> Result<Address, NetdevError> {
    let kind = options.required(&format!("{prefix}.type"))?;
    match kind.as_str() {
        "unix" => Ok(Address::Unix(options.required(&format!("{prefix}.path"))?.into())),
        "inet" => {
            let host = options.required(&format!("{prefix}.host"))?;
            let key = format!("{prefix}.port");
            let port = options.number(&key, u16::MAX.into())?.ok_or(OptionError::Missing(key))?;
            Ok(Address::Inet(host, port as u16))
        }
        other => Err(refused(&format!("{prefix}.type"), other, "'unix' or 'inet'")),
    }
}

fn datagram_address(options: &mut DeviceOptions, prefix: &str) -> Result<DatagramAddress, NetdevError> {
    Ok(match address(options, prefix)? {
        Address::Unix(path) => DatagramAddress::Unix(path),
        Address::Inet(host, port) => DatagramAddress::Inet(host, port),
    })
}

/// All wires of a machine, by name. Cheap to clone; for control threads.
#[derive(Clone, Default)]
pub struct Netdevs(Arc<Mutex<BTreeMap<String, Wire>>>);

struct Wire {
    netdev: Netdev,
    user: Option<String>,
}

impl Netdevs {
    /// Opens one.
    pub fn add(&self, spec: &NetdevSpec) -> Result<(), NetdevError> {
        let mut wires = self.0.lock();
        if wires.contains_key(&spec.id) {
            return Err(NetdevError::Duplicate(spec.id.clone()));
        }
        wires.insert(spec.id.clone(), Wire { netdev: spec.open()?, user: None });
        Ok(())
    }

    /// Gives it to a device, which nobody else may have then.
    pub fn take(&self, id: &str, device: &str) -> Result<Netdev, NetdevError> {
        let mut wires = self.0.lock();
        let wire = wires.get_mut(id).ok_or_else(|| NetdevError::NotFound(id.to_owned()))?;
        match &wire.user {
            Some(user) => Err(NetdevError::Busy(id.to_owned(), user.clone())),
            None => {
                wire.user = Some(device.to_owned());
                Ok(wire.netdev.clone())
            }
        }
    }

    /// A device is gone: its wires may go to another.
    pub fn release(&self, device: &str) {
        for wire in self.0.lock().values_mut() {
            if wire.user.as_deref() == Some(device) {
                wire.user = None;
            }
        }
    }

    /// `netdev_del`.
    pub fn remove(&self, id: &str) -> Result<(), NetdevError> {
        let mut wires = self.0.lock();
        match wires.get(id) {
            None => Err(NetdevError::NotFound(id.to_owned())),
            Some(Wire { user: Some(user), .. }) => Err(NetdevError::Busy(id.to_owned(), user.clone())),
            Some(_) => {
                wires.remove(id);
                Ok(())
            }
        }
    }

    /// Each wire, and who uses it.
    pub fn list(&self) -> Vec<(String, Option<String>)> {
        self.0.lock().iter().map(|(id, wire)| (id.clone(), wire.user.clone())).collect()
    }
}

/// An interface's address: six bytes in hexadecimal with `:` or `-` between. Not one that many share.
pub fn parse_mac(text: &str) -> Option<[u8; 6]> {
    let mut mac = [0; 6];
    let mut parts = text.split([':', '-']);
    for byte in &mut mac {
        let part = parts.next().filter(|part| part.len() == 2)?;
        *byte = u8::from_str_radix(part, 16).ok()?;
    }
    (parts.next().is_none() && mac[0] & 1 == 0).then_some(mac)
}

/// The address of the machine's interface of this number, where none was given.
pub fn default_mac(number: u8) -> [u8; 6] {
    // The range that guests and their administrators know from other emulators.
    [0x52, 0x54, 0x00, 0x12, 0x34, 0x56u8.wrapping_add(number)]
}

#[cfg(test)]
mod tests;
