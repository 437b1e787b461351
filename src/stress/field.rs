//! The field: PCI functions, each with a BAR of memory and a BAR of registers, and what the storm does to them through the host's side of PCI.

use std::sync::Arc;
use std::time::{Duration, Instant};

use manyhart_devices::pci::{
    self, BarChange, BarKind, BarPart, BarTarget, Blueprint, Identity, PciError, PciHost, Place as PciPlace, PlugError,
    ROOT_BUS,
};
use manyhart_runtime::{DeviceHandle, Executive, RamBlock};

use super::function::{self, Order, Registers};
use super::layout::{self, ABSENT, FAULT, OWN, OWN_PAGES, PAGE, SLOTS};
use super::plan::Step;
use crate::board::memmap::PCI_ECAM;

/// What the guest reads of registers whose device has failed: nothing faults behind PCI.
pub const FAILED: u32 = ABSENT;

/// One of a function's two BARs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Bar {
    /// One page or two.
    Memory,
    /// One page.
    Registers,
}

impl Bar {
    fn index(self) -> u8 {
        match self {
            Bar::Memory => 0,
            Bar::Registers => 1,
        }
    }
}

/// A page of a slot.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Place {
    /// Which slot.
    pub slot: u16,
    /// Which of its two pages.
    pub page: u8,
}

impl Place {
    /// On the bus, which is where it is in the system map too.
    pub fn address(self) -> u64 {
        SLOTS + (2 * u64::from(self.slot) + u64::from(self.page)) * PAGE
    }
}

/// A change of what a function decodes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Change {
    /// Where a BAR is; nowhere without a place.
    Address {
        /// Whose.
        function: u16,
        /// Which.
        bar: Bar,
        /// Where to.
        to: Option<Place>,
    },
    /// How many pages its memory has.
    Size {
        /// Whose.
        function: u16,
        /// One or two.
        pages: u8,
    },
    /// Whether it answers at its BARs at all.
    Enable {
        /// Whose.
        function: u16,
        /// Whether it does.
        on: bool,
    },
}

/// What a page of a slot shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Page {
    /// Its words, but for their places; see [`layout::word_at`].
    pub word: u32,
    /// Whether it is memory, which may be read together with the page beside it.
    pub is_memory: bool,
    /// Whether it is registers whose latency is of interest.
    pub is_timed: bool,
    /// Whether the scratch words in it keep what is written.
    pub is_writable: bool,
    /// Whose registers they are: an access to them may be under way when that function fails or goes.
    pub registers_of: Option<u16>,
}

impl Default for Page {
    /// Nothing.
    fn default() -> Page {
        Page { word: ABSENT, is_memory: false, is_timed: false, is_writable: false, registers_of: None }
    }
}

/// What a slot shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct Contents(pub [Page; 2]);

impl Contents {
    /// What one load over the border of both pages reads, but for the places: only memory takes that.
    pub fn both(&self) -> u64 {
        match self.0 {
            [low, high] if low.is_memory && high.is_memory => u64::from(high.word) << 32 | u64::from(low.word),
            _ => layout::twice(FAULT),
        }
    }

    /// As the guest's `R_FLAGS`.
    pub fn flags(&self) -> u64 {
        let [low, high] = self.0;
        let bits = [low.is_timed, high.is_timed, low.is_writable, high.is_writable];
        bits.into_iter().enumerate().map(|(bit, on)| u64::from(on) << bit).sum()
    }
}

