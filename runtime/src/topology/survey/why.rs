//! Why an address decodes to what it does: every region that lays claim to it, in the order in which they are asked, and what becomes of
//! each claim.

use std::fmt;

use super::changes::RegionChange;
use super::{RegionKind, Survey};
use crate::topology::tree::Region;
use crate::topology::{AddressSpaceId, Generation, RegionId};
use crate::{Gpa, TopologyError};

/// So many regions are visited for one address: aliases of aliases can lead to one place on very many ways.
const MOST_VISITS: usize = 10_000;

/// All about one address of one space in one generation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Why {
    /// The generation.
    pub generation: Generation,
    /// The space.
    pub space: AddressSpaceId,
    /// The space's name.
    pub space_name: String,
    /// The address.
    pub addr: Gpa,
    /// Who lays claim to it, the first to be asked first.
    pub candidates: Vec<Candidate>,
    /// Whether there were too many ways to look at all.
    pub cut_short: bool,
    /// Where nothing answers: the last generation before in which something did, if the history has one.
    pub before: Option<Neighbour>,
    /// Where nothing answers: the first generation after in which something does, if the history has one.
    pub after: Option<Neighbour>,
}

/// A region that lays claim to the address.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Candidate {
    /// The region.
    pub region: RegionId,
    /// What it is.
    pub kind: RegionKind,
    /// The offset in it that the address would be.
    pub offset: u64,
    /// The names on the way from the space's root to it.
    pub path: Vec<String>,
    /// What becomes of the claim.
    pub verdict: Verdict,
}

/// What becomes of a claim.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// It decodes the address. (A reservation decodes, and never answers an access.)
    Answers,
    /// This region, which was asked before, decodes the address.
    Obscured(String),
    /// It, or this region on the way to it, is disabled.
    Disabled(String),
    /// It reaches past the end of this region on the way to it.
    Clipped(String),
    /// It is an alias, and this region that it shows ends before.
    PastTarget(String),
}

/// The nearest generation in which something answers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Neighbour {
    /// The generation.
    pub generation: Generation,
    /// What answers in it.
    pub answer: Candidate,
    /// What became of regions when that ended (`before`) or began (`after`).
    pub changes: Vec<RegionChange>,
}

/// What is still to do, the next on top.
enum Work {
    /// A region, with all that is in it.
    Enter(RegionId, Way),
    /// What a region that answers says after its children.
    Claim(RegionId, Way),
}

/// How a region was reached.
#[derive(Clone)]
struct Way {
    /// The address as an offset in the region.
    at: i128,
    path: Vec<String>,
    /// What has already come between.
    blocked: Option<Verdict>,
}

impl Survey {
    /// All about one address of one space in this generation.
    pub fn why(&self, space: AddressSpaceId, addr: Gpa) -> Result<Why, TopologyError> {
        let found = self.spaces.get(&space);
        let root = found.ok_or(TopologyError::UnknownSpace(space.0))?;
        let why = Why {
            generation: self.generation,
            space,
            space_name: root.name.to_string(),
            addr,
            candidates: Vec::new(),
            cut_short: false,
            before: None,
            after: None,
        };
        let way = Way { at: i128::from(addr.0), path: Vec::new(), blocked: None };
        let mut walk = Walk { survey: self, todo: vec![Work::Enter(root.root, way)], why };
        walk.run();
        Ok(walk.why)
    }
}

struct Walk<'a> {
    survey: &'a Survey,
    todo: Vec<Work>,
    why: Why,
}

