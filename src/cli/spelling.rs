//! Two spellings of one option: `-smp 4`, as users of qemu-system-riscv64 type it, becomes `--smp=4` before clap reads it.
//!
//! Which options there are, and which of them take a value, is asked of clap's own definition; nothing is parsed here. Options
//! that only the other emulator has are refused by name, so that nobody waits for an effect that does not come.

use std::collections::HashMap;
use std::ffi::{OsStr, OsString};

use clap::Command;

/// Options of qemu-system-riscv64 that are not there yet.
const NOT_THERE: &[&str] = &[
    "D",
    "L",
    "action",
    "add-fd",
    "async-teardown",
    "audio",
    "audio-help",
    "audiodev",
    "boot",
    "cdrom",
    "chroot",
    "compat",
    "d",
    "daemonize",
    "debugcon",
    "dfilter",
    "dump-vmstate",
    "echr",
    "enable-kvm",
    "enable-sync-profile",
    "fda",
    "fdb",
    "fsdev",
    "full-screen",
    "fw_cfg",
    "global",
    "hda",
    "hdb",
    "hdc",
    "hdd",
    "icount",
    "incoming",
    "iscsi",
    "k",
    "loadvm",
    "mem-path",
    "mem-prealloc",
    "msg",
    "mtdblock",
    "name",
    "no-shutdown",
    "no-user-config",
    "nodefaults",
    "numa",
    "only-migratable",
    "option-rom",
    "overcommit",
    "pflash",
    "pidfile",
    "plugin",
    "portrait",
    "preconfig",
    "qmp-pretty",
    "readconfig",
    "rotate",
    "rtc",
    "run-with",
    "runas",
    "sandbox",
    "sd",
    "seed",
    "semihosting",
    "semihosting-config",
    "set",
    "shim",
    "singlestep",
    "smbios",
    "snapshot",
    "spice",
    "tb-size",
    "tpmdev",
    "trace",
    "usb",
    "usbdevice",
    "uuid",
    "virtfs",
    "vnc",
    "watchdog-action",
    "writeconfig",
    "xen",
];

/// An option that is refused by name.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}: this option of qemu-system-riscv64 is not there yet")]
pub struct NotThereYet(pub String);

/// The options of one (sub)command by name, each with whether it takes a value.
struct Options(HashMap<String, bool>);

impl Options {
    fn of(command: &Command) -> Options {
        let mut names = HashMap::from([("help".to_owned(), false), ("version".to_owned(), false)]);
        for arg in command.get_arguments() {
            let takes_value = arg.get_action().takes_values();
            let aliases = arg.get_all_aliases().unwrap_or_default();
            names.extend(arg.get_long().into_iter().chain(aliases).map(|name| (name.to_owned(), takes_value)));
            names.extend(arg.get_short().map(|name| (name.to_string(), takes_value)));
        }
        Options(names)
    }

    /// Whether `name` starts with a one-letter option, whose value it may hold (`-m512M`).
    fn has_short(&self, name: &str) -> bool {
        name.chars().next().is_some_and(|first| self.0.contains_key(first.encode_utf8(&mut [0; 4]) as &str))
    }

    /// The option that `token` names, with one dash or two.
    fn named_by<'a>(&self, token: &'a OsStr) -> Option<(&'a str, bool)> {
        let name = name_of(token)?;
        self.0.get(name).map(|&takes_value| (name, takes_value))
    }
}

/// What stands behind the dashes.
fn name_of(token: &OsStr) -> Option<&str> {
    let token = token.to_str()?;
    token.strip_prefix("--").or_else(|| token.strip_prefix('-')).filter(|name| !name.is_empty())
}

