//! A function's side of the bus: its interrupts and its DMA. Nothing here waits and nothing is locked, so a handler, a worker thread and a
//! virtual CPU that writes the MSI-X table may all use a [`Port`] at once.
//!
//! What the guest has allowed — INTx, MSI, MSI-X, whether the function is there at all — is one word, `state`, that the fabric changes and
//! the function reads. INTx is a level: the function's wish and the guest's permission stand in the same word, so each change of either is
//! one read-modify-write, and who made the wire rise or fall is known exactly. Messages are pending bits: see `vector`.

use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, OnceLock, Weak};

use manyhart_runtime::{Dma, Gpa, Line, Requester};

use super::MsixSpec;
use super::msi::{MsiSetting, MsiVectors};
use super::msix::{MsixSetting, MsixVectors};
use super::vector::Message;

/// Bits of a port's state. The function wants its interrupt line high.
const LEVEL: u32 = 1;
/// Its pin is connected to a wire.
const CONNECTED: u32 = 1 << 1;
/// Command.Interrupt Disable.
const INTX_DISABLED: u32 = 1 << 2;
/// MSI Enable.
const MSI: u32 = 1 << 3;
/// MSI-X Enable.
const MSIX: u32 = 1 << 4;
/// MSI-X Function Mask.
const MSIX_MASKED: u32 = 1 << 5;

/// Whether a function in this state holds its wire high: not while it may send messages instead (PCI Local Bus 3.0, 6.8.2).
fn asserts(state: u32) -> bool {
    state & (LEVEL | CONNECTED | INTX_DISABLED | MSI | MSIX) == LEVEL | CONNECTED
}

/// An interrupt line that several functions share: high while any of them holds it.
pub struct SharedLine {
    line: Line,
    holders: AtomicU32,
}

impl SharedLine {
    /// Held by nobody.
    pub fn new(line: Line) -> SharedLine {
        SharedLine { line, holders: AtomicU32::new(0) }
    }

    /// One more, or one less, holds it high.
    fn change(&self, more: bool) {
        match more {
            true => self.holders.fetch_add(1, Ordering::SeqCst),
            false => self.holders.fetch_sub(1, Ordering::SeqCst),
        };
        // Two threads may come to drive the line in the other order than they changed the count. Whoever drives looks again after: the one
        // that drives last either drove what is true now, or sees that it did not and drives again.
        loop {
            let high = self.holders.load(Ordering::SeqCst) > 0;
            self.line.set(high);
            if (self.holders.load(Ordering::SeqCst) > 0) == high {
                return;
            }
        }
    }
}

/// What a function's own actor and workers hold of its place on the bus. Cheap to clone.
#[derive(Clone)]
pub struct Port(Arc<Wires>);

/// Knows whether a port is still there.
pub(super) struct PortWatch(Weak<Wires>);

impl PortWatch {
    pub(super) fn is_gone(&self) -> bool {
        self.0.strong_count() == 0
    }
}

struct Wires {
    dma: Dma,
    state: AtomicU32,
    wire: OnceLock<Arc<SharedLine>>,
    msi: MsiVectors,
    msix: OnceLock<MsixVectors>,
}

impl Port {
    /// A port whose messages and other accesses go by `dma`; not connected.
    pub fn new(dma: Dma) -> Port {
        let (state, msi) = (AtomicU32::new(0), MsiVectors::new());
        Port(Arc::new(Wires { dma, state, wire: OnceLock::new(), msi, msix: OnceLock::new() }))
    }

    /// The function's number as a requester.
    pub fn number(&self) -> u32 {
        match self.0.dma.requester() {
            Requester::Device(number) => number,
            Requester::Cpu(_) | Requester::Debugger => u32::MAX,
        }
    }

    /// To find out that nobody has the port any more.
    pub(super) fn watch(&self) -> PortWatch {
        PortWatch(Arc::downgrade(&self.0))
    }

    /// The function's way into memory.
    pub fn dma(&self) -> &Dma {
        &self.0.dma
    }

    /// Drives the function's interrupt pin. What the wire does depends on what the guest has allowed.
    pub fn set_intx(&self, level: bool) {
        self.change(if level { LEVEL } else { 0 }, if level { 0 } else { LEVEL });
    }

    /// Whether the guest has enabled MSI.
    pub fn msi_enabled(&self) -> bool {
        self.has(MSI)
    }

    /// Whether the guest has enabled MSI-X.
    pub fn msix_enabled(&self) -> bool {
        self.has(MSIX)
    }

    /// Sends an MSI message, or makes it pending while it is masked; nothing while MSI is off.
    pub fn msi(&self, vector: u32) {
        if self.msi_enabled() {
            self.0.msi.raise(vector);
            self.send_msi(vector);
        }
    }

    /// Sends the message of a table entry, or makes it pending while it is masked; nothing while MSI-X is off, or where no such entry is.
    pub fn msix(&self, vector: u32) {
        if let Some(table) = self.0.msix.get().filter(|_| self.msix_enabled()) {
            table.raise(vector);
            self.send_msix(vector);
        }
    }

    /// By whichever of MSI-X and MSI the guest has enabled; `false` where neither is and INTx is to be used.
    pub fn signal(&self, vector: u32) -> bool {
        match self.0.state.load(Ordering::SeqCst) & (MSI | MSIX) {
            0 => return false,
            MSI => self.msi(vector),
            _ => self.msix(vector),
        }
        true
    }
}

/// What the owner of the function's configuration space does.
impl Port {
    /// Connects the pin; once in a port's life.
    pub fn connect(&self, wire: Arc<SharedLine>) {
        self.0.wire.get_or_init(|| wire);
        self.change(CONNECTED, 0);
    }

