//! The commands by name: what each is called, takes and does.

use super::{Reply, faults, info, plug};
use crate::control::Control;

/// What a command says, or why it does not.
pub type Said = Result<String, String>;

/// A command.
pub struct Entry {
    /// Its name, and perhaps a shorter one.
    pub names: &'static [&'static str],
    /// What may follow.
    pub arguments: &'static str,
    /// What it does.
    pub help: &'static str,
    /// Does it; what follows the name comes along.
    pub run: fn(&Control, &str) -> Said,
}

const QUIT: Entry =
    Entry { names: &["quit", "q"], arguments: "", help: "end the machine", run: |_, _| Ok(String::new()) };

/// All of them.
pub const COMMANDS: &[Entry] = &[
    Entry { names: &["help", "?"], arguments: "[COMMAND]", help: "these lines", run: help },
    Entry { names: &["info", "i"], arguments: "[PAGE]", help: "say something about the machine", run: info::run },
    Entry { names: &["stop", "s"], arguments: "", help: "stop the harts", run: |c, _| done(c.stop()) },
    Entry { names: &["cont", "c"], arguments: "", help: "let the harts run on", run: |c, _| done(c.cont()) },
    Entry { names: &["system_reset"], arguments: "", help: "back to power-on", run: |c, _| done(c.reset()) },
    Entry {
        names: &["system_powerdown"],
        arguments: "",
        help: "ask the guest to power off",
        run: |c, _| done(c.powerdown()),
    },
    Entry {
        names: &["device_add"],
        arguments: "DRIVER[,PROPERTY=VALUE,...]",
        help: "plug a device in; 'help' lists the drivers",
        run: plug::device_add,
    },
    Entry { names: &["device_del"], arguments: "ID", help: "ask the guest to let a device go", run: plug::device_del },
    Entry {
        names: &["device_pull"],
        arguments: "ID",
        help: "take a device of PCI out, whatever the guest does with it",
        run: faults::device_pull,
    },
    Entry {
        names: &["pcie_link"],
        arguments: "ID on|off",
        help: "hold the link of a root port down, or not any more",
        run: faults::pcie_link,
    },
    Entry {
        names: &["pcie_aer_inject_error"],
        arguments: "ID ERROR [WORD...]",
        help: "have a function meet an error, with its header's words",
        run: faults::inject_error,
    },
    Entry {
        names: &["drive_add"],
        arguments: "0 file=F,if=none,id=ID[,...]",
        help: "open a disk image",
        run: plug::drive_add,
    },
    Entry { names: &["drive_del"], arguments: "ID", help: "close a disk image", run: plug::drive_del },
    Entry { names: &["netdev_add"], arguments: "KIND,id=ID[,...]", help: "open a wire", run: plug::netdev_add },
    Entry { names: &["netdev_del"], arguments: "ID", help: "close a wire", run: plug::netdev_del },
    Entry { names: &["object_add"], arguments: "TYPE,id=ID[,...]", help: "make an object", run: plug::object_add },
    Entry { names: &["object_del"], arguments: "ID", help: "remove an object", run: plug::object_del },
    QUIT,
];

/// Carries a line out.
pub fn execute(control: &Control, line: &str) -> Reply {
    let (name, rest) = split(line);
    let nothing = Reply { text: String::new(), quit: false };
    if name.is_empty() || name.starts_with('#') {
        return nothing;
    }
    let Some(entry) = find(COMMANDS, name) else {
        return Reply { text: format!("unknown command: '{name}' (try 'help')\n"), ..nothing };
    };
    if entry.arguments.is_empty() && !rest.is_empty() {
        return Reply { text: format!("{}: nothing may follow, not '{rest}'\n", entry.names[0]), ..nothing };
    }
    let text = match (entry.run)(control, rest) {
        Ok(text) => text,
        Err(why) => format!("Error: {why}\n"),
    };
    Reply { text, quit: is_quit(line) }
}

/// Whether the line ends the machine.
pub fn is_quit(line: &str) -> bool {
    let (name, rest) = split(line);
    rest.is_empty() && QUIT.names.contains(&name)
}

/// The entry of this name.
pub fn find<'a>(entries: &'a [Entry], name: &str) -> Option<&'a Entry> {
    entries.iter().find(|entry| entry.names.contains(&name))
}

/// A list of entries for people.
pub fn list<'a>(entries: impl IntoIterator<Item = &'a Entry>, prefix: &str) -> String {
    let lines = entries.into_iter().map(|entry| {
        let name = format!("{prefix}{} {}", entry.names.join("|"), entry.arguments);
        format!("{:<34} {}\n", name.trim_end(), entry.help)
    });
    lines.collect()
}

/// The first word, and what follows it.
pub fn split(line: &str) -> (&str, &str) {
    let line = line.trim();
    line.split_once(char::is_whitespace).map_or((line, ""), |(name, rest)| (name, rest.trim()))
}

fn help(_: &Control, about: &str) -> Said {
    match split(about) {
        ("", _) => Ok(list(COMMANDS, "")),
        ("info" | "i", "") => Ok(list(info::PAGES, "info ")),
        ("info" | "i", page) => match find(info::PAGES, page) {
            Some(page) => Ok(list([page], "info ")),
            None => Err(format!("there is no 'info {page}'")),
        },
        (name, _) => match find(COMMANDS, name) {
            Some(entry) => Ok(list([entry], "")),
            None => Err(format!("there is no '{name}'")),
        },
    }
}

/// A command that says nothing when it is done.
pub fn done<E: std::fmt::Display>(result: Result<(), E>) -> Said {
    result.map(|()| String::new()).map_err(|error| error.to_string())
}
