//! The long way to say `-qmp` and `-monitor`, in which libraries and scripts write their command lines: `-chardev socket` names a place, `-mon` says
//! who is served there.

use std::str::FromStr;

use super::args::{PlugArgs, ServeArgs};
use super::values::MonitorOption;
use crate::control::Place;
use crate::plug::{ChardevSpec, DeviceOptions, OptionError, PlugError};

/// `-chardev`: an end for consoles, or a socket for `-mon`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ChardevOption {
    /// Any but a socket.
    End(ChardevSpec),
    /// `socket,id=I,path=P,server=on,wait=off`, or with `host=` and `port=` for `path=`.
    Socket {
        /// What `-mon` calls it.
        id: String,
        /// Where it is.
        place: Place,
    },
}

impl FromStr for ChardevOption {
    type Err = PlugError;

    fn from_str(text: &str) -> Result<ChardevOption, PlugError> {
        let mut options = DeviceOptions::parse(text, "backend")?;
        if options.driver != "socket" {
            return text.parse().map(ChardevOption::End);
        }
        let value = |key, why| PlugError::Value { driver: "socket".to_owned(), key, why };
        let id = options.id.take().ok_or(PlugError::NotSet { driver: "socket".to_owned(), key: "id" })?;
        let place = match (options.text("path")?, options.text("host")?, options.text("port")?) {
            (Some(path), None, None) => Place::Unix(path.into()),
            (None, Some(host), Some(port)) if host.contains(':') => Place::Tcp(format!("[{host}]:{port}")),
            (None, host, Some(port)) => Place::Tcp(format!("{}:{port}", host.unwrap_or_default())),
            _ => return Err(value("path", "a path, or a host and a port")),
        };
        let (server, wait) = (options.switch("server")?, options.switch("wait")?);
        // Older spellings, and what makes no difference here.
        let nowait = options.switch("nowait")?;
        for key in ["nodelay", "reconnect", "logfile"] {
            options.take(key);
        }
        options.finish()?;
        if server != Some(true) {
            return Err(value("server", "clients come here: say server=on"));
        }
        if wait.unwrap_or(nowait != Some(true)) {
            return Err(value("wait", "nobody is waited for: say wait=off"));
        }
        Ok(ChardevOption::Socket { id, place })
    }
}

/// `-mon [chardev=]ID[,mode=readline|control]`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MonOption {
    /// The socket's name.
    pub chardev: String,
    /// Whether programs are served there, and not people.
    pub control: bool,
}

impl FromStr for MonOption {
    type Err = OptionError;

    fn from_str(text: &str) -> Result<MonOption, OptionError> {
        let mut options = DeviceOptions::parse(text, "chardev")?;
        let control = match options.text("mode")?.as_deref() {
            None | Some("readline") => false,
            Some("control") => true,
            Some(_) => return Err(OptionError::Shape { key: "mode".to_owned(), want: "'readline' or 'control'" }),
        };
        // White space in answers: a matter of taste.
        options.switch("pretty")?;
        let chardev = options.driver.clone();
        options.finish()?;
        Ok(MonOption { chardev, control })
    }
}

/// Has each `-mon` be the `-qmp` or the `-monitor` that it means; what cannot be is said in a line.
pub fn lead(plug: &mut PlugArgs, serve: &mut ServeArgs) -> Result<(), String> {
    for MonOption { chardev, control } in std::mem::take(&mut serve.mon) {
        let named = |option: &ChardevOption| matches!(option, ChardevOption::Socket { id, .. } if *id == chardev);
        let found = plug.chardev.iter().position(named).map(|index| plug.chardev.remove(index));
        match found {
            Some(ChardevOption::Socket { place, .. }) if control => serve.qmp.push(place),
            Some(ChardevOption::Socket { place, .. }) => serve.monitor.push(MonitorOption(Some(place))),
            _ => return Err(format!("-mon: no '-chardev socket' is called '{chardev}', or another -mon has it")),
        }
    }
    match plug.chardev.iter().find_map(|option| match option {
        ChardevOption::Socket { id, .. } => Some(id),
        ChardevOption::End(_) => None,
    }) {
        Some(id) => Err(format!("-chardev socket,id={id}: only a -mon can use a socket, and none does")),
        None => Ok(()),
    }
}