    /// The function is out of the hierarchy: its wire falls, and it signals nothing any more.
    pub fn disconnect(&self) {
        self.change(0, CONNECTED | MSI | MSIX);
    }

    /// Command.Interrupt Disable.
    pub fn set_intx_disabled(&self, disabled: bool) {
        self.change(if disabled { INTX_DISABLED } else { 0 }, if disabled { 0 } else { INTX_DISABLED });
    }

    /// Status.Interrupt Status: whether the function has an interrupt pending, whether or not it may tell (PCI Local Bus 3.0, 6.2.3).
    pub fn intx_pending(&self) -> bool {
        self.has(LEVEL)
    }

    /// Takes the MSI capability's registers over.
    pub fn set_msi(&self, setting: &MsiSetting) {
        // While it is switched off nothing can be pending against the new message; switched on, the message stands before the enable bit.
        if !setting.enabled {
            self.change(0, MSI);
        }
        self.0.msi.set(setting);
        if setting.enabled {
            self.change(MSI, 0);
            (0..MsiVectors::COUNT).for_each(|vector| self.send_msi(vector));
        }
    }

    /// The pending bits of the MSI capability.
    pub fn msi_pending(&self) -> u32 {
        self.0.msi.pending()
    }

    /// Makes the MSI-X table; once in a port's life.
    pub fn make_msix(&self, spec: &MsixSpec) {
        self.0.msix.get_or_init(|| MsixVectors::new(spec.vectors));
    }

    /// Takes the MSI-X capability's message control over.
    pub fn set_msix(&self, setting: MsixSetting) {
        let Some(table) = self.0.msix.get() else { return };
        let bits = [(setting.enabled, MSIX), (setting.masked, MSIX_MASKED)];
        let of = |wanted| bits.iter().filter(|(on, _)| *on == wanted).map(|(_, bit)| bit).sum();
        self.change(of(true), of(false));
        table.touch();
        if self.has(MSIX) {
            (0..table.count()).for_each(|vector| self.send_msix(vector));
        }
    }

    /// As after power-on: nothing pending, nothing allowed but INTx. The function lowers its own pin.
    pub fn reset(&self) {
        self.change(0, INTX_DISABLED | MSI | MSIX | MSIX_MASKED);
        self.0.msi.reset();
        if let Some(table) = self.0.msix.get() {
            table.reset();
        }
    }
}

impl Port {
    fn has(&self, bit: u32) -> bool {
        self.0.state.load(Ordering::SeqCst) & bit != 0
    }

    /// Changes the state by one step, and the wire by what that changes.
    fn change(&self, set: u32, clear: u32) {
        let state = &self.0.state;
        let mut old = state.load(Ordering::Relaxed);
        let new = loop {
            let new = old & !clear | set;
            match state.compare_exchange_weak(old, new, Ordering::SeqCst, Ordering::Relaxed) {
                Ok(_) => break new,
                Err(now) => old = now,
            }
        };
        // Set before the state first said that it is connected.
        let wire = self.0.wire.get();
        if let Some(wire) = wire.filter(|_| asserts(old) != asserts(new)) {
            wire.change(asserts(new));
        }
    }

    fn send_msi(&self, vector: u32) {
        if let Some(message) = self.0.msi.take(vector, || self.has(MSI)) {
            self.send(message);
        }
    }

    /// The MSI-X table, where there is one.
    pub(super) fn msix_vectors(&self) -> Option<&MsixVectors> {
        self.0.msix.get()
    }

    pub(super) fn send_msix(&self, vector: u32) {
        let open = || self.0.state.load(Ordering::SeqCst) & (MSIX | MSIX_MASKED) == MSIX;
        if let Some(message) = self.0.msix.get().and_then(|table| table.take(vector, open)) {
            self.send(message);
        }
    }

    /// A message may unmask another one, in whoever's table its address leads to: that one is sent after it, from here, so that a guest that
    /// strings messages together finds no end of no thread's stack.
    fn send(&self, message: Message) {
        if SENDING.replace(true) {
            return SET_OFF.with_borrow_mut(|set_off| set_off.push_back((self.clone(), message)));
        }
        let _sent = Sent;
        self.write(message);
        for _ in 0..MOST_SET_OFF {
            let Some((port, message)) = SET_OFF.with_borrow_mut(VecDeque::pop_front) else { return };
            port.write(message);
        }
    }

    /// A message is a write like any other: where the function may not master the bus, or nothing answers, it is lost, as on a real bus.
    fn write(&self, message: Message) {
        if let Err(error) = self.0.dma.store(Gpa(message.address & !3), message.data) {
            tracing::debug!(function = self.number(), ?message, %error, "a message reached nothing");
        }
    }
}

/// How many messages one may set off, directly or not; what is beyond is lost. More than the largest table holds.
const MOST_SET_OFF: u32 = 4096;

thread_local! {
    /// Whether this thread is inside [`Port::send`].
    static SENDING: Cell<bool> = const { Cell::new(false) };
    static SET_OFF: RefCell<VecDeque<(Port, Message)>> = const { RefCell::new(VecDeque::new()) };
}

/// The end of [`Port::send`], however it ends.
struct Sent;

impl Drop for Sent {
    fn drop(&mut self) {
        SENDING.set(false);
        // Dropped outside the borrow: a port's end may run anything.
        drop(SET_OFF.take());
    }
}

impl std::fmt::Debug for Port {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Port {}, state {:#x}", self.number(), self.0.state.load(Ordering::Relaxed))
    }
}

#[cfg(test)]
mod tests;
