use crossbeam::channel::unbounded;
use manyhart_runtime::{Clock, Config, Executive};

use super::*;
use crate::control::Control;

/// A machine that is nothing but a map.
fn check(cases: &[(&str, &str)]) {
    let executive = Executive::new(Config { clock: Clock::manual(1_000), on_device_failure: None }).unwrap();
    let mut map = executive.topology().transaction();
    let root = map.container("system", 1 << 32);
    map.address_space("memory", root);
    let hole = map.reservation("hole", 0x1000);
    map.add_subregion(root, 0x2000, hole);
    map.commit().unwrap();
    let (sender, _receiver) = unbounded();
    let control = Control::new(sender, executive.topology().clone(), vec![Default::default(); 2]);
    for (line, want) in cases {
        let reply = execute(&control, line);
        let fits = if want.is_empty() { reply.text.is_empty() } else { reply.text.starts_with(want) };
        assert!(fits, "{line}: {:?} instead of {want:?}", reply.text);
        assert!(reply.text.is_empty() || reply.text.ends_with('\n'), "{line}: {:?}", reply.text);
        assert_eq!(reply.quit, matches!(*line, "quit" | " q "), "{line}");
    }
    executive.shutdown();
}

#[test]
fn lines_are_carried_out_or_refused_with_a_reason() {
    check(&[
        ("", ""),
        ("# a remark", ""),
        ("nonsense", "unknown command: 'nonsense' (try 'help')\n"),
        ("help", "help|? [COMMAND]                   these lines\n"),
        ("help stop", "stop|s                             stop the harts\n"),
        ("help info", "info status"),
        ("help info why", "info why ADDR [SPACE]"),
        ("help x", "Error: there is no 'x'\n"),
        ("stop now", "stop: nothing may follow, not 'now'\n"),
        ("info", "info status"),
        ("info status", "VM status: paused (prelaunch)\n"),
        ("info status x", "Error: info status: nothing may follow, not 'x'\n"),
        ("info nonsense", "Error: there is no 'info nonsense' (try 'info')\n"),
        ("info cpus", "* CPU #0: not started\n  CPU #1: not started\n"),
        ("info mtree", "address space memory\n  0000000000000000-00000000ffffffff (priority 0, container): system\n"),
        ("info mtree -f", "view of memory at generation 1: "),
        ("info mtree -j", "{\n"),
        ("info mtree -x", "Error: info mtree: '-x' is not -f or -j\n"),
        ("info why 0x2004", "0x0000000000002004 in memory at generation 1: "),
        ("info why 0x2004 elsewhere", "Error: there is no address space 'elsewhere'\n"),
        ("info why", "Error: info why: an address is missing\n"),
        ("info why x", "Error: info why: 'x' is not a number\n"),
        ("info history", "generation 0 to 1\n"),
        ("info lint", "nothing found\n"),
        ("info version", "manyhart "),
        ("quit", ""),
        (" q ", ""),
        ("quit now", "quit: nothing may follow, not 'now'\n"),
    ]);
}

#[test]
fn words_are_completed() {
    let cases: [(&str, (usize, &[&str])); 7] = [
        ("st", (0, &["stop"])),
        ("sy", (0, &["system_reset", "system_powerdown"])),
        ("info st", (5, &["status"])),
        ("help sto", (5, &["stop"])),
        ("help info mt", (10, &["mtree"])),
        ("stop x", (5, &[])),
        ("zz", (0, &[])),
    ];
    for (line, (start, want)) in cases {
        assert_eq!(candidates(line), (start, want.to_vec()), "{line}");
    }
}
