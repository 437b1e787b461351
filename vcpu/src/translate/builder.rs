//! How a block is put together: ops and what is known of each, constants, and the ways out.
#![allow(unsafe_code)] // Places ops and makes them point at each other.

use super::select::is_bitmanip;
use crate::block::{Block, CodeCache, PAGE, Slot};
use crate::config::Isa;
use crate::decode::{Inst, is_long};
use crate::exec::{flow, system};
use crate::fused;
use crate::op::{Handler, Op, Operands, Payload, SINK};
use crate::step::{Key, Step};

/// A block in the making.
pub(super) struct Builder {
    pub(super) isa: Isa,
    /// The virtual address of the page.
    pub(super) base: u64,
    /// Jumps inside the page are followed, and links made.
    pub(super) linked: bool,
    /// The next instruction's offset in the page.
    pub(super) offset: i32,
    /// Instructions so far.
    pub(super) retired: u8,
    /// More instructions may follow.
    pub(super) open: bool,
    pub(super) ops: Vec<Op>,
    pub(super) slots: Vec<Slot>,
    /// Which steps the ops take, of those that may be fused.
    pub(super) keys: Vec<Option<Key>>,
    /// The running instruction.
    pub(super) now: Slot,
    /// Links that lead nowhere yet, by their places.
    pub(super) links: Vec<usize>,
    /// Links that lead to another page, by their places, with the address.
    exits: Vec<(usize, u64)>,
}

impl Builder {
    pub(super) fn new(isa: Isa, base: u64, offset: i32, linked: bool) -> Builder {
        let now = Slot { offset, retired: 0, len: 0, encoding: 0 };
        let mut builder = Builder {
            isa,
            base,
            linked,
            offset,
            retired: 0,
            open: true,
            ops: Vec::with_capacity(80),
            slots: Vec::with_capacity(80),
            keys: Vec::with_capacity(80),
            now,
            links: Vec::new(),
            exits: Vec::new(),
        };
        // The header; its payload is filled in when it is placed.
        builder.push(flow::leave, Payload { value: 0 });
        builder
    }

    /// The next instruction's address.
    pub(super) fn pc(&self) -> u64 {
        self.address(self.offset)
    }

    pub(super) fn address(&self, offset: i32) -> u64 {
        self.base.wrapping_add(offset as i64 as u64)
    }

    pub(super) fn push(&mut self, handler: Handler, payload: Payload) {
        self.ops.push(Op { handler, payload });
        self.slots.push(self.now);
        self.keys.push(None);
    }

    /// An ordinary op.
    pub(super) fn op(&mut self, handler: Handler, imm: i32, rd: u8, a: u8, b: u8) {
        let slot = self.ops.len() as u8;
        let rd = if rd == 0 { SINK } else { rd };
        self.push(handler, Payload { operands: Operands { imm, rd, a, b, slot } });
    }

    /// An ordinary op that takes this step.
    pub(super) fn step(&mut self, handler: Handler, key: Key, imm: i32, rd: u8, a: u8, b: u8) {
        let at = self.ops.len();
        self.op(handler, imm, rd, a, b);
        self.keys[at] = Some(key);
    }

    /// The second op of one that needs 64 more bits.
    pub(super) fn value(&mut self, value: u64) {
        self.push(flow::leave, Payload { value });
    }

    /// The link of the op before it, to this offset.
    pub(super) fn link(&mut self, offset: i32) {
        let at = self.ops.len();
        self.value(0);
        self.slots[at].offset = offset;
        if self.linked && (0..PAGE as i32).contains(&offset) {
            self.ops[at].handler = flow::unlinked;
            self.links.push(at);
        } else {
            self.exits.push((at, self.address(offset)));
        }
    }

    /// Ends the block: goes on at this offset. The instructions so far have retired.
    pub(super) fn go_to_offset(&mut self, offset: i32) {
        if !self.linked || !(0..PAGE as i32).contains(&offset) {
            return self.go_far(self.address(offset));
        }
        self.op(flow::goto_link, i32::from(self.retired), 0, 0, 0);
        self.link(offset);
        self.open = false;
    }

    /// Ends the block: goes on at this address by the jump cache. The instructions so far have retired.
    pub(super) fn go_far(&mut self, pc: u64) {
        self.step(flow::goto_far, flow::GotoFar::KEY, i32::from(self.retired), 0, 0, 0);
        self.value(pc);
        self.open = false;
    }

    /// Gives each op that makes a pair with the one behind it the pair's handler.
    pub(super) fn fuse(&mut self) {
        for (at, first) in self.keys.iter().enumerate() {
            let second = first.and_then(|first| *self.keys.get(at + first.ops())?);
            if let (Some(first), Some(second)) = (*first, second)
                && let Some(handler) = fused::pair(first, second)
            {
                self.ops[at].handler = handler;
            }
        }
    }

    /// Puts the block into the cache; returns its first op.
    pub(super) fn place(mut self, code: &mut CodeCache, page: u32) -> *const Op {
        // Ways out to other pages: what they retired was charged by the branch.
        let exits: Vec<(usize, usize)> = std::mem::take(&mut self.exits)
            .into_iter()
            .map(|(link, pc)| {
                let at = self.ops.len();
                self.push(flow::goto_far, Payload { operands: Operands { imm: 0, rd: SINK, a: 0, b: 0, slot: 0 } });
                self.value(pc);
                (link, at)
            })
            .collect();
        let block = Block { page, base: self.base, slots: self.slots.into() };
        let header = code.place(&self.ops, block);
        // SAFETY: all places lie among the ops that were just placed, and nobody else reaches them yet.
        unsafe {
            for link in self.links {
                let link = header.add(link);
                (*link).payload.target = link;
            }
            for (link, exit) in exits {
                (*header.add(link)).payload.target = header.add(exit);
            }
            header.add(1)
        }
    }

    /// Translates one instruction.
    pub(super) fn instruction(&mut self, encoding: u32, inst: Option<Inst>) {
        let len = if is_long(encoding as u16) { 4 } else { 2 };
        self.now = Slot { offset: self.offset, retired: self.retired, len, encoding };
        let next = self.offset + i32::from(len);
        // Jumps set it anew.
        let start = std::mem::replace(&mut self.offset, next);
        self.retired += 1;
        match inst {
            Some(inst) if self.isa.bitmanip || !is_bitmanip(inst.op) => self.translate(&inst, start),
            _ => self.illegal(),
        }
    }

    pub(super) fn illegal(&mut self) {
        self.system::<system::Unknown>(0, 0, 0);
        self.open = false;
    }
}
