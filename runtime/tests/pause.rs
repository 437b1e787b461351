//! C12 on real threads: the one door through which the world stops.

mod common;

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, mpsc};

use common::{CPU, Machine, Scripted, a_while, soon};
use manyhart_runtime::{Attention, Flow, Gpa, NoAnswer, RamBlock, Requester};

#[test]
fn nothing_moves_while_anybody_holds_the_machine() {
    let machine = Machine::new();
    let executed = AtomicU64::new(0);
    let handled = Arc::new(AtomicU64::new(0));
    let count = Arc::clone(&handled);
    let mut device = Scripted::new();
    device.on_write = Box::new(move |_, _| {
        count.fetch_add(1, Ordering::SeqCst);
        Ok(())
    });
    let count = Arc::clone(&handled);
    device.on_message = Box::new(move |_, _| {
        count.fetch_add(1, Ordering::SeqCst);
    });
    let device = machine.executive.spawn("device", device);
    machine.map(&device, 0);
    let done = AtomicBool::new(false);
    std::thread::scope(|scope| {
        for n in 0..2 {
            let mut reader = machine.executive.reader(format!("hart {n}"), None);
            let (machine, executed) = (&machine, &executed);
            scope.spawn(move || {
                while reader.checkpoint(&mut ()) == Flow::Run {
                    while !reader.must_check() {
                        executed.fetch_add(1, Ordering::SeqCst);
                        reader.write(machine.space, Gpa(0), 4, 1, CPU, &mut ()).expect("it answers");
                    }
                }
                assert!(!reader.is_online());
            });
        }
        scope.spawn(|| {
            while !done.load(Ordering::Relaxed) {
                device.post(0);
                std::thread::yield_now();
            }
        });
        let pausers: Vec<_> = (0..3)
            .map(|n| {
                let (machine, executed, handled) = (&machine, &executed, &handled);
                scope.spawn(move || {
                    for _ in 0..15 {
                        let paused = machine.executive.pause();
                        let before = (executed.load(Ordering::SeqCst), handled.load(Ordering::SeqCst));
                        // Commits go on, and so does what they remove.
                        let mut t = machine.transaction();
                        let region = t.reservation("r", 0x1000);
                        t.add_subregion_overlap(machine.root, 0x10_0000, region, n);
                        t.commit().expect("lawful");
                        let mut t = machine.transaction();
                        t.del_subregion(machine.root, region);
                        t.destroy(region);
                        t.commit().expect("lawful").retired.wait();
                        let clock = machine.executive.clock().now();
                        std::thread::yield_now();
                        assert_eq!((executed.load(Ordering::SeqCst), handled.load(Ordering::SeqCst)), before);
                        assert_eq!(machine.executive.clock().now(), clock, "guest time stands still");
                        drop(paused);
                    }
                })
            })
            .collect();
        for pauser in pausers {
            pauser.join().expect("it ends");
        }
        let before = executed.load(Ordering::SeqCst);
        assert!(soon(|| executed.load(Ordering::SeqCst) > before), "it goes on");
        done.store(true, Ordering::Relaxed);
        machine.executive.stop();
    });
}

#[test]
fn a_pause_waits_for_the_call_that_a_worker_answers() {
    let machine = Machine::new();
    let (work, jobs) = mpsc::channel();
    let mut device = Scripted::new();
    device.on_read = Box::new(move |cx, _| {
        let (reply, deferred) = cx.defer();
        work.send(reply).expect("the worker listens");
        Err(NoAnswer::Deferred(deferred))
    });
    let device = machine.executive.spawn("device", device);
    machine.map(&device, 0);
    let mut reader = machine.executive.reader("hart", None);
    std::thread::scope(|scope| {
        let machine = &machine;
        let hart = scope.spawn(move || {
            reader.checkpoint(&mut ());
            let answer = reader.read(machine.space, Gpa(0), 4, CPU, &mut ());
            reader.go_offline();
            answer
        });
        let reply = jobs.recv().expect("the access arrives");
        let pauses = scope.spawn(|| drop(machine.executive.pause()));
        a_while();
        assert!(!pauses.is_finished(), "the instruction has not ended");
        reply.answer(Ok(7));
        pauses.join().expect("it ends");
        assert_eq!(hart.join().expect("it ends"), Ok(7));
    });
}

