//! From instructions to ops: what a block consists of.
//!
//! A block runs from its entry through not-taken branches and jumps inside the page until something must be looked up: an indirect jump,
//! another page, or [`LIMIT`] instructions. An instruction that only writes x0 leaves no op, but is counted.
//!
//! [`builder`] knows how a block is put together, [`select`] which handler does what an instruction says.

mod builder;
mod select;

use builder::Builder;

use crate::block::{CodeCache, NO_PAGE};
use crate::config::Isa;
use crate::decode::{Inst, decode16, decode32, is_long};
use crate::op::Op;
use crate::step::Key;
use crate::trace::decode;

/// Instructions of a block, at most.
const LIMIT: u8 = 64;
/// `c.ebreak`, which stands for an instruction that a debugger wants the hart to stop at: what follows in its block is never reached.
pub(crate) const C_EBREAK: u16 = 0x9002;

/// Translates the block at `offset` of a page, with fused pairs if `fuse`. `None` where its first instruction goes on in the next page.
pub(crate) fn translate_block(code: &mut CodeCache, isa: Isa, fuse: bool, page: u32, offset: u16) -> Option<*const Op> {
    let source = code.page(page);
    let mut builder = Builder::new(isa, source.base, i32::from(offset), true);
    while builder.open {
        match read(&source.bytes[..], builder.offset) {
            Some(_) if code.is_breakpoint(builder.pc()) => builder.instruction(C_EBREAK.into(), decode16(C_EBREAK)),
            _ if builder.retired == LIMIT => builder.go_to_offset(builder.offset),
            Some((encoding, inst)) => builder.instruction(encoding, inst),
            None if builder.retired == 0 => return None,
            None => builder.go_far(builder.pc()),
        }
    }
    if fuse {
        builder.fuse();
    }
    Some(builder.place(code, page))
}

/// Translates one instruction as a block of its own, which goes on by the jump cache alone. Nothing is fused.
pub(crate) fn translate_single(code: &mut CodeCache, isa: Isa, pc: u64, encoding: u32) -> *const Op {
    let mut builder = Builder::new(isa, pc & !0xfff, (pc & 0xfff) as i32, false);
    builder.instruction(encoding, decode(encoding));
    if builder.open {
        builder.go_far(builder.pc());
    }
    builder.place(code, NO_PAGE)
}

/// Translates code at `base` straight on, and shows the step of each op and the offset of its instruction; `None` for an op that is never fused, and between what may
/// be different blocks. Whether all of it was instructions.
pub(crate) fn steps_of(isa: Isa, base: u64, code: &[u8], mut visit: impl FnMut(usize, Option<Key>)) -> bool {
    let (mut offset, mut all) = (0, true);
    while (offset as usize) < code.len() {
        let mut builder = Builder::new(isa, base, offset, false);
        while builder.open && builder.retired < LIMIT {
            let Some((encoding, inst)) = read(code, builder.offset) else { break };
            all &= inst.is_some();
            builder.instruction(encoding, inst);
            offset += if is_long(encoding as u16) { 4 } else { 2 };
        }
        if builder.retired == 0 {
            break;
        }
        let mut at = 0;
        while let Some(&key) = builder.keys.get(at) {
            visit(builder.slots[at].offset as usize, key);
            at += key.map_or(1, Key::ops);
        }
        visit(offset as usize, None);
    }
    all
}

/// The encoding at an offset of a page, decoded; `None` where it does not end in the page.
fn read(bytes: &[u8], offset: i32) -> Option<(u32, Option<Inst>)> {
    let at = usize::try_from(offset).ok()?;
    let low = u16::from_le_bytes(bytes.get(at..at + 2)?.try_into().ok()?);
    if !is_long(low) {
        return Some((low.into(), decode16(low)));
    }
    let encoding = u32::from_le_bytes(bytes.get(at..at + 4)?.try_into().ok()?);
    Some((encoding, decode32(encoding)))
}
