//! From a program counter to a block: the ways into translated code, and the making of what is not there yet.
#![allow(unsafe_code)] // Makes links lead to blocks.

use crate::block::{NO_PAGE, locate};
use crate::hart::Hart;
use crate::op::Op;
use crate::translate::{C_EBREAK, translate_block, translate_single};
use crate::trap::Trap;

impl Hart {
    /// The block at the program counter. The error is the trap of the fetch.
    #[inline]
    pub(crate) fn enter(&mut self) -> Result<*const Op, Trap> {
        if self.caches.dropped {
            self.privilege_changed();
        }
        let op = match self.caches.code.jump(self.pc) {
            Some(op) => op,
            None => self.enter_slow()?,
        };
        if !self.link.is_null() {
            self.join_link(op);
        }
        Ok(op)
    }

    #[cold]
    fn enter_slow(&mut self) -> Result<*const Op, Trap> {
        let pc = self.pc;
        if self.caches.code.is_full() {
            self.caches.code.drop_all();
            self.link = std::ptr::null();
        }
        let remembered = self.caches.code.fetch(pc);
        let page = match remembered {
            Some(page) => page,
            None => match self.open_page(pc).inspect_err(|_| self.link = std::ptr::null())? {
                Some(page) => page,
                None => return self.enter_single(),
            },
        };
        let offset = (pc & 0xfff) as u16;
        let op = match self.caches.code.entry(page, offset) {
            Some(op) => op,
            None => {
                let code = &mut self.caches.code;
                let Some(op) = translate_block(code, self.config.isa, self.fuse, page, offset) else {
                    return self.enter_single();
                };
                self.caches.code.add_entry(page, offset, op);
                op
            }
        };
        self.caches.code.remember_jump(pc, op);
        Ok(op)
    }

    /// The block of the one instruction at the program counter: for code that cannot be cached, for an instruction that lies
    /// in two pages, and for steps of one instruction.
    pub(crate) fn enter_single(&mut self) -> Result<*const Op, Trap> {
        let pc = self.pc;
        if self.caches.code.is_full() {
            self.caches.code.drop_all();
        }
        self.link = std::ptr::null();
        let mut encoding = self.fetch_encoding(pc)?;
        if self.caches.code.is_breakpoint(pc) {
            encoding = C_EBREAK.into();
        }
        if let Some(op) = self.caches.code.single(pc, encoding) {
            return Ok(op);
        }
        let op = translate_single(&mut self.caches.code, self.config.isa, pc, encoding);
        self.caches.code.add_single(pc, encoding, op);
        Ok(op)
    }

    /// Makes the link that the hart came by lead to the block that it found, if both belong to one code page.
    fn join_link(&mut self, op: *const Op) {
        let link = std::mem::replace(&mut self.link, std::ptr::null()).cast_mut();
        // SAFETY: a link is preceded by the ordinary op that it serves, and blocks begin with an ordinary op; both are live, since
        // dropping blocks forgets the link. Nobody else reads or writes them now.
        unsafe {
            let (from, to) = (locate(link.sub(1)).0.page, locate(op).0.page);
            if from == to && from != NO_PAGE {
                (*link).payload.target = op;
            }
        }
    }
}