/// Why the field did not do what the storm asked.
#[derive(Debug, thiserror::Error)]
pub enum FieldError {
    /// A change.
    #[error(transparent)]
    Change(#[from] PciError),
    /// A function.
    #[error(transparent)]
    Plug(#[from] PlugError),
    /// The host has no memory.
    #[error("no memory for a function: {0}")]
    Memory(#[from] std::io::Error),
    /// What cannot be was done.
    #[error("a transaction with a fault in it was carried out: {0}")]
    Accepted(String),
    /// A device that was told to fail goes on.
    #[error("function {0} was made to panic, and has not failed")]
    Alive(u16),
}

/// How long a device that is told to fail may take.
const PATIENCE: Duration = Duration::from_secs(60);

/// The functions, and the way to them.
pub struct Field {
    executive: Executive,
    host: PciHost,
    /// The registers of those that are plugged.
    functions: Vec<Option<DeviceHandle<Registers>>>,
    /// What has been refused, by its words: one of each.
    pub refusals: Vec<String>,
}

impl Field {
    /// For so many functions, none of which is plugged.
    pub fn new(executive: &Executive, host: PciHost, functions: u16) -> Field {
        let functions = vec![None; usize::from(functions)];
        Field { executive: executive.clone(), host, functions, refusals: Vec::new() }
    }

    /// Plugs a hart's own function, `number` in all, at the first of its places. Answers the address of the register that moves it.
    pub fn plug_own(&self, hart: u32, number: u16, identity: u32) -> Result<u64, FieldError> {
        let memory = memory(&format!("own-{hart}"), &[identity])?;
        let id = format!("own{hart}");
        self.plug_at(number, &id, vec![bar(Bar::Memory, PAGE, BarTarget::Memory(memory))])?;
        let first = OWN + u64::from(hart) * OWN_PAGES * PAGE;
        let place = pci::Change::Address { index: Bar::Memory.index(), address: Some(first) };
        self.host.adjust(vec![
            BarChange { id: id.clone(), what: place },
            BarChange { id, what: pci::Change::Memory(true) },
        ])?;
        let (device, function) = slot(number);
        let bar_0 = 0x10;
        Ok(PCI_ECAM.base + (u64::from(device) << 15) + (u64::from(function) << 12) + bar_0)
    }

    /// Does it.
    pub fn carry_out(&mut self, step: &Step) -> Result<(), FieldError> {
        match step {
            Step::Adjust(changes) => self.adjust(changes),
            Step::Plug { function, memory, registers, changes } => {
                self.plug(*function, memory, *registers)?;
                self.adjust(changes)
            }
            Step::Unplug(function) => {
                self.host.surprise_remove(&name(*function))?;
                self.functions[usize::from(*function)] = None;
                Ok(())
            }
            Step::Panic(function) => self.panic(*function),
            Step::Slow(function, ticks) => {
                self.order(*function, Order::Delay(*ticks));
                Ok(())
            }
            Step::Refuse(changes, fault) => self.refuse(changes, *fault),
        }
    }

    fn adjust(&self, changes: &[Change]) -> Result<(), FieldError> {
        self.host.adjust(changes.iter().map(to_pci).collect())?;
        Ok(())
    }

    fn plug(&mut self, function: u16, words: &[u32], registers: u32) -> Result<(), FieldError> {
        let memory = memory(&name(function), words)?;
        let device = self.executive.spawn(name(function), Registers::new(registers));
        let target = BarTarget::Registers(device.mmio(0, function::SPEC));
        let bars = vec![bar(Bar::Memory, PAGE, BarTarget::Memory(memory)), bar(Bar::Registers, PAGE, target)];
        self.plug_at(function, &name(function), bars)?;
        self.functions[usize::from(function)] = Some(device);
        Ok(())
    }

    fn plug_at(&self, number: u16, id: &str, bars: Vec<pci::Bar>) -> Result<(), FieldError> {
        let (device, function) = slot(number);
        let identity = Identity { vendor: 0x1234, device: 0x5e1f, class: 0x05_8000, ..Identity::default() };
        let blueprint = Blueprint::new(identity, bars);
        let port = self.host.port(id)?;
        self.host.surprise_plug(id, &PciPlace::at(ROOT_BUS, device, function), port, blueprint)?;
        Ok(())
    }

    fn order(&self, function: u16, order: Order) {
        let told = self.functions[usize::from(function)].as_ref().is_some_and(|device| device.post(order));
        debug_assert!(told, "the plan orders those about that are plugged");
    }

    fn panic(&self, function: u16) -> Result<(), FieldError> {
        self.order(function, Order::Panic);
        let deadline = Instant::now() + PATIENCE;
        let failed = || self.functions[usize::from(function)].as_ref().is_none_or(DeviceHandle::is_failed);
        while !failed() {
            if Instant::now() > deadline {
                return Err(FieldError::Alive(function));
            }
            std::thread::yield_now();
        }
        Ok(())
    }

    /// The changes, and behind them one that cannot be.
    fn refuse(&mut self, changes: &[Change], fault: u64) -> Result<(), FieldError> {
        let id = (fault >> 8) % self.functions.len() as u64;
        let id = name(id as u16);
        let wrong = match fault % 3 {
            0 => BarChange { id: "nobody".to_owned(), what: pci::Change::Memory(false) },
            1 => BarChange { id, what: pci::Change::Address { index: 5, address: Some(SLOTS) } },
            _ => BarChange { id, what: pci::Change::Size { index: Bar::Memory.index(), size: 3 * PAGE } },
        };
        let changes = changes.iter().map(to_pci).chain([wrong.clone()]).collect();
        match self.host.adjust(changes) {
            Ok(_) => Err(FieldError::Accepted(format!("{wrong:?}"))),
            Err(PciError::Host(error)) => Err(PciError::Host(error).into()),
            Err(error) => {
                let kind = match error {
                    PciError::NoFunction(_) => "no such function",
                    PciError::NoBar { .. } => "no such BAR",
                    PciError::Refused(_) => "no such size",
                    _ => "refused by the map",
                };
                if !self.refusals.iter().any(|known| known == kind) {
                    self.refusals.push(kind.to_owned());
                }
                Ok(())
            }
        }
    }
}

/// What a function is called.
pub fn name(function: u16) -> String {
    format!("function{function}")
}

fn to_pci(change: &Change) -> BarChange {
    match *change {
        Change::Address { function, bar, to } => BarChange {
            id: name(function),
            what: pci::Change::Address { index: bar.index(), address: to.map(Place::address) },
        },
        Change::Size { function, pages } => BarChange {
            id: name(function),
            what: pci::Change::Size { index: Bar::Memory.index(), size: u64::from(pages) * PAGE },
        },
        Change::Enable { function, on } => BarChange { id: name(function), what: pci::Change::Memory(on) },
    }
}

/// Device and function number on the root bus, whose first device is the host bridge.
fn slot(number: u16) -> (u8, u8) {
    ((1 + number / 8) as u8, (number % 8) as u8)
}

fn bar(bar: Bar, size: u64, target: BarTarget) -> pci::Bar {
    let part = match &target {
        BarTarget::Memory(block) => block.size(),
        BarTarget::Registers(_) => PAGE,
    };
    let prefetchable = bar == Bar::Memory;
    pci::Bar {
        index: bar.index(),
        kind: BarKind::Memory32 { prefetchable },
        size,
        parts: vec![BarPart { offset: 0, size: part, target }],
    }
}

/// Memory whose pages say these words.
fn memory(name: &str, words: &[u32]) -> std::io::Result<Arc<RamBlock>> {
    let block = RamBlock::anonymous(name, words.len() as u64 * PAGE)?;
    for (page, word) in words.iter().enumerate() {
        if !block.write(page as u64 * PAGE, &layout::contents(*word)) {
            return Err(std::io::Error::other("a block is smaller than its pages"));
        }
    }
    Ok(Arc::new(block))
}
