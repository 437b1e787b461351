//! Folded stacks: a line for each, frames from the outermost by semicolons, then how often it was seen.

use std::collections::BTreeMap;

use super::{Counts, Symbols};

/// The whole file, in an order of its own: equal profiles are equal files.
pub fn lines<'a>(harts: impl Iterator<Item = &'a Counts>, symbols: &Symbols) -> String {
    let mut lines: BTreeMap<String, u64> = BTreeMap::new();
    for (hart, counts) in harts.enumerate() {
        for ((privilege, stack), count) in counts {
            let mut line = format!("hart{hart};{}", mode(*privilege));
            for &place in stack.iter().rev() {
                line += ";";
                line += &symbols.name(place);
            }
            if stack.is_empty() {
                line += ";[more]";
            }
            *lines.entry(line).or_default() += count;
        }
    }
    lines.into_iter().map(|(line, count)| format!("{line} {count}\n")).collect()
}

fn mode(privilege: u8) -> &'static str {
    match privilege {
        0 => "user",
        1 => "supervisor",
        _ => "machine",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_outermost_frame_comes_first() {
        let mut symbols = Symbols::default();
        symbols.add("map", b"1000 T outer\n2000 T inner with;more\n3000 D data\n").expect("a map");
        let symbols = symbols.sorted();
        let stack = |places: &[u64]| -> Box<[u64]> { places.into() };
        let counts: [Counts; 2] = [
            [((1, stack(&[0x2000, 0x1000])), 3), ((3, stack(&[0x8000_0000])), 1)].into(),
            [((0, stack(&[])), 2)].into(),
        ];
        let want = "hart0;machine;[0x80000000] 1\nhart0;supervisor;outer;inner_with_more 3\nhart1;user;[more] 2\n";
        assert_eq!(lines(counts.iter(), &symbols), want);
    }
}