impl Walk<'_> {
    fn run(&mut self) {
        for _ in 0..MOST_VISITS {
            match self.todo.pop() {
                None => return,
                Some(Work::Enter(id, way)) => self.enter(id, way),
                Some(Work::Claim(id, way)) => self.claim(id, way),
            }
        }
        self.why.cut_short = true;
    }

    fn enter(&mut self, id: RegionId, mut way: Way) {
        let Some(region) = self.survey.tree.get(id) else { return };
        let inside = (0..region.size as i128).contains(&way.at);
        way.path.push(region.name.to_string());
        if !region.flags.enabled {
            way.blocked.get_or_insert(Verdict::Disabled(region.name.to_string()));
        }
        if !inside {
            way.blocked.get_or_insert(Verdict::Clipped(region.name.to_string()));
        }
        match region.window() {
            Some((target, offset)) if inside => self.look_through(id, target, offset, way),
            // Nothing lies in an alias itself, so nothing of it is cut off.
            Some(_) => {}
            None => {
                if inside {
                    self.todo.push(Work::Claim(id, way.clone()));
                }
                self.push_children(region, &way);
            }
        }
    }

    /// An alias, which shows the rest of the way.
    fn look_through(&mut self, alias: RegionId, target: RegionId, offset: u64, mut way: Way) {
        way.at += i128::from(offset);
        let end = self.survey.tree.get(target).map_or(0, |target| target.size);
        if way.at < end as i128 {
            self.todo.push(Work::Enter(target, way));
        } else {
            way.at -= i128::from(offset);
            let verdict = way.blocked.take().unwrap_or(Verdict::PastTarget(self.survey.name(target)));
            self.push_candidate(alias, way, verdict);
        }
    }

    /// Those that have the address, the lowest first, so that the highest is asked first.
    fn push_children(&mut self, region: &Region, way: &Way) {
        let Ok(at) = u64::try_from(way.at) else { return };
        let tree = &self.survey.tree;
        let mut near = region.children.near(at, at);
        near.sort_unstable_by_key(|&child| tree.get(child).and_then(Region::rank));
        for child in near {
            if let Some(placement) = tree.get(child).and_then(|region| region.placement) {
                self.todo.push(Work::Enter(child, Way { at: way.at - i128::from(placement.offset), ..way.clone() }));
            }
        }
    }

    fn claim(&mut self, id: RegionId, mut way: Way) {
        if self.survey.tree.get(id).is_none_or(|region| region.target().is_none()) {
            return;
        }
        let verdict = match (way.blocked.take(), self.why.answer()) {
            (Some(blocked), _) => blocked,
            (None, Some(answer)) => Verdict::Obscured(answer.name().to_owned()),
            (None, None) => Verdict::Answers,
        };
        self.push_candidate(id, way, verdict);
    }

    fn push_candidate(&mut self, region: RegionId, way: Way, verdict: Verdict) {
        let kind = self.survey.tree.get(region).map_or(RegionKind::Container, |region| region.kind.name());
        self.why.candidates.push(Candidate { region, kind, offset: way.at as u64, path: way.path, verdict });
    }
}

impl Why {
    /// What decodes the address, if anything does.
    pub fn answer(&self) -> Option<&Candidate> {
        self.candidates.iter().find(|candidate| candidate.verdict == Verdict::Answers)
    }
}

impl Candidate {
    /// The region's name.
    pub fn name(&self) -> &str {
        self.path.last().map_or("?", String::as_str)
    }
}

impl fmt::Display for Why {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} in {} at generation {}: ", self.addr, self.space_name, self.generation)?;
        match self.answer() {
            Some(answer) => writeln!(f, "{answer}")?,
            None => writeln!(f, "nothing decodes it")?,
        }
        for candidate in self.candidates.iter().filter(|candidate| candidate.verdict != Verdict::Answers) {
            writeln!(f, "  {candidate}: {}", candidate.verdict)?;
        }
        if self.cut_short {
            writeln!(f, "  (there are more ways to this address than were looked at)")?;
        }
        if let Some(before) = &self.before {
            writeln!(f, "  until generation {}: {}; then", before.generation, before.answer)?;
            before.changes.iter().try_for_each(|change| writeln!(f, "    {change}"))?;
        }
        if let Some(after) = &self.after {
            writeln!(f, "  from generation {} on: {}, since", after.generation, after.answer)?;
            after.changes.iter().try_for_each(|change| writeln!(f, "    {change}"))?;
        }
        Ok(())
    }
}

impl fmt::Display for Candidate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}+{:#x} ({}, by {})", self.name(), self.offset, self.kind, self.path.join(" > "))
    }
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Verdict::Answers => write!(f, "answers"),
            Verdict::Obscured(by) => write!(f, "obscured by {by}"),
            Verdict::Disabled(by) => write!(f, "{by} is disabled"),
            Verdict::Clipped(by) => write!(f, "clipped at the end of {by}"),
            Verdict::PastTarget(target) => write!(f, "past the end of {target}"),
        }
    }
}
