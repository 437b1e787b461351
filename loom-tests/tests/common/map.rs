//! What most models of the topology begin and end with: a map of one address space, and a region that goes.

use loom::thread;
use manyhart_runtime::model::Rig;
use manyhart_runtime::{AddressSpaceId, Reader, RegionId, Retired, Transaction};

/// Changes the map in one transaction.
pub fn change<R>(rig: &Rig, change: impl FnOnce(&mut Transaction) -> R) -> R {
    let mut t = rig.topology().transaction();
    let result = change(&mut t);
    t.commit().expect("lawful");
    result
}

/// An address space, and its root, of all addresses.
pub fn root(t: &mut Transaction) -> (RegionId, AddressSpaceId) {
    let root = t.container("root", 1 << 64);
    (root, t.address_space("space", root))
}

/// The same in a map of its own, and a reader that has seen it.
pub fn empty_with_reader() -> (Rig, RegionId, AddressSpaceId, Reader) {
    let rig = Rig::new(64);
    let (root, space) = change(&rig, root);
    let mut reader = rig.reader("reader");
    reader.checkpoint(&mut ());
    (rig, root, space, reader)
}

/// An address space and its root, with a region at this address, in one transaction.
pub fn with_region(
    rig: &Rig,
    at: u64,
    region: impl FnOnce(&mut Transaction) -> RegionId,
) -> (RegionId, AddressSpaceId, RegionId) {
    change(rig, |t| {
        let (root, space) = root(t);
        let region = region(t);
        t.add_subregion(root, at, region);
        (root, space, region)
    })
}

/// A region for those who look only whether it is there.
pub fn page(t: &mut Transaction) -> RegionId {
    t.reservation("region", 0x1000)
}

/// Puts one in.
pub fn add_page(rig: &Rig, root: RegionId, at: u64) {
    change(rig, |t| {
        let region = page(t);
        t.add_subregion(root, at, region);
    });
}

/// Takes a region out.
pub fn remove(rig: &Rig, root: RegionId, region: RegionId) -> Retired {
    let mut t = rig.topology().transaction();
    t.del_subregion(root, region);
    t.commit().expect("lawful").retired
}

/// Takes a region out for good.
pub fn destroy(rig: &Rig, root: RegionId, region: RegionId) -> Retired {
    let mut t = rig.topology().transaction();
    t.del_subregion(root, region).destroy(region);
    t.commit().expect("lawful").retired
}

/// Rounds of the helper until a grace period has ended.
pub fn help_until(rig: &Rig, retired: &Retired) {
    while !retired.is_complete() {
        rig.help();
        thread::yield_now();
    }
}
