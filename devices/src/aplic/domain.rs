//! One interrupt domain: its sources' modes, their pending and enable bits, and its registers (4.5 to 4.7).

use super::delivery::Delivery;
use super::{EXISTING, SOURCES, Sources, bit};

const DOMAINCFG: u64 = 0x0000;
const SOURCECFG: u64 = 0x0004;
const MMSIADDRCFGH: u64 = 0x1bc4;
const SETIP: u64 = 0x1c00;
const SETIPNUM: u64 = 0x1cdc;
const IN_CLRIP: u64 = 0x1d00;
const CLRIPNUM: u64 = 0x1ddc;
const SETIE: u64 = 0x1e00;
const SETIENUM: u64 = 0x1edc;
const CLRIE: u64 = 0x1f00;
const CLRIENUM: u64 = 0x1fdc;
const SETIPNUM_LE: u64 = 0x2000;
const GENMSI: u64 = 0x3000;
const TARGET: u64 = 0x3004;
/// Where the delivery control structures begin.
pub(super) const IDC: u64 = 0x4000;
/// The bytes of one.
pub(super) const IDC_STRIDE: u64 = 0x20;

/// The last `sourcecfg` and `target` registers are those of source 1023.
const ARRAY: u64 = 4 * 1023;
/// A set of bits has 1024 bits in the map.
const SET: u64 = 4 * 32;

/// `domaincfg`: bits 31:24, which tell the byte order; interrupts are delivered; by messages.
const ORDER: u32 = 0x80 << 24;
const IE: u32 = 1 << 8;
const DM: u32 = 1 << 2;
/// `mmsiaddrcfgh.L`: locked, and the other fields hidden.
const LOCKED: u32 = 1 << 31;
/// `sourcecfg.D`: delegated, to the only child, number 0.
const DELEGATED: u32 = 1 << 10;

/// `sourcecfg.SM` (4.5.2).
const INACTIVE: u8 = 0;
const DETACHED: u8 = 1;
const EDGE1: u8 = 4;
const EDGE0: u8 = 5;
const LEVEL1: u8 = 6;
const LEVEL0: u8 = 7;

/// A domain.
pub(super) struct Domain {
    /// The sources that it sees: all, or those that its parent has delegated.
    implemented: Sources,
    has_child: bool,
    delegated: Sources,
    modes: [u8; SOURCES as usize + 1],
    pending: Sources,
    enabled: Sources,
    targets: [u32; SOURCES as usize + 1],
    delivers: bool,
    genmsi: u32,
    delivery: Delivery,
    /// The sources with a mode, those of them that look at a wire, those that take a low wire for an interrupt, those that follow a level.
    active: Sources,
    wired: Sources,
    inverted: Sources,
    level: Sources,
}

/// What answers at an offset.
enum Register {
    Domaincfg,
    Sourcecfg(usize),
    MsiAddressHigh,
    /// Thirty-two sources from this one on, and what of them.
    Set(Bits, u32),
    /// One source, by the number that is written.
    Number(Bits),
    Genmsi,
    Target(usize),
    /// Of this hart.
    Delivery(usize, u64),
    /// Read-only zero.
    Reserved,
}

/// What a register of bits shows and changes.
#[derive(Clone, Copy)]
enum Bits {
    SetPending,
    ClearPending,
    SetEnabled,
    ClearEnabled,
}

impl Domain {
    /// The domain that all wires arrive at.
    pub(super) fn root(delivery: Delivery) -> Domain {
        Domain::new(EXISTING, true, delivery)
    }

    /// A domain that nothing is delegated to yet.
    pub(super) fn child(delivery: Delivery) -> Domain {
        Domain::new(0, false, delivery)
    }

    fn new(implemented: Sources, has_child: bool, delivery: Delivery) -> Domain {
        Domain {
            implemented,
            has_child,
            delegated: 0,
            modes: [INACTIVE; SOURCES as usize + 1],
            pending: 0,
            enabled: 0,
            targets: [0; SOURCES as usize + 1],
            delivers: false,
            genmsi: 0,
            delivery,
            active: 0,
            wired: 0,
            inverted: 0,
            level: 0,
        }
    }

