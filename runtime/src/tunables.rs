//! What may be tuned while the machine runs: small, cold, read now and then.
//!
//! The values lie in an `Rcu` of the crate rcu-clean, of which only a part is sound, and this wrapper admits no more than that part
//! (checked in version 0.1.8):
//! * `graceful::Rcu` alone: `BoxRcu::clean`, a shared `&ArcRcu` and clones of an `ArcRcu` are undefined behaviour from safe code.
//! * No `clone`: a cloned `Rcu` leaves its original with a null pointer. So it stands behind an `Arc` here and never leaves this file.
//! * One writer: two updates at once would lose one of them. So [`TunablesWriter`] is not `Clone`, and updates by `&mut self`.
//! * No guard leaves this file: whoever reads gets a copy, so nobody holds a grace period open, which would keep every superseded
//!   value alive.
//!
//! Views and the device path never go through this.

use std::sync::Arc;
use std::time::Duration;

use rcu_clean::graceful::{Grace, Rcu};

/// The values: see [`Executive::tune`](crate::Executive::tune).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Values {
    /// How many messages a sender handles of an actor's queue before it leaves the rest to the helper thread.
    pub drain_bound: usize,
    /// How long a grace period or a pause may take before those who hold it are reported by name.
    pub stall_report: Duration,
}

impl Default for Values {
    fn default() -> Values {
        Values { drain_bound: 64, stall_report: Duration::from_secs(2) }
    }
}

/// Reads the values. Cheap to clone.
#[derive(Clone)]
pub(crate) struct Tunables {
    values: Arc<Rcu<Values>>,
}

/// Changes the values: there is one for all readers, owned by one actor or thread at a time.
pub(crate) struct TunablesWriter {
    values: Arc<Rcu<Values>>,
}

impl Tunables {
    /// The values as given, with the one who may change them.
    pub fn new(values: Values) -> (Tunables, TunablesWriter) {
        let values = Arc::new(Rcu::new(values));
        (Tunables { values: Arc::clone(&values) }, TunablesWriter { values })
    }

    /// A copy of the values, all of one update. Takes a short lock of the whole process: not for hot paths.
    pub fn get(&self) -> Values {
        let grace = Grace::new();
        *self.values.read(&grace)
    }
}

impl TunablesWriter {
    /// Changes the values, for all readers at once.
    pub fn update(&mut self, change: impl FnOnce(&mut Values)) {
        self.values.update(change);
    }
}

impl std::fmt::Debug for Tunables {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.get().fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn readers_see_whole_updates_in_order() {
        const LAST: usize = 500;
        let (tunables, mut writer) = Tunables::new(Values { drain_bound: 0, stall_report: Duration::ZERO });
        std::thread::scope(|scope| {
            for _ in 0..2 {
                let tunables = tunables.clone();
                scope.spawn(move || {
                    let mut last = 0;
                    while last < LAST {
                        let values = tunables.get();
                        assert_eq!(values.stall_report, Duration::from_secs(values.drain_bound as u64));
                        assert!(values.drain_bound >= last);
                        last = values.drain_bound;
                    }
                });
            }
            for i in 1..=LAST {
                writer
                    .update(|values| *values = Values { drain_bound: i, stall_report: Duration::from_secs(i as u64) });
            }
        });
        assert_eq!(tunables.get().drain_bound, LAST);
    }
}
