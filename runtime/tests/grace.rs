//! C1 to C5 on real threads: views whole and in order, and nothing retired while anybody can reach it.

mod common;

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Weak, mpsc};
use std::time::{Duration, Instant};

use common::{CPU, Ends, Machine, PATIENCE, Scripted, a_while, soon};
use manyhart_runtime::{AddressSpaceId, DropCached, Flow, Gpa, Invalidate, RamBlock, RegionId, Snapshot};

#[test]
fn c1_c2_c3_readers_see_whole_generations_in_order() {
    const COMMITS: usize = 300;
    const PLACES: u64 = 8;
    let machine = Machine::new();
    let mut t = machine.transaction();
    let other_root = t.container("other", 1 << 64);
    let other = t.address_space("other", other_root);
    t.commit().expect("lawful");
    let roots = [machine.root, other_root];
    let spaces: [AddressSpaceId; 2] = [machine.space, other];

    // Every place in both spaces changes its region with every commit, and the regions of one commit have the ids of one run.
    let mut current: Vec<RegionId> = Vec::new();
    let mut replace_all = || {
        let mut t = machine.transaction();
        for (i, region) in current.drain(..).enumerate() {
            t.del_subregion(roots[i % 2], region);
            t.destroy(region);
        }
        for i in 0..2 * PLACES as usize {
            let region = t.reservation("r", 0x1000);
            t.add_subregion(roots[i % 2], (i as u64 / 2) << 16, region);
            current.push(region);
        }
        t.commit().expect("lawful")
    };
    replace_all();

    let done = AtomicBool::new(false);
    // By reader, how many generations it has looked at.
    let looks = [const { AtomicU64::new(0) }; 3];
    std::thread::scope(|scope| {
        // Whichever fails has the others end.
        let _ends = Ends(&done);
        for (n, looks) in looks.iter().enumerate() {
            let mut reader = machine.executive.reader(format!("reader {n}"), None);
            let done = &done;
            scope.spawn(move || {
                let _ends = Ends(done);
                let mut last = 0;
                while !done.load(Ordering::Relaxed) {
                    assert_eq!(reader.checkpoint(&mut ()), Flow::Run);
                    let generation = reader.snapshot().expect("online").generation();
                    assert!(generation >= last, "back from {last} to {generation}");
                    looks.fetch_add(u64::from(generation > last), Ordering::Relaxed);
                    last = generation;
                    let regions = (0..PLACES).flat_map(|place| spaces.map(|space| (space, place)));
                    let found: Vec<RegionId> = regions
                        .map(|(space, place)| reader.view(space).find(Gpa(place << 16)).expect("never nowhere").region)
                        .collect();
                    assert!(is_one_run(&found), "torn: {found:?}");
                    if n == 2 {
                        reader.go_offline();
                        std::thread::yield_now();
                    }
                }
                reader.go_offline();
            });
        }
        let end = Instant::now() + PATIENCE;
        let (mut commits, mut last) = (0, None);
        // On a busy machine the commits alone may be over before a reader has looked.
        while commits < COMMITS || looks.iter().any(|looks| looks.load(Ordering::Relaxed) < 10) {
            assert!(Instant::now() < end && !done.load(Ordering::Relaxed), "{commits} commits, {looks:?}");
            commits += 1;
            last = Some(replace_all());
            match commits < COMMITS {
                true => std::thread::yield_now(),
                false => std::thread::sleep(Duration::from_millis(1)),
            }
        }
        last.expect("some").retired.wait();
    });
}

/// Whether these are the regions of one commit: ids are handed out one after the other.
fn is_one_run(found: &[RegionId]) -> bool {
    let mut sorted = found.to_vec();
    sorted.sort_unstable();
    sorted.dedup();
    let number = |region: &RegionId| -> u64 {
        let text = format!("{region:?}");
        text.trim_matches(|c: char| !c.is_ascii_digit()).parse().expect("a number")
    };
    let numbers: Vec<u64> = sorted.iter().map(number).collect();
    numbers.len() == found.len() && numbers.windows(2).all(|pair| pair[1] == pair[0] + 1)
}

