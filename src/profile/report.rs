//! The table of functions: how many samples of each, and of each with what it calls.

use std::collections::{HashMap, HashSet};
use std::fmt::Write;

use super::folded::{mode, process};
use super::{Counts, Key, Place, Symbols};
use crate::text::grouped;

/// Samples of one function: in itself, and in itself or what it calls.
#[derive(Debug, Clone, Copy, Default)]
struct Line {
    own: u64,
    total: u64,
}

/// Whose time it is: the mode, the process in user mode, the function or page.
type Owner = (u8, Option<u64>, Option<Place>);

/// The table, of all harts together, most own samples first.
pub fn table(harts: &[&Counts], symbols: &Symbols, every: u64) -> String {
    let all: u64 = harts.iter().flat_map(|counts| counts.values()).sum();
    let each =
        harts.iter().enumerate().map(|(hart, counts)| format!("hart {hart} {}", grouped(counts.values().sum::<u64>())));
    let each = each.collect::<Vec<_>>().join(", ");
    let mut text =
        format!("{} samples ({each}), one in {} instructions of a hart on the average\n", grouped(all), grouped(every));
    text += "own: in the function itself; total: with what it calls, as far as frame pointers tell\n\n";
    text += "      own    own %      total  total %  mode        function\n";
    let share = |part: u64| 100.0 * part as f64 / all.max(1) as f64;
    for (owner, Line { own, total }) in sorted(harts) {
        let name = name(owner, symbols);
        let written = writeln!(
            text,
            "{own:>9} {:>8.2} {total:>10} {:>8.2}  {:<10}  {name}",
            share(own),
            share(total),
            mode(owner.0)
        );
        debug_assert!(written.is_ok(), "a String takes everything");
    }
    text
}

fn name((_, tables, place): Owner, symbols: &Symbols) -> String {
    let place = place.map_or_else(|| "[more]".to_owned(), |place| symbols.name(place));
    tables.map_or_else(|| place.clone(), |tables| format!("{place} {}", process(tables)))
}

fn sorted(harts: &[&Counts]) -> Vec<(Owner, Line)> {
    let mut lines: HashMap<Owner, Line> = HashMap::new();
    for (Key { privilege, process, stack }, count) in harts.iter().flat_map(|counts| counts.iter()) {
        let owner = |place| (*privilege, *process, place);
        lines.entry(owner(stack.first().copied())).or_default().own += count;
        // A function that calls itself is in one sample once.
        let places: HashSet<Option<Place>> =
            if stack.is_empty() { [None].into() } else { stack.iter().copied().map(Some).collect() };
        for place in places {
            lines.entry(owner(place)).or_default().total += count;
        }
    }
    let mut lines: Vec<_> = lines.into_iter().collect();
    lines.sort_by_key(|(owner, line)| (std::cmp::Reverse((line.own, line.total)), *owner));
    lines
}

#[cfg(test)]
mod tests {
    use super::super::Place::{Function, Page};
    use super::*;

    #[test]
    fn own_and_total_are_told_apart() {
        let mut symbols = Symbols::default();
        symbols.add("map", b"1000 T outer\n2000 T inner\n3000 D data\n", &[]).expect("a map");
        let symbols = symbols.sorted();
        let key = |privilege, process, stack: &[_]| Key { privilege, process, stack: stack.into() };
        let inner = key(1, None, &[Function(0x2000), Function(0x1000), Function(0x2000)]);
        let first: Counts = [(inner.clone(), 6), (key(0, Some(0x8000_0000), &[Page(0x5000)]), 3)].into();
        let second: Counts = [(inner, 1), (key(1, None, &[Function(0x1000)]), 8), (key(0, None, &[]), 2)].into();
        let text = table(&[&first, &second], &symbols, 1_000_000);
        let lines: Vec<&str> = text.lines().collect();
        assert_eq!(
            lines[0],
            "20 samples (hart 0 9, hart 1 11), one in 1,000,000 instructions of a hart on the average"
        );
        let rows: Vec<Vec<&str>> = lines[4..].iter().map(|line| line.split_whitespace().collect()).collect();
        assert_eq!(
            rows,
            [
                vec!["8", "40.00", "15", "75.00", "supervisor", "outer"],
                vec!["7", "35.00", "7", "35.00", "supervisor", "inner"],
                vec!["3", "15.00", "3", "15.00", "user", "[0x5000]", "process_0x80000000"],
                vec!["2", "10.00", "2", "10.00", "user", "[more]"],
            ]
        );
    }
}
