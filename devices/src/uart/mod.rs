//! The console: a 16550A UART.
//!
//! Source: National Semiconductor PC16550D data sheet (June 1995), section 8. Both directions are lossless towards the host: input waits
//! behind the FIFO until the guest reads it ([`UartMessage::input`]), and while the output has no room the transmit holding
//! register stays full, as on a slow line. Baud rates are kept but not obeyed, save for the receive timeout.
//!
//! Written by hand rather than on `vm-superio`'s serial port: that one writes to its output synchronously, drops what it cannot write, and
//! models neither FIFO control, trigger levels and timeout, nor line errors and modem-status changes; its interrupt is an edge.

mod output;
mod receive;
#[cfg(test)]
mod tests;

use std::collections::VecDeque;

use manyhart_runtime::{Access, Answer, Context, Device, DeviceError, Line, MmioSpec};

pub use output::{ChannelSink, Output, Put, Sink, channel};
pub use receive::Taken;
use receive::{Chunk, Receive};

/// The bytes its registers take; only the first eight hold any.
pub const SIZE: u64 = 0x100;
/// Byte-wide registers.
pub const SPEC: MmioSpec = MmioSpec::aligned(1, 1);
/// The clock of its baud-rate generator, in hertz.
pub const CLOCK_HZ: u64 = 3_686_400;

// Registers (8.0, table II). DLL and DLM take the place of the first two while LCR.DLAB is set.
const DATA: u64 = 0;
const IER: u64 = 1;
/// IIR when read, FCR when written.
const IIR: u64 = 2;
const LCR: u64 = 3;
const MCR: u64 = 4;
const LSR: u64 = 5;
const MSR: u64 = 6;
const SCR: u64 = 7;

const IER_RECEIVED: u8 = 1 << 0;
const IER_TRANSMIT_EMPTY: u8 = 1 << 1;
const IER_LINE_STATUS: u8 = 1 << 2;
const IER_MODEM_STATUS: u8 = 1 << 3;
const IER_MASK: u8 = 0x0f;

const IIR_NONE: u8 = 0x01;
const IIR_LINE_STATUS: u8 = 0x06;
const IIR_RECEIVED: u8 = 0x04;
const IIR_TIMEOUT: u8 = 0x0c;
const IIR_TRANSMIT_EMPTY: u8 = 0x02;
const IIR_MODEM_STATUS: u8 = 0x00;
const IIR_FIFOS: u8 = 0xc0;

const FCR_ENABLE: u8 = 1 << 0;
const FCR_CLEAR_RECEIVE: u8 = 1 << 1;
const FCR_CLEAR_TRANSMIT: u8 = 1 << 2;

const LCR_BREAK: u8 = 1 << 6;
const LCR_DLAB: u8 = 1 << 7;

const MCR_DTR: u8 = 1 << 0;
const MCR_RTS: u8 = 1 << 1;
const MCR_OUT1: u8 = 1 << 2;
const MCR_OUT2: u8 = 1 << 3;
const MCR_LOOP: u8 = 1 << 4;
const MCR_MASK: u8 = 0x1f;

const LSR_READY: u8 = 1 << 0;
const LSR_OVERRUN: u8 = 1 << 1;
const LSR_BREAK: u8 = 1 << 4;
/// Overrun, parity, framing and break.
const LSR_ERRORS: u8 = 0x1e;
const LSR_THR_EMPTY: u8 = 1 << 5;
const LSR_TRANSMITTER_EMPTY: u8 = 1 << 6;
const LSR_FIFO_ERROR: u8 = 1 << 7;

const MSR_CHANGES: u8 = 0x0f;
const MSR_RING_ENDED: u8 = 1 << 2;
const MSR_CTS: u8 = 1 << 4;
const MSR_DSR: u8 = 1 << 5;
const MSR_RI: u8 = 1 << 6;
const MSR_DCD: u8 = 1 << 7;
/// A terminal that is always there and ready.
const MSR_CONNECTED: u8 = MSR_CTS | MSR_DSR | MSR_DCD;

const FIFO: usize = 16;

/// What is posted to a [`Uart`].
pub struct UartMessage(Posted);

enum Posted {
    Input(Chunk),
    OutputRoom,
    Timer,
}

impl UartMessage {
    /// Bytes for the guest, and what tells when it has taken them. Post the next chunk after that, and input is bounded.
    pub fn input(bytes: Vec<u8>) -> (UartMessage, Taken) {
        let (chunk, taken) = Chunk::new(bytes, 0);
        (UartMessage(Posted::Input(chunk)), taken)
    }

