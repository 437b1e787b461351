//! The UART's registers as scripts: what a driver does, and what it must see.

use std::sync::Arc;

use manyhart_runtime::LineSink;
use parking_lot::Mutex;
use proptest::prelude::*;

use super::*;

/// Ticks per second, so that four characters at the divisor of power-on are 2,083 ticks.
const FREQUENCY: u64 = 1_000_000;
const TIMEOUT: u64 = 2_083;

/// The host's side: what it got, and how much more it takes.
#[derive(Default)]
struct Host {
    sent: Vec<u8>,
    room: Option<usize>,
    closed: bool,
    line: bool,
}

struct HostSink(Arc<Mutex<Host>>);

impl Sink for HostSink {
    fn put(&mut self, byte: u8) -> Put {
        let mut host = self.0.lock();
        if host.closed {
            return Put::Closed;
        }
        match &mut host.room {
            Some(0) => return Put::Full,
            Some(room) => *room -= 1,
            None => {}
        }
        host.sent.push(byte);
        Put::Taken
    }
}

struct HostLine(Arc<Mutex<Host>>);

impl LineSink for HostLine {
    fn set_level(&self, _: u32, level: bool) {
        self.0.lock().line = level;
    }
}

/// A UART, its host, and a clock that stands still.
struct Bench {
    uart: Uart,
    host: Arc<Mutex<Host>>,
    now: u64,
    timer: Option<u64>,
}

#[derive(Debug, Clone)]
enum Step {
    Write(u64, u8),
    /// What reading a register must answer.
    Read(u64, u8),
    Input(Vec<u8>),
    Break,
    /// The interrupt line must have this level.
    Irq(bool),
    Advance(u64),
    /// The host must have got exactly this since it was last asked.
    Sent(&'static [u8]),
    /// From now on the host takes so many bytes.
    Room(usize),
    Close,
}
use Step::*;

fn input(bytes: &[u8]) -> Step {
    Input(bytes.to_vec())
}

impl Bench {
    fn new() -> Bench {
        let host = Arc::new(Mutex::new(Host::default()));
        let line = Line::new(Arc::new(HostLine(host.clone())), 0);
        Bench { uart: Uart::new(Box::new(HostSink(host.clone())), line), host, now: 0, timer: None }
    }

    fn settle(&mut self) {
        self.timer = self.uart.settle(FREQUENCY).or(self.timer);
    }

    fn post(&mut self, chunk: Chunk) {
        self.uart.receive.enqueue(chunk);
        self.uart.refill(self.now);
    }

    fn advance(&mut self, ticks: u64) {
        self.now += ticks;
        while self.timer.is_some_and(|due| due <= self.now) {
            self.timer = None;
            self.uart.timer(self.now, FREQUENCY);
            self.settle();
        }
    }

