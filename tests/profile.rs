//! `--profile` of the real binary: two functions whose shares are known, names from each kind of file, and what goes wrong early.

mod support;

use std::collections::BTreeMap;
use std::io::Read;
use std::path::Path;
use std::process::{Output, Stdio};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};
use support::asm::*;
use support::elf::{Part, program};
use support::{Scratch, manyhart, read, text};

const BASE: u64 = 0x8000_0000;
/// 4,096 rounds of 41 instructions in one function, 121 in another and 2 between them.
const SYMBOLS: [(&str, u64); 4] = [("short", BASE + 4), ("long", BASE + 16), ("round", BASE + 28), ("end", BASE + 36)];

fn rounds() -> Vec<u32> {
    // The end is told, and comes a little later: a hart that sleeps until then is not seen.
    let idle = [WFI, SPIN];
    let turns = |count| [addi(T0, ZERO, count), addi(T0, T0, -1), bne(T0, ZERO, -4)];
    [&[lui(T2, 0x1000)], &turns(20)[..], &turns(60), &[addi(T2, T2, -1), bne(T2, ZERO, -28)], &finish(0x5555), &idle]
        .concat()
}

fn run(scratch: &Scratch, elf: &[u8], options: &[&str]) -> Output {
    let kernel = scratch.file("guest.elf", elf);
    let mut command = manyhart(scratch);
    command.args(["run", "-m", "64M", "-bios", "none", "-nographic", "-kernel", &kernel]).args(options);
    command.output().expect("the binary runs")
}

/// How often each stack was seen.
fn profile(text: &str) -> BTreeMap<String, f64> {
    let line = |line: &str| {
        let (stack, count) = line.rsplit_once(' ').expect("a stack and a count");
        (stack.to_owned(), count.parse().expect("a number"))
    };
    text.lines().map(line).collect()
}

#[track_caller]
fn check_shares(text: &str) {
    let profile = profile(text);
    let all: f64 = profile.values().sum();
    let instructions = 4096.0 * 164.0;
    assert!((all / (instructions / 100.0) - 1.0).abs() < 0.02, "{all} samples: {text}");
    for (name, share) in [("short", 41.0 / 164.0), ("long", 121.0 / 164.0)] {
        let seen = profile.get(&format!("hart0;machine;{name}")).copied().unwrap_or_default() / all;
        assert!((seen - share).abs() < 0.02, "{name}: {seen}, not {share}: {text}");
    }
}

#[test]
fn functions_are_seen_as_often_as_they_run() {
    let scratch = Scratch::new();
    let elf = program(BASE, &[Part::code(BASE, &rounds())], &SYMBOLS);
    let stripped = program(BASE, &[Part::code(BASE, &rounds())], &[]);
    let map: String = SYMBOLS.iter().map(|(name, addr)| format!("{addr:016x} t {name}\n")).collect();
    let (map, named) = (scratch.file("System.map", map), scratch.file("named.elf", &elf));
    let file = scratch.path("folded");
    let (name, report) = (file.display().to_string(), scratch.path("report"));
    let table = report.display().to_string();
    let options = ["--profile", &name, "--profile-every", "100", "--profile-report", &table];
    let more: [(&[u8], &[&str]); 3] =
        [(&elf, &[]), (&stripped, &["--symbols", &map]), (&stripped, &["--symbols", &named])];
    let texts = more.map(|(elf, more)| {
        let output = run(&scratch, elf, &[&options[..], more].concat());
        assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
        let folded = read(&file);
        let all: f64 = profile(&folded).values().sum();
        assert!(
            text(&output.stderr).replace(',', "").contains(&format!("manyhart: {all} samples in {name}: ")),
            "{output:?}"
        );
        assert!(read(&report).replace(',', "").starts_with(&format!("{all} samples (hart 0 {all}) one in 100 instr")));
        folded
    });
    check_shares(&texts[0]);
    assert!(texts[0] == texts[1] && texts[1] == texts[2], "the same run, by whatever names: {texts:?}");
}

#[test]
fn a_profile_that_cannot_be_made_is_said_before_anything_runs() {
    let scratch = Scratch::new();
    let elf = program(BASE, &[Part::code(BASE, &[&print("ran")[..], &finish(0x5555), &[SPIN]].concat())], &[]);
    let file = scratch.path("folded").display().to_string();
    let (prose, nothing) = (scratch.file("prose", "no symbols\n"), scratch.file("data.map", "80000000 D data\n"));
    let cases = [
        (vec!["--profile", "/nonexistent/folded"], "/nonexistent/folded: cannot write: "),
        (vec!["--profile", &file, "--symbols", "/nonexistent/map"], "/nonexistent/map: cannot read: "),
        (vec!["--profile", &file, "--symbols", &prose], "prose:1: not a line of a System.map"),
        (vec!["--profile", &file, "--symbols", &nothing], "data.map: names no function"),
        (vec!["--symbols", &nothing], "--profile"),
        (vec!["--profile-report", &file], "--profile"),
        (vec!["--profile", &file, "--profile-report", "/nonexistent/table"], "/nonexistent/table: cannot write: "),
        (vec!["--profile", &file, "--profile-every", "0"], "--profile-every"),
    ];
    for (options, want) in cases {
        let output = run(&scratch, &elf, &options);
        assert_eq!((output.status.code(), text(&output.stdout).as_str()), (Some(2), ""), "{options:?}");
        assert!(text(&output.stderr).contains(want), "{options:?}: {}", text(&output.stderr));
    }
    let elf = program(BASE, &[Part::code(BASE, &rounds())], &[]);
    let full = run(&scratch, &elf, &["--profile", "/dev/full", "--profile-every", "100"]);
    assert_eq!(full.status.code(), Some(2));
    assert!(text(&full.stderr).contains("/dev/full: cannot write: "), "{}", text(&full.stderr));
}

#[test]
fn an_interrupted_run_has_a_profile() {
    let scratch = Scratch::new();
    let code = [&print("up")[..], &[SPIN]].concat();
    let spin = BASE + 4 * (code.len() as u64 - 1);
    let kernel = scratch.file("guest.elf", program(BASE, &[Part::code(BASE, &code)], &[("spin", spin)]));
    let file = scratch.path("folded");
    // On a busy host the hart may get to little in a moment: then it has a longer one.
    let samples = (1..=20).map(|turn| {
        interrupted_after(Duration::from_millis(200) * turn, &scratch, &kernel, &file);
        profile(&read(&file)).get("hart0;machine;spin").copied().unwrap_or_default()
    });
    assert!(samples.into_iter().any(|count| count > 10.0), "{}", read(&file));
}

fn interrupted_after(moment: Duration, scratch: &Scratch, kernel: &str, file: &Path) {
    let mut command = manyhart(scratch);
    command
        .args(["run", "-bios", "none", "-nographic", "-kernel", kernel, "--profile-every", "100", "--profile"])
        .arg(file);
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().expect("the binary runs");
    let mut said = [0; 2];
    child.stdout.as_mut().expect("a pipe").read_exact(&mut said).expect("it comes up");
    std::thread::sleep(moment);
    kill_process(Pid::from_child(&child), Signal::INT).expect("signalled");
    let start = Instant::now();
    while child.try_wait().expect("a child").is_none() {
        if start.elapsed() > Duration::from_secs(120) {
            child.kill().expect("killed");
        }
        std::thread::sleep(Duration::from_millis(5));
    }
}