    /// A break on the line, behind the input that was posted before it.
    pub fn line_break() -> UartMessage {
        UartMessage(Posted::Input(Chunk::new(vec![0], LSR_BREAK).0))
    }

    /// The sink that was full has room again.
    pub fn output_room() -> UartMessage {
        UartMessage(Posted::OutputRoom)
    }
}

/// The device.
pub struct Uart {
    registers: Registers,
    receive: Receive,
    /// Sent by the guest, not yet taken by the sink.
    transmit: VecDeque<u8>,
    sink: Box<dyn Sink>,
    /// Bytes that a closed sink did not take.
    dropped: u64,
    line: Line,
    /// What `line` was last driven to.
    asserted: bool,
    /// When a byte last came in or was read, in ticks.
    last_activity: u64,
    timer_armed: bool,
}

/// What power-on resets.
struct Registers {
    ier: u8,
    fcr: u8,
    lcr: u8,
    mcr: u8,
    scr: u8,
    divisor: u16,
    /// The modem lines as MSR shows them, with the changes since it was read.
    msr: u8,
    overrun: bool,
    /// The transmitter-empty interrupt: set when it becomes empty, cleared when IIR has told.
    transmit_empty: bool,
    /// The receive timeout has passed.
    timed_out: bool,
}

impl Registers {
    const POWER_ON: Registers = Registers {
        ier: 0,
        fcr: 0,
        lcr: 0,
        mcr: MCR_OUT2,
        scr: 0,
        divisor: 12,
        msr: MSR_CONNECTED,
        overrun: false,
        transmit_empty: false,
        timed_out: false,
    };

    fn fifos(&self) -> bool {
        self.fcr & FCR_ENABLE != 0
    }

    fn capacity(&self) -> usize {
        if self.fifos() { FIFO } else { 1 }
    }

    fn loopback(&self) -> bool {
        self.mcr & MCR_LOOP != 0
    }

    /// How many bytes ask for attention (8.4).
    fn trigger(&self) -> usize {
        if self.fifos() { [1, 4, 8, 14][usize::from(self.fcr >> 6)] } else { 1 }
    }

    /// Four characters of ten bits, in ticks (8.7): at least one, and a second at most, whatever the divisor.
    fn timeout(&self, frequency: u64) -> u64 {
        let bit_cycles = 16 * u64::from(self.divisor);
        (40 * bit_cycles * frequency / CLOCK_HZ).clamp(1, frequency.max(1))
    }

    /// The modem lines as they are: a terminal's, or in loopback the UART's own outputs (8.6.3).
    fn modem_lines(&self) -> u8 {
        if !self.loopback() {
            return MSR_CONNECTED;
        }
        let wires = [(MCR_RTS, MSR_CTS), (MCR_DTR, MSR_DSR), (MCR_OUT1, MSR_RI), (MCR_OUT2, MSR_DCD)];
        wires.iter().filter(|(output, _)| self.mcr & output != 0).map(|(_, input)| input).sum()
    }

    fn set_mcr(&mut self, value: u8) {
        self.mcr = value & MCR_MASK;
        let lines = self.modem_lines();
        let old = self.msr;
        let mut changes = (old ^ lines) >> 4;
        if lines & MSR_RI != 0 {
            // Of the ring indicator only its end counts.
            changes &= !MSR_RING_ENDED;
        }
        self.msr = lines | old & MSR_CHANGES | changes;
    }
}

impl Uart {
    /// Sends to `sink`, interrupts through `line`.
    pub fn new(sink: Box<dyn Sink>, line: Line) -> Uart {
        Uart {
            registers: Registers::POWER_ON,
            receive: Receive::default(),
            transmit: VecDeque::new(),
            sink,
            dropped: 0,
            line,
            asserted: false,
            last_activity: 0,
            timer_armed: false,
        }
    }

    /// Reads a register, at the time `now` in ticks.
    fn read_register(&mut self, offset: u64, now: u64) -> Result<u8, DeviceError> {
        let dlab = self.registers.lcr & LCR_DLAB != 0;
        Ok(match offset {
            DATA if dlab => self.registers.divisor as u8,
            IER if dlab => (self.registers.divisor >> 8) as u8,
            DATA => self.read_data(now),
            IER => self.registers.ier,
            IIR => self.read_iir(),
            LCR => self.registers.lcr,
            MCR => self.registers.mcr,
            LSR => self.read_lsr(),
            MSR => {
                let value = self.registers.msr;
                self.registers.msr &= !MSR_CHANGES;
                value
            }
            SCR => self.registers.scr,
            _ => return Err(DeviceError::NoRegister),
        })
    }

