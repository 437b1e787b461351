//! Keys: small numbers that stand for everything a cached translation depends on beside its address.
//!
//! A cache puts the current key into each entry and compares it at each look-up. A switch of context takes another key and finds
//! its old entries when it comes back; a flush is nothing but forgetting which keys were given out.

use crate::trap::Privilege;

/// How many values of `satp` keep their keys.
const SPACES: usize = 8;
/// Privilege (2), SUM, MXR.
const CONTEXTS: usize = 8;

/// The keys of one value of `satp`; 0 where none has been given out since the last flush.
#[derive(Clone, Copy)]
struct Space {
    satp: u64,
    keys: [u16; CONTEXTS],
}

/// Everything that a translation depends on beside the address and the tables.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct KeyContext {
    /// The whole of `satp`, its ASID included: a root that was freed may be another space's under a new ASID without any fence.
    pub satp: u64,
    /// The mode whose rights count.
    pub privilege: Privilege,
    /// mstatus.SUM.
    pub sum: bool,
    /// mstatus.MXR.
    pub mxr: bool,
}

impl KeyContext {
    /// Which of a space's contexts it is.
    #[inline(always)]
    fn which(self) -> usize {
        usize::from(self.privilege == Privilege::Supervisor) | usize::from(self.sum) << 1 | usize::from(self.mxr) << 2
    }
}

/// Which contexts have which keys. A key is never 0, and never used for two contexts between two restarts.
pub(crate) struct Keys {
    last: u16,
    limit: u16,
    spaces: [Space; SPACES],
    /// The space asked for last.
    current: usize,
    next_space: usize,
    machine: u16,
}

impl Keys {
    /// Keys from 1 to `limit`.
    pub fn new(limit: u16) -> Keys {
        let space = Space { satp: 0, keys: [0; CONTEXTS] };
        Keys { last: 0, limit, spaces: [space; SPACES], current: 0, next_space: 0, machine: 0 }
    }

    /// Every context gets a new key: what was cached is found no more.
    pub fn forget(&mut self) {
        self.machine = 0;
        for space in &mut self.spaces {
            space.keys = [0; CONTEXTS];
        }
    }

    /// Begins again with key 1. The owner has emptied its cache.
    pub fn restart(&mut self) {
        self.forget();
        self.last = 0;
    }

    /// The key of a context; `None` when they have run out: empty the cache, [`Keys::restart`], ask again.
    #[inline]
    pub fn get(&mut self, context: KeyContext) -> Option<u16> {
        if context.privilege == Privilege::Machine {
            if self.machine == 0 {
                self.machine = self.fresh()?;
            }
            return Some(self.machine);
        }
        if self.spaces[self.current].satp != context.satp {
            self.current = self.space(context.satp);
        }
        let which = context.which();
        if self.spaces[self.current].keys[which] == 0 {
            self.spaces[self.current].keys[which] = self.fresh()?;
        }
        Some(self.spaces[self.current].keys[which])
    }

    /// The key of a context below machine mode, if it has one and its space is the one asked for last.
    #[inline(always)]
    pub fn known(&self, context: KeyContext) -> Option<u16> {
        let space = &self.spaces[self.current % SPACES];
        let key = space.keys[context.which()];
        (key != 0 && space.satp == context.satp).then_some(key)
    }

    /// The place of a `satp` value; a new one takes the place given out longest ago.
    fn space(&mut self, satp: u64) -> usize {
        if let Some(known) = self.spaces.iter().position(|s| s.satp == satp) {
            return known;
        }
        let place = self.next_space;
        self.next_space = (place + 1) % SPACES;
        self.spaces[place] = Space { satp, keys: [0; CONTEXTS] };
        place
    }

    fn fresh(&mut self) -> Option<u16> {
        if self.last == self.limit {
            return None;
        }
        self.last += 1;
        Some(self.last)
    }
}
