//! The naive resolver: for one address it walks the tree by the rules, without flattening anything. It keeps a tree of its own, in plain
//! lists, and judges operations by looking at everything there is.

use std::collections::BTreeMap;

use super::steps::through;
use crate::TopologyError;
use crate::topology::op::{Kind, Op, Stacking};
use crate::topology::{AddressSpaceId, RegionId, RomDeviceMode};

#[derive(Clone, Default)]
pub(super) struct Model {
    pub(super) regions: BTreeMap<RegionId, Node>,
    /// Roots, by id.
    pub(super) spaces: BTreeMap<u32, RegionId>,
    /// Which space each device sees.
    pub(super) assigned: BTreeMap<u32, u32>,
}

#[derive(Clone)]
pub(super) struct Node {
    pub(super) size: u128,
    alias: Option<(RegionId, u64)>,
    answers: bool,
    /// Of a ROM device.
    mode: Option<RomDeviceMode>,
    /// Of an IOMMU: the space that it translates into, and how often it was told to forget.
    iommu: Option<(u32, u32)>,
    /// Whether writes reach a device.
    device: bool,
    /// Where writes are coalesced, as offset and size.
    coalesced: Vec<(u64, u128)>,
    flush: bool,
    forgiving: bool,
    rom: bool,
    /// The size of its memory.
    block: Option<u64>,
    pub(super) enabled: bool,
    read_only: bool,
    log: u8,
    pub(super) parent: Option<(RegionId, u64, Stacking)>,
    /// In the order in which they were added.
    children: Vec<RegionId>,
}

/// What an address means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Hit {
    pub(super) region: RegionId,
    pub(super) offset: u64,
    pub(super) read_only: bool,
    pub(super) log: u8,
    /// Whether reads hit memory and writes a device.
    pub(super) rom_device: bool,
    /// Whether a write of one byte is coalesced.
    pub(super) coalesced: bool,
    pub(super) flush: bool,
    pub(super) forgiving: bool,
    /// Where it goes on, and the age of the translations.
    pub(super) iommu: Option<(u32, u32)>,
}

/// What a region has of those above it.
#[derive(Clone, Copy, Default)]
pub(super) struct Inherited {
    read_only: bool,
    log: u8,
    coalesced: bool,
    flush: bool,
    forgiving: bool,
}

impl Model {
    /// R1 to R8, for one address.
    pub(super) fn resolve(&self, id: RegionId, at: i128, above: Inherited) -> Option<Hit> {
        let node = &self.regions[&id];
        if !node.enabled || at < 0 || at >= node.size as i128 {
            return None;
        }
        let inside = |&(offset, size): &(u64, u128)| (0..size as i128).contains(&(at - i128::from(offset)));
        let all = Inherited {
            read_only: above.read_only || node.read_only || node.rom,
            log: above.log | node.log,
            coalesced: above.coalesced || node.coalesced.iter().any(inside),
            flush: above.flush || node.flush,
            forgiving: above.forgiving || node.forgiving,
        };
        if let Some((target, offset)) = node.alias {
            return self.resolve(target, at + i128::from(offset), all);
        }
        let mut children: Vec<(RegionId, u64, i32)> = node.children.iter().map(|&c| self.child(c)).collect();
        children.sort_by_key(|&(_, _, priority)| priority);
        let hit = children.iter().rev().find_map(|&(c, offset, _)| self.resolve(c, at - i128::from(offset), all));
        hit.or(node.answers.then_some(Hit {
            region: id,
            offset: at as u64,
            read_only: all.read_only,
            log: all.log,
            rom_device: node.mode == Some(RomDeviceMode::Rom),
            coalesced: all.coalesced && node.device,
            flush: all.flush,
            forgiving: all.forgiving,
            iommu: node.iommu,
        }))
    }

    /// Where a byte's access ends, whatever translates it on its way; nowhere where it may not.
    pub(super) fn access(&self, space: u32, addr: u64, write: bool) -> Option<Hit> {
        let hit = self.resolve(self.spaces[&space], i128::from(addr), Inherited::default())?;
        match hit.iommu {
            Some(_) if write && hit.read_only => None,
            Some((into, _)) => self.access(into, through(hit.offset)?, write),
            None => Some(hit),
        }
    }

    fn child(&self, id: RegionId) -> (RegionId, u64, i32) {
        let (_, offset, stacking) = self.regions[&id].parent.unwrap();
        (id, offset, stacking.priority())
    }

