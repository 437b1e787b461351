//! Device actors for manyhart's boards: each is registers plus injected outputs, and knows no bus, no address and no thread.
//!
//! A new device starts as a copy of [`blank`]. What a device drives (an interrupt [`Line`](manyhart_runtime::Line), a byte
//! sink, a callback) is handed to its constructor; what reaches it from outside (host input, lines, timers) is a message.
//! Nothing here names a hart's instruction set or the board's memory map, and no handler waits.

pub mod aclint;
pub mod aplic;
pub mod blank;
pub mod block;
pub mod finisher;
pub mod imsic;
pub mod net;
pub mod pci;
#[cfg(feature = "planted-bugs")]
pub mod planted;
pub mod plic;
pub mod rtc;
pub mod test_window;
pub mod uart;
pub mod virtio;

mod halves;