    /// Writes a register, at the time `now` in ticks.
    fn write_register(&mut self, offset: u64, value: u8, now: u64) -> Result<(), DeviceError> {
        let dlab = self.registers.lcr & LCR_DLAB != 0;
        match offset {
            DATA if dlab => self.registers.divisor = self.registers.divisor & 0xff00 | u16::from(value),
            IER if dlab => self.registers.divisor = self.registers.divisor & 0xff | u16::from(value) << 8,
            DATA => self.write_data(value, now),
            IER => self.write_ier(value),
            IIR => self.write_fcr(value, now),
            LCR => self.write_lcr(value, now),
            MCR => {
                self.registers.set_mcr(value);
                self.refill(now);
            }
            LSR | MSR => {}
            SCR => self.registers.scr = value,
            _ => return Err(DeviceError::NoRegister),
        }
        Ok(())
    }

    fn read_data(&mut self, now: u64) -> u8 {
        let byte = self.receive.pop().unwrap_or(0);
        self.registers.timed_out = false;
        self.last_activity = now;
        self.refill(now);
        byte
    }

    fn write_data(&mut self, byte: u8, now: u64) {
        self.registers.transmit_empty = false;
        if self.registers.loopback() {
            self.loop_back(byte, 0, now);
            self.registers.transmit_empty = true;
        } else {
            // A guest that writes to a full transmitter loses the byte, as on the part.
            if self.transmit.len() < self.registers.capacity() {
                self.transmit.push_back(byte);
            }
            self.drain();
        }
    }

    fn write_ier(&mut self, value: u8) {
        let enabled = value & !self.registers.ier;
        if enabled & IER_TRANSMIT_EMPTY != 0 && self.transmit.is_empty() {
            self.registers.transmit_empty = true;
        }
        self.registers.ier = value & IER_MASK;
    }

    fn write_fcr(&mut self, value: u8, now: u64) {
        let switched = (self.registers.fcr ^ value) & FCR_ENABLE != 0;
        let bits = if value & FCR_ENABLE != 0 { value } else { 0 };
        if switched || bits & FCR_CLEAR_RECEIVE != 0 {
            self.receive.clear();
            self.registers.timed_out = false;
        }
        if (switched || bits & FCR_CLEAR_TRANSMIT != 0) && !self.transmit.is_empty() {
            self.transmit.clear();
            self.registers.transmit_empty = true;
        }
        self.registers.fcr = bits & !(FCR_CLEAR_RECEIVE | FCR_CLEAR_TRANSMIT);
        self.refill(now);
    }

    fn write_lcr(&mut self, value: u8, now: u64) {
        let breaks = value & !self.registers.lcr & LCR_BREAK != 0;
        self.registers.lcr = value;
        if breaks && self.registers.loopback() {
            self.loop_back(0, LSR_BREAK, now);
        }
    }

    /// What the transmitter sends to the receiver of the same part.
    fn loop_back(&mut self, byte: u8, status: u8, now: u64) {
        self.registers.overrun |= !self.receive.push(byte, status, self.registers.capacity());
        self.last_activity = now;
    }

    /// Moves waiting input into the FIFO. In loopback the receiver is cut off from its line, and input goes on waiting.
    fn refill(&mut self, now: u64) {
        if !self.registers.loopback() && self.receive.refill(self.registers.capacity()) {
            self.last_activity = now;
        }
    }

    /// Hands on what the guest has sent, as far as there is room.
    fn drain(&mut self) {
        while let Some(&byte) = self.transmit.front() {
            match self.sink.put(byte) {
                Put::Taken => {}
                Put::Full => return,
                Put::Closed => self.drop_output(1),
            }
            self.transmit.pop_front();
            self.registers.transmit_empty |= self.transmit.is_empty();
        }
    }

    fn drop_output(&mut self, bytes: usize) {
        if self.dropped == 0 && bytes > 0 {
            tracing::warn!("the console's output is closed: what the guest writes is dropped");
        }
        self.dropped += bytes as u64;
    }

    fn line_status(&self) -> u8 {
        let overrun = if self.registers.overrun { LSR_OVERRUN } else { 0 };
        let ready = if self.receive.len() > 0 { LSR_READY } else { 0 };
        let fifo = if self.registers.fifos() && self.receive.any_status() { LSR_FIFO_ERROR } else { 0 };
        let empty = if self.transmit.is_empty() { LSR_THR_EMPTY | LSR_TRANSMITTER_EMPTY } else { 0 };
        overrun | ready | fifo | empty | self.receive.status()
    }

