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
mod registers;
#[cfg(test)]
mod tests;

use std::collections::VecDeque;
use std::sync::Arc;

use manyhart_runtime::{Access, Answer, Context, Device, DeviceError, Line, MmioSpec, Shadow};

pub use output::{ChannelSink, Output, Put, Sink, channel};
pub(crate) use receive::Chunk;
use receive::Receive;
pub use receive::Taken;
use registers::*;

/// The bytes its registers take; only the first eight hold any.
pub const SIZE: u64 = 0x100;
/// Byte-wide registers.
pub const SPEC: MmioSpec = MmioSpec::aligned(1, 1);
/// The clock of its baud-rate generator, in hertz.
pub const CLOCK_HZ: u64 = 3_686_400;

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
    /// What registers read as whose reading changes nothing.
    shadow: Arc<Shadow>,
    /// When a byte last came in or was read, in ticks.
    last_activity: u64,
    timer_armed: bool,
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
            shadow: Shadow::new(1, REGISTERS),
            last_activity: 0,
            timer_armed: false,
        }
    }

    /// What a register reads as, if reading it changes nothing now.
    fn peek_register(&self, offset: u64) -> Option<u8> {
        let registers = &self.registers;
        let dlab = registers.lcr & LCR_DLAB != 0;
        match offset {
            DATA if dlab => Some(registers.divisor as u8),
            IER if dlab => Some((registers.divisor >> 8) as u8),
            IER => Some(registers.ier),
            IIR => Some(self.cause()).filter(|&cause| cause != IIR_TRANSMIT_EMPTY).map(|cause| self.identified(cause)),
            LCR => Some(registers.lcr),
            MCR => Some(registers.mcr),
            LSR => Some(self.line_status()).filter(|status| status & LSR_ERRORS == 0),
            MSR => Some(registers.msr).filter(|status| status & MSR_CHANGES == 0),
            SCR => Some(registers.scr),
            _ => None,
        }
    }

    /// Reads a register; the time in ticks is of concern to few.
    fn read_register(&mut self, offset: u64, now: impl FnOnce() -> u64) -> Result<u8, DeviceError> {
        if let Some(value) = self.peek_register(offset) {
            return Ok(value);
        }
        Ok(match offset {
            DATA => self.read_data(now()),
            IIR => {
                self.registers.transmit_empty = false;
                self.identified(IIR_TRANSMIT_EMPTY)
            }
            LSR => {
                let value = self.line_status();
                self.registers.overrun = false;
                self.receive.clear_status();
                value
            }
            MSR => {
                let value = self.registers.msr;
                self.registers.msr &= !MSR_CHANGES;
                value
            }
            _ => return Err(DeviceError::NoRegister),
        })
    }

    /// Writes a register; the time as in a read.
    fn write_register(&mut self, offset: u64, value: u8, now: impl FnOnce() -> u64) -> Result<(), DeviceError> {
        let dlab = self.registers.lcr & LCR_DLAB != 0;
        match offset {
            DATA if dlab => self.registers.divisor = self.registers.divisor & 0xff00 | u16::from(value),
            IER if dlab => self.registers.divisor = self.registers.divisor & 0xff | u16::from(value) << 8,
            DATA => self.write_data(value, now),
            IER => self.write_ier(value),
            IIR => self.write_fcr(value, now()),
            LCR => self.write_lcr(value, now()),
            MCR => {
                self.registers.set_mcr(value);
                self.refill(now());
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

    fn write_data(&mut self, byte: u8, now: impl FnOnce() -> u64) {
        self.registers.transmit_empty = false;
        if self.registers.loopback() {
            self.loop_back(byte, 0, now());
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

    /// Whoever drains the sink knows why it closed, and says so.
    fn drop_output(&mut self, bytes: usize) {
        if self.dropped == 0 && bytes > 0 {
            tracing::info!("the console's output is closed: what the guest writes is dropped");
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

    /// IIR where this is the cause.
    fn identified(&self, cause: u8) -> u8 {
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
        let value = self.read_register(access.offset, || cx.clock().now())?;
        self.post_timer(cx);
        Ok(value.into())
    }

    fn write(&mut self, cx: &mut Context<'_, UartMessage>, access: Access, value: u64) -> Answer<()> {
        self.write_register(access.offset, value as u8, || cx.clock().now())?;
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

    fn shadows(&self) -> Vec<(u32, Arc<Shadow>)> {
        vec![(0, Arc::clone(&self.shadow))]
    }

    fn publish(&self) {
        self.shadow.publish(|offset| self.peek_register(offset).map(u32::from));
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
