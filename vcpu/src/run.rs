//! The hart's loop: boundaries, batches, sleep.
//!
//! A batch is a bounded number of instructions, run as chains of ops. Between batches, and only there, the hart is at a *boundary*: it
//! adopts a newer topology, waits while the machine is paused, looks at its interrupt inputs, takes an interrupt. Whatever wants it
//! sooner raises its attention word, which every edge between blocks tests.
#![allow(unsafe_code)] // Enters handlers.

use manyhart_runtime::Flow;

use crate::config::Exit;
use crate::csr::bits::{MTI, STI};
use crate::hart::Hart;
use crate::op::{Op, reload};
use crate::trap::Trap;

/// Instructions in a batch: about ten microseconds.
const BATCH: u64 = 8192;
/// More than a block holds: a batch may overrun by one block less one instruction.
const OVERRUN: u64 = 64;

impl Hart {
    /// Runs until the runtime stops, or until exactly `limit` instructions are over (retired, or ended by their trap). When it returns the
    /// hart is at a boundary and offline.
    pub fn run(&mut self, limit: Option<u64>) -> Exit {
        if let Some(hit) = self.watch.hit.take() {
            return Exit::Watchpoint(hit);
        }
        let end = limit.map(|limit| self.ended_now().saturating_add(limit));
        let exit = loop {
            let left = end.map_or(u64::MAX, |end| end - self.ended_now());
            if left == 0 {
                break Exit::Limit;
            }
            if let Some(exit) = self.boundary() {
                break exit;
            }
            let left = left.min(self.until_sample());
            let spot = self.spot();
            if left <= OVERRUN || self.trace.is_some() {
                self.single_step();
            } else {
                self.run_batch(BATCH.min(left - OVERRUN));
            }
            self.settle();
            if std::mem::take(&mut self.at_breakpoint) {
                break Exit::Breakpoint;
            }
            if let Some(hit) = self.watch.hit.take() {
                break Exit::Watchpoint(hit);
            }
            self.be_polite(spot);
        };
        self.reader.go_offline();
        exit
    }

    /// Everything that happens between two instructions.
    fn boundary(&mut self) -> Option<Exit> {
        loop {
            if (!self.reader.is_online() || self.reader.must_check())
                && self.reader.checkpoint(&mut self.caches) == Flow::Stop
            {
                return Some(Exit::Stopped);
            }
            // Acquire, all of them: what happened before a level was set, a deadline moved or the clock put on is seen from here on, newer
            // topologies included. Of the levels only those that this take has seen.
            let levels = self.attention.take();
            self.lines = self.inputs(levels);
            if self.reader.must_check() {
                continue;
            }
            if levels >> Hart::LEAVE & 1 != 0 {
                return Some(Exit::Left);
            }
            if self.waiting && !self.csr.wakes(self.lines) {
                self.sleep();
                continue;
            }
            self.waiting = false;
            if !self.hold_interrupts
                && let Some(interrupt) = self.csr.pending_interrupt(self.lines)
            {
                self.statistics.interrupts += 1;
                self.enter_trap(Trap::interrupt(interrupt), self.pc);
            }
            return None;
        }
    }

    /// Sleeps offline until something is raised, or the earliest timer that may wake the hart is due.
    fn sleep(&mut self) {
        self.statistics.sleeps += 1;
        self.reader.go_offline();
        let timers = [(0, MTI), (1, STI)];
        let until = timers
            .into_iter()
            .filter(|&(_, bit)| self.csr.wakes(bit))
            .map(|(timer, _)| self.attention.deadline(timer))
            .min()
            .unwrap_or(u64::MAX);
        self.attention.park(&self.clock, until);
    }

    /// Runs blocks until the fuel is spent or somebody asks for attention.
    fn run_batch(&mut self, instructions: u64) {
        self.begin(instructions as i64);
        while self.fuel >= 0 && self.attention.peek() as i64 >= 0 && !self.leave_batch && !self.reader.must_check() {
            match self.enter() {
                Ok(op) => self.execute(op),
                Err(trap) => self.fetch_trap(trap),
            }
        }
    }

    /// Runs one instruction, exactly.
    fn single_step(&mut self) {
        self.begin(0);
        if self.caches.dropped {
            self.privilege_changed();
        }
        // Every way out of the block comes back here.
        self.caches.code.disable();
        let before = self.begin_commit();
        match self.enter_single() {
            Ok(op) => {
                self.execute(op);
                self.link = std::ptr::null();
                self.end_commit(before);
            }
            Err(trap) => self.fetch_trap(trap),
        }
        self.caches.dropped = true;
    }

    fn begin(&mut self, fuel: i64) {
        self.batch = fuel;
        self.fuel = fuel;
        // Since the last batch the hart may have gone elsewhere than where the link leads.
        self.link = std::ptr::null();
        self.leave_batch = false;
        self.paused = false;
        if self.caches.dropped {
            self.privilege_changed();
        }
    }

    /// Folds what the batch used into the count.
    fn settle(&mut self) {
        self.ended = self.ended_now();
        self.batch = 0;
        self.fuel = 0;
    }

    fn execute(&mut self, op: *const Op) {
        let [r0, r1, r2, r3] = reload(self);
        // SAFETY: what enters code returns the first op of a live block, and nothing drops blocks but what enters code.
        unsafe { ((*op).handler)(self, op, r0, r1, r2, r3) }
    }

    /// An instruction could not be fetched: it is over, and did not retire.
    fn fetch_trap(&mut self, trap: Trap) {
        self.fuel -= 1;
        self.trapped += 1;
        self.enter_trap(trap, self.pc);
    }

    /// Where the hart is, for [`Hart::be_polite`].
    fn spot(&self) -> (u64, [u64; 32]) {
        (self.pc, std::array::from_fn(|index| self.x(index)))
    }

    /// Lets other threads run when the guest says that it spins, or when a whole batch brought it back to where it was.
    fn be_polite(&mut self, before: (u64, [u64; 32])) {
        if self.paused || (!self.waiting && before == self.spot()) {
            std::thread::yield_now();
        }
    }
}

#[cfg(test)]
mod tests;