/// Rewrites a command line (with the program's name in front) into clap's spelling.
///
/// A command line that starts with an option of `run` alone means `run`: then only the program's name differs from the other
/// emulator's command line.
pub fn normalise(cli: &Command, argv: impl IntoIterator<Item = OsString>) -> Result<Vec<OsString>, NotThereYet> {
    let mut rest = argv.into_iter().peekable();
    let mut out: Vec<OsString> = rest.next().into_iter().collect();
    let mut command = cli;
    if let Some(first) = rest.peek()
        && Options::of(cli).named_by(first).is_none()
        && let Some(run) = cli.find_subcommand("run")
        && (Options::of(run).named_by(first).is_some() || name_of(first).is_some_and(|name| NOT_THERE.contains(&name)))
    {
        out.push("run".into());
        command = run;
    }
    while let Some(sub) = rest.peek().and_then(|token| command.find_subcommand(token)) {
        out.extend(rest.next());
        command = sub;
    }
    let options = Options::of(command);
    while let Some(token) = rest.next() {
        let Some((name, takes_value)) = options.named_by(&token) else {
            match name_of(&token) {
                Some(name) if NOT_THERE.contains(&name) => return Err(NotThereYet(format!("-{name}"))),
                // So that clap names all of it in its complaint, and not its first letter.
                Some(name) if name.len() > 1 && !options.has_short(name) => out.push(format!("--{name}").into()),
                _ => out.push(token),
            }
            continue;
        };
        let dashes = if name.len() == 1 { "-" } else { "--" };
        let mut spelled = OsString::from(format!("{dashes}{name}"));
        if takes_value && let Some(value) = rest.next() {
            spelled.push("=");
            spelled.push(value);
        }
        out.push(spelled);
    }
    Ok(out)
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;
    use crate::cli::Cli;

    fn check(line: &str, want: Result<&str, &str>) {
        let argv = std::iter::once("manyhart").chain(line.split(' ').filter(|s| !s.is_empty())).map(OsString::from);
        let got = normalise(&Cli::command(), argv).map(|argv| argv.join(OsStr::new(" ")).into_string().unwrap());
        let want =
            want.map(|line| format!("manyhart {line}").trim_end().to_owned()).map_err(|o| NotThereYet(o.to_owned()));
        assert_eq!(got, want, "{line}");
    }

    #[test]
    fn one_dash_becomes_two() {
        check("", Ok(""));
        check("--harts 4", Ok("--harts=4"));
        check("-harts 4", Ok("--harts=4"));
        check("run -smp 4 -m 1G -nographic", Ok("run --smp=4 -m=1G --nographic"));
        check("run -machine virt -M virt --kernel k", Ok("run --machine=virt -M=virt --kernel=k"));
        check("run -append -drive -no-reboot", Ok("run --append=-drive --no-reboot"));
        check("run --kernel=k -help", Ok("run --kernel=k --help"));
        check("run debian -m 1G", Ok("run debian -m=1G"));
        check("mtree -smp 2", Ok("mtree --smp=2"));
        check("run -kernel", Ok("run --kernel"));
    }

    #[test]
    fn an_option_of_run_alone_means_run() {
        check("-M virt -nographic", Ok("run -M=virt --nographic"));
        check("-kernel k", Ok("run --kernel=k"));
        check("-fsdev x", Err("-fsdev"));
    }

    #[test]
    fn what_is_not_there_is_refused_by_name() {
        for name in NOT_THERE {
            check(&format!("run -kernel k -{name} x"), Err(&format!("-{name}")));
            check(&format!("run --{name}"), Err(&format!("-{name}")));
        }
    }

    #[test]
    fn nothing_is_both_there_and_not_there() {
        let cli = Cli::command();
        let options = Options::of(cli.find_subcommand("run").unwrap());
        for name in NOT_THERE {
            assert!(!options.0.contains_key(*name), "{name}");
        }
    }

    #[test]
    fn what_is_not_known_goes_to_clap() {
        check("run -nonsense 1", Ok("run --nonsense 1"));
        check("run -m512M -x", Ok("run -m512M -x"));
        check("run disk.img", Ok("run disk.img"));
        check("bogus -smp 4", Ok("bogus --smp 4"));
    }
}
