//! `info`: what a person may ask about the machine, a page each.

use super::table::{Entry, Said, find, list, split};
use super::{map, pci, plug, tree};
use crate::control::{Control, RunState};

/// The pages.
pub const PAGES: &[Entry] = &[
    Entry { names: &["status"], arguments: "", help: "whether the machine runs", run: status },
    Entry { names: &["cpus"], arguments: "", help: "the harts and the threads that run them", run: cpus },
    Entry {
        names: &["mtree"],
        arguments: "[-f] [-j] [@GENERATION]",
        help: "the region tree, perhaps of an earlier generation; -f: the flat views; -j: as JSON",
        run: map::mtree,
    },
    Entry {
        names: &["why"],
        arguments: "ADDR [SPACE] [@GENERATION]",
        help: "what decodes an address, and what would; or did, in an earlier generation",
        run: map::why,
    },
    Entry {
        names: &["history"],
        arguments: "",
        help: "what each kept generation changed in the map",
        run: map::history,
    },
    Entry { names: &["lint"], arguments: "", help: "what in the map is probably not meant", run: map::lint },
    Entry { names: &["pci"], arguments: "", help: "the PCI hierarchy", run: pci::pci },
    Entry { names: &["block"], arguments: "", help: "disks' contents, and who uses them", run: plug::block },
    Entry { names: &["network"], arguments: "", help: "wires, and who uses them", run: plug::network },
    Entry { names: &["qtree"], arguments: "", help: "what is plugged in where, and how", run: tree::tree },
    Entry { names: &["version"], arguments: "", help: "the emulator's version", run: version },
];

/// `info PAGE`.
pub fn run(control: &Control, line: &str) -> Said {
    let (name, rest) = split(line);
    if name.is_empty() {
        return Ok(list(PAGES, "info "));
    }
    let Some(page) = find(PAGES, name) else {
        return Err(format!("there is no 'info {name}' (try 'info')"));
    };
    if page.arguments.is_empty() && !rest.is_empty() {
        return Err(format!("info {name}: nothing may follow, not '{rest}'"));
    }
    (page.run)(control, rest)
}

fn status(control: &Control, _: &str) -> Said {
    Ok(match control.status() {
        RunState::Running => "VM status: running\n".to_owned(),
        other => format!("VM status: paused ({})\n", other.name()),
    })
}

fn cpus(control: &Control, _: &str) -> Said {
    let line = |hart: crate::control::HartInfo| {
        let thread = hart.thread.map_or("not started".to_owned(), |thread| format!("thread_id={thread}"));
        format!("{} CPU #{}: {thread}\n", if hart.id == 0 { '*' } else { ' ' }, hart.id)
    };
    Ok(control.harts().into_iter().map(line).collect())
}

fn version(_: &Control, _: &str) -> Said {
    Ok(concat!("manyhart ", env!("CARGO_PKG_VERSION"), "\n").to_owned())
}
