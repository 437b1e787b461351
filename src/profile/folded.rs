//! Folded stacks: a line for each, frames from the outermost by semicolons, then how often it was seen.

use std::collections::BTreeMap;

use super::{Counts, Symbols};

/// The whole file, in an order of its own: equal profiles are equal files.
pub fn lines<'a>(harts: impl Iterator<Item = &'a Counts>, symbols: &Symbols) -> String {
    let mut lines: BTreeMap<String, u64> = BTreeMap::new();
    for (hart, counts) in harts.enumerate() {
        for (key, count) in counts {
            let mut line = format!("hart{hart};{}", mode(key.privilege));
            line += &key.process.map(|tables| format!(";{}", process(tables))).unwrap_or_default();
            for &place in key.stack.iter().rev() {
                line += ";";
                line += &symbols.name(place);
            }
            if key.stack.is_empty() {
                line += ";[more]";
            }
            *lines.entry(line).or_default() += count;
        }
    }
    lines.into_iter().map(|(line, count)| format!("{line} {count}\n")).collect()
}

/// What stands for a privilege mode.
pub fn mode(privilege: u8) -> &'static str {
    match privilege {
        0 => "user",
        1 => "supervisor",
        _ => "machine",
    }
}

/// What stands for a process: where its page tables begin.
pub fn process(tables: u64) -> String {
    format!("process_{tables:#x}")
}

#[cfg(test)]
mod tests {
    use super::super::Key;
    use super::super::Place::{Function, Page};
    use super::*;

    #[test]
    fn the_outermost_frame_comes_first() {
        let mut symbols = Symbols::default();
        symbols.add("map", b"1000 T outer\n2000 T inner with;more\n3000 D data\n", &[]).expect("a map");
        let symbols = symbols.sorted();
        let key = |privilege, process, stack: &[_]| Key { privilege, process, stack: stack.into() };
        let counts: [Counts; 2] = [
            [(key(1, None, &[Function(0x2000), Function(0x1000)]), 3), (key(3, None, &[Page(0x2000)]), 1)].into(),
            [(key(0, Some(0x8123_4000), &[]), 2)].into(),
        ];
        let want = "hart0;machine;[0x2000] 1\nhart0;supervisor;outer;inner_with_more 3\nhart1;user;process_0x81234000;[more] 2\n";
        assert_eq!(lines(counts.iter(), &symbols), want);
    }
}