    fn read_lsr(&mut self) -> u8 {
        let value = self.line_status();
        self.registers.overrun = false;
        self.receive.clear_status();
        value
    }

    /// The interrupt of the highest priority (8.5, table IV).
    fn cause(&self) -> u8 {
        let registers = &self.registers;
        let received = self.receive.len();
        let enabled = |bit: u8| registers.ier & bit != 0;
        if enabled(IER_LINE_STATUS) && self.line_status() & LSR_ERRORS != 0 {
            IIR_LINE_STATUS
        } else if enabled(IER_RECEIVED) && received >= registers.trigger() {
            IIR_RECEIVED
        } else if enabled(IER_RECEIVED) && received > 0 && registers.timed_out {
            IIR_TIMEOUT
        } else if enabled(IER_TRANSMIT_EMPTY) && registers.transmit_empty {
            IIR_TRANSMIT_EMPTY
        } else if enabled(IER_MODEM_STATUS) && registers.msr & MSR_CHANGES != 0 {
            IIR_MODEM_STATUS
        } else {
            IIR_NONE
        }
    }

    fn read_iir(&mut self) -> u8 {
        let cause = self.cause();
        if cause == IIR_TRANSMIT_EMPTY {
            self.registers.transmit_empty = false;
        }
        cause | if self.registers.fifos() { IIR_FIFOS } else { 0 }
    }

    /// Whether bytes lie below the trigger level, of which the guest will hear only through the timeout.
    fn awaits_timeout(&self) -> bool {
        let registers = &self.registers;
        let below = (1..registers.trigger()).contains(&self.receive.len());
        below && registers.ier & IER_RECEIVED != 0 && !registers.timed_out
    }

    /// The timer has fired: whether the timeout has passed depends on what happened since it was set.
    fn timer(&mut self, now: u64, frequency: u64) {
        self.timer_armed = false;
        let quiet = now.saturating_sub(self.last_activity);
        self.registers.timed_out |= self.awaits_timeout() && quiet >= self.registers.timeout(frequency);
    }

    /// Drives the line, and answers for when to set the timer, if it must be set.
    fn settle(&mut self, frequency: u64) -> Option<u64> {
        let asserted = self.cause() != IIR_NONE;
        if asserted != self.asserted {
            self.asserted = asserted;
            self.line.set(asserted);
        }
        if self.timer_armed || !self.awaits_timeout() {
            return None;
        }
        self.timer_armed = true;
        Some(self.last_activity.saturating_add(self.registers.timeout(frequency)))
    }

    fn post_timer(&mut self, cx: &mut Context<'_, UartMessage>) {
        if let Some(ticks) = self.settle(cx.clock().frequency()) {
            cx.post_at(ticks, UartMessage(Posted::Timer));
        }
    }
}

impl Device for Uart {
    type Message = UartMessage;

    fn read(&mut self, cx: &mut Context<'_, UartMessage>, access: Access) -> Answer<u64> {
        let value = self.read_register(access.offset, cx.clock().now())?;
        self.post_timer(cx);
        Ok(value.into())
    }

    fn write(&mut self, cx: &mut Context<'_, UartMessage>, access: Access, value: u64) -> Answer<()> {
        self.write_register(access.offset, value as u8, cx.clock().now())?;
        self.post_timer(cx);
        Ok(())
    }

    fn message(&mut self, cx: &mut Context<'_, UartMessage>, message: UartMessage) {
        let now = cx.clock().now();
        match message.0 {
            Posted::Input(chunk) => {
                self.receive.enqueue(chunk);
                self.refill(now);
            }
            Posted::OutputRoom => self.drain(),
            Posted::Timer => self.timer(now, cx.clock().frequency()),
        }
        self.post_timer(cx);
    }

    /// Input that waits and output that is on its way stay: they are the host's.
    fn reset(&mut self, cx: &mut Context<'_, UartMessage>) {
        self.registers = Registers::POWER_ON;
        self.receive.clear();
        self.refill(cx.clock().now());
        self.post_timer(cx);
    }

    fn flush(&mut self, _: &mut Context<'_, UartMessage>) {
        self.receive.abandon();
        self.drain();
        let rest: Vec<u8> = self.transmit.drain(..).collect();
        let dropped = self.sink.finish(&rest);
        self.drop_output(dropped);
    }
}