/// Records what it is told to forget.
#[derive(Default)]
struct Forgets(Vec<String>);

impl DropCached for Forgets {
    fn drop_cached(&mut self, what: Invalidate<'_>) {
        self.0.push(match what {
            Invalidate::Space(space) => format!("all of {space:?}"),
            Invalidate::Ranges(_, ranges) => format!("{ranges:?}"),
            Invalidate::Closed(_) => "closed".to_owned(),
            Invalidate::Marks => "marks".to_owned(),
        });
    }
}

#[test]
fn a_resync_names_what_changed_and_nothing_else() {
    let machine = Machine::new();
    let mut reader = machine.executive.reader("reader", None);
    let mut forgets = Forgets::default();
    reader.checkpoint(&mut forgets);
    forgets.0.clear();
    let mut t = machine.transaction();
    let region = t.reservation("r", 0x1000);
    t.add_subregion(machine.root, 0x4000, region);
    t.commit().expect("lawful");
    assert!(reader.must_check());
    reader.resync(&mut forgets);
    assert!(!reader.must_check());
    assert_eq!(forgets.0, ["[0000000000004000-0000000000004fff]"]);
    reader.resync(&mut forgets);
    assert_eq!(forgets.0.len(), 1, "nothing changed since");

    // Offline it hears nothing, and of both changes when it is back.
    reader.go_offline();
    for at in [0x8000, 0x10000] {
        let mut t = machine.transaction();
        t.set_address(region, at);
        t.commit().expect("lawful");
    }
    forgets.0.clear();
    reader.checkpoint(&mut forgets);
    let heard = forgets.0.join(" ");
    for at in ["4000-", "8000-", "10000-"] {
        assert!(heard.contains(at), "{at} in {heard}");
    }
}

#[test]
fn a_space_that_is_new_or_has_another_root_costs_the_others_nothing() {
    let machine = Machine::new();
    let mut reader = machine.executive.reader("reader", None);
    let mut forgets = Forgets::default();
    reader.checkpoint(&mut forgets);
    forgets.0.clear();
    let mut t = machine.transaction();
    let (other, window) = (t.reservation("other", 0x1000), t.reservation("window", 0x1000));
    let root = t.alias("root", other, 0, 0x1000);
    let space = t.address_space("device", root);
    t.add_subregion(machine.root, 0x4000, window);
    t.commit().expect("lawful");
    reader.resync(&mut forgets);
    assert_eq!(forgets.0, ["[0000000000004000-0000000000004fff]".to_owned(), format!("all of {space:?}")]);
    forgets.0.clear();
    let mut t = machine.transaction();
    t.set_enabled(root, false);
    t.commit().expect("lawful");
    reader.resync(&mut forgets);
    assert_eq!(forgets.0, [format!("all of {space:?}")], "another root, another view");
    reader.go_offline();
}

#[test]
fn c4_a_hart_sees_the_commit_that_its_own_access_caused() {
    let machine = Machine::new();
    let (root, mut shown) = (machine.root, None);
    let mut switch = Scripted::new();
    // Each write shows or hides a region, and is answered when that is committed.
    switch.on_write = Box::new(move |cx, value| {
        let (reply, deferred) = cx.defer();
        let mut t = cx.topology().transaction();
        match shown.take() {
            Some(region) => {
                t.del_subregion(root, region);
                t.destroy(region);
            }
            None => {
                let region = t.reservation("shown", 0x1000);
                t.add_subregion(root, value, region);
                shown = Some(region);
            }
        }
        t.post(move |result| {
            assert!(result.is_ok());
            reply.answer(Ok(0));
        });
        Err(manyhart_runtime::NoAnswer::Deferred(deferred))
    });
    let switch = machine.executive.spawn("switch", switch);
    machine.map(&switch, 0);
    let mut reader = machine.executive.reader("hart", None);
    reader.checkpoint(&mut ());
    for round in 0..100 {
        reader.write(machine.space, Gpa(0), 4, 0x5000, CPU, &mut ()).expect("it answers");
        let found = reader.view(machine.space).find(Gpa(0x5000)).is_some();
        assert_eq!(found, round % 2 == 0, "round {round}");
    }
    reader.go_offline();
}

