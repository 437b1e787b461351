//! What the storm does next: a pure function of the seed and the options. Nothing here depends on the machine, on time, or on what came of the
//! operations before, so that the same command does the same things in the same order.

use super::field::{Bar, Change, Contents, Page, Place};
use super::layout;
use super::mix::Kind;
use crate::guest::random::Random;

/// Draws that may come to nothing before the plan gives up.
const PATIENCE: usize = 10_000;
/// The most changes of one [`Kind::Many`], and the fewest.
const MANY: (u64, u64) = (8, 2);

/// What is to be done.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Step {
    /// In one transaction.
    Adjust(Vec<Change>),
    /// A function comes; then, in one transaction, its BARs get their addresses.
    Plug {
        /// Which.
        function: u16,
        /// What its pages hold.
        memory: [u32; 2],
        /// What its registers say.
        registers: u32,
        /// Where its BARs go.
        changes: Vec<Change>,
    },
    /// It is pulled out.
    Unplug(u16),
    /// The device behind its registers panics.
    Panic(u16),
    /// Its registers answer late, by so many ticks; at once where it is 0.
    Slow(u16, u64),
    /// These changes, and one that cannot be: nothing of it may happen.
    Refuse(Vec<Change>, u64),
}

/// One operation of the storm.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Operation {
    /// Counted from 0.
    pub number: u64,
    /// Of which kind.
    pub kind: Kind,
    /// What it is.
    pub step: Step,
    /// Which slots it changes, and what they show then.
    pub touched: Vec<(u16, Contents)>,
}

impl Operation {
    /// The function that fails or goes by it.
    pub fn ends(&self) -> Option<u16> {
        match self.step {
            Step::Unplug(function) | Step::Panic(function) => Some(function),
            _ => None,
        }
    }
}

#[derive(Debug, Clone, Default)]
struct Function {
    plugged: bool,
    enabled: bool,
    failed: bool,
    slow: bool,
    incarnation: u32,
    /// Of its memory.
    pages: u8,
    memory: Option<Place>,
    registers: Option<Place>,
}

impl Function {
    fn at(&self, bar: Bar) -> Option<Place> {
        match bar {
            Bar::Memory => self.memory,
            Bar::Registers => self.registers,
        }
    }

    fn pages(&self, bar: Bar) -> u8 {
        if bar == Bar::Memory { self.pages } else { 1 }
    }
}

/// Who has reserved a page of a slot, hidden or not: a function and which of its pages.
type Tenant = (u16, Part);

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Part {
    Memory(u8),
    Registers,
}

/// The storm's picture of what is where, and its choices.
pub struct Plan {
    random: Random,
    weights: Vec<(Kind, u64)>,
    total: u64,
    functions: Vec<Function>,
    slots: Vec<[Option<Tenant>; 2]>,
    shown: Vec<Contents>,
    /// What is read of registers whose device has failed.
    failed: u32,
    number: u64,
}

/// The 32-bit word that is each page's own: of a function, of one of its pages, of one of its lives.
pub fn identity(function: u16, page: u32, incarnation: u32) -> u32 {
    u32::from(function) << 8 | page << 16 | (incarnation & 0x1fff) << 18
}

impl Plan {
    /// With nothing plugged. `failed`: what is read of registers whose device has failed.
    pub fn new(seed: u64, functions: u16, slots: u16, weights: Vec<(Kind, u64)>, failed: u32) -> Plan {
        let total = weights.iter().map(|(_, weight)| weight).sum::<u64>().max(1);
        Plan {
            random: Random::new(seed),
            weights,
            total,
            functions: vec![Function::default(); usize::from(functions)],
            slots: vec![[None; 2]; usize::from(slots)],
            shown: vec![Contents::default(); usize::from(slots)],
            failed,
            number: 0,
        }
    }

    /// Plugs everything.
    pub fn first(&mut self) -> Vec<Operation> {
        (0..self.functions.len() as u16).map(|function| self.plug(function)).collect()
    }

    /// What each slot shows.
    pub fn shown(&self) -> &[Contents] {
        &self.shown
    }

    /// The next operation; none where the weights lead to nothing that could be done.
    pub fn next(&mut self) -> Option<Operation> {
        (0..PATIENCE).find_map(|_| {
            let kind = self.draw();
            self.attempt(kind)
        })
    }

    fn draw(&mut self) -> Kind {
        let mut ball = self.random.below(self.total);
        for (kind, weight) in &self.weights {
            match ball.checked_sub(*weight) {
                None => return *kind,
                Some(rest) => ball = rest,
            }
        }
        Kind::Move
    }