    /// Every address at which something may begin or end, from this root; stops when there are very many.
    pub(super) fn edges(&self, id: RegionId, base: i128, edges: &mut Vec<i128>) {
        let node = &self.regions[&id];
        if edges.len() > 200 {
            return;
        }
        edges.extend([base, base + node.size as i128]);
        if let Some((target, offset)) = node.alias {
            self.edges(target, base - i128::from(offset), edges);
        }
        for &child in &node.children {
            self.edges(child, base + i128::from(self.child(child).1), edges);
        }
    }

    /// Carries out all of `ops`, or none.
    pub(super) fn apply(&mut self, ops: &[Op]) -> Result<(), TopologyError> {
        let mut next = self.clone();
        ops.iter().try_for_each(|op| next.step(op))?;
        next.judge()?;
        *self = next;
        Ok(())
    }

    fn known(&self, AddressSpaceId(space): AddressSpaceId) -> Result<u32, TopologyError> {
        if self.spaces.contains_key(&space) { Ok(space) } else { Err(TopologyError::UnknownSpace(space)) }
    }

    fn node(&mut self, id: RegionId) -> Result<&mut Node, TopologyError> {
        self.regions.get_mut(&id).ok_or(TopologyError::UnknownRegion(id))
    }

    pub(super) fn step(&mut self, op: &Op) -> Result<(), TopologyError> {
        match *op {
            Op::Create { id, size, ref kind, .. } => self.create(id, size, kind)?,
            Op::CreateIommu { id, size, ref target } => {
                let space = self.known(target.space())?;
                // To a view it is a terminal range like any other.
                self.create(id, size, &Kind::Reservation)?;
                self.node(id)?.iommu = Some((space, 0));
            }
            Op::InvalidateTranslations { region } => match &mut self.node(region)?.iommu {
                Some((_, age)) => *age += 1,
                None => return Err(TopologyError::WrongKind(region)),
            },
            Op::CreateSpace { id, root, .. } => {
                self.node(root)?;
                self.spaces.insert(id.0, root);
            }
            Op::CloseSpace { id } => {
                let space = self.known(id)?;
                let seen = self.assigned.values().any(|seen| *seen == space);
                let led_to = self.regions.values().any(|node| node.iommu.is_some_and(|(into, _)| into == space));
                if seen || led_to {
                    return Err(TopologyError::SpaceInUse(space));
                }
                self.spaces.remove(&space);
            }
            Op::AssignDevice { device, space: None } => _ = self.assigned.remove(&device),
            Op::AssignDevice { device, space: Some(space) } => {
                let space = self.known(space)?;
                self.assigned.insert(device, space);
            }
            Op::Add { parent, child, offset, stacking } => self.add(parent, child, offset, stacking)?,
            Op::Del { parent, child } => {
                self.node(parent)?;
                if self.node(child)?.parent.is_none_or(|p| p.0 != parent) {
                    return Err(TopologyError::NotAChild { parent, child });
                }
                self.node(child)?.parent = None;
                self.node(parent)?.children.retain(|&c| c != child);
            }
            Op::SetEnabled { region, enabled } => self.node(region)?.enabled = enabled,
            Op::SetReadOnly { region, read_only } => self.node(region)?.read_only = read_only,
            Op::SetLog { region, mask } => self.node(region)?.log = mask,
            Op::LogFor { region, client, on } => match &mut self.node(region)?.log {
                log if on && *log & client.mask() != 0 => return Err(TopologyError::AlreadyLogged { region, client }),
                log if on => *log |= client.mask(),
                log => *log &= !client.mask(),
            },
            Op::DropMarks => {}
            Op::AddCoalescing { region, size: 0, .. } => return Err(TopologyError::ZeroSize(region)),
            Op::AddCoalescing { region, offset, size } => self.node(region)?.coalesced.push((offset, size)),
            Op::ClearCoalescing { region } => self.node(region)?.coalesced.clear(),
            Op::SetFlushCoalesced { region, flush } => self.node(region)?.flush = flush,
            Op::SetForgiving { region, forgiving } => self.node(region)?.forgiving = forgiving,
            Op::SetAddress { region, offset } => match &mut self.node(region)?.parent {
                Some(place) => place.1 = offset,
                None => return Err(TopologyError::NotPlaced(region)),
            },
            Op::SetSize { region, size } => {
                check_size(region, size)?;
                if let Some(block) = self.node(region)?.block.filter(|&block| u128::from(block) != size) {
                    return Err(TopologyError::SizeMismatch { region, size, block });
                }
                self.node(region)?.size = size;
            }
            Op::SetAliasOffset { region, alias_offset } => match &mut self.node(region)?.alias {
                Some(alias) => alias.1 = alias_offset,
                None => return Err(TopologyError::WrongKind(region)),
            },
            Op::AddEventfd { region, .. } | Op::DelEventfd { region, .. } => _ = self.node(region)?,
            Op::SetRomDeviceMode { region, mode } => match &mut self.node(region)?.mode {
                Some(current) => *current = mode,
                None => return Err(TopologyError::WrongKind(region)),
            },
            Op::Destroy { region } => self.destroy(region)?,
        }
        Ok(())
    }

