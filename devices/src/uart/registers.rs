//! The 16550A's registers: offsets, bits, and what of them is plain state. What a register does stands in the parent module.

use super::CLOCK_HZ;

// Registers (8.0, table II). DLL and DLM take the place of the first two while LCR.DLAB is set.
pub(super) const DATA: u64 = 0;
pub(super) const IER: u64 = 1;
/// IIR when read, FCR when written.
pub(super) const IIR: u64 = 2;
pub(super) const LCR: u64 = 3;
pub(super) const MCR: u64 = 4;
pub(super) const LSR: u64 = 5;
pub(super) const MSR: u64 = 6;
pub(super) const SCR: u64 = 7;
/// How many there are.
pub(super) const REGISTERS: usize = 8;

pub(super) const IER_RECEIVED: u8 = 1 << 0;
pub(super) const IER_TRANSMIT_EMPTY: u8 = 1 << 1;
pub(super) const IER_LINE_STATUS: u8 = 1 << 2;
pub(super) const IER_MODEM_STATUS: u8 = 1 << 3;
pub(super) const IER_MASK: u8 = 0x0f;

pub(super) const IIR_NONE: u8 = 0x01;
pub(super) const IIR_LINE_STATUS: u8 = 0x06;
pub(super) const IIR_RECEIVED: u8 = 0x04;
pub(super) const IIR_TIMEOUT: u8 = 0x0c;
pub(super) const IIR_TRANSMIT_EMPTY: u8 = 0x02;
pub(super) const IIR_MODEM_STATUS: u8 = 0x00;
pub(super) const IIR_FIFOS: u8 = 0xc0;

pub(super) const FCR_ENABLE: u8 = 1 << 0;
pub(super) const FCR_CLEAR_RECEIVE: u8 = 1 << 1;
pub(super) const FCR_CLEAR_TRANSMIT: u8 = 1 << 2;

pub(super) const LCR_BREAK: u8 = 1 << 6;
pub(super) const LCR_DLAB: u8 = 1 << 7;

pub(super) const MCR_DTR: u8 = 1 << 0;
pub(super) const MCR_RTS: u8 = 1 << 1;
pub(super) const MCR_OUT1: u8 = 1 << 2;
pub(super) const MCR_OUT2: u8 = 1 << 3;
pub(super) const MCR_LOOP: u8 = 1 << 4;
pub(super) const MCR_MASK: u8 = 0x1f;

pub(super) const LSR_READY: u8 = 1 << 0;
pub(super) const LSR_OVERRUN: u8 = 1 << 1;
pub(super) const LSR_BREAK: u8 = 1 << 4;
/// Overrun, parity, framing and break.
pub(super) const LSR_ERRORS: u8 = 0x1e;
pub(super) const LSR_THR_EMPTY: u8 = 1 << 5;
pub(super) const LSR_TRANSMITTER_EMPTY: u8 = 1 << 6;
pub(super) const LSR_FIFO_ERROR: u8 = 1 << 7;

pub(super) const MSR_CHANGES: u8 = 0x0f;
pub(super) const MSR_RING_ENDED: u8 = 1 << 2;
pub(super) const MSR_CTS: u8 = 1 << 4;
pub(super) const MSR_DSR: u8 = 1 << 5;
pub(super) const MSR_RI: u8 = 1 << 6;
pub(super) const MSR_DCD: u8 = 1 << 7;
/// A terminal that is always there and ready.
pub(super) const MSR_CONNECTED: u8 = MSR_CTS | MSR_DSR | MSR_DCD;

pub(super) const FIFO: usize = 16;

/// What power-on resets.
pub(super) struct Registers {
    pub(super) ier: u8,
    pub(super) fcr: u8,
    pub(super) lcr: u8,
    pub(super) mcr: u8,
    pub(super) scr: u8,
    pub(super) divisor: u16,
    /// The modem lines as MSR shows them, with the changes since it was read.
    pub(super) msr: u8,
    pub(super) overrun: bool,
    /// The transmitter-empty interrupt: set when it becomes empty, cleared when IIR has told.
    pub(super) transmit_empty: bool,
    /// The receive timeout has passed.
    pub(super) timed_out: bool,
}

impl Registers {
    pub(super) const POWER_ON: Registers = Registers {
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

    pub(super) fn fifos(&self) -> bool {
        self.fcr & FCR_ENABLE != 0
    }

    pub(super) fn capacity(&self) -> usize {
        if self.fifos() { FIFO } else { 1 }
    }

    pub(super) fn loopback(&self) -> bool {
        self.mcr & MCR_LOOP != 0
    }

    /// How many bytes ask for attention (8.4).
    pub(super) fn trigger(&self) -> usize {
        if self.fifos() { [1, 4, 8, 14][usize::from(self.fcr >> 6)] } else { 1 }
    }

    /// Four characters of ten bits, in ticks (8.7): at least one, and a second at most, whatever the divisor.
    pub(super) fn timeout(&self, frequency: u64) -> u64 {
        let bit_cycles = 16 * u64::from(self.divisor);
        (40 * bit_cycles * frequency / CLOCK_HZ).clamp(1, frequency.max(1))
    }

    /// The modem lines as they are: a terminal's, or in loopback the UART's own outputs (8.6.3).
    pub(super) fn modem_lines(&self) -> u8 {
        if !self.loopback() {
            return MSR_CONNECTED;
        }
        let wires = [(MCR_RTS, MSR_CTS), (MCR_DTR, MSR_DSR), (MCR_OUT1, MSR_RI), (MCR_OUT2, MSR_DCD)];
        wires.iter().filter(|(output, _)| self.mcr & output != 0).map(|(_, input)| input).sum()
    }

    pub(super) fn set_mcr(&mut self, value: u8) {
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
