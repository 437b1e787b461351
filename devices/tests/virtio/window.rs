//! What configuration space says of a virtio function, and the way into its BARs from there.

use manyhart_devices::pci::{FunctionEvent, WindowAccess};
use manyhart_devices::virtio::rng::Rng;
use manyhart_runtime::{Access, Answer, Context, Device, Gpa, MmioSpec, NoAnswer};

use crate::machine::*;
use crate::on_pci::{BAR, By, OnPci};

/// Stands for the fabric: an access to one of its regions is an access through the window, to that region's BAR with that region's size.
struct Window(Box<dyn Fn(FunctionEvent) + Send>);

/// BAR and size of each region.
const REGIONS: [(u8, u8); 7] = [(4, 4), (4, 2), (4, 1), (4, 8), (4, 3), (1, 4), (5, 4)];

impl Window {
    fn access(&self, cx: &mut Context<'_, ()>, access: Access, write: Option<u64>) -> NoAnswer {
        let (reply, deferred) = cx.defer();
        let (bar, size) = REGIONS[access.region as usize];
        (self.0)(FunctionEvent::WindowAccess(WindowAccess { bar, offset: access.offset, size, write, reply }));
        NoAnswer::Deferred(deferred)
    }
}

impl Device for Window {
    type Message = ();

    fn read(&mut self, cx: &mut Context<'_, ()>, access: Access) -> Answer<u64> {
        Err(self.access(cx, access, None))
    }

    fn write(&mut self, cx: &mut Context<'_, ()>, access: Access, value: u64) -> Answer<()> {
        Err(self.access(cx, access, Some(value)))
    }

    fn reset(&mut self, _: &mut Context<'_, ()>) {}
}

#[test]
fn identity_and_capabilities() {
    let machine = OnPci::new(Rng::new(), By::Intx);
    let blueprint = machine.blueprint.lock().unwrap();
    let identity = blueprint.identity;
    assert_eq!((identity.vendor, identity.device, identity.revision, identity.class), (0x1af4, 0x1044, 1, 0xff00));
    assert_eq!((blueprint.bars[1].index, blueprint.bars[1].size), (4, 0x4000));
    // Kind, BAR, offset and length of each.
    let where_is = |bytes: &[u8]| {
        let word = |at: usize| u32::from_le_bytes(bytes[at..at + 4].try_into().expect("four bytes"));
        assert_eq!(usize::from(bytes[0]), bytes.len() + 2, "its own length");
        (bytes[1], bytes[2], word(6), word(10))
    };
    let found: Vec<_> = blueprint.vendor_capabilities.iter().map(|capability| where_is(&capability.bytes)).collect();
    assert_eq!(found, [(1, 4, 0, 0x40), (3, 4, 0x1000, 1), (4, 4, 0x2000, 0x1000), (2, 4, 0x3000, 4), (5, 0, 0, 0)]);
    let multiplier = &blueprint.vendor_capabilities[3].bytes[14..];
    assert_eq!(multiplier, 4u32.to_le_bytes());
    let window: Vec<_> = blueprint.vendor_capabilities.iter().map(|capability| capability.window).collect();
    assert_eq!(window, [false, false, false, false, true]);
}

#[test]
fn the_window_reaches_the_pages() {
    let machine = OnPci::new(Rng::new(), By::Intx);
    let on_event = std::mem::replace(&mut machine.blueprint.lock().unwrap().on_event, Box::new(|_| ()));
    let window = machine.executive.spawn("window", Window(on_event));
    let mut map = machine.executive.topology().transaction();
    let root = map.container("windows", 1 << 64);
    for region in 0..REGIONS.len() as u32 {
        let mapped = map.mmio("window", 1 << 32, window.mmio(region, MmioSpec::aligned(4, 4)));
        map.add_subregion(root, u64::from(region) << 32, mapped);
    }
    let space = map.address_space("windows", root);
    map.commit().unwrap();
    let space = machine.executive.topology().address_space(space);
    for (region, (bar, size)) in (0u64..).zip(REGIONS) {
        let at = |offset| Gpa(region << 32 | offset);
        machine.memory.store(Gpa(BAR), 0u32, CPU).unwrap();
        for offset in [0, 2, 4, 0x10, 0x1000, 0x2000, 0x3000, 0x4000, 0xffff_fffc] {
            let offset = offset & !3;
            assert_eq!(space.store(at(offset), 1u32, CPU), Ok(()), "BAR {bar}, {size} bytes at {offset:#x}");
            assert!(space.load::<u32>(at(offset), CPU).is_ok(), "BAR {bar}, {size} bytes at {offset:#x}");
        }
        // The upper half of the features is selected, where that worked, and holds VERSION_1.
        let features: u32 = space.load(at(4), CPU).unwrap();
        assert_eq!(features, u32::from(region == 0), "BAR {bar}, {size} bytes");
    }
    assert_eq!(machine.device_type(), 4);
}

#[test]
fn a_function_level_reset_ends_all_of_it() {
    let machine = OnPci::new(Rng::new(), By::Intx);
    for event in [FunctionEvent::Reset, FunctionEvent::Removed] {
        let mut ring = machine.start(VERSION_1, 8).remove(0);
        ring.chain(0, &[(BUFFERS, 16, true)]);
        ring.add(0);
        machine.notify(0);
        assert_eq!(ring.wait(), (0, 16));
        assert!(machine.wire.is_high());
        (machine.blueprint.lock().unwrap().on_event)(event);
        assert!(machine.inside.wait(PATIENCE));
        assert!(!machine.wire.is_high());
        assert_eq!(machine.status(), 0);
        ring.add(0);
        machine.notify(0);
        assert_eq!(ring.poll(), None);
    }
}