    fn step(&mut self, step: &Step) -> Result<(), String> {
        let check = |what: &str, got: &dyn std::fmt::Debug, want: &dyn std::fmt::Debug| {
            let (got, want) = (format!("{got:x?}"), format!("{want:x?}"));
            if got == want { Ok(()) } else { Err(format!("{what}: {got}, not {want}")) }
        };
        match step {
            Write(register, value) => {
                let now = self.now;
                self.uart.write_register(*register, *value, || now).map_err(|e| e.to_string())?
            }
            Read(register, want) => {
                let now = self.now;
                check("read", &self.uart.read_register(*register, || now), &Ok::<_, ()>(*want))?
            }
            Input(bytes) => self.post(Chunk::new(bytes.clone(), 0).0),
            Break => self.post(Chunk::new(vec![0], LSR_BREAK).0),
            Irq(want) => check("line", &self.host.lock().line, want)?,
            Advance(ticks) => self.advance(*ticks),
            Sent(want) => check("sent", &std::mem::take(&mut self.host.lock().sent), want)?,
            Room(room) => {
                self.host.lock().room = Some(*room);
                self.uart.drain();
            }
            Close => self.host.lock().closed = true,
        }
        self.settle();
        Ok(())
    }
}

fn check(name: &str, steps: &[Step]) {
    let mut bench = Bench::new();
    for (index, step) in steps.iter().enumerate() {
        if let Err(error) = bench.step(step) {
            panic!("{name}, step {index} {step:?}: {error}");
        }
    }
}

const READY: u8 = LSR_READY | LSR_THR_EMPTY | LSR_TRANSMITTER_EMPTY;
const IDLE: u8 = LSR_THR_EMPTY | LSR_TRANSMITTER_EMPTY;

#[test]
fn registers_keep_what_they_should() {
    check(
        "power-on",
        &[
            Read(IER, 0),
            Read(IIR, IIR_NONE),
            Read(LCR, 0),
            Read(MCR, 0x08),
            Read(LSR, IDLE),
            Read(MSR, 0xb0),
            Read(DATA, 0),
        ],
    );
    check(
        "widths",
        &[
            Write(IER, 0xff),
            Read(IER, 0x0f),
            Write(MCR, 0xff),
            Read(MCR, 0x1f),
            Write(LCR, 0x3f),
            Read(LCR, 0x3f),
            Write(SCR, 0xa5),
            Read(SCR, 0xa5),
            Write(LSR, 0),
            Write(MSR, 0xff),
            Read(LSR, IDLE),
        ],
    );
    check(
        "divisor",
        &[
            Write(LCR, 0x80),
            Read(DATA, 12),
            Write(DATA, 0x34),
            Write(IER, 0x12),
            Read(DATA, 0x34),
            Read(IER, 0x12),
            Write(LCR, 0),
            Read(IER, 0),
            Sent(b""),
        ],
    );
}

#[test]
fn received_bytes_interrupt_at_the_trigger_level() {
    check(
        "without FIFOs",
        &[
            Write(IER, 1),
            input(b"ab"),
            Irq(true),
            Read(IIR, IIR_RECEIVED),
            Read(LSR, READY),
            Read(DATA, b'a'),
            Irq(true),
            Read(DATA, b'b'),
            Irq(false),
            Read(LSR, IDLE),
            Read(IIR, IIR_NONE),
        ],
    );
    check(
        "trigger of 8",
        &[
            Write(IIR, 0x81),
            Write(IER, 1),
            input(b"1234567"),
            Irq(false),
            input(b"8"),
            Irq(true),
            Read(IIR, 0xc4),
            Read(DATA, b'1'),
            Irq(false),
        ],
    );
    check("disabled", &[input(b"a"), Irq(false), Read(LSR, READY), Write(IER, 1), Irq(true)]);
}

#[test]
fn bytes_below_the_trigger_level_time_out() {
    let start = [Write(IIR, 0x41), Write(IER, 1), input(b"ab"), Advance(TIMEOUT - 1), Irq(false)];
    check("quiet", &[&start[..], &[Advance(1), Irq(true), Read(IIR, 0xcc), Read(DATA, b'a'), Irq(false)]].concat());
    check(
        "once more after a read",
        &[
            &start[..],
            &[
                Advance(1),
                Read(DATA, b'a'),
                Advance(TIMEOUT - 1),
                Irq(false),
                Advance(1),
                Irq(true),
                Read(DATA, b'b'),
                Irq(false),
            ],
        ]
        .concat(),
    );
    check(
        "a byte begins it anew",
        &[&start[..], &[input(b"c"), Advance(TIMEOUT - 1), Irq(false), Advance(1), Irq(true)]].concat(),
    );
}

#[test]
fn input_waits_and_is_never_lost() {
    let long: Vec<u8> = (0..=255).collect();
    let reads = long.iter().map(|&byte| Read(DATA, byte));
    let steps: Vec<Step> =
        [Write(IIR, 1), Input(long.clone())].into_iter().chain(reads).chain([Read(LSR, IDLE)]).collect();
    check("behind a full FIFO", &steps);
    check("outside loopback", &[Write(MCR, 0x10), input(b"x"), Read(LSR, IDLE), Write(MCR, 0), Read(DATA, b'x')]);
}

#[test]
fn taken_tells_of_the_last_byte() {
    let mut bench = Bench::new();
    let (chunk, taken) = Chunk::new(b"ab".to_vec(), 0);
    bench.post(chunk);
    assert!(!taken.wait_timeout(Default::default()), "the second byte waits behind the holding register");
    bench.step(&Read(DATA, b'a')).unwrap();
    assert!(taken.wait_timeout(Default::default()));
    taken.wait();
}

#[test]
fn the_empty_transmitter_interrupts_once() {
    check(
        "when enabled",
        &[
            Write(IER, 2),
            Irq(true),
            Read(IIR, IIR_TRANSMIT_EMPTY),
            Irq(false),
            Read(IIR, IIR_NONE),
            Write(IER, 0),
            Write(IER, 2),
            Irq(true),
        ],
    );
    check(
        "after each byte",
        &[
            Write(IER, 2),
            Read(IIR, IIR_TRANSMIT_EMPTY),
            Write(DATA, b'x'),
            Sent(b"x"),
            Irq(true),
            Write(DATA, b'y'),
            Sent(b"y"),
        ],
    );
}

#[test]
fn a_full_host_holds_the_transmitter() {
    check(
        "nothing is lost",
        &[
            Write(IIR, 1),
            Write(IER, 2),
            Read(IIR, 0xc2),
            Room(1),
            Write(DATA, b'a'),
            Read(IIR, 0xc2),
            Write(DATA, b'b'),
            Write(DATA, b'c'),
            Sent(b"a"),
            Read(LSR, 0),
            Irq(false),
            Room(1),
            Sent(b"b"),
            Read(LSR, 0),
            Irq(false),
            Room(5),
            Sent(b"c"),
            Read(LSR, IDLE),
            Irq(true),
            Read(IIR, 0xc2),
        ],
    );
    check("closed", &[Close, Write(DATA, b'a'), Read(LSR, IDLE), Sent(b"")]);
}

#[test]
fn interrupts_have_priorities() {
    check(
        "all four",
        &[
            Write(IER, 0x0f),
            Break,
            Write(MCR, 0x18),
            Write(MCR, 0x08),
            Read(IIR, IIR_LINE_STATUS),
            Read(LSR, READY | LSR_BREAK),
            Read(IIR, IIR_RECEIVED),
            Read(DATA, 0),
            Read(IIR, IIR_TRANSMIT_EMPTY),
            Read(IIR, IIR_MODEM_STATUS),
            Irq(true),
            Read(MSR, 0xb3),
            Read(IIR, IIR_NONE),
            Irq(false),
        ],
    );
}

#[test]
fn loopback_joins_the_two_halves() {
    check("data", &[Write(MCR, 0x10), Write(DATA, b'q'), Sent(b""), Read(LSR, READY), Read(DATA, b'q')]);
    check(
        "overrun",
        &[
            Write(MCR, 0x10),
            Write(DATA, b'q'),
            Write(DATA, b'r'),
            Read(LSR, READY | LSR_OVERRUN),
            Read(LSR, READY),
            Read(DATA, b'q'),
            Read(LSR, IDLE),
        ],
    );
    // What Linux's 8250 driver probes with.
    check("modem lines", &[Write(MCR, 0x1a), Read(MSR, 0x92), Read(MSR, 0x90), Write(MCR, 0x08), Read(MSR, 0xb2)]);
    check("ring ends", &[Write(MCR, 0x14), Read(MSR, 0x4b), Write(MCR, 0x10), Read(MSR, 0x04)]);
    check(
        "break",
        &[Write(IIR, 1), Write(MCR, 0x10), Write(LCR, 0x40), Read(LSR, 0xf1), Read(LSR, READY), Read(DATA, 0)],
    );
}

#[test]
fn fifo_control_clears() {
    check("receive", &[Write(IIR, 1), input(b"ab"), Write(IIR, 3), Read(LSR, IDLE), Read(IIR, 0xc1)]);
    check(
        "transmit",
        &[Write(IIR, 1), Room(0), Write(DATA, b'a'), Read(LSR, 0), Write(IIR, 5), Read(LSR, IDLE), Room(9), Sent(b"")],
    );
    check("switching", &[Write(IIR, 1), input(b"ab"), Write(IIR, 0), Read(LSR, IDLE), Read(IIR, IIR_NONE)]);
}

fn any_step() -> impl Strategy<Value = Step> {
    prop_oneof![
        (0..10u64, any::<u8>()).prop_map(|(register, value)| Write(register, value)),
        (0..10u64).prop_map(|register| Read(register, 0)),
        proptest::collection::vec(any::<u8>(), 0..40).prop_map(Input),
        Just(Break),
        (0..3 * TIMEOUT).prop_map(Advance),
        (0..20usize).prop_map(Room),
    ]
}

proptest! {
    /// Whatever a guest does, the line says what IIR says, and the host gets no byte that was not written.
    #[test]
    fn the_line_always_agrees_with_the_cause(steps in proptest::collection::vec(any_step(), 0..200)) {
        let mut bench = Bench::new();
        let mut written = 0;
        for step in &steps {
            written += usize::from(matches!(step, Write(DATA, _)));
            // Wrong values and absent registers are answers here, not failures.
            match bench.step(step) {
                Ok(()) | Err(_) => bench.settle(),
            }
            prop_assert_eq!(bench.host.lock().line, bench.uart.cause() != IIR_NONE);
            prop_assert!(bench.uart.receive.len() <= FIFO && bench.uart.transmit.len() <= FIFO);
        }
        prop_assert!(bench.host.lock().sent.len() + bench.uart.transmit.len() <= written);
    }

    /// A driver that looks at LSR before it reads gets all input in order, whatever the chunks and whatever the FIFO mode.
    #[test]
    fn input_arrives_whole(chunks in proptest::collection::vec(proptest::collection::vec(any::<u8>(), 0..40), 0..10), fcr in any::<u8>()) {
        let mut bench = Bench::new();
        bench.step(&Write(IIR, fcr)).unwrap();
        let (mut got, want) = (Vec::new(), chunks.concat());
        for chunk in chunks {
            bench.step(&Input(chunk)).unwrap();
            if bench.uart.read_register(LSR, || 0).unwrap() & LSR_READY != 0 {
                got.push(bench.uart.read_register(DATA, || 0).unwrap());
            }
        }
        while bench.uart.read_register(LSR, || 0).unwrap() & LSR_READY != 0 {
            got.push(bench.uart.read_register(DATA, || 0).unwrap());
        }
        prop_assert_eq!(got, want);
    }
}
