//! Readers for those who have none of their own: control threads, DMA, handlers.
//!
//! An idle reader lies in one of a fixed number of places; who needs one takes it by a swap and puts it back by a swap, so that an access takes
//! no lock, whoever comes at the same time: an interrupt message sent from a handler goes this way. A swap has AcqRel order, so the taker
//! has all that the reader's last user did with it, and a reader has one user at a time as its type asks.
//!
//! A reader is made, under a short lock, only where more are inside at once than ever before.

use crossbeam::utils::CachePadded;

use crate::Reader;
use crate::sync::{POOL_PLACES, SwapCell, first_place};

/// The idle readers.
pub(crate) struct ReaderPool {
    make: Box<dyn Fn() -> Reader + Send + Sync>,
    idle: [CachePadded<SwapCell<Reader>>; POOL_PLACES],
}

impl ReaderPool {
    /// Readers made by `make`, offline.
    pub(crate) fn new(make: impl Fn() -> Reader + Send + Sync + 'static) -> ReaderPool {
        ReaderPool { make: Box::new(make), idle: std::array::from_fn(|_| CachePadded::new(SwapCell::new())) }
    }

    /// Runs `f` with a reader online. `anyway`: also while the machine is paused.
    pub(super) fn online<R>(&self, anyway: bool, f: impl FnOnce(&mut Reader) -> R) -> R {
        let mut reader = self.take().unwrap_or_else(|| Box::new((self.make)()));
        reader.enter(anyway, &mut ());
        let result = f(&mut reader);
        reader.go_offline();
        self.put(reader);
        result
    }

    /// The places, beginning with this thread's own.
    fn places(&self) -> impl Iterator<Item = &SwapCell<Reader>> {
        let first = first_place() % POOL_PLACES;
        self.idle[first..].iter().chain(&self.idle[..first]).map(|place| &**place)
    }

    fn take(&self) -> Option<Box<Reader>> {
        self.places().find_map(|place| place.swap(None))
    }

    /// Puts it down where it is free; who was lying there moves on. What finds no place goes.
    fn put(&self, reader: Box<Reader>) {
        let mut homeless = Some(reader);
        for place in self.places() {
            homeless = place.swap(homeless);
            if homeless.is_none() {
                return;
            }
        }
    }
}
