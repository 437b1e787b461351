//! The monitor: commands for a person, one a line. The same table serves QMP's `human-monitor-command`.

mod complete;
mod faults;
mod info;
mod lines;
mod map;
pub mod pci;
mod person;
mod plug;
mod table;
mod tree;

pub use complete::candidates;
pub use lines::{GREETING, Line, Lines, PROMPT, answer, serve};
pub use map::{MapRequest, as_json as map_as_json};
pub use person::{Next, Person};
pub use table::{Entry, execute, is_quit};

/// What a line came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reply {
    /// To be shown; ends with a line's end unless it is empty.
    pub text: String,
    /// Whether the machine is to end.
    pub quit: bool,
}

#[cfg(test)]
mod tests;
