//! `--gdb`, by a client that speaks GDB's remote protocol: harts as threads, registers, memory, breakpoints, watchpoints, steps, interruption, its end, and what is left when it goes.

mod support;

use std::io::{ErrorKind, Read, Write};
use std::os::unix::net::UnixStream;
use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

use support::asm::*;
use support::elf::{Part, program};
use support::{Scratch, manyhart};

const BASE: u64 = 0x8000_0000;
const LIMIT: Duration = Duration::from_secs(120);
/// Where the program's loop begins, and where it stores.
const LOOP: u64 = BASE + 8;
const COUNT: u64 = BASE + 0x400;

/// Every hart counts in a0; hart 0 stores its count as well (all do, at one place). The loop has four instructions.
fn counting() -> Vec<u32> {
    vec![
        addi(T0, ZERO, 1),
        slli(T0, T0, 31),
        addi(A0, A0, 1),
        addi(T1, T1, 2),
        sd(A0, (COUNT - BASE) as i32, T0),
        beq(ZERO, ZERO, -12),
    ]
}

struct Guest {
    child: Child,
    scratch: Scratch,
}

impl Guest {
    fn start(harts: u32, more: &[&str]) -> Guest {
        let counting = program(BASE, &[Part::code(BASE, &counting())], &[]);
        Guest::of(counting, &[&["-smp", &harts.to_string()], more].concat())
    }

    fn of(program: Vec<u8>, more: &[&str]) -> Guest {
        let scratch = Scratch::new();
        let kernel = scratch.file("guest.elf", program);
        let place = format!("unix:{}", scratch.path("gdb").display());
        let mut command = manyhart(&scratch);
        command.args(["run", "-m", "64M", "-bios", "none", "-serial", "null", "-kernel", &kernel, "-gdb", &place]);
        Guest {
            child: command.args(more).stdout(Stdio::null()).stderr(Stdio::null()).spawn().expect("the binary runs"),
            scratch,
        }
    }

    fn connect(&self) -> Gdb {
        let start = Instant::now();
        loop {
            match UnixStream::connect(self.scratch.path("gdb")) {
                Ok(stream) => return Gdb::new(stream),
                Err(_) if start.elapsed() < LIMIT => std::thread::sleep(Duration::from_millis(5)),
                Err(error) => panic!("no door: {error}"),
            }
        }
    }

