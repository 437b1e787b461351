//! The topology as text: the tree as it was built, and the flat views as they are seen.

use std::fmt::Write;

use super::dirty::Span;
use super::op::Kind;
use super::state::State;
use super::tree::{Region, Tree};
use super::view::FlatView;
use super::{FlatRange, RegionId, Target};

impl State {
    /// The region tree as text: each address space from its root, then whatever hangs below none, indented. Addresses count from the
    /// root's start; siblings stand in the order of their addresses.
    pub(crate) fn dump_tree(&self) -> String {
        let mut out = String::new();
        for (space, _) in self.spaces_with_views() {
            line(&mut out, format_args!("address space {}", space.name));
            dump_below(self.tree(), space.root, &mut out);
        }
        for id in self.tree().ids() {
            let loose = self.tree().get(id).filter(|r| r.placement.is_none() && r.roots == 0);
            if let Some(region) = loose {
                let how = if region.aliases.is_empty() { "not mapped" } else { "mapped by aliases" };
                line(&mut out, format_args!("region {} ({how})", region.name));
                dump_below(self.tree(), id, &mut out);
            }
        }
        out
    }

    /// Every flat view as text, with the names of the spaces that share it.
    pub(crate) fn dump_flat(&self) -> String {
        let mut out = String::new();
        let mut seen: Vec<*const FlatView> = Vec::new();
        for (_, view) in self.spaces_with_views() {
            if seen.contains(&std::sync::Arc::as_ptr(view)) {
                continue;
            }
            seen.push(std::sync::Arc::as_ptr(view));
            let sharing = self.spaces_with_views().filter(|(_, other)| std::sync::Arc::ptr_eq(view, other));
            let names: Vec<&str> = sharing.map(|(space, _)| &*space.name).collect();
            let (generation, count) = (view.generation(), view.len());
            line(&mut out, format_args!("view of {}: generation {generation}, {count} ranges", names.join(", ")));
            view.iter().for_each(|range| self.dump_range(range, &mut out));
        }
        out
    }

    fn dump_range(&self, range: &FlatRange, out: &mut String) {
        let kind = match (&range.target, range.read_only) {
            (Target::Ram(_), false) => "ram",
            (Target::Ram(_), true) => "rom",
            (Target::Mmio(_), _) => "mmio",
            (Target::RomDevice(_), _) => "rom-dev",
            (Target::Reservation, _) => "reserved",
            (Target::Iommu(_), _) => "iommu",
        };
        let name = self.tree().get(range.region).map_or("?", |region| &region.name);
        let offset = if range.offset == 0 { String::new() } else { format!(" from {:#x}", range.offset) };
        let log = if range.dirty_mask == 0 { String::new() } else { format!(" [log {:#x}]", range.dirty_mask) };
        line(out, format_args!("  {} {kind:<8} {name}{offset}{log}", range.range));
    }
}

fn dump_below(tree: &Tree, root: RegionId, out: &mut String) {
    let mut todo = vec![(root, 0i128, 1usize)];
    while let Some((id, base, depth)) = todo.pop() {
        let Some(region) = tree.get(id) else { continue };
        dump_region(tree, region, base, depth, out);
        let placed = |child: RegionId| tree.get(child)?.placement.map(|p| (p.offset, child));
        let mut children: Vec<(u64, RegionId)> = region.children.ascending().rev().filter_map(placed).collect();
        children.sort_by_key(|&(offset, _)| offset);
        let below = children.into_iter().map(|(offset, child)| (child, base + i128::from(offset), depth + 1));
        todo.extend(below.rev());
    }
}

fn dump_region(tree: &Tree, region: &Region, base: i128, depth: usize, out: &mut String) {
    let span = Span::of_size(region.size).shifted(base);
    let priority = region.placement.map_or(0, |p| p.stacking.priority());
    let indent = "  ".repeat(depth);
    let (kind, name) = (kind_name(&region.kind), &region.name);
    let mut text = format!("{indent}{:016x}-{:016x} (priority {priority}, {kind}): {name}", span.lo, span.hi);
    if let Some((target, offset)) = region.window() {
        let window = Span::of_size(region.size).shifted(i128::from(offset));
        let target = tree.get(target).map_or("?", |target| &target.name);
        text.push_str(&format!(" = {target} {:016x}-{:016x}", window.lo, window.hi));
    }
    if let Kind::Iommu { root, .. } = region.kind {
        text.push_str(&format!(" into {}", tree.get(root).map_or("?", |root| &root.name)));
    }
    let flags = region.flags;
    let log = format!(" [log {:#x}]", flags.log);
    let marks = [(!flags.enabled, " [disabled]"), (flags.read_only, " [read-only]"), (flags.log != 0, log.as_str())];
    text.extend(marks.into_iter().filter(|(set, _)| *set).map(|(_, mark)| mark));
    line(out, format_args!("{text}"));
}

fn kind_name(kind: &Kind) -> &'static str {
    match kind {
        Kind::Container => "container",
        Kind::Ram(_) => "ram",
        Kind::Rom(_) => "rom",
        Kind::Mmio(_) => "mmio",
        Kind::RomDevice(..) => "rom-dev",
        Kind::Alias { .. } => "alias",
        Kind::Reservation => "reserved",
        Kind::Iommu { .. } => "iommu",
    }
}

fn line(out: &mut String, text: std::fmt::Arguments<'_>) {
    writeln!(out, "{text}").expect("a String takes whatever is written");
}

#[cfg(test)]
mod tests {
    use super::super::tests::{Map, whole_space};

    #[test]
    fn dumps_name_everything_a_reader_asks_for() {
        let mut map = Map::new();
        let (root, _) = whole_space(&mut map);
        map.commit(|tx| {
            let bus = tx.container("bus", 0x1000);
            let (uart, off) = (tx.reservation("uart", 8), tx.reservation("spare", 8));
            let low = tx.alias("low", bus, 0x100, 0x100);
            tx.add_subregion(bus, 0x104, uart).add_subregion_overlap(bus, 0x80, off, -1).set_enabled(off, false);
            tx.add_subregion(root, 0x2000, low).set_read_only(low, true).set_log(low, 1);
            let master = tx.alias("master", root, 0, 1 << 64);
            tx.address_space("dma", master);
        });
        let tree = "\
address space memory
  0000000000000000-ffffffffffffffff (priority 0, container): root
    0000000000002000-00000000000020ff (priority 0, alias): low = bus 0000000000000100-00000000000001ff [read-only] [log 0x1]
address space dma
  0000000000000000-ffffffffffffffff (priority 0, alias): master = root 0000000000000000-ffffffffffffffff
region bus (mapped by aliases)
  0000000000000000-0000000000000fff (priority 0, container): bus
    0000000000000080-0000000000000087 (priority -1, reserved): spare [disabled]
    0000000000000104-000000000000010b (priority 0, reserved): uart
";
        assert_eq!(map.state.dump_tree(), tree);
        let flat = "\
view of memory, dma: generation 2, 1 ranges
  0000000000002004-000000000000200b reserved uart [log 0x1]
";
        assert_eq!(map.state.dump_flat(), flat);
    }
}
