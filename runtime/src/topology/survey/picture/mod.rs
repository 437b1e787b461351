//! A picture of an address space. Addresses run downwards; each level of nesting has a column, and in a column what stands further right
//! lies above; the last column is what is seen of it all. Empty stretches are compressed to one line.

mod layout;
mod scene;
mod svg;

use super::Survey;
use crate::TopologyError;
use crate::topology::AddressSpaceId;

/// So many regions are drawn: more would not be a picture.
const MOST_BOXES: usize = 2_000;

impl Survey {
    /// An address space as an SVG document.
    pub fn svg(&self, space: AddressSpaceId) -> Result<String, TopologyError> {
        let found = self.spaces.get(&space);
        let found = found.ok_or(TopologyError::UnknownSpace(space.0))?;
        let scene = scene::Scene::new(self, found.root);
        let layout = layout::Layout::new(&scene);
        let title = format!("{} at generation {}", found.name, self.generation);
        Ok(svg::draw(&title, &scene, &layout))
    }
}

#[cfg(test)]
pub(super) mod tests {
    use crate::topology::AddressSpaceId;
    use crate::topology::survey::{RangeInfo, Survey};

    /// Whether each row of the picture shows what the flat view says.
    pub(in crate::topology::survey) fn is_true(survey: &Survey, space: AddressSpaceId, flat: &[RangeInfo]) -> bool {
        let root = survey.spaces().into_iter().find(|s| s.id == space).map(|s| s.root);
        let scene = super::scene::Scene::new(survey, root.expect("the space exists"));
        scene.rows.iter().all(|row| {
            let start = row.range.start();
            let range = flat.iter().find(|range| range.range.contains(start));
            let want = range.map(|r| (r.name.as_str(), r.offset + (start.0 - r.range.start().0), r.range.last()));
            let tile = row.seen.map(|index| &scene.boxes[index]);
            let got = tile.map(|t| (t.name.as_str(), t.offset + (start.0 - t.range.start().0)));
            got == want.map(|(name, offset, _)| (name, offset))
                && want.is_none_or(|(.., last)| last >= row.range.last())
        })
    }
}
