//! A survey as text: the tree as it was built, and the flat views as they are seen.

use std::fmt::Write;

use super::Survey;
use crate::topology::RegionId;
use crate::topology::dirty::Span;
use crate::topology::state::rendered_root;
use crate::topology::tree::Region;

impl Survey {
    /// The region tree: each address space from its root, then whatever hangs below none, indented. Addresses count from the root's start;
    /// siblings stand in the order of their addresses.
    pub fn tree_text(&self) -> String {
        let mut out = String::new();
        for space in self.spaces.values() {
            line(&mut out, format_args!("address space {}", space.name));
            self.print_below(space.root, &mut out);
        }
        for id in self.tree.ids() {
            let loose = self.tree.get(id).filter(|r| r.placement.is_none() && r.roots == 0);
            if let Some(region) = loose {
                let how = if region.aliases.is_empty() { "not mapped" } else { "mapped by aliases" };
                line(&mut out, format_args!("region {} ({how})", region.name));
                self.print_below(id, &mut out);
            }
        }
        out
    }

    /// Every flat view, with the names of the spaces that share it.
    pub fn flat_text(&self) -> String {
        let mut out = String::new();
        let mut seen = Vec::new();
        for space in self.spaces() {
            let shown = rendered_root(&self.tree, space.root);
            if seen.contains(&shown) {
                continue;
            }
            seen.push(shown);
            let sharing = self.spaces.values().filter(|other| rendered_root(&self.tree, other.root) == shown);
            let names: Vec<&str> = sharing.map(|space| &*space.name).collect();
            let ranges = self.flat(space.id).unwrap_or_default();
            let (generation, count) = (self.generation, ranges.len());
            line(&mut out, format_args!("view of {} at generation {generation}: {count} ranges", names.join(", ")));
            ranges.iter().for_each(|range| line(&mut out, format_args!("  {range}")));
        }
        out
    }

    fn print_below(&self, root: RegionId, out: &mut String) {
        let mut todo = vec![(root, 0i128, 1usize)];
        while let Some((id, base, depth)) = todo.pop() {
            let Some(region) = self.tree.get(id) else { continue };
            self.print_region(region, base, depth, out);
            let placed = |child: RegionId| self.tree.get(child)?.placement.map(|p| (p.offset, child));
            let mut children: Vec<(u64, RegionId)> = region.children.ascending().rev().filter_map(placed).collect();
            children.sort_by_key(|&(offset, _)| offset);
            let below = children.into_iter().map(|(offset, child)| (child, base + i128::from(offset), depth + 1));
            todo.extend(below.rev());
        }
    }

    fn print_region(&self, region: &Region, base: i128, depth: usize, out: &mut String) {
        let span = Span::of_size(region.size).shifted(base);
        let priority = region.placement.map_or(0, |p| p.stacking.priority());
        let indent = "  ".repeat(depth);
        let (kind, name) = (region.kind.name(), &region.name);
        let mut text = format!("{indent}{:016x}-{:016x} (priority {priority}, {kind}): {name}", span.lo, span.hi);
        if let Some((target, offset)) = region.window() {
            let window = Span::of_size(region.size).shifted(i128::from(offset));
            text.push_str(&format!(" = {} {:016x}-{:016x}", self.name(target), window.lo, window.hi));
        } else if let Some(root) = region.leads_to() {
            text.push_str(&format!(" into {}", self.name(root)));
        }
        let flags = region.flags;
        let log = format!(" [log {:#x}]", flags.log);
        let marks =
            [(!flags.enabled, " [disabled]"), (flags.read_only, " [read-only]"), (flags.log != 0, log.as_str())];
        text.extend(marks.into_iter().filter(|(set, _)| *set).map(|(_, mark)| mark));
        let coalesced = region.coalesced.iter().flat_map(|parts| parts.iter());
        text.extend(coalesced.map(|&(offset, size)| format!(" [coalesced {}]", coalesced_part(offset, size))));
        if flags.flush_coalesced {
            text.push_str(" [flush]");
        }
        if flags.forgiving {
            text.push_str(" [forgiving]");
        }
        line(out, format_args!("{text}"));
    }
}

/// A part of a region, by its offsets; to the end where it has no other.
pub(super) fn coalesced_part(offset: u64, size: u128) -> String {
    let last = u128::from(offset) + size - 1;
    match (offset, u64::try_from(last)) {
        (_, Ok(last)) if last < u64::MAX => format!("{offset:#x}-{last:#x}"),
        (0, _) => "all".to_owned(),
        _ => format!("from {offset:#x}"),
    }
}

fn line(out: &mut String, text: std::fmt::Arguments<'_>) {
    writeln!(out, "{text}").expect("a String takes whatever is written");
}
