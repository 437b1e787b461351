//! Interrupt lines: a level that a device drives and something else samples. No controller and no numbering is known here.

use std::sync::Arc;

/// The far end of a [`Line`]: an interrupt controller, a virtual CPU's pending word, a test.
///
/// Called from inside device handlers, so it never waits: a controller that is an actor posts a message to itself.
pub trait LineSink: Send + Sync {
    /// The input `number` of this sink now has this level.
    fn set_level(&self, number: u32, level: bool);
}

/// One input of a sink, cheap to clone and to hand to a device.
#[derive(Clone)]
pub struct Line {
    sink: Arc<dyn LineSink>,
    number: u32,
}

impl Line {
    /// The input `number` of `sink`.
    pub fn new(sink: Arc<dyn LineSink>, number: u32) -> Line {
        Line { sink, number }
    }

    /// A line that ends nowhere.
    pub fn unconnected() -> Line {
        struct Nowhere;
        impl LineSink for Nowhere {
            fn set_level(&self, _: u32, _: bool) {}
        }
        Line::new(Arc::new(Nowhere), 0)
    }

    /// Drives the line. Setting a level that it already has is allowed and may be passed on.
    pub fn set(&self, level: bool) {
        self.sink.set_level(self.number, level);
    }

    /// Which input of its sink this is.
    pub fn number(&self) -> u32 {
        self.number
    }
}