    fn create(&mut self, id: RegionId, size: u128, kind: &Kind) -> Result<(), TopologyError> {
        check_size(id, size)?;
        let alias = match *kind {
            Kind::Alias { target, offset } => Some((target, offset)),
            _ => None,
        };
        if let Some((target, _)) = alias {
            self.node(target)?;
        }
        let answers = alias.is_none() && !matches!(kind, Kind::Container);
        let rom = matches!(kind, Kind::Rom(_));
        let block = kind.block().map(|block| block.size());
        let mode = match kind {
            Kind::RomDevice(_, mode) => Some(*mode),
            _ => None,
        };
        let device = matches!(kind, Kind::Mmio(_) | Kind::RomDevice(..));
        let (enabled, read_only, log, coalesced, flush, forgiving, iommu) =
            (true, false, 0, Vec::new(), false, false, None);
        let (parent, children) = (None, Vec::new());
        self.regions.insert(
            id,
            Node {
                size,
                alias,
                answers,
                mode,
                iommu,
                device,
                coalesced,
                flush,
                forgiving,
                rom,
                block,
                enabled,
                read_only,
                log,
                parent,
                children,
            },
        );
        Ok(())
    }

    fn add(&mut self, parent: RegionId, child: RegionId, offset: u64, stacking: Stacking) -> Result<(), TopologyError> {
        if self.node(parent)?.alias.is_some() {
            return Err(TopologyError::ChildOfAlias(parent));
        }
        if self.node(child)?.parent.is_some() {
            return Err(TopologyError::HasParent(child));
        }
        if self.contains(child, parent) {
            return Err(TopologyError::Cycle(child));
        }
        self.node(child)?.parent = Some((parent, offset, stacking));
        self.node(parent)?.children.push(child);
        Ok(())
    }

    fn contains(&self, outer: RegionId, inner: RegionId) -> bool {
        let node = &self.regions[&outer];
        let behind = node.iommu.map(|(space, _)| self.spaces[&space]);
        let below = node.children.iter().copied().chain(node.alias.map(|(target, _)| target)).chain(behind);
        outer == inner || below.into_iter().any(|next| self.contains(next, inner))
    }

    fn destroy(&mut self, id: RegionId) -> Result<(), TopologyError> {
        let node = self.node(id)?;
        let in_use = node.parent.is_some() || !node.children.is_empty();
        let aliased = self.regions.values().any(|r| r.alias.is_some_and(|(target, _)| target == id));
        if in_use || aliased || self.spaces.values().any(|&root| root == id) {
            return Err(TopologyError::InUse(id));
        }
        self.regions.remove(&id);
        Ok(())
    }

    /// Every two siblings that both forbid it are apart.
    fn judge(&self) -> Result<(), TopologyError> {
        for node in self.regions.values() {
            for (index, &a) in node.children.iter().enumerate() {
                for &b in &node.children[..index] {
                    let (Some((a0, a1)), Some((b0, b1))) = (self.exclusive(a), self.exclusive(b)) else { continue };
                    if a0 < b1 && b0 < a1 {
                        return Err(TopologyError::Overlap { added: a, existing: b });
                    }
                }
            }
        }
        Ok(())
    }

    fn exclusive(&self, id: RegionId) -> Option<(u128, u128)> {
        let node = &self.regions[&id];
        let (_, offset, _) = node.parent.filter(|&(_, _, stacking)| stacking == Stacking::Exclusive)?;
        Some((u128::from(offset), u128::from(offset) + node.size))
    }
}

fn check_size(id: RegionId, size: u128) -> Result<(), TopologyError> {
    match size {
        0 => Err(TopologyError::ZeroSize(id)),
        _ if size > 1 << 64 => Err(TopologyError::OutOfSpace(id)),
        _ => Ok(()),
    }
}