    /// What it delegates.
    pub(super) fn delegated(&self) -> Sources {
        self.delegated
    }

    /// From now on it sees these sources. Those that it loses become inactive.
    pub(super) fn implement(&mut self, sources: Sources) {
        let lost = self.implemented & !sources;
        self.implemented = sources;
        if lost != 0 {
            super::members(lost).for_each(|source| self.set_mode(source as usize, INACTIVE));
            self.deliver();
        }
    }

    /// Everything as at power-on but what it sees.
    pub(super) fn clear(&mut self) {
        (1..=SOURCES as usize).for_each(|source| self.set_mode(source, INACTIVE));
        (self.delegated, self.delivers, self.genmsi) = (0, false, 0);
        self.delivery.clear();
        self.deliver();
    }

    /// The inputs as sources see them (4.5.2): inverted where the mode says so, zero where no wire is looked at.
    fn rectified(&self, wires: Sources) -> Sources {
        (wires ^ self.inverted) & self.wired
    }

    /// Wires have changed. A rising input sets a pending bit in every wired mode, a low one clears that of a level (4.7).
    pub(super) fn wires_changed(&mut self, before: Sources, now: Sources) {
        let (before, now) = (self.rectified(before), self.rectified(now));
        if before != now {
            self.pending = (self.pending | now & !before) & !(self.level & !now);
            self.deliver();
        }
    }

    fn deliver(&mut self) {
        let ready = self.pending & self.enabled;
        self.pending &= !self.delivery.deliver(self.delivers, ready, &self.targets);
    }

    fn register(offset: u64) -> Register {
        let word = |first: u64| 8 * (offset - first) as u32;
        let source = |first: u64| ((offset - first) / 4 + 1) as usize;
        let known =
            |source: usize, register: Register| if source <= SOURCES as usize { register } else { Register::Reserved };
        match offset {
            DOMAINCFG => Register::Domaincfg,
            _ if offset - SOURCECFG < ARRAY => known(source(SOURCECFG), Register::Sourcecfg(source(SOURCECFG))),
            MMSIADDRCFGH => Register::MsiAddressHigh,
            _ if (SETIP..SETIP + SET).contains(&offset) => Register::Set(Bits::SetPending, word(SETIP)),
            SETIPNUM | SETIPNUM_LE => Register::Number(Bits::SetPending),
            _ if (IN_CLRIP..IN_CLRIP + SET).contains(&offset) => Register::Set(Bits::ClearPending, word(IN_CLRIP)),
            CLRIPNUM => Register::Number(Bits::ClearPending),
            _ if (SETIE..SETIE + SET).contains(&offset) => Register::Set(Bits::SetEnabled, word(SETIE)),
            SETIENUM => Register::Number(Bits::SetEnabled),
            _ if (CLRIE..CLRIE + SET).contains(&offset) => Register::Set(Bits::ClearEnabled, word(CLRIE)),
            CLRIENUM => Register::Number(Bits::ClearEnabled),
            GENMSI => Register::Genmsi,
            _ if (TARGET..TARGET + ARRAY).contains(&offset) => known(source(TARGET), Register::Target(source(TARGET))),
            IDC.. => Register::Delivery(((offset - IDC) / IDC_STRIDE) as usize, (offset - IDC) % IDC_STRIDE),
            // `setipnum_be` among them: byte order is little (4.5.14).
            _ => Register::Reserved,
        }
    }

    pub(super) fn read(&mut self, offset: u64, wires: Sources) -> u32 {
        match Self::register(offset) {
            Register::Domaincfg => {
                let mode = if self.delivery.by_messages() { DM } else { 0 };
                ORDER | mode | if self.delivers { IE } else { 0 }
            }
            Register::Sourcecfg(source) if self.delegated >> source & 1 != 0 => DELEGATED,
            Register::Sourcecfg(source) => self.modes[source].into(),
            Register::MsiAddressHigh if self.has_child && self.delivery.by_messages() => LOCKED,
            Register::Set(bits, first) => {
                let set = match bits {
                    Bits::SetPending => self.pending,
                    Bits::ClearPending => self.rectified(wires),
                    Bits::SetEnabled => self.enabled,
                    Bits::ClearEnabled => 0,
                };
                set.checked_shr(first).unwrap_or(0) as u32
            }
            Register::Genmsi => self.genmsi,
            Register::Target(source) => self.targets[source],
            Register::Delivery(hart, register) => self.read_delivery(hart, register),
            Register::MsiAddressHigh | Register::Number(_) | Register::Reserved => 0,
        }
    }