    fn attempt(&mut self, kind: Kind) -> Option<Operation> {
        match kind {
            Kind::Plug => {
                let function = self.pick(|function| !function.plugged)?;
                Some(self.plug(function))
            }
            Kind::Unplug => self.unplug(),
            Kind::Many => {
                let (most, fewest) = MANY;
                let count = fewest + self.random.below(most - fewest + 1);
                let changes: Vec<Change> = (0..count)
                    .flat_map(|_| {
                        let kind = Kind::CHANGES[self.random.index(Kind::CHANGES.len())];
                        self.change(kind).unwrap_or_default()
                    })
                    .collect();
                (!changes.is_empty()).then(|| self.operation(kind, Step::Adjust(changes)))
            }
            Kind::Panic => {
                let few = self.is_few(|function| function.failed);
                let function = self.pick(|function| function.plugged && !function.failed).filter(|_| few)?;
                self.function(function).failed = true;
                Some(self.operation(kind, Step::Panic(function)))
            }
            Kind::Slow => self.slow(),
            Kind::Refuse => {
                let before = (self.functions.clone(), self.slots.clone());
                let inner = Kind::CHANGES[self.random.index(Kind::CHANGES.len())];
                let changes = self.change(inner).unwrap_or_default();
                (self.functions, self.slots) = before;
                let fault = self.random.any();
                Some(self.operation(kind, Step::Refuse(changes, fault)))
            }
            _ => {
                let changes = self.change(kind)?;
                Some(self.operation(kind, Step::Adjust(changes)))
            }
        }
    }

    fn function(&mut self, function: u16) -> &mut Function {
        &mut self.functions[usize::from(function)]
    }

    /// A function that is `wanted`, if a few draws find one.
    fn pick(&mut self, wanted: impl Fn(&Function) -> bool) -> Option<u16> {
        let count = self.functions.len();
        let start = self.random.index(count);
        (0..count).map(|step| (start + step) % count).find(|&at| wanted(&self.functions[at])).map(|at| at as u16)
    }

    /// Whether no more than a quarter of all functions are so: states that the storm leads out of only now and then must not fill the field.
    fn is_few(&self, so: impl Fn(&Function) -> bool) -> bool {
        4 * self.functions.iter().filter(|function| so(function)).count() <= self.functions.len()
    }

    /// One page, or two of one slot, that nobody has.
    fn free(&mut self, pages: u8) -> Option<Place> {
        let count = 2 * self.slots.len();
        let start = self.random.index(count);
        let places = (0..count).map(|step| (start + step) % count);
        let mut places = places.map(|at| Place { slot: (at / 2) as u16, page: (at % 2) as u8 });
        places.find(|place| {
            let slot = &self.slots[usize::from(place.slot)];
            if pages == 2 { place.page == 0 && *slot == [None; 2] } else { slot[usize::from(place.page)].is_none() }
        })
    }

    fn plug(&mut self, function: u16) -> Operation {
        let incarnation = self.functions[usize::from(function)].incarnation + 1;
        *self.function(function) =
            Function { plugged: true, enabled: true, incarnation, pages: 1, ..Function::default() };
        let mut changes = Vec::new();
        for bar in [Bar::Memory, Bar::Registers] {
            if let Some(place) = self.free(1) {
                changes.push(self.put(function, bar, Some(place)));
            }
        }
        changes.push(Change::Enable { function, on: true });
        let [memory, second, registers] = [0, 1, 2].map(|page| identity(function, page, incarnation));
        self.operation(Kind::Plug, Step::Plug { function, memory: [memory, second], registers, changes })
    }

    fn unplug(&mut self) -> Option<Operation> {
        if !self.is_few(|function| !function.plugged) {
            return None;
        }
        // Those that have failed go first, half of the time.
        let failed = (self.random.below(2) == 0).then(|| self.pick(|function| function.plugged && function.failed));
        let function = match failed.flatten() {
            Some(function) => function,
            None => self.pick(|function| function.plugged)?,
        };
        for bar in [Bar::Memory, Bar::Registers] {
            self.put(function, bar, None);
        }
        self.function(function).plugged = false;
        Some(self.operation(Kind::Unplug, Step::Unplug(function)))
    }

    fn slow(&mut self) -> Option<Operation> {
        let few = self.is_few(|function| function.slow);
        let starts = few && self.random.below(2) == 0;
        let function = self.pick(|function| function.plugged && !function.failed && function.slow != starts)?;
        self.function(function).slow = starts;
        // 5 to 100 microseconds.
        let ticks = if starts { 50 + self.random.below(950) } else { 0 };
        Some(self.operation(Kind::Slow, Step::Slow(function, ticks)))
    }

