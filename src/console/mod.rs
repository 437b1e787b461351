//! The host's side of the serial console: the terminal and its modes, the keys that are not for the guest, the thread that
//! reads and the stream that writes. No UART and no guest is known here: bytes come and go through what the machine passes in.

mod input;
mod keys;
mod output;
mod serial;
mod terminal;

pub use input::{Guest, InputThread, Taken};
pub use keys::{Event, HELP, Keys};
pub use output::Patient;
pub use serial::Serial;
pub use terminal::{RawMode, editor_came, editor_may_come, restore_terminal, with_old_modes};
