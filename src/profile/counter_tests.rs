use super::super::symbols::LinuxImage;
use super::*;

const MAP: &[u8] = b"1000 T outer\n2000 T inner\n3000 D data\n80204000 T physical\n80205000 D end\n";

fn counter_with(every: u64, symbols: Symbols) -> Counter {
    Counter::new(Arc::default(), Arc::new(symbols.sorted()), every)
}

fn counter(every: u64) -> Counter {
    let mut symbols = Symbols::default();
    symbols.add("map", MAP, &[]).expect("a map");
    counter_with(every, symbols)
}

fn sample(privilege: u8, pc: u64, callers: &[u64]) -> Sample<'_> {
    Sample { hart: 0, privilege, pc, physical: None, satp: 0, callers }
}

/// The only stack that was counted, innermost first.
#[track_caller]
fn only(counter: &Counter) -> Key {
    let mut counts = counter.counts.lock();
    assert_eq!(counts.len(), 1);
    counts.drain().next().expect("one").0
}

#[test]
fn intervals_vary_about_their_mean() {
    for every in [1, 2, 3, 1000, 1_000_000] {
        let mut counter = counter(every);
        let intervals: Vec<u64> = (0..10_000).map(|_| counter.interval()).collect();
        let (least, most) = (every - every / 2, every + every.div_ceil(2));
        assert!(intervals.iter().all(|interval| (least..=most).contains(interval)), "{every}");
        let mean = intervals.iter().sum::<u64>() as f64 / 10_000.0;
        assert!((mean / every as f64 - 1.0).abs() < 0.02 + 0.5 / every as f64, "{every}: {mean}");
    }
}

#[test]
fn callers_count_as_far_as_they_are_functions() {
    use Place::{Function, Page};
    let mut counter = counter(1);
    let cases: [(u64, &[u64], &[Place]); 4] = [
        (0x2010, &[0x1004, 0x1008, 0x5000, 0x1000], &[Function(0x2000), Function(0x1000), Function(0x1000)]),
        (0x2010, &[0x2000], &[Function(0x2000), Function(0x1000)]),
        (0x7123, &[0x1004], &[Page(0x7000), Function(0x1000)]),
        (0x3000, &[0], &[Page(0x3000)]),
    ];
    for (pc, callers, want) in cases {
        counter.sample(&sample(1, pc, callers));
        assert_eq!(&*only(&counter).stack, want);
    }
}

/// Two kernels of one image, as if by other random numbers: the list is of a third run.
#[test]
fn a_kernel_is_known_wherever_it_has_mapped_itself() {
    let mut symbols = Symbols::default();
    symbols.add_image(LinuxImage { start: 0x8020_0000, size: 0x10_0000 }, b"no tables");
    let list = b"ffffffff81200000 T _start\nffffffff81201000 T first\nffffffff81202000 t second\nffffffff01234000 t driver [module]\n";
    symbols.add("kallsyms", list, &[]).expect("a list");
    let mut counter = counter_with(1, symbols);
    for base in [0x8020_0000_u64, 0xffff_ffff_8000_0000, 0xffff_ffff_9fe0_0000] {
        let callers = [base + 0x1008, base + 0x1010, 0xffff_ffff_0123_4008, base + 0x20_0000];
        counter.sample(&Sample { physical: Some(0x8020_2abc), ..sample(1, base + 0x2abc, &callers) });
        let names = only(&counter).stack.iter().map(|&place| counter.symbols.name(place)).collect::<Vec<_>>();
        assert_eq!(names, ["second", "first", "first", "driver_[module]"], "{base:#x}");
        // A module is not in the image, and what is known of the kernel stays.
        counter.sample(&Sample { physical: Some(0x8123_4000), ..sample(1, 0xffff_ffff_0123_4010, &callers[..1]) });
        let names = only(&counter).stack.iter().map(|&place| counter.symbols.name(place)).collect::<Vec<_>>();
        assert_eq!(names, ["driver_[module]", "first"], "{base:#x}");
    }
}

#[test]
fn processes_are_counted_apart_and_never_by_the_kernels_names() {
    let mut symbols = Symbols::default();
    symbols.add_image(LinuxImage { start: 0x8020_0000, size: 0x10_0000 }, b"no tables");
    symbols.add("map", MAP, &[]).expect("a map");
    let mut counter = counter_with(1, symbols);
    let user = |satp, pc| Sample { satp, physical: Some(0x8020_4000), ..sample(0, pc, &[]) };
    counter.sample(&user(8 << 60 | 7 << 44 | 0x8_1234, 0x8020_4010));
    assert_eq!(
        only(&counter),
        Key { privilege: 0, process: Some(0x8123_4000), stack: [Place::Page(0x8020_4000)].into() }
    );
    counter.sample(&user(0, 0x2010));
    assert_eq!(only(&counter), Key { privilege: 0, process: None, stack: [Place::Function(0x2000)].into() });
    counter.sample(&sample(1, 0x8020_4010, &[]));
    assert_eq!(*only(&counter).stack, [Place::Function(0x8020_4000)]);
}

#[test]
fn a_guest_cannot_make_a_profile_grow_without_end() {
    let mut counter = counter(1);
    for page in 0..(STACKS as u64 + 1000) {
        counter.sample(&Sample { satp: 8 << 60 | page, ..sample(0, page << 12 | 1 << 40, &[]) });
    }
    let counts = counter.counts.lock();
    let more = Key { privilege: 0, process: None, stack: Box::default() };
    assert_eq!((counts.len(), counts[&more]), (STACKS + 1, 1000));
}