    /// A change of BARs, of one kind.
    fn change(&mut self, kind: Kind) -> Option<Vec<Change>> {
        let bar = if self.random.below(2) == 0 { Bar::Memory } else { Bar::Registers };
        match kind {
            Kind::Move => {
                let function = self.pick(|function| function.at(bar).is_some())?;
                let place = self.free(self.functions[usize::from(function)].pages(bar))?;
                Some(vec![self.put(function, bar, Some(place))])
            }
            Kind::Swap => self.swap(bar),
            Kind::Resize => self.resize(),
            Kind::Disable => {
                let few = self.is_few(|function| function.plugged && !function.enabled);
                let on = !few || self.random.below(2) == 0;
                let function = self.pick(|function| function.plugged && function.enabled != on)?;
                self.function(function).enabled = on;
                Some(vec![Change::Enable { function, on }])
            }
            Kind::Add => {
                let function = self.pick(|function| function.plugged && function.at(bar).is_none())?;
                let place = self.free(self.functions[usize::from(function)].pages(bar))?;
                Some(vec![self.put(function, bar, Some(place))])
            }
            _ => {
                let function = self.pick(|function| function.at(bar).is_some())?;
                let few = self.is_few(|function| function.plugged && function.at(bar).is_none());
                few.then(|| vec![self.put(function, bar, None)])
            }
        }
    }

    fn swap(&mut self, bar: Bar) -> Option<Vec<Change>> {
        let one = self.pick(|function| function.at(bar).is_some())?;
        let pages = self.functions[usize::from(one)].pages(bar);
        let other_bar = if pages == 1 && self.random.below(2) == 0 { Bar::Registers } else { bar };
        let other = self.pick(|function| function.at(other_bar).is_some() && function.pages(other_bar) == pages)?;
        if (one, bar) == (other, other_bar) {
            return None;
        }
        let here = self.functions[usize::from(one)].at(bar);
        let there = self.functions[usize::from(other)].at(other_bar);
        self.put(other, other_bar, None);
        Some(vec![self.put(one, bar, there), self.put(other, other_bar, here)])
    }

    fn resize(&mut self) -> Option<Vec<Change>> {
        let function = self.pick(|function| function.plugged)?;
        let Function { pages, memory, .. } = self.functions[usize::from(function)];
        let pages = 3 - pages;
        if let (Some(place), 2) = (memory, pages) {
            let beside = self.slots[usize::from(place.slot)][usize::from(1 - place.page)];
            if beside.is_some() {
                return None;
            }
        }
        self.put(function, Bar::Memory, None);
        self.function(function).pages = pages;
        let to = memory.map(|place| Place { page: if pages == 2 { 0 } else { place.page }, ..place });
        Some(vec![self.put(function, Bar::Memory, to), Change::Size { function, pages }])
    }

    /// Takes a BAR from where it is, and puts it elsewhere.
    fn put(&mut self, function: u16, bar: Bar, to: Option<Place>) -> Change {
        let at = usize::from(function);
        let pages = self.functions[at].pages(bar);
        if let Some(from) = self.functions[at].at(bar) {
            for page in from.page..from.page + pages {
                let tenant = &mut self.slots[usize::from(from.slot)][usize::from(page)];
                // Whoever swaps has put another there already.
                if tenant
                    .is_some_and(|(who, part)| who == function && (part == Part::Registers) == (bar == Bar::Registers))
                {
                    *tenant = None;
                }
            }
        }
        if let Some(to) = to {
            for page in 0..pages {
                let part = if bar == Bar::Memory { Part::Memory(page) } else { Part::Registers };
                self.slots[usize::from(to.slot)][usize::from(to.page + page)] = Some((function, part));
            }
        }
        match bar {
            Bar::Memory => self.functions[at].memory = to,
            Bar::Registers => self.functions[at].registers = to,
        }
        Change::Address { function, bar, to }
    }

    /// What a page of a slot shows to who reads it now.
    fn page(&self, tenant: Option<Tenant>) -> Page {
        let Some((index, part)) = tenant else { return Page::default() };
        let function = &self.functions[usize::from(index)];
        if !function.enabled {
            return Page::default();
        }
        match part {
            Part::Memory(page) => Page {
                word: identity(index, page.into(), function.incarnation),
                is_memory: true,
                is_timed: false,
                is_writable: true,
                registers_of: None,
            },
            Part::Registers if function.failed => Page { word: self.failed, ..Page::default() },
            Part::Registers => Page {
                word: identity(index, 2, function.incarnation),
                is_memory: false,
                is_timed: !function.slow,
                is_writable: true,
                registers_of: Some(index),
            },
        }
    }

    /// Closes an operation: what differs now from what was shown before it.
    fn operation(&mut self, kind: Kind, step: Step) -> Operation {
        let mut touched = Vec::new();
        for (slot, tenants) in self.slots.iter().enumerate() {
            let now = Contents(tenants.map(|tenant| self.page(tenant)));
            if now != self.shown[slot] {
                touched.push((slot as u16, now));
            }
        }
        for (slot, contents) in &touched {
            self.shown[usize::from(*slot)] = *contents;
        }
        let number = self.number;
        self.number += 1;
        Operation { number, kind, step, touched }
    }
}

/// What the harts' own functions hold.
pub fn own_identity(functions: u32, hart: u32) -> u32 {
    identity((functions + hart) as u16, 0, 1)
}

/// So that the storm's functions and the harts' own fit into an identity, and into one bus.
const _: () = assert!(layout::MAX_FUNCTIONS + layout::MAX_HARTS <= 31 * 8);

#[cfg(test)]
mod tests;
