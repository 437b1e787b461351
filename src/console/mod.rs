//! The host's side of the serial console: the terminal and its modes, the keys that are not for the guest, the thread that
//! reads and the thread that writes. No UART and no guest is known here: bytes come and go through what the machine passes in.

mod serial;

pub use serial::Serial;
