//! Whole snapshots in use outside of readers: counted pins on everything that a snapshot shows at once.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::Snapshot;
use crate::grace::Graces;
#[cfg(any(manyhart_loom, feature = "planted-bugs"))]
use crate::planted::{self, Bug};
use crate::sync::{self, Mutex};
use crate::topology::Generation;

/// A snapshot held by somebody who is no reader, for as long as this lives: a worker that has the host read a file straight into guest
/// memory, a device of another project that keeps references into it. All its memory stays where it is, and the `Retired` of a commit that
/// removed memory from any view waits until every `Hold` of an older snapshot is dropped. So hold it for one piece of work, not for ever.
///
/// A pause does not wait for it: whoever writes through it while the machine is paused must be stopped by other means.
pub struct Hold {
    snapshot: Arc<Snapshot>,
    /// Dropped after the snapshot: who has waited for it finds the memory let go.
    _counted: Counted,
}

struct Counted {
    generation: Generation,
    graces: Arc<Graces>,
}

impl Hold {
    /// To be called by a reader that is online with this snapshot.
    pub(crate) fn new(snapshot: Arc<Snapshot>, graces: Arc<Graces>) -> Hold {
        let generation = snapshot.generation();
        graces.holds().add(generation);
        Hold { snapshot, _counted: Counted { generation, graces } }
    }

    /// What is held.
    pub fn snapshot(&self) -> &Arc<Snapshot> {
        &self.snapshot
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        if !sync::model_has_failed() {
            self.graces.holds().remove(self.generation);
        }
    }
}

impl std::fmt::Debug for Hold {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Hold of generation {}", self.snapshot.generation())
    }
}

/// How many hold a snapshot of each generation.
///
/// Holder: counts itself while online, and goes offline (an AcqRel change of its reader's word) after. Grace period: reads that word, and
/// these counts after. As with pins: who is seen offline or past the generation is counted already, and who comes later holds a snapshot
/// that is not older. Everything done under a hold that is seen gone happened before, by the lock.
#[derive(Default)]
pub(crate) struct Holds(Mutex<BTreeMap<Generation, usize>>);

impl Holds {
    fn add(&self, generation: Generation) {
        *self.0.lock().entry(generation).or_insert(0) += 1;
    }

    fn remove(&self, generation: Generation) {
        let mut counts = self.0.lock();
        if let Some(count) = counts.get_mut(&generation) {
            *count -= 1;
            if *count == 0 {
                counts.remove(&generation);
            }
        }
    }

    /// How many there are of generations before this one.
    pub(crate) fn before(&self, generation: Generation) -> usize {
        #[cfg(any(manyhart_loom, feature = "planted-bugs"))]
        if planted::is(Bug::IgnoreHolds) {
            return 0;
        }
        self.0.lock().range(..generation).map(|(_, count)| count).sum()
    }
}
