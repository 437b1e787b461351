//! Devices and what they lie on, for a person: in and out, and what there is.

use std::str::FromStr;

use super::table::{Said, done, split};
use crate::control::Control;
use crate::plug::{self, DeviceOptions, DriveSpec, NetdevSpec, ObjectSpec};

/// `device_add DRIVER,…`.
pub fn device_add(control: &Control, line: &str) -> Said {
    let options: DeviceOptions = parse(line)?;
    match plug::help(&options) {
        Some(help) => help.map_err(|error| error.to_string()),
        None => done(control.plugs().add(options)),
    }
}

/// `device_del ID`.
pub fn device_del(control: &Control, line: &str) -> Said {
    done(control.plugs().remove(id(line)?))
}

/// `drive_add 0 OPTIONS`: the number was once a place.
pub fn drive_add(control: &Control, line: &str) -> Said {
    let (_, options) = split(line);
    let drive: DriveSpec = parse(options)?;
    let name = drive.id.clone().ok_or("Parameter 'id' is missing")?;
    done(control.plugs().backends().drives.add_drive(&drive, &name).map(drop))
}

/// `drive_del ID`.
pub fn drive_del(control: &Control, line: &str) -> Said {
    done(control.plugs().backends().drives.remove(id(line)?))
}

/// `netdev_add KIND,…`.
pub fn netdev_add(control: &Control, line: &str) -> Said {
    let wire: NetdevSpec = parse(line)?;
    done(control.plugs().backends().netdevs.add(&wire))
}

/// `netdev_del ID`.
pub fn netdev_del(control: &Control, line: &str) -> Said {
    done(control.plugs().backends().netdevs.remove(id(line)?))
}

/// `object_add TYPE,…`.
pub fn object_add(control: &Control, line: &str) -> Said {
    let object: ObjectSpec = parse(line)?;
    done(control.plugs().backends().add_object(object))
}

/// `object_del ID`.
pub fn object_del(control: &Control, line: &str) -> Said {
    done(control.plugs().backends().remove_object(id(line)?))
}

/// `info block`.
pub fn block(control: &Control, _: &str) -> Said {
    let line = |drive: plug::drives::DriveReport| {
        let size = drive.size.map_or("not open".to_owned(), |size| format!("{size} bytes"));
        let mode = if drive.read_only { ", read-only" } else { "" };
        let user = drive.user.map_or(String::new(), |user| format!(", attached to {user}"));
        format!("{}: {size}{mode}{user}\n", drive.name)
    };
    Ok(control.plugs().backends().drives.list().into_iter().map(line).collect())
}

/// `info network`.
pub fn network(control: &Control, _: &str) -> Said {
    let line = |(id, user): (String, Option<String>)| {
        let user = user.map_or(String::new(), |user| format!(", attached to {user}"));
        format!("{id}{user}\n")
    };
    Ok(control.plugs().backends().netdevs.list().into_iter().map(line).collect())
}

fn parse<T: FromStr<Err: std::fmt::Display>>(text: &str) -> Result<T, String> {
    text.parse().map_err(|error: T::Err| error.to_string())
}

fn id(line: &str) -> Result<&str, String> {
    match split(line) {
        ("", _) => Err("an id is missing".to_owned()),
        (id, "") => Ok(id),
        (_, more) => Err(format!("nothing may follow the id, not '{more}'")),
    }
}
