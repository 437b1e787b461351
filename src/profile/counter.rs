//! What one hart's profile counts.

use std::sync::Arc;

use manyhart_vcpu::{Sample, Sampler};
use parking_lot::Mutex;

use super::{Counts, Key, Place, STACKS, Symbols};

/// Where `satp` says how addresses are translated, and where it keeps the root table's page (Privileged, 10.1.11).
const SATP_MODE: u32 = 60;
const SATP_PPN: u64 = (1 << 44) - 1;

/// Counts what one hart says.
pub struct Counter {
    counts: Arc<Mutex<Counts>>,
    symbols: Arc<Symbols>,
    every: u64,
    random: u64,
    /// Where the kernel has mapped the Linux image's first byte, as far as samples in it have shown.
    mapped: Option<u64>,
}

impl Counter {
    /// Of a hart that nothing has been heard of.
    pub fn new(counts: Arc<Mutex<Counts>>, symbols: Arc<Symbols>, every: u64) -> Counter {
        Counter { counts, symbols, every, random: 0, mapped: None }
    }

    /// The address under which symbols know this one: what is mapped of the image is known by where it lies in RAM.
    fn known(&self, addr: u64) -> u64 {
        let inside = || {
            let image = self.symbols.image()?;
            let offset = addr.checked_sub(self.mapped?).filter(|offset| *offset < image.size)?;
            Some(image.start + offset)
        };
        inside().unwrap_or(addr)
    }

    /// A kernel under translation, whose symbols are those of the image.
    fn look_for_image(&mut self, sample: &Sample<'_>) {
        let offset = self.symbols.image().zip(sample.physical).and_then(|(image, physical)| image.offset_of(physical));
        if let Some(offset) = offset {
            self.mapped = Some(sample.pc.wrapping_sub(offset));
        }
    }

    fn stack(&mut self, sample: &Sample<'_>) -> Vec<Place> {
        let in_kernel = sample.privilege == 1;
        if in_kernel {
            self.look_for_image(sample);
        }
        let known = |addr: u64| if in_kernel { self.known(addr) } else { addr };
        let under_image = |addr: u64| self.symbols.image().is_some_and(|image| image.offset_of(addr).is_some());
        // A process may have mapped something of its own where the image lies in RAM.
        let function =
            |addr: u64| self.symbols.function(known(addr)).filter(|_| sample.privilege != 0 || !under_image(addr));
        let mut stack = vec![function(sample.pc).unwrap_or_else(|| Place::page_of(sample.pc))];
        // A return address may be behind its function's end: the call is before it. The first that is in no function is the end of what is known.
        let calls = sample.callers.iter().map(|caller| caller.wrapping_sub(1));
        stack.extend(calls.map_while(function));
        stack
    }
}

impl Sampler for Counter {
    fn interval(&mut self) -> u64 {
        // Knuth's generator; its upper half is good enough.
        self.random = self.random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        self.every - self.every / 2 + (self.random >> 33) % self.every.max(1)
    }

    fn sample(&mut self, sample: &Sample<'_>) {
        let mut stack = self.stack(sample);
        let process =
            (sample.privilege == 0 && sample.satp >> SATP_MODE != 0).then_some((sample.satp & SATP_PPN) << 12);
        let mut counts = self.counts.lock();
        if counts.len() >= STACKS {
            stack.truncate(1);
        }
        let mut key = Key { privilege: sample.privilege, process, stack: stack.into_boxed_slice() };
        if counts.len() >= STACKS && !counts.contains_key(&key) {
            (key.process, key.stack) = (None, Box::default());
        }
        *counts.entry(key).or_default() += 1;
    }
}

#[cfg(test)]
#[path = "counter_tests.rs"]
mod tests;
