use super::*;
use crate::trap::Privilege;

fn context(satp: u64, privilege: Privilege) -> KeyContext {
    KeyContext { satp, privilege, sum: false, mxr: false }
}

const PHYSICAL: u64 = 0x8000_3000;

fn hit(array: &Array, key: u64, va: u64, size: u64) -> Option<u64> {
    array.probe(va, size, key)
}

#[test]
fn an_entry_serves_its_page_context_and_alignment() {
    let mut tlb = Tlb::new();
    tlb.select(context(1, Privilege::User));
    tlb.fill(PageAt::new(0x5123, PHYSICAL, 0x7000_0000), true, false, 12);
    let cases = [
        (0x5000, 8, Some(0x7000_0000)),
        (0x5ff8, 8, Some(0x7000_0ff8)),
        (0x5ffc, 8, None),
        (0x5001, 1, Some(0x7000_0001)),
        (0x5001, 2, None),
        (0x6000, 8, None),
        (0x5000 + 4096 * 4096, 8, None),
        (u64::MAX, 8, None),
    ];
    for (va, size, want) in cases {
        assert_eq!(hit(&tlb.load, tlb.key, va, size), want, "{va:#x} {size}");
        assert_eq!(hit(&tlb.store, tlb.key, va, size), None, "{va:#x} {size}: not writable");
    }
}

#[test]
fn contexts_keep_their_entries_until_a_flush() {
    let mut tlb = Tlb::new();
    let (user, kernel) = (context(1, Privilege::User), context(1, Privilege::Supervisor));
    tlb.select(user);
    tlb.fill(PageAt::new(0x5000, PHYSICAL, 0x7000_0000), true, true, 12);
    tlb.select(kernel);
    assert_eq!(hit(&tlb.load, tlb.key, 0x5000, 8), None, "another privilege");
    tlb.select(context(2, Privilege::User));
    assert_eq!(hit(&tlb.load, tlb.key, 0x5000, 8), None, "another satp");
    tlb.select(user);
    assert!(hit(&tlb.load, tlb.key, 0x5000, 8).is_some(), "back again");
    tlb.disable();
    assert_eq!(hit(&tlb.load, tlb.key, 0x5000, 8), None, "disabled");
    tlb.flush();
    tlb.select(user);
    assert_eq!(hit(&tlb.load, tlb.key, 0x5000, 8), None, "flushed");
}

#[test]
fn no_key_is_used_again_while_its_entries_live() {
    let mut tlb = Tlb::new();
    let user = context(1, Privilege::User);
    tlb.select(user);
    tlb.fill(PageAt::new(0x5000, PHYSICAL, 0x7000_0000), true, true, 12);
    for round in 0..2000 {
        tlb.flush();
        tlb.select(user);
        assert_eq!(hit(&tlb.load, tlb.key, 0x5000, 8), None, "round {round}");
    }
}

#[test]
fn a_page_flush_in_a_large_page_flushes_all_of_it() {
    let mut tlb = Tlb::new();
    let user = context(1, Privilege::User);
    tlb.select(user);
    tlb.fill(PageAt::new(0x20_5000, PHYSICAL, 0x7000_0000), true, true, 21);
    tlb.fill(PageAt::new(0x80_5000, PHYSICAL, 0x7000_0000), true, true, 12);
    tlb.flush_page(0x81_5000);
    tlb.select(user);
    assert!(hit(&tlb.load, tlb.key, 0x80_5000, 8).is_some(), "another page");
    tlb.flush_page(0x20_0000);
    tlb.select(user);
    assert_eq!(hit(&tlb.load, tlb.key, 0x20_5000, 8), None);
}

#[test]
fn a_change_of_the_map_takes_out_what_it_concerns_in_every_context() {
    let range =
        |first, last| AddrRange::new(manyhart_runtime::Gpa(first), manyhart_runtime::Gpa(last)).expect("not empty");
    let (user, kernel) = (context(1, Privilege::User), context(1, Privilege::Supervisor));
    let cases = [
        (range(PHYSICAL, PHYSICAL), [false, true]),
        (range(PHYSICAL + 0xfff, u64::MAX), [false, false]),
        (range(PHYSICAL + 0x1000, PHYSICAL + 0x1000), [true, false]),
        (range(0, PHYSICAL - 1), [true, true]),
    ];
    for (changed, stay) in cases {
        let mut tlb = Tlb::new();
        tlb.select(kernel);
        tlb.fill(PageAt::new(0x6000, PHYSICAL + 0x1000, 0x7100_0000), true, true, 12);
        tlb.select(user);
        tlb.fill(PageAt::new(0x5000, PHYSICAL, 0x7000_0000), true, false, 12);
        tlb.fill_marked(PageAt::new(0x5000, PHYSICAL, 0x7000_0000));
        tlb.flush_physical(&[changed]);
        assert_eq!(hit(&tlb.load, tlb.key, 0x5000, 8).is_some(), stay[0], "{changed}");
        assert_eq!(hit(&tlb.store, tlb.key, 0x5000, 8).is_some(), stay[0], "{changed}");
        tlb.select(kernel);
        assert_eq!(hit(&tlb.load, tlb.key, 0x6000, 8).is_some(), stay[1], "{changed}");
    }
}

#[test]
fn collected_marks_take_out_stores_alone() {
    let mut tlb = Tlb::new();
    tlb.select(context(1, Privilege::User));
    let page = PageAt::new(0x5000, PHYSICAL, 0x7000_0000);
    tlb.fill(page, true, false, 12);
    tlb.fill_marked(page);
    tlb.forget_marks();
    assert!(hit(&tlb.load, tlb.key, 0x5000, 8).is_some());
    assert_eq!(hit(&tlb.store, tlb.key, 0x5000, 8), None);
}

#[test]
fn a_device_page_is_known_by_context_and_right_and_goes_like_any_other() {
    let (user, kernel) = (context(1, Privilege::User), context(1, Privilege::Supervisor));
    let known = || {
        let mut tlb = Tlb::new();
        tlb.select(user);
        tlb.fill_device(0x5123, PHYSICAL, true, false, 12);
        tlb
    };
    let mut tlb = known();
    assert_eq!(tlb.device(0x5ffc, false), Some(PHYSICAL + 0xffc));
    assert_eq!(tlb.device(0x5ffc, true), None, "not writable");
    assert_eq!(tlb.device(0x5000 + ((DEVICE_PAGES as u64) << 12), false), None, "another page of the same place");
    tlb.select(kernel);
    assert_eq!(tlb.device(0x5000, false), None, "another context");
    type Forget = fn(&mut Tlb);
    let ways: [(&str, Forget); 4] = [
        ("all", Tlb::flush),
        ("the page", |tlb| tlb.flush_page(0x5800)),
        ("the map", |tlb| {
            let changed = AddrRange::new(manyhart_runtime::Gpa(PHYSICAL + 8), manyhart_runtime::Gpa(PHYSICAL + 8));
            tlb.flush_physical(&[changed.expect("not empty")]);
        }),
        ("disabled", Tlb::disable),
    ];
    for (what, forget) in ways {
        let mut tlb = known();
        forget(&mut tlb);
        assert_eq!(tlb.device(0x5000, false), None, "{what}");
    }
}
