//! From a command line to a typed configuration, and from an error to one line and an exit status. Nothing runs here.

mod args;
mod doors;
mod spec;
mod spelling;
mod values;

use std::ffi::OsString;
use std::io::IsTerminal;
use std::process::ExitCode;

use clap::error::ErrorKind;
use clap::{CommandFactory, FromArgMatches};
use clap_complete::Shell;
use tracing_subscriber::EnvFilter;

#[cfg(feature = "planted-bugs")]
pub use args::PlantedDefect;
pub use args::{BoardArgs, BuiltinArgs, Cli, Command, DebianArgs, Guest, LitmusArgs, MtreeArgs, RunArgs, StressArgs};
pub use values::{DeviceOption, LoaderOption, ValueError, number};

use crate::output::{self, OutputError};
use crate::{builtin, debian, litmus, machine, plug, stress};

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
    if let Err(error) = log.log_internal_errors(false).with_target(false).without_time().try_init() {
        output::note(&format_args!("manyhart: no log: {error}"));
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
                Err(error) => OutputError::Standard(error).report(),
            },
            Refusal::Usage(line) => fail(&line, EXIT_USAGE),
        }
    }
}

/// Says what went wrong, in one line.
pub fn fail(error: &dyn std::fmt::Display, status: u8) -> ExitCode {
    output::note(&format_args!("manyhart: {error}"));
    ExitCode::from(status)
}

/// Reads a command line.
pub fn parse(argv: impl IntoIterator<Item = OsString>) -> Result<Cli, Refusal> {
    let argv = spelling::normalise(&Cli::command(), argv).map_err(|error| Refusal::Usage(error.to_string()))?;
    let matches = Cli::command().try_get_matches_from(argv).map_err(refusal)?;
    let mut cli = Cli::from_arg_matches(&matches).map_err(refusal)?;
    if let Some(Command::Run(run)) = &mut cli.command {
        let (plug, serve) = match &mut run.guest {
            Some(Guest::Debian(debian)) => (&mut debian.plug, &mut debian.serve),
            None => (&mut run.plug, &mut run.control.serve),
        };
        doors::lead(plug, serve).map_err(Refusal::Usage)?;
    }
    Ok(cli)
}

/// clap explains at length; here an error is one line.
fn refusal(error: clap::Error) -> Refusal {
    match error.kind() {
        ErrorKind::DisplayHelp | ErrorKind::DisplayVersion => Refusal::Answer(error),
        _ => {
            let text = error.render().to_string();
            let paragraph = text.lines().take_while(|line| !line.trim().is_empty()).map(str::trim);
            let line = paragraph.collect::<Vec<_>>().join(" ");
            // The words of Rust's own parsers.
            let line = line.replace("invalid digit found in string", "not a number");
            Refusal::Usage(line.strip_prefix("error: ").unwrap_or(&line).to_owned())
        }
    }
}

fn dispatch(cli: Cli) -> ExitCode {
    match cli.command.as_ref().and_then(help) {
        Some(Ok(text)) => return answer(&text),
        Some(Err(error)) => return fail(&format!("-device: {error}"), EXIT_USAGE),
        None => {}
    }
    match cli.command {
        None => builtin::run(&cli.builtin),
        Some(Command::Stress(args)) => stress::run(&args),
        Some(Command::Litmus(args)) => litmus::run(&args),
        Some(Command::Mtree(args)) => machine::print_mtree(&args.spec()),
        Some(Command::Completions { shell }) => answer(&completions(shell)),
        Some(Command::Run(run)) => match run.guest {
            Some(Guest::Debian(ref args)) => run_debian(args),
            None => run_files(*run),
        },
    }
}

fn answer(text: &str) -> ExitCode {
    output::answer(text).map_or_else(|error| error.report(), |()| ExitCode::SUCCESS)
}

/// A script that completes the command line in this shell.
fn completions(shell: Shell) -> String {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut Cli::command(), "manyhart", &mut script);
    String::from_utf8_lossy(&script).into_owned()
}

/// What is asked about devices, instead of running anything.
fn help(command: &Command) -> Option<Result<String, plug::PlugError>> {
    match command {
        Command::Stress(_) | Command::Litmus(_) | Command::Completions { .. } => None,
        Command::Mtree(args) => args.plug.help(),
        Command::Run(run) => match &run.guest {
            Some(Guest::Debian(args)) => args.plug.help(),
            None => run.plug.help(),
        },
    }
}

/// Runs what the command line names.
fn run_files(run: RunArgs) -> ExitCode {
    #[cfg(feature = "planted-bugs")]
    if let Some(defect) = run.plant {
        defect.arm();
    }
    machine::run(run.spec())
}

/// Fetches Debian's kernel where it is not there, and boots it.
fn run_debian(args: &DebianArgs) -> ExitCode {
    let dir = args.dir.clone().map_or_else(debian::default_dir, Ok);
    match dir.and_then(|dir| debian::ensure(&dir)) {
        Ok(guest) => {
            output::note(&format_args!("manyhart: {}", debian::describe(&guest)));
            machine::run(args.spec(guest))
        }
        Err(error) => fail(&error, EXIT_USAGE),
    }
}

#[cfg(test)]
mod tests;