#[test]
fn a_sleeper_stays_at_its_boundary_when_it_wakes() {
    let machine = Machine::new();
    let attention = Arc::new(Attention::new());
    let mut reader = machine.executive.reader("hart", Some(Arc::clone(&attention)));
    let (rests, woken) = (AtomicBool::new(false), AtomicBool::new(false));
    std::thread::scope(|scope| {
        let (machine, rests, woken, sleeps) = (&machine, &rests, &woken, Arc::clone(&attention));
        let hart = scope.spawn(move || {
            assert_eq!(reader.checkpoint(&mut ()), Flow::Run);
            reader.go_offline();
            rests.store(true, Ordering::SeqCst);
            while sleeps.take() & 1 == 0 {
                sleeps.park(machine.executive.clock(), u64::MAX);
            }
            woken.store(true, Ordering::SeqCst);
            reader.checkpoint(&mut ())
        });
        assert!(soon(|| rests.load(Ordering::SeqCst)));
        let paused = machine.executive.pause();
        attention.set_level(0, true);
        assert!(soon(|| woken.load(Ordering::SeqCst)));
        a_while();
        assert!(!hart.is_finished(), "it waits at its checkpoint");
        drop(paused);
        assert_eq!(hart.join().expect("it ends"), Flow::Run);
    });
}

#[test]
fn a_debugger_looks_and_a_reset_goes_through_while_paused() {
    let machine = Machine::new();
    let mut t = machine.transaction();
    let ram = t.ram("ram", Arc::new(RamBlock::anonymous("ram", 0x1000).expect("memory")));
    t.add_subregion(machine.root, 0x1000, ram);
    t.commit().expect("lawful");
    let device = machine.executive.spawn("device", Scripted::new());
    machine.map(&device, 0);
    let space = machine.executive.topology().address_space(machine.space);
    let paused = machine.executive.pause();
    space.store(Gpa(0x1008), 5u32, Requester::Debugger).expect("memory");
    assert_eq!(space.load::<u32>(Gpa(0x1008), Requester::Debugger), Ok(5));
    assert_eq!(space.load::<u32>(Gpa(4), Requester::Debugger), Ok(4), "a device answers a debugger");
    device.post(1);
    assert_eq!(device.reset(), Ok(()), "behind what was sent");
    // Anybody else waits for the machine to go on.
    std::thread::scope(|scope| {
        let other = scope.spawn(|| space.load::<u32>(Gpa(0x1008), Requester::Device(1)));
        a_while();
        assert!(!other.is_finished());
        drop(paused);
        assert_eq!(other.join().expect("it ends"), Ok(5));
    });
}

#[test]
fn messages_wait_for_the_resume() {
    let machine = Machine::new();
    let handled = Arc::new(AtomicU64::new(0));
    let count = Arc::clone(&handled);
    let mut device = Scripted::new();
    device.on_message = Box::new(move |_, _| {
        count.fetch_add(1, Ordering::SeqCst);
    });
    let device = machine.executive.spawn("device", device);
    let (first, second) = (machine.executive.pause(), machine.executive.pause());
    assert!(device.post(0) && device.post(0));
    a_while();
    drop(first);
    a_while();
    assert_eq!(handled.load(Ordering::SeqCst), 0, "somebody still holds it");
    drop(second);
    assert!(soon(|| handled.load(Ordering::SeqCst) == 2));
}

#[test]
fn a_stop_frees_those_that_a_pause_holds() {
    let machine = Machine::new();
    let mut reader = machine.executive.reader("hart", None);
    std::thread::scope(|scope| {
        let paused = machine.executive.pause();
        let hart = scope.spawn(move || reader.checkpoint(&mut ()));
        a_while();
        machine.executive.stop();
        assert_eq!(hart.join().expect("it ends"), Flow::Stop);
        drop(paused);
    });
}
