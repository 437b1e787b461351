//! What the options mean: from what was said to what a machine is told.

use super::args::{BoardArgs, DebianArgs, ImageArgs, MtreeArgs, PlugArgs, ProfileArgs, RunArgs, ServeArgs};
use super::doors::ChardevOption;
use super::values::{DeviceOption, LoaderOption};
use crate::console::Serial;
use crate::control::ControlSpec;
use crate::machine::{BoardSpec, MtreeSpec, Parts, RunSpec, SignatureSpec};
use crate::plug::{self, PlugSpec};
use crate::profile::ProfileSpec;
use crate::{debian, gdb, load};

impl DebianArgs {
    /// What is to be run, once the guest's files are there.
    pub(super) fn spec(&self, guest: debian::Guest) -> RunSpec {
        let (loaders, plug) = self.plug.clone().sort();
        let more = self.append.iter().map(|text| format!(" {text}")).collect::<String>();
        RunSpec {
            board: self.board.spec(),
            images: load::Images {
                firmware: load::Firmware::File(guest.firmware),
                kernel: Some(load::Source::File(guest.kernel)),
                initrd: Some(load::Source::File(guest.initrd)),
                command_line: Some(format!("console=ttyS0{more}")),
                device_tree: None,
                more: loaders.into_iter().map(load::Loader::from).collect(),
            },
            dump_device_tree: None,
            serial: Serial::Stdio { keys: true },
            reboots: true,
            limit: None,
            log_commits: None,
            profile: self.profile.clone().spec(),
            signature: None,
            summary: true,
            control: self.serve.clone().spec(),
            plug,
        }
    }
}

impl MtreeArgs {
    /// What is to be printed of which board: its tree and its flat view, where nothing is asked for.
    pub fn spec(&self) -> MtreeSpec {
        let nothing =
            !(self.tree || self.flat || self.lint || self.history || self.why.is_some() || self.svg.is_some());
        MtreeSpec {
            board: self.board.spec(),
            parts: Parts {
                tree: self.tree || nothing,
                flat: self.flat || nothing,
                lint: self.lint,
                history: self.history,
                why: self.why.map(manyhart_runtime::Gpa),
            },
            json: self.json,
            svg: self.svg.clone(),
            space: self.space.clone(),
            generation: self.generation,
            plug: self.plug.clone().sort().1,
        }
    }
}

impl BoardArgs {
    /// What the board is to be.
    pub fn spec(&self) -> BoardSpec {
        BoardSpec { harts: self.harts.0, memory: self.memory, aia: self.machine.aia }
    }
}

impl PlugArgs {
    /// Files and devices apart.
    fn sort(self) -> (Vec<LoaderOption>, PlugSpec) {
        let (mut loaders, mut devices) = (Vec::new(), Vec::new());
        for option in self.device {
            match option {
                DeviceOption::Loader(loader) => loaders.push(loader),
                DeviceOption::Plugged(options) => devices.push(options),
            }
        }
        let PlugArgs {
            drive: drives, blockdev: blockdevs, netdev: netdevs, chardev: chardevs, object: objects, ..
        } = self;
        let ends = |option| match option {
            ChardevOption::End(spec) => Some(spec),
            ChardevOption::Socket { .. } => None,
        };
        let chardevs = chardevs.into_iter().filter_map(ends).collect();
        (loaders, PlugSpec { devices, drives, blockdevs, netdevs, chardevs, objects })
    }

    /// What `-device help` and its kin are answered.
    pub(super) fn help(&self) -> Option<Result<String, plug::PlugError>> {
        self.device.iter().find_map(|option| match option {
            DeviceOption::Plugged(options) => plug::help(options),
            DeviceOption::Loader(_) => None,
        })
    }
}

impl ServeArgs {
    pub(super) fn spec(self) -> ControlSpec {
        let monitors = self.monitor.into_iter().filter_map(|option| option.0).collect();
        let usual = self.gdb_at_1234.then(|| gdb::USUAL.parse().ok()).flatten();
        let debuggers = self.gdb.into_iter().chain(usual).collect();
        ControlSpec { stopped: self.stopped, qmp: self.qmp, monitors, debuggers }
    }
}

impl ProfileArgs {
    pub(super) fn spec(self) -> Option<ProfileSpec> {
        let ProfileArgs { profile, profile_report: report, symbols, profile_every: every } = self;
        profile.map(|file| ProfileSpec { file, report, symbols, every })
    }
}

impl RunArgs {
    /// What is to be run.
    pub fn spec(self) -> RunSpec {
        let ImageArgs { bios, kernel, initrd, append, dtb, dump_dtb } = self.images;
        let (loaders, plug) = self.plug.sort();
        RunSpec {
            board: self.board.spec(),
            images: load::Images {
                firmware: bios,
                kernel: kernel.map(load::Source::File),
                initrd: initrd.map(load::Source::File),
                command_line: append,
                device_tree: dtb.map(load::Source::File),
                more: loaders.into_iter().map(load::Loader::from).collect(),
            },
            dump_device_tree: dump_dtb.or(self.board.machine.dump_dtb),
            serial: self.console.serial,
            reboots: !self.control.no_reboot,
            limit: self.control.limit,
            log_commits: self.control.log_commits,
            profile: self.profile.spec(),
            signature: self
                .control
                .signature
                .map(|file| SignatureSpec { file, granularity: self.control.signature_granularity }),
            summary: !self.control.quiet,
            control: self.control.serve.spec(),
            plug,
        }
    }
}

impl From<LoaderOption> for load::Loader {
    fn from(option: LoaderOption) -> load::Loader {
        let LoaderOption { file, addr, cpu, force_raw } = option;
        load::Loader { source: load::Source::File(file), addr, hart: cpu, force_raw }
    }
}