    pub(super) fn write(&mut self, offset: u64, value: u32, wires: Sources) {
        match Self::register(offset) {
            Register::Domaincfg => self.delivers = value & IE != 0,
            Register::Sourcecfg(source) => self.configure(source, value, wires),
            Register::Set(bits, first) => {
                self.change(bits, Sources::from(value).checked_shl(first).unwrap_or(0), wires);
            }
            Register::Number(bits) => self.change(bits, bit(value), wires),
            Register::Genmsi if self.delivery.by_messages() => {
                // Sent before anything else is done, so that it is never busy; and whatever `domaincfg.IE` is (4.5.15).
                self.genmsi = self.delivery.target(value);
                self.delivery.send(self.genmsi);
            }
            Register::Target(source) if self.active >> source & 1 != 0 => {
                self.targets[source] = self.delivery.target(value);
            }
            Register::Delivery(hart, register) => self.delivery.write(hart, register, value),
            Register::MsiAddressHigh | Register::Genmsi | Register::Target(_) | Register::Reserved => return,
        }
        self.deliver();
    }

    /// `sourcecfg` (4.5.2).
    fn configure(&mut self, source: usize, value: u32, wires: Sources) {
        let bit = bit(source as u32) & self.implemented;
        if bit == 0 {
            return;
        }
        let delegated = value & DELEGATED != 0;
        self.delegated = if delegated && self.has_child { self.delegated | bit } else { self.delegated & !bit };
        let mode = match (value & 7) as u8 {
            mode @ (DETACHED | EDGE1..=LEVEL0) if !delegated => mode,
            _ => INACTIVE,
        };
        self.set_mode(source, mode);
        // A level that is there already is an interrupt under its new mode, and one that is not there is none.
        let (level, high) = (self.level & bit, self.rectified(wires));
        self.pending = (self.pending | level & high) & !(level & !high);
    }

    fn set_mode(&mut self, source: usize, mode: u8) {
        let bit = bit(source as u32);
        let put = |set: &mut Sources, member: bool| *set = if member { *set | bit } else { *set & !bit };
        let was_active = self.active & bit != 0;
        self.modes[source] = mode;
        put(&mut self.active, mode != INACTIVE);
        put(&mut self.wired, mode >= EDGE1);
        put(&mut self.inverted, matches!(mode, EDGE0 | LEVEL0));
        put(&mut self.level, mode >= LEVEL1);
        if mode == INACTIVE {
            put(&mut self.pending, false);
            put(&mut self.enabled, false);
            self.targets[source] = 0;
        } else if !was_active {
            self.targets[source] = self.delivery.target(0);
        }
    }

    /// A write to one of the registers of bits: what of it is possible (4.7).
    fn change(&mut self, bits: Bits, sources: Sources, wires: Sources) {
        let sources = sources & self.active;
        let direct = !self.delivery.by_messages();
        let low = self.level & !self.rectified(wires);
        match bits {
            Bits::SetPending if direct => self.pending |= sources & !self.level,
            Bits::SetPending => self.pending |= sources & !low,
            Bits::ClearPending if direct => self.pending &= !(sources & !self.level),
            Bits::ClearPending => self.pending &= !sources,
            Bits::SetEnabled => self.enabled |= sources,
            Bits::ClearEnabled => self.enabled &= !sources,
        }
    }

    /// Reading `claimi` clears the pending bit, unless that is a level's (4.8.1.5).
    fn read_delivery(&mut self, hart: usize, register: u64) -> u32 {
        let (value, claimed) = self.delivery.read(hart, register);
        if let Some(source) = claimed {
            self.pending &= !(bit(source) & !self.level);
        }
        self.deliver();
        value
    }
}
