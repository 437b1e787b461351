//! The plan by itself: equal for equal seeds, lawful, and lively for as long as anybody asks.

use std::collections::BTreeMap;

use super::*;
use crate::stress::field::FAILED;
use crate::stress::mix::{Faults, Mix, weights};

fn plan(seed: u64, functions: u16, mix: &str, faults: Option<&str>) -> Plan {
    let mix: Mix = if mix.is_empty() { Mix::default() } else { mix.parse().unwrap() };
    let faults: Option<Faults> = faults.map(|faults| faults.parse().unwrap());
    Plan::new(seed, functions, layout::slots(functions.into()), weights(&mix, faults.as_ref()), FAILED)
}

fn operations(plan: &mut Plan, count: usize) -> Vec<Operation> {
    let first = plan.first();
    first.into_iter().chain(std::iter::from_fn(|| plan.next())).take(count).collect()
}

#[test]
fn equal_seeds_make_equal_operations() {
    let make = |seed, faults| operations(&mut plan(seed, 12, "", faults), 3000);
    assert_eq!(make(5, None), make(5, None));
    assert_ne!(make(5, None), make(6, None));
    assert_ne!(make(5, None), make(5, Some("panic")));
}

/// Carries the operations out on a model of what PCI makes of them, and compares what is shown.
#[test]
fn what_is_announced_is_what_the_changes_make() {
    for seed in 0..2 {
        let mut plan = plan(seed, 10, "", Some("panic=2,slow=2,refuse=2"));
        let mut model = Model::default();
        let mut shown: BTreeMap<u16, Contents> = BTreeMap::new();
        for operation in operations(&mut plan, 2000) {
            model.carry_out(&operation.step);
            shown.extend(operation.touched.iter().copied());
            for slot in 0..layout::slots(10) {
                let announced = shown.get(&slot).copied().unwrap_or_default();
                assert_eq!(announced.0.map(|page| page.word), model.slot(slot), "seed {seed}: {operation:?}");
            }
        }
    }
}

#[derive(Default)]
struct Model {
    functions: BTreeMap<u16, Modelled>,
}

struct Modelled {
    memory: [u32; 2],
    registers: u32,
    enabled: bool,
    pages: u8,
    at: [Option<Place>; 2],
}

impl Model {
    fn carry_out(&mut self, step: &Step) {
        match step {
            Step::Adjust(changes) => changes.iter().for_each(|change| self.change(*change)),
            Step::Plug { function, memory, registers, changes } => {
                let new = Modelled { memory: *memory, registers: *registers, enabled: false, pages: 1, at: [None; 2] };
                assert!(self.functions.insert(*function, new).is_none(), "plugged twice");
                changes.iter().for_each(|change| self.change(*change));
            }
            Step::Unplug(function) => assert!(self.functions.remove(function).is_some(), "was not there"),
            Step::Panic(function) => self.function(*function).registers = FAILED,
            Step::Slow(function, _) => drop(self.function(*function).at),
            Step::Refuse(..) => {}
        }
    }

    fn function(&mut self, function: u16) -> &mut Modelled {
        self.functions.get_mut(&function).expect("it is plugged")
    }

    fn change(&mut self, change: Change) {
        match change {
            Change::Address { function, bar, to } => self.function(function).at[bar as usize] = to,
            Change::Size { function, pages } => self.function(function).pages = pages,
            Change::Enable { function, on } => self.function(function).enabled = on,
        }
    }

    fn slot(&self, slot: u16) -> [u32; 2] {
        [0, 1].map(|page| {
            let here = Place { slot, page };
            let words = self.functions.values().filter(|function| function.enabled).flat_map(|function| {
                let [memory, registers] = function.at;
                let second =
                    memory.filter(|_| function.pages == 2).map(|place| Place { page: place.page + 1, ..place });
                [(memory, function.memory[0]), (second, function.memory[1]), (registers, function.registers)]
            });
            let words: Vec<u32> = words.filter(|(at, _)| *at == Some(here)).map(|(_, word)| word).collect();
            assert!(words.len() <= 1, "two at {here:?}");
            words.first().copied().unwrap_or(layout::ABSENT)
        })
    }
}

#[test]
fn every_kind_comes_up_and_the_field_stays_full() {
    let mut plan = plan(1, 16, "", Some("panic,slow,refuse"));
    let mut counts = BTreeMap::new();
    for operation in operations(&mut plan, 6_000) {
        *counts.entry(operation.kind).or_insert(0) += 1;
    }
    assert_eq!(counts.len(), Kind::ALL.len(), "{counts:?}");
    let plugged = plan.functions.iter().filter(|function| function.plugged).count();
    assert!(plugged >= 11, "{plugged} of 16 are plugged");
}

#[test]
fn one_function_is_a_field_too_and_a_mix_may_come_to_its_end() {
    assert_eq!(operations(&mut plan(3, 1, "", None), 2000).len(), 2000);
    let unplugged = operations(&mut plan(3, 8, "unplug", None), 2000);
    assert!(unplugged.len() < 20, "{}", unplugged.len());
}

#[test]
fn nobody_is_taken_for_another() {
    let words: std::collections::BTreeSet<u32> = (0..200)
        .flat_map(|function| (0..3).flat_map(move |page| (0..5).map(move |life| identity(function, page, life))))
        .collect();
    assert_eq!(words.len(), 200 * 3 * 5);
    assert!(words.iter().all(|word| word & 0xff == 0 && word >> 31 == 0));
}
