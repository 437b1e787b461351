//! Doorbells: what is refused, where they ring, and what listeners are told of them.

use std::sync::Arc;

use parking_lot::Mutex;

use super::replay::{snapshot, told};
use super::{Map, device, whole_space};
use crate::topology::tell::tell;
use crate::topology::{Doorbell, FlatRange, Listener, RegionId};
use crate::{EventFd, Gpa, TopologyError};

fn fd() -> Arc<EventFd> {
    Arc::new(EventFd::new().expect("an eventfd"))
}

/// Writes down what rings where.
struct Scribe(Arc<Mutex<Vec<String>>>);

impl Listener for Scribe {
    fn region_del(&mut self, range: &FlatRange) {
        self.0.lock().push(format!("-{:x}", range.range.start().0));
    }

    fn region_add(&mut self, range: &FlatRange) {
        self.0.lock().push(format!("+{:x}", range.range.start().0));
    }

    fn eventfd_add(&mut self, addr: Gpa, bell: &Doorbell) {
        self.0.lock().push(format!("bell +{:x}:{}", addr.0, bell.size.unwrap_or(0)));
    }

    fn eventfd_del(&mut self, addr: Gpa, bell: &Doorbell) {
        self.0.lock().push(format!("bell -{:x}:{}", addr.0, bell.size.unwrap_or(0)));
    }
}

#[test]
fn r11_eventfds_that_could_not_ring_or_ring_twice_are_refused() {
    let mut map = Map::new();
    let (root, _) = whole_space(&mut map);
    let region = map.commit(|tx| {
        let region = tx.mmio("device", 0x10, device());
        tx.add_subregion(root, 0, region).add_eventfd(region, 8, Some(4), Some(1), fd());
        tx.add_eventfd(region, 8, Some(4), Some(2), fd()).add_eventfd(region, 8, Some(2), None, fd());
        region
    });
    let exists = TopologyError::DoorbellExists { region, offset: 8 };
    let bad = |offset| TopologyError::BadDoorbell { region, offset };
    let cases: [(u64, Option<u8>, Option<u64>, TopologyError); 9] = [
        (8, Some(4), Some(1), exists.clone()),
        (8, Some(4), None, exists.clone()),
        (8, None, Some(1), exists.clone()),
        (8, Some(2), Some(5), exists),
        (0x10, None, None, bad(0x10)),
        (0xc, Some(8), None, bad(0xc)),
        (1, Some(4), None, bad(1)),
        (0, Some(3), None, bad(0)),
        (0, Some(1), Some(0x100), bad(0)),
    ];
    for (offset, size, value, want) in cases {
        let refused = map.refuse(|tx| _ = tx.set_address(region, 4).add_eventfd(region, offset, size, value, fd()));
        assert_eq!(refused, want);
    }
    let missing =
        map.refuse(|tx| _ = tx.del_eventfd(region, 8, Some(4), Some(1)).del_eventfd(region, 8, Some(4), Some(1)));
    assert_eq!(missing, TopologyError::NoDoorbell { region, offset: 8 });
    assert_eq!(map.refuse(|tx| _ = tx.add_eventfd(root, 0, None, None, fd())), TopologyError::WrongKind(root));
    let gone = RegionId(1 << 40);
    assert_eq!(map.refuse(|tx| _ = tx.del_eventfd(gone, 0, None, None)), TopologyError::UnknownRegion(gone));
}

#[test]
fn r10_eventfds_follow_their_region_are_clipped_and_work_through_aliases() {
    let mut map = Map::new();
    let (root, space) = whole_space(&mut map);
    let diary = Arc::new(Mutex::new(Vec::new()));
    let mut listener = [told(space, 0, 1, Scribe(diary.clone()))];
    let mut hears = |map: &Map| {
        tell(&mut listener, &snapshot(map));
        diary.lock().drain(..).collect::<Vec<_>>().join(", ")
    };
    let (region, alias, over) = map.commit(|tx| {
        let region = tx.mmio("device", 0x20, device());
        let (alias, over) = (tx.alias("alias", region, 8, 8), tx.reservation("over", 2));
        tx.add_subregion(root, 0x100, region).add_subregion(root, 0x200, alias);
        tx.add_eventfd(region, 8, Some(4), None, fd()).add_eventfd(region, 0x10, None, None, fd());
        (region, alias, over)
    });
    assert_eq!(hears(&map), "+100, +200, bell +108:4, bell +110:0, bell +200:4");
    map.commit(|tx| _ = tx.set_address(region, 0x140));
    let moved = "bell -108:4, bell -110:0, -100, +140, bell +148:4, bell +150:0";
    assert_eq!(hears(&map), moved, "it moves with its region; the alias's stays");
    map.commit(|tx| _ = tx.add_eventfd(region, 0, Some(1), None, fd()));
    assert_eq!(hears(&map), "bell +140:1", "kept ranges, another doorbell");
    map.commit(|tx| _ = tx.del_eventfd(region, 8, Some(4), None));
    assert_eq!(hears(&map), "bell -148:4, bell -200:4");
    map.commit(|tx| _ = tx.add_eventfd(region, 8, Some(4), Some(3), fd()).add_subregion_overlap(region, 10, over, 1));
    let heard = hears(&map);
    assert!(heard.starts_with("bell -150:0, bell -140:1, -200, -140") && !heard.contains(":4"), "{heard}");
    assert!(
        heard.contains("bell +140:1") && heard.contains("bell +150:0"),
        "one half of a doorbell does not ring: {heard}"
    );
    map.commit(|tx| _ = tx.del_subregion(region, over).set_read_only(alias, true));
    let heard = hears(&map);
    assert!(
        heard.contains("bell +148:4") && !heard.contains("+200:4"),
        "where writes are refused nothing rings: {heard}"
    );
    map.commit(|tx| _ = tx.set_enabled(region, false));
    assert!(hears(&map).starts_with("bell -1"), "gone with its region");
}
