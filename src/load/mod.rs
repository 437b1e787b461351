//! From image files to a plan: what stands where in guest memory, and where the machine starts. No machine runs here, and
//! nothing is written; what a plan says is carried out by [`crate::machine`], again at each reboot.

#[cfg(test)]
#[path = "../../tests/support/elf.rs"]
pub(crate) mod elf_file;
mod error;
mod fdt;
mod firmware;
mod image;
mod place;
mod source;

pub use error::LoadError;
pub use fdt::{Chosen, with_chosen};
pub use firmware::Firmware;
pub use image::{Image, Segment, Symbols, elf_header, is_linux_image, recognise};
pub use place::{Board, Images, Loader, Piece, Plan};
pub use source::Source;