#[test]
fn c5_retired_waits_for_a_reader_that_is_online_and_names_it() {
    let machine = Machine::new();
    let mut t = machine.transaction();
    let block = Arc::new(RamBlock::anonymous("ram", 0x1000).expect("memory"));
    let memory = Arc::downgrade(&block);
    let region = t.ram("ram", block);
    t.add_subregion(machine.root, 0, region);
    t.commit().expect("lawful");
    let mut slow = machine.executive.reader("slowpoke", None);
    slow.checkpoint(&mut ());
    let mut quick = machine.executive.reader("quick", None);
    quick.checkpoint(&mut ());

    let mut t = machine.transaction();
    t.del_subregion(machine.root, region);
    t.destroy(region);
    let retired = t.commit().expect("lawful").retired;
    quick.resync(&mut ());
    a_while();
    assert!(!retired.is_complete());
    assert!(memory.upgrade().is_some());
    assert!(slow.view(machine.space).find(Gpa(0)).is_some(), "its view is its own");
    let stalls = machine.executive.stalled(Duration::from_millis(1));
    assert_eq!(stalls.len(), 1);
    assert_eq!(stalls[0].holders, ["reader slowpoke"]);

    let (told, hear) = mpsc::channel();
    retired.on_complete(move || told.send(()).expect("the test waits"));
    slow.resync(&mut ());
    retired.wait();
    hear.recv_timeout(PATIENCE).expect("the callback runs");
    assert!(memory.upgrade().is_none(), "dropped before it completed");
    assert!(machine.executive.stalled(Duration::ZERO).is_empty());
    retired.on_complete(|| ());
}

#[test]
fn c5_a_reader_that_is_offline_holds_nothing_back() {
    let machine = Machine::new();
    let mut reader = machine.executive.reader("sleeper", None);
    reader.checkpoint(&mut ());
    reader.go_offline();
    let mut old: Vec<Weak<Snapshot>> = Vec::new();
    for n in 0..100 {
        old.push(Arc::downgrade(&machine.executive.topology().snapshot()));
        let mut t = machine.transaction();
        let region = t.reservation("r", 0x1000);
        t.add_subregion(machine.root, n << 12, region);
        t.commit().expect("lawful").retired.wait();
    }
    let kept = old.iter().filter(|snapshot| snapshot.upgrade().is_some()).count();
    assert_eq!(kept, 0, "superseded snapshots are kept for nobody");
}

#[test]
fn c5_a_pin_holds_memory_back() {
    let machine = Machine::new();
    let block = Arc::new(RamBlock::anonymous("ram", 0x1000).expect("memory"));
    let mut t = machine.transaction();
    let region = t.ram("ram", Arc::clone(&block));
    t.add_subregion(machine.root, 0, region);
    t.commit().expect("lawful");
    let pin = block.pin();
    let mut t = machine.transaction();
    t.del_subregion(machine.root, region);
    let retired = t.commit().expect("lawful").retired;
    a_while();
    assert!(!retired.is_complete());
    assert_eq!(machine.executive.stalled(Duration::ZERO)[0].holders, ["1 pins of ram"]);
    drop(pin);
    retired.wait();
}

#[test]
fn readers_come_and_go() {
    let machine = Machine::new();
    std::thread::scope(|scope| {
        for n in 0..4 {
            let machine = &machine;
            scope.spawn(move || {
                for _ in 0..50 {
                    let mut reader = machine.executive.reader(format!("passer-by {n}"), None);
                    reader.checkpoint(&mut ());
                    assert!(reader.view(machine.space).find(Gpa(1 << 40)).is_none());
                    let mut t = machine.transaction();
                    let region = t.reservation("r", 0x1000);
                    t.add_subregion_overlap(machine.root, 0, region, n);
                    let committed = t.commit().expect("lawful");
                    drop(reader);
                    committed.retired.wait();
                }
            });
        }
    });
    assert_eq!(machine.executive.statistics().commits, 201);
    assert!(soon(|| machine.executive.stalled(Duration::ZERO).is_empty()));
}
