//! Shadow registers: what a read finds without asking the device, while nobody is asking it anything else.
//!
//! Most registers that drivers poll change nothing when they are read. A device may keep copies of such registers as atomics; a virtual CPU
//! that finds the device's mailbox idle takes the copy, and nobody has run a handler, taken the run-state or written to a shared line.
//!
//! # Why such a read is one of the device's accesses, in order with all others
//! The device stores its copies after its handlers and *before* its run-state is given back ([`Device::publish`](super::Device::publish)). The reader
//! loads the mailbox's word, finds it 0, and *then* loads the copy.
//!
//! From the reader's side:
//! * A word of 0 means that every send that happened before is handled (rule 4 of `mailbox`): posts, coalesced writes, other CPUs' accesses,
//!   the close. The load is an Acquire of the word that the last of their runners gave back by a Release, so their copies are visible:
//!   the read is behind them. While anything waits or runs, the word is not 0, and the read goes the ordinary way, behind it.
//! * An actor that was closed or has failed leaves a word of 0 as well. Its end was written down before the word was given back, so the
//!   look at it that follows finds it.
//! * The copy may be younger than the word: of a handler that took the run-state since. It was stored by Release and is loaded by Acquire, so this
//!   thread's next look finds the word taken, or given back later; whatever it reads then, another register too, is no older.
//!
//! From the device's side: a handler that is sent for after such a read (by whoever learned of it) runs after it, and cannot change what it
//! got. What a handler does outside, to memory or to a line, is seen by somebody only after the run-state was taken: whoever has seen it and
//! looks at the word finds it taken, and waits for the handler's end.
//!
//! The read changes nothing and sends nothing, so it needs no place in the order of handlers beyond this. It is made online, in the view that led
//! to it: a grace period and a pause wait for it as for any other access (C5, C12), and the reader polls for a newer generation after
//! it (C4). Between different devices it orders what two relaxed loads would: the guest's fences are for that.

use std::sync::Arc;

use super::{AccessShape, ByteOrder, MmioSpec};
#[cfg(any(manyhart_loom, feature = "planted-bugs"))]
use crate::planted::{self, Bug};
use crate::sync::atomic::{AtomicU64, Ordering};

/// Set in a cell that holds a value.
const KNOWN: u64 = 1 << 32;

/// Copies of a region's first registers, all of one width, as their device last left them.
pub struct Shadow {
    /// 1, 2 or 4 bytes.
    width: u8,
    cells: Box<[AtomicU64]>,
}

impl Shadow {
    /// Of so many registers of `width` bytes each, from the region's start on. Nothing is known of any yet.
    ///
    /// # Panics
    /// If `width` is not 1, 2 or 4: a mistake in the program.
    pub fn new(width: u8, registers: usize) -> Arc<Shadow> {
        assert!(matches!(width, 1 | 2 | 4), "{width}");
        let cells = (0..registers).map(|_| AtomicU64::new(0)).collect();
        Arc::new(Shadow { width, cells })
    }

    /// Stores what a read of each register brings now, by its offset: `None` where a read changes something, or brings what the device does not know
    /// beforehand. For [`Device::publish`](super::Device::publish) alone.
    pub fn publish(&self, register: impl Fn(u64) -> Option<u32>) {
        for (index, cell) in (0..).zip(&self.cells) {
            let value = register(index * u64::from(self.width)).map_or(0, |value| KNOWN | u64::from(value));
            // Not stored where it is there already, so that the CPUs that poll it keep the line.
            if cell.load(Ordering::Relaxed) != value {
                cell.store(value, stored());
            }
        }
    }

    /// The copy of a register, if an access of this shape is to be answered by it.
    #[inline]
    pub(crate) fn get(&self, offset: u64, size: u8) -> Option<u64> {
        let width = u64::from(self.width);
        let index = offset >> self.width.trailing_zeros();
        if size != self.width || offset & (width - 1) != 0 {
            return None;
        }
        let cell = self.cells.get(usize::try_from(index).ok()?)?.load(Ordering::Acquire);
        (cell & KNOWN != 0).then_some(cell & (KNOWN - 1))
    }

    /// Whether the region hands accesses of this width to its device as they are.
    pub(crate) fn suits(&self, spec: &MmioSpec) -> bool {
        let takes = |shape: AccessShape| (shape.min..=shape.max).contains(&self.width);
        spec.byte_order == ByteOrder::Little && takes(spec.valid) && takes(spec.implemented)
    }
}

/// How a copy is stored: see the module's text.
#[inline]
fn stored() -> Ordering {
    #[cfg(any(manyhart_loom, feature = "planted-bugs"))]
    if planted::is(Bug::ShadowRelaxed) {
        return Ordering::Relaxed;
    }
    Ordering::Release
}

#[cfg(all(test, not(any(manyhart_loom, manyhart_shuttle))))]
mod tests;
