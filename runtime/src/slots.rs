//! One word for each reader: what it has acknowledged, and whether it is online. Both handshakes of this crate, grace periods and
//! pauses, stand on it.
//!
//! The word is `acknowledged << 2 | in call << 1 | online`. Only the reader changes it; a scan reads it with a read-modify-write that
//! changes nothing. **Both sides use AcqRel read-modify-writes only**, so any two of them are ordered, and the later one has seen all
//! that came before the earlier one:
//! * If a scan comes first, the reader that comes online after it sees what was published (or asked for) before the scan.
//! * If the reader comes first, the scan sees it online, and waits for it.

use std::sync::Arc;

use crossbeam::utils::CachePadded;

use crate::Attention;
#[cfg(any(manyhart_loom, feature = "planted-bugs"))]
use crate::planted::{self, Bug};
use crate::sync::Mutex;
use crate::sync::atomic::{AtomicU64, Ordering};
use crate::topology::Generation;

const ONLINE: u64 = 1;
const IN_CALL: u64 = 2;
const SHIFT: u32 = 2;

/// What a reader is doing, as far as others need to know.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Standing {
    /// It uses memory.
    Online,
    /// It uses no memory, and waits in the middle of an access.
    InCall,
    /// It uses no memory, and stands between two instructions.
    Boundary,
}

/// One reader's word.
pub struct Slot {
    word: CachePadded<AtomicU64>,
    name: String,
    attention: Option<Arc<Attention>>,
}

/// A slot's word at one moment.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Seen(u64);

impl Seen {
    pub(crate) fn acknowledged(self) -> Generation {
        self.0 >> SHIFT
    }

    pub(crate) fn standing(self) -> Standing {
        match self.0 & (ONLINE | IN_CALL) {
            0 => Standing::Boundary,
            IN_CALL => Standing::InCall,
            _ => Standing::Online,
        }
    }
}

impl Slot {
    fn new(name: String, attention: Option<Arc<Attention>>) -> Slot {
        Slot { word: CachePadded::new(AtomicU64::new(0)), name, attention }
    }

    /// The reader's side: from now on it stands so, and has acknowledged `generation`.
    pub(crate) fn set(&self, generation: Generation, standing: Standing) {
        let bits = match standing {
            Standing::Online => ONLINE,
            Standing::InCall => IN_CALL,
            Standing::Boundary => 0,
        };
        // Release: whatever it did with the memory of before is over. Acquire: what a scan came after is visible (see the module's text).
        self.word.swap(generation << SHIFT | bits, Ordering::AcqRel);
    }

    /// The other side: a scan's look.
    pub(crate) fn look(&self) -> Seen {
        #[cfg(any(manyhart_loom, feature = "planted-bugs"))]
        if planted::is(Bug::ScanByLoad) {
            return Seen(self.word.load(Ordering::Acquire));
        }
        Seen(self.word.fetch_add(0, Ordering::AcqRel))
    }

    /// The reader's name.
    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    /// Asks the reader to come to its next checkpoint soon.
    pub(crate) fn raise(&self) {
        if let Some(attention) = &self.attention {
            attention.raise();
        }
    }

    /// Whether a reader could still use what `generation` replaced.
    fn holds_back(&self, generation: Generation) -> bool {
        let seen = self.look();
        seen.standing() == Standing::Online && seen.acknowledged() < generation
    }
}

/// The slots of all readers.
#[derive(Default)]
pub struct Slots(Mutex<Vec<Arc<Slot>>>);

impl Slots {
    /// A slot, offline. A reader that registers after a scan comes online after it too.
    pub(crate) fn register(&self, name: String, attention: Option<Arc<Attention>>) -> Arc<Slot> {
        let slot = Arc::new(Slot::new(name, attention));
        self.0.lock().push(Arc::clone(&slot));
        slot
    }

    pub(crate) fn unregister(&self, slot: &Arc<Slot>) {
        self.0.lock().retain(|other| !Arc::ptr_eq(slot, other));
    }

    /// The readers that could still use what `generation` replaced.
    pub(crate) fn behind(&self, generation: Generation) -> Vec<Arc<Slot>> {
        self.0.lock().iter().filter(|slot| slot.holds_back(generation)).cloned().collect()
    }

    /// Everybody.
    pub(crate) fn all(&self) -> Vec<Arc<Slot>> {
        self.0.lock().clone()
    }

    /// The readers that are not at a boundary.
    pub(crate) fn running(&self) -> Vec<Arc<Slot>> {
        self.0.lock().iter().filter(|slot| !is_at_boundary(slot)).cloned().collect()
    }
}

/// Whether a reader, once behind, is so no more: it has acknowledged the generation, or was seen offline, since when it can only come
/// back to the newest snapshot.
pub(crate) fn has_passed(slot: &Slot, generation: Generation) -> bool {
    !slot.holds_back(generation)
}

/// Whether a reader stands between two instructions.
pub(crate) fn is_at_boundary(slot: &Slot) -> bool {
    let standing = slot.look().standing();
    #[cfg(any(manyhart_loom, feature = "planted-bugs"))]
    if planted::is(Bug::InCallIsBoundary) {
        return standing != Standing::Online;
    }
    standing == Standing::Boundary
}