    /// A session that finds the count of a machine that ran on without one.
    fn connect_once_beyond(&self, count: u64) -> Gdb {
        let start = Instant::now();
        loop {
            let mut gdb = self.connect();
            let seen = gdb.memory(COUNT);
            if seen > count {
                return gdb;
            }
            assert!(start.elapsed() < LIMIT, "it stands at {seen}, not beyond {count}");
            // The machine runs between sessions.
            drop(gdb);
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    /// Its exit status, once it has ended.
    fn ends(&mut self) -> Option<i32> {
        let start = Instant::now();
        loop {
            if let Some(status) = self.child.try_wait().expect("a child") {
                return status.code();
            }
            assert!(start.elapsed() < LIMIT, "it does not end");
            std::thread::sleep(Duration::from_millis(5));
        }
    }
}

impl Drop for Guest {
    fn drop(&mut self) {
        // Gone already where the test ended it.
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

struct Gdb(UnixStream);

impl Gdb {
    fn new(stream: UnixStream) -> Gdb {
        stream.set_read_timeout(Some(LIMIT)).expect("a limit");
        let mut gdb = Gdb(stream);
        let features = gdb.ask("qSupported:multiprocess+;swbreak+;hwbreak+;vContSupported+");
        assert!(features.contains("qXfer:features:read+"), "{features}");
        gdb
    }

    fn send(&mut self, packet: &str) {
        let sum = packet.bytes().fold(0u8, u8::wrapping_add);
        self.0.write_all(format!("${packet}#{sum:02x}").as_bytes()).expect("sent");
    }

    fn byte(&mut self) -> u8 {
        let mut byte = [0];
        self.0.read_exact(&mut byte).expect("an answer in time");
        byte[0]
    }

    /// The next packet, acknowledged.
    fn answer(&mut self) -> String {
        while self.byte() != b'$' {}
        let mut text = Vec::new();
        loop {
            match self.byte() {
                b'#' => break,
                byte => text.push(byte),
            }
        }
        // The checksum; a socket loses nothing.
        self.byte();
        self.byte();
        self.0.write_all(b"+").expect("sent");
        expanded(&text)
    }

    fn ask(&mut self, packet: &str) -> String {
        self.send(packet);
        self.answer()
    }

    fn ok(&mut self, packet: &str) {
        assert_eq!(self.ask(packet), "OK", "{packet}");
    }

    /// A register of the thread that was chosen.
    fn register(&mut self, number: usize) -> u64 {
        word(&self.ask(&format!("p{number:x}")))
    }

    fn memory(&mut self, at: u64) -> u64 {
        word(&self.ask(&format!("m{at:x},8")))
    }

    /// Whether the other side ends it without a word.
    fn hangs_up(mut self) -> bool {
        let mut rest = [0; 64];
        match self.0.read(&mut rest) {
            Ok(read) => read == 0,
            Err(error) => error.kind() == ErrorKind::ConnectionReset,
        }
    }
}

/// Run-length encoding, undone: a character, `*`, and how often more.
fn expanded(bytes: &[u8]) -> String {
    let mut text = String::new();
    let mut bytes = bytes.iter();
    while let Some(&byte) = bytes.next() {
        match byte {
            b'*' => {
                let again = bytes.next().expect("a count") - 29;
                let last = text.chars().last().expect("something to repeat");
                text.extend(std::iter::repeat_n(last, again.into()));
            }
            byte => text.push(byte.into()),
        }
    }
    text
}

/// Eight bytes in hexadecimal, the lowest first.
fn word(text: &str) -> u64 {
    let byte =
        |at: usize| u8::from_str_radix(text.get(at..at + 2).unwrap_or(text), 16).unwrap_or_else(|_| panic!("{text}"));
    u64::from_le_bytes(std::array::from_fn(|index| byte(2 * index)))
}

const PC: usize = 32;
const T0_NUMBER: usize = 5;
const A0_NUMBER: usize = 10;
const MHARTID: usize = 65 + 0xf14;

#[test]
fn breakpoints_steps_registers_and_memory_of_two_harts() {
    let guest = Guest::start(2, &["-S"]);
    let mut gdb = guest.connect();
    assert!(gdb.ask("?").starts_with('T') || gdb.ask("?").starts_with('S'));
    // From the reset vector, which can be read, to a breakpoint in the loop.
    assert_eq!(gdb.register(PC), 0x1000);
    assert_ne!(gdb.memory(0x1000), 0);
    gdb.ok(&format!("Z0,{LOOP:x},4"));
    let stop = gdb.ask("vCont;c");
    assert!(stop.starts_with("T05") && stop.contains("swbreak"), "{stop}");
    assert_eq!(gdb.register(PC), LOOP);
    let original = gdb.memory(LOOP);
    assert_eq!(original as u32, addi(A0, A0, 1), "memory holds what the guest put there");
    // One step of the first hart alone: the second stands.
    gdb.ok(&format!("z0,{LOOP:x},4"));
    for (thread, hart) in [("p1.1", 0), ("p1.2", 1)] {
        gdb.ok(&format!("Hg{thread}"));
        assert_eq!(gdb.register(MHARTID), hart);
        let (pc, other) = (gdb.register(PC), if hart == 0 { "p1.2" } else { "p1.1" });
        gdb.ok(&format!("Hg{other}"));
        let there = gdb.register(PC);
        let stop = gdb.ask(&format!("vCont;s:{thread}"));
        assert!(stop.starts_with("T05") && stop.contains(thread.trim_start_matches("p1.")), "{stop}");
        gdb.ok(&format!("Hg{other}"));
        assert_eq!(gdb.register(PC), there, "the other hart stands");
        gdb.ok(&format!("Hg{thread}"));
        assert_ne!(gdb.register(PC), pc);
    }
    // Registers and memory as GDB sets them are what the guest goes on with.
    gdb.ok("Hgp1.1");
    gdb.ok(&format!("P{PC:x}={}", bytes(LOOP)));
    gdb.ok(&format!("P{A0_NUMBER:x}={}", bytes(41)));
    gdb.ok(&format!("P21={}", bytes(0x4045_0000_0000_0000)));
    assert_eq!(gdb.register(33), 0x4045_0000_0000_0000, "ft0");
    gdb.ok(&format!("Z1,{:x},4", LOOP + 8));
    gdb.ask("vCont;s:p1.1");
    assert_eq!(gdb.register(A0_NUMBER), 42);
    gdb.ok(&format!("M{COUNT:x},8:{}", bytes(0)));
    assert_eq!(gdb.memory(COUNT), 0);
    gdb.ok(&format!("z1,{:x},4", LOOP + 8));
    // Code that GDB writes is executed: a0 counts by a hundred.
    gdb.ok(&format!("M{LOOP:x},4:{}", &bytes(addi(A0, A0, 100).into())[..8]));
    gdb.ok(&format!("P{PC:x}={}", bytes(LOOP)));
    gdb.ask("vCont;s:p1.1");
    assert_eq!(gdb.register(A0_NUMBER), 142);
    assert_eq!(&gdb.ask("m10000000,1")[..1], "E", "a device's registers are not looked at");
    assert_eq!(&gdb.ask("m0,1")[..1], "E");
    assert_eq!(gdb.ask("p7fff"), "", "there is no such register");
    let threads = gdb.ask("qfThreadInfo");
    assert_eq!(threads, "mp01.01,p01.02");
}

fn bytes(word: u64) -> String {
    word.to_le_bytes().iter().map(|byte| format!("{byte:02x}")).collect()
}

#[test]
fn an_interrupt_stops_all_and_a_detached_machine_runs_on() {
    let guest = Guest::start(2, &[]);
    let count = |gdb: &mut Gdb| gdb.memory(COUNT);
    let mut gdb = guest.connect();
    let before = count(&mut gdb);
    std::thread::sleep(Duration::from_millis(50));
    assert_eq!(count(&mut gdb), before, "it stands while GDB is there");
    let start = Instant::now();
    while count(&mut gdb) == before {
        assert!(start.elapsed() < LIMIT, "it does not run");
        gdb.send("vCont;c");
        std::thread::sleep(Duration::from_millis(20));
        gdb.0.write_all(&[3]).expect("sent");
        let stop = gdb.answer();
        assert!(stop.starts_with("S02") || stop.starts_with("T02"), "{stop}");
    }
    // With a breakpoint that nobody takes out: it goes with the session.
    gdb.ok(&format!("Z0,{LOOP:x},4"));
    let stop = gdb.ask("vCont;c");
    assert!(stop.starts_with("T05"), "{stop}");
    let reply =
        gdb.ask(&format!("qRcmd,{}", "info status".bytes().map(|byte| format!("{byte:02x}")).collect::<String>()));
    assert!(reply.starts_with('O'), "{reply}");
    assert_eq!(gdb.answer(), "OK");
    let seen = count(&mut gdb);
    gdb.ok("D;1");
    drop(gdb);
    // A session that is broken off leaves nothing behind either.
    let mut gdb = guest.connect_once_beyond(seen + 1000);
    gdb.ok(&format!("Z0,{LOOP:x},4"));
    gdb.ask("vCont;c");
    let at_breakpoint = count(&mut gdb);
    drop(gdb);
    guest.connect_once_beyond(at_breakpoint + 1000);
}

#[test]
fn a_second_gdb_is_turned_away_and_kill_ends_the_machine() {
    for kill in ["k", "vKill;1"] {
        let mut guest = Guest::start(1, &[]);
        let mut gdb = guest.connect();
        let second = UnixStream::connect(guest.scratch.path("gdb")).expect("a door");
        second.set_read_timeout(Some(LIMIT)).expect("a limit");
        assert!(Gdb(second).hangs_up());
        gdb.ok(kill);
        assert_eq!(guest.ends(), Some(0));
    }
}

#[test]
fn a_machine_that_ends_tells_gdb() {
    let mut guest = Guest::start(1, &["-S", "--limit", "3000000"]);
    let mut gdb = guest.connect();
    assert_eq!(gdb.ask("vCont;c"), "W00");
    drop(gdb);
    assert_eq!(guest.ends(), Some(0));
}

#[test]
fn gdb_hears_the_exit_status() {
    let finisher = [lui(T0, 0x10_0000), lui(T1, 0x5_3000), addi(T1, T1, 0x333), sw(T1, 0, T0), SPIN];
    let tohost =
        [lui(T0, 0x1000), addi(T1, ZERO, 7 << 1 | 1), addi(T2, ZERO, 1), slli(T2, T2, 31), sd(T1, 0x400, T2), SPIN];
    for (code, symbols, status) in [(&finisher[..], &[][..], 5), (&tohost, &[("tohost", BASE + 0x400)], 7)] {
        let mut guest = Guest::of(program(BASE, &[Part::code(BASE, code)], symbols), &["-S"]);
        let mut gdb = guest.connect();
        assert_eq!(gdb.ask("vCont;c"), format!("W{status:02x}"));
        drop(gdb);
        assert_eq!(guest.ends(), Some(status));
    }
}

#[test]
fn watchpoints_of_every_kind_and_of_two_harts() {
    let guest = Guest::start(2, &["-S"]);
    let mut gdb = guest.connect();
    let behind_the_store = LOOP + 12;
    let met = |gdb: &mut Gdb, how: &str, kind: &str| {
        let stop = gdb.ask(how);
        let thread = stop.split_once("thread:").and_then(|(_, rest)| rest.split_once(';')).expect(&stop).0.to_owned();
        assert!(stop.starts_with("T05") && stop.contains(&format!(";{kind}:{COUNT:x};")), "{stop}");
        gdb.ok(&format!("Hg{thread}"));
        assert_eq!(gdb.register(PC), behind_the_store, "the access is done");
        thread
    };
    gdb.ok(&format!("Z2,{COUNT:x},8"));
    // One hart stores and the other comes too late, and is told of the next time; or both run on.
    for _ in 0..10 {
        met(&mut gdb, "vCont;c", "watch");
    }
    // Without it nothing is told any more, not even what was too late; a step over the store is told as such.
    gdb.ok(&format!("z2,{COUNT:x},8"));
    let stop = gdb.ask("vCont;s:p1.1");
    assert!(stop.starts_with("T05") && !stop.contains("watch"), "{stop}");
    gdb.ok(&format!("Z2,{COUNT:x},8"));
    gdb.ok("Hgp1.1");
    gdb.ok(&format!("P{PC:x}={}", bytes(behind_the_store - 4)));
    gdb.ok(&format!("P{A0_NUMBER:x}={}", bytes(0x1234)));
    // It may not have run so far, and then nothing is in its registers.
    gdb.ok(&format!("P{T0_NUMBER:x}={}", bytes(BASE)));
    assert_eq!(met(&mut gdb, "vCont;s:p1.1", "watch"), "p01.01");
    assert_eq!(gdb.memory(COUNT), 0x1234);
    gdb.ok(&format!("z2,{COUNT:x},8"));
    // Some byte of it, for loads and stores.
    gdb.ok(&format!("Z4,{COUNT:x},1"));
    met(&mut gdb, "vCont;c", "awatch");
    gdb.ok(&format!("z4,{COUNT:x},1"));
    // Nobody loads it, and nobody stores beside it.
    gdb.ok(&format!("Z3,{COUNT:x},8"));
    gdb.ok(&format!("Z2,{:x},8", COUNT + 8));
    gdb.ok(&format!("Z0,{LOOP:x},4"));
    let stop = gdb.ask("vCont;c");
    assert!(stop.contains("swbreak"), "{stop}");
    gdb.ok(&format!("z0,{LOOP:x},4"));
    // They go with the session.
    gdb.ok(&format!("Z2,{COUNT:x},8"));
    met(&mut gdb, "vCont;c", "watch");
    let seen = gdb.memory(COUNT);
    drop(gdb);
    guest.connect_once_beyond(seen + 1000);
}

#[test]
fn nonsense_is_refused_or_ends_the_session_and_the_machine_runs_on() {
    let guest = Guest::start(1, &[]);
    for nonsense in [
        &b"$#00"[..],
        b"$m#zz",
        b"$mffffffffffffffff,ffffffffffffffff#00",
        b"\x03\x03\xff\xff$$$$",
        b"$vCont;s:p9.99#00",
    ] {
        let mut gdb = guest.connect();
        gdb.0.write_all(nonsense).expect("sent");
        drop(gdb);
    }
    let packets = [
        "m8000000000000000,8",
        "mffffffffffffffff,8",
        "m80000000,ffff",
        "Gzz",
        "P0",
        "vCont;x",
        "Z9,0,0",
        "qXfer:features:read:none:0,1",
    ];
    for packet in packets {
        let mut gdb = guest.connect();
        gdb.send(packet);
        // An answer, or the end of the session.
        let mut answer = [0; 16];
        let heard = gdb.0.read(&mut answer);
        assert!(!heard.is_err_and(|error| error.kind() == ErrorKind::WouldBlock), "{packet}: neither");
    }
    let mut gdb = guest.connect();
    assert_ne!(gdb.memory(BASE), 0);
}
