//! From a command line to a typed configuration, and from an error to one line and an exit status. Nothing runs here.

mod args;
mod spelling;
mod values;

use std::ffi::OsString;
use std::io::{IsTerminal, Write};
use std::process::ExitCode;

use clap::error::ErrorKind;
use clap::{CommandFactory, FromArgMatches};
use tracing_subscriber::EnvFilter;

#[cfg(feature = "planted-bugs")]
pub use args::PlantedDefect;
pub use args::{BoardArgs, BuiltinArgs, Cli, Command, DebianArgs, Guest, LitmusArgs, MtreeArgs, RunArgs, StressArgs};
pub use values::{DeviceOption, LoaderOption, ValueError, number};

use args::{ImageArgs, PlugArgs, ProfileArgs, ServeArgs};

use crate::console::Serial;
use crate::control::ControlSpec;
use crate::machine::{BoardSpec, MtreeSpec, Parts, RunSpec, SignatureSpec};
use crate::plug::{self, PlugSpec};
use crate::profile::ProfileSpec;
use crate::{builtin, debian, litmus, load, machine, stress};

/// The exit status of a wrong command line and of an image that cannot be used.
pub const EXIT_USAGE: u8 = 2;

/// The whole command: `argv` starts with the program's name.
pub fn main(argv: impl IntoIterator<Item = OsString>) -> ExitCode {
    log_to_standard_error();
    match parse(argv) {
        Ok(cli) => dispatch(cli),
        Err(refusal) => refusal.report(),
    }
}

/// Warnings and worse, or what `MANYHART_LOG` asks for (`debug`, `manyhart_runtime=trace`).
fn log_to_standard_error() {
    let filter = EnvFilter::try_from_env("MANYHART_LOG").unwrap_or_else(|_| EnvFilter::new("warn"));
    let colours = std::io::stderr().is_terminal();
    let log = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).with_ansi(colours);
    if let Err(error) = log.with_target(false).without_time().try_init() {
        eprintln!("manyhart: no log: {error}");
    }
}

/// Why a command line leads to nothing that could run.
#[derive(Debug)]
pub enum Refusal {
    /// `--help` or `--version`: a text for standard output, and success.
    Answer(clap::Error),
    /// One line.
    Usage(String),
}

impl Refusal {
    fn report(self) -> ExitCode {
        match self {
            Refusal::Answer(text) => match text.print() {
                Ok(()) => ExitCode::SUCCESS,
                Err(error) => fail(&error, 1),
            },
            Refusal::Usage(line) => fail(&line, EXIT_USAGE),
        }
    }
}

/// Says what went wrong, in one line.
pub fn fail(error: &dyn std::fmt::Display, status: u8) -> ExitCode {
    eprintln!("manyhart: {error}");
    ExitCode::from(status)
}

/// Reads a command line.
pub fn parse(argv: impl IntoIterator<Item = OsString>) -> Result<Cli, Refusal> {
    let argv = spelling::normalise(&Cli::command(), argv).map_err(|error| Refusal::Usage(error.to_string()))?;
    let matches = Cli::command().try_get_matches_from(argv).map_err(refusal)?;
    Cli::from_arg_matches(&matches).map_err(refusal)
}

/// clap explains at length; here an error is one line.
fn refusal(error: clap::Error) -> Refusal {
    match error.kind() {
        ErrorKind::DisplayHelp | ErrorKind::DisplayVersion => Refusal::Answer(error),
        _ => {
            let text = error.render().to_string();
            let paragraph = text.lines().take_while(|line| !line.trim().is_empty()).map(str::trim);
            let line = paragraph.collect::<Vec<_>>().join(" ");
            Refusal::Usage(line.strip_prefix("error: ").unwrap_or(&line).to_owned())
        }
    }
}

fn dispatch(cli: Cli) -> ExitCode {
    match cli.command.as_ref().and_then(help) {
        Some(Ok(text)) => return print(&text),
        Some(Err(error)) => return fail(&format!("-device: {error}"), EXIT_USAGE),
        None => {}
    }
    match cli.command {
        None => builtin::run(&cli.builtin),
        Some(Command::Stress(args)) => stress::run(&args),
        Some(Command::Litmus(args)) => litmus::run(&args),
        Some(Command::Mtree(args)) => machine::print_mtree(&args.spec()),
        Some(Command::Run(run)) => match run.guest {
            Some(Guest::Debian(ref args)) => run_debian(args),
            None => machine::run(run.spec()),
        },
    }
}

/// What is asked about devices, instead of running anything.
fn help(command: &Command) -> Option<Result<String, plug::PlugError>> {
    match command {
        Command::Stress(_) | Command::Litmus(_) => None,
        Command::Mtree(args) => args.plug.help(),
        Command::Run(run) => match &run.guest {
            Some(Guest::Debian(args)) => args.plug.help(),
            None => run.plug.help(),
        },
    }
}

fn print(text: &str) -> ExitCode {
    match std::io::stdout().write_all(text.as_bytes()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => fail(&error, 1),
    }
}

/// Fetches Debian's kernel where it is not there, and boots it.
fn run_debian(args: &DebianArgs) -> ExitCode {
    let dir = args.dir.clone().map_or_else(debian::default_dir, Ok);
    match dir.and_then(|dir| debian::ensure(&dir)) {
        Ok(guest) => {
            eprintln!("manyhart: {}", debian::describe(&guest));
            machine::run(args.spec(guest))
        }
        Err(error) => fail(&error, EXIT_USAGE),
    }
}

impl DebianArgs {
    /// What is to be run, once the guest's files are there.
    fn spec(&self, guest: debian::Guest) -> RunSpec {
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
        (loaders, PlugSpec { devices, drives, blockdevs, netdevs, chardevs, objects })
    }

    /// What `-device help` and its kin are answered.
    fn help(&self) -> Option<Result<String, plug::PlugError>> {
        self.device.iter().find_map(|option| match option {
            DeviceOption::Plugged(options) => plug::help(options),
            DeviceOption::Loader(_) => None,
        })
    }
}

impl ServeArgs {
    fn spec(self) -> ControlSpec {
        let monitors = self.monitor.into_iter().filter_map(|option| option.0).collect();
        ControlSpec { stopped: self.stopped, qmp: self.qmp, monitors }
    }
}

impl ProfileArgs {
    fn spec(self) -> Option<ProfileSpec> {
        let ProfileArgs { profile, symbols, profile_every } = self;
        profile.map(|file| ProfileSpec { file, symbols, every: profile_every })
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

#[cfg(test)]
mod tests;
