//! From two steps to the handler of both: a hash table, made once.

use std::sync::LazyLock;

use crate::fused::{Key, Pair, table};
use crate::op::Handler;

/// Open addressing; at most half full.
struct Lookup {
    slots: Box<[Option<Pair>]>,
    shift: u32,
}

static LOOKUP: LazyLock<Lookup> = LazyLock::new(|| Lookup::new(table::PARTS));

/// The handler of these two, if the table has the pair.
pub(crate) fn pair(first: Key, second: Key) -> Option<Handler> {
    LOOKUP.probe(first, second).find_map(|&(a, b, handler)| ((a, b) == (first, second)).then_some(handler))
}

impl Lookup {
    fn new(parts: &[&[Pair]]) -> Lookup {
        let pairs = parts.iter().map(|part| part.len()).sum::<usize>();
        let size = (2 * pairs + 1).next_power_of_two();
        let mut lookup = Lookup { slots: vec![None; size].into(), shift: 64 - size.trailing_zeros() };
        for &pair in parts.iter().copied().flatten() {
            let start = lookup.start(pair.0, pair.1);
            let free = (start..size).chain(0..start).find(|&at| lookup.slots[at].is_none());
            if let Some(at) = free {
                lookup.slots[at] = Some(pair);
            }
        }
        lookup
    }

    fn start(&self, first: Key, second: Key) -> usize {
        let bits = first.bits() << 32 ^ second.bits();
        // 2^64 divided by the golden ratio.
        (bits.wrapping_mul(0x9e37_79b9_7f4a_7c15)).checked_shr(self.shift).unwrap_or(0) as usize
    }

    /// The pairs that may be this one.
    fn probe(&self, first: Key, second: Key) -> impl Iterator<Item = &Pair> {
        let start = self.start(first, second);
        let (before, from) = self.slots.split_at(start);
        from.iter().chain(before).map_while(Option::as_ref)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_pair_is_found_and_nothing_else() {
        let all: Vec<_> = table::PARTS.iter().copied().flatten().collect();
        assert!(all.len() > 1000, "{}", all.len());
        for &&(first, second, handler) in &all {
            let found = pair(first, second).expect("it is in the table");
            assert!(std::ptr::fn_addr_eq(found, handler), "{first:?} {second:?} stands there twice");
            assert_eq!(pair(second, first).is_some(), all.iter().any(|pair| (pair.0, pair.1) == (second, first)));
        }
    }
}
