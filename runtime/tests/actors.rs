//! C6, C7, C8, C11 on real threads: devices that go, fail, wait and reach into each other.

mod common;

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Barrier, Mutex, mpsc};

use common::{CPU, Machine, PATIENCE, Scripted, soon};
use manyhart_runtime::actor::Poster;
use manyhart_runtime::{BusError, DeviceError, Gpa, NoAnswer, TopologyError};

#[test]
fn c6_a_device_that_goes_answers_everybody_and_is_dropped_once() {
    let machine = Machine::new();
    let barrier = Arc::new(Barrier::new(2));
    let inside = Arc::clone(&barrier);
    let mut device = Scripted::new();
    device.on_message = Box::new(move |_, _| {
        inside.wait();
        inside.wait();
    });
    let drops = Arc::clone(&device.drops);
    let handle = machine.executive.spawn("device", device);
    let region = machine.map(&handle, 0);
    let poster = handle.poster();
    let online = AtomicUsize::new(0);

    std::thread::scope(|scope| {
        scope.spawn(|| handle.post(1));
        barrier.wait(); // its handler runs now, and what follows queues
        let before: Vec<_> = (0..2)
            .map(|n| {
                let mut reader = machine.executive.reader(format!("before {n}"), None);
                let (machine, online) = (&machine, &online);
                scope.spawn(move || {
                    reader.checkpoint(&mut ());
                    online.fetch_add(1, Ordering::SeqCst);
                    reader.read(machine.space, Gpa(8), 4, CPU, &mut ())
                })
            })
            .collect();
        assert!(soon(|| online.load(Ordering::SeqCst) == 2));
        // A commit is retired when they have gone offline: they wait for their answers, and their questions are in the queue.
        assert!(machine.changed().wait_for(PATIENCE));
        let mut t = machine.transaction();
        t.del_subregion(machine.root, region);
        t.destroy(region);
        let retired = t.commit().expect("lawful").retired;
        handle.close();
        let after = {
            let mut reader = machine.executive.reader("after", None);
            scope.spawn(move || {
                reader.checkpoint(&mut ());
                reader.read(machine.space, Gpa(8), 4, CPU, &mut ())
            })
        };
        assert!(!retired.is_complete(), "messages are on their way");
        barrier.wait();
        for caller in before {
            assert_eq!(caller.join().expect("it ends"), Ok(8), "sent before the close");
        }
        assert_eq!(after.join().expect("it ends"), Err(BusError::Decode(Gpa(8))));
        retired.wait();
    });
    assert!(!handle.post(2) && !poster.post(3));
    assert!(soon(|| drops.load(Ordering::SeqCst) == 1));
    drop((handle, poster));
    machine.executive.shutdown();
    assert_eq!(drops.load(Ordering::SeqCst), 1);
}

#[test]
fn c6_the_last_mapping_keeps_a_device_and_its_end_drops_it() {
    let machine = Machine::new();
    let device = Scripted::new();
    let drops = Arc::clone(&device.drops);
    let handle = machine.executive.spawn("device", device);
    let region = machine.map(&handle, 0);
    drop(handle);
    let mut reader = machine.executive.reader("reader", None);
    reader.checkpoint(&mut ());
    assert_eq!(reader.read(machine.space, Gpa(4), 4, CPU, &mut ()), Ok(4));
    let mut t = machine.transaction();
    t.del_subregion(machine.root, region);
    t.destroy(region);
    let retired = t.commit().expect("lawful").retired;
    assert_eq!(reader.read(machine.space, Gpa(4), 4, CPU, &mut ()), Ok(4), "its own view still has it");
    assert_eq!(drops.load(Ordering::SeqCst), 0);
    reader.go_offline();
    retired.wait();
    assert!(soon(|| drops.load(Ordering::SeqCst) == 1));
}

#[test]
fn c6_a_reply_that_is_dropped_is_gone() {
    let machine = Machine::new();
    let mut device = Scripted::new();
    device.on_read = Box::new(|cx, _| {
        let (reply, deferred) = cx.defer();
        drop(reply);
        Err(NoAnswer::Deferred(deferred))
    });
    let handle = machine.executive.spawn("device", device);
    machine.map(&handle, 0);
    let mut reader = machine.executive.reader("reader", None);
    reader.checkpoint(&mut ());
    let answer = reader.read(machine.space, Gpa(0), 4, CPU, &mut ());
    assert_eq!(answer, Err(BusError::Gone { device: "device".to_owned() }));
}

#[test]
fn a_panicking_device_fails_alone() {
    let (told, hear) = mpsc::channel();
    let told = Mutex::new(told);
    let failure = move |name: &str| told.lock().expect("unpoisoned").send(name.to_owned()).expect("the test hears");
    let machine = Machine::with(failure);
    let mut device = Scripted::new();
    device.on_read = Box::new(|_, _| panic!("planned"));
    let drops = Arc::clone(&device.drops);
    let (bad, good) = (machine.executive.spawn("bad", device), machine.executive.spawn("good", Scripted::new()));
    machine.map(&bad, 0);
    machine.map(&good, 0x1000);
    let mut reader = machine.executive.reader("reader", None);
    reader.checkpoint(&mut ());
    for _ in 0..2 {
        let answer = reader.read(machine.space, Gpa(0), 4, CPU, &mut ());
        assert_eq!(answer, Err(BusError::Failed { device: "bad".to_owned() }));
    }
    assert_eq!(reader.read(machine.space, Gpa(0x1008), 4, CPU, &mut ()), Ok(8));
    assert_eq!(hear.recv_timeout(PATIENCE).as_deref(), Ok("bad"));
    assert!(bad.is_failed() && !good.is_failed());
    assert!(soon(|| drops.load(Ordering::SeqCst) == 1));
}

#[test]
fn c8_a_worker_answers_a_caller_that_sleeps() {
    let machine = Machine::new();
    let (work, jobs) = mpsc::channel();
    let mut device = Scripted::new();
    device.on_read = Box::new(move |cx, access| {
        let (reply, deferred) = cx.defer();
        work.send((reply, access.offset)).expect("the worker listens");
        Err(NoAnswer::Deferred(deferred))
    });
    let handle = machine.executive.spawn("device", device);
    machine.map(&handle, 0);
    std::thread::scope(|scope| {
        scope.spawn(move || {
            while let Ok((reply, offset)) = jobs.recv() {
                match offset {
                    0 => return reply.answer(Err(DeviceError::Other("the end".to_owned()))),
                    _ => reply.answer(Ok(offset * 3)),
                }
            }
        });
        let callers: Vec<_> = (1..4)
            .map(|n| {
                let mut reader = machine.executive.reader(format!("caller {n}"), None);
                let machine = &machine;
                scope.spawn(move || {
                    reader.checkpoint(&mut ());
                    for offset in (8 * n)..(8 * n + 200) {
                        let answer = reader.read(machine.space, Gpa(offset), 1, CPU, &mut ());
                        assert_eq!(answer, Ok((offset * 3) & 0xff));
                    }
                    reader.go_offline();
                })
            })
            .collect();
        for caller in callers {
            caller.join().expect("it ends");
        }
        let mut reader = machine.executive.reader("last", None);
        reader.checkpoint(&mut ());
        let end = reader.read(machine.space, Gpa(0), 1, CPU, &mut ());
        let error = DeviceError::Other("the end".to_owned());
        assert_eq!(end, Err(BusError::Device { device: "device".to_owned(), error }));
    });
}

#[test]
fn c7_posts_and_calls_of_many_are_handled_one_at_a_time() {
    const EACH: u64 = 500;
    let machine = Machine::new();
    let busy = Arc::new(AtomicUsize::new(0));
    let mut device = Scripted::new();
    let (inside, handled) = (Arc::clone(&busy), Arc::new(Mutex::new(Vec::new())));
    let log = Arc::clone(&handled);
    let handle_one = move |value: u64| {
        assert_eq!(inside.fetch_add(1, Ordering::SeqCst), 0, "two handlers at once");
        log.lock().expect("unpoisoned").push(value);
        inside.fetch_sub(1, Ordering::SeqCst);
    };
    let also = handle_one.clone();
    device.on_write = Box::new(move |_, value| {
        handle_one(value);
        Ok(())
    });
    device.on_message = Box::new(move |_, value| also(value));
    let handle = machine.executive.spawn("device", device);
    machine.map(&handle, 0);
    std::thread::scope(|scope| {
        for n in 0..3 {
            let mut reader = machine.executive.reader(format!("writer {n}"), None);
            let (machine, handle) = (&machine, &handle);
            scope.spawn(move || {
                for i in 0..EACH {
                    // In turn a message that nobody waits for and a write: the second is behind the first.
                    if i % 2 == 0 {
                        assert!(handle.post(n << 32 | i));
                    } else {
                        reader.checkpoint(&mut ());
                        reader.write(machine.space, Gpa(0), 8, n << 32 | i, CPU, &mut ()).expect("it answers");
                    }
                }
                reader.go_offline();
            });
        }
    });
    assert!(soon(|| handled.lock().expect("unpoisoned").len() == 3 * EACH as usize));
    let handled = handled.lock().expect("unpoisoned");
    for n in 0..3 {
        let of: Vec<u64> = handled.iter().filter(|v| **v >> 32 == n).map(|v| v & 0xffff_ffff).collect();
        assert_eq!(of, (0..EACH).collect::<Vec<_>>(), "writer {n}");
    }
}

#[test]
fn c11_two_devices_that_post_to_each_other_go_on() {
    const ROUNDS: u64 = 2_000;
    let machine = Machine::new();
    let peers: [Arc<Mutex<Option<Poster<u64>>>>; 2] = [Arc::default(), Arc::default()];
    let ends = Arc::new(AtomicUsize::new(0));
    let handles: Vec<_> = (0..2)
        .map(|mine| {
            let (peer, ends) = (Arc::clone(&peers[1 - mine]), Arc::clone(&ends));
            let mut device = Scripted::new();
            device.on_message = Box::new(move |_, left| match left {
                0 => drop(ends.fetch_add(1, Ordering::SeqCst)),
                _ => assert!(peer.lock().expect("unpoisoned").as_ref().expect("set").post(left - 1)),
            });
            machine.executive.spawn(format!("device {mine}"), device)
        })
        .collect();
    for (peer, handle) in peers.iter().zip(&handles) {
        *peer.lock().expect("unpoisoned") = Some(handle.poster());
    }
    std::thread::scope(|scope| {
        for handle in &handles {
            scope.spawn(|| handle.post(ROUNDS));
        }
    });
    assert!(soon(|| ends.load(Ordering::SeqCst) == 2));
}

#[test]
fn c11_a_commit_inside_a_handler_is_refused() {
    let machine = Machine::new();
    let (said, hear) = mpsc::channel();
    let mut device = Scripted::new();
    device.on_message = Box::new(move |cx, _| {
        let refused = cx.topology().transaction().commit().err();
        said.send(refused).expect("the test hears");
    });
    let handle = machine.executive.spawn("device", device);
    handle.post(0);
    let refused = hear.recv_timeout(PATIENCE).expect("it was handled");
    assert_eq!(refused, Some(TopologyError::InHandler { path: "device -> topology".to_owned() }));
}

#[test]
fn a_callback_that_panics_is_not_the_topologys_end() {
    let machine = Machine::new();
    machine.transaction().post(|_| panic!("planned"));
    let mut t = machine.transaction();
    t.container("after", 1);
    assert!(t.commit().is_ok());
}

#[test]
fn timers_fire_in_order_and_not_before() {
    let machine = Machine::new();
    let (fired, hear) = mpsc::channel();
    let mut device = Scripted::new();
    device.on_message = Box::new(move |cx, message| match message {
        0 => {
            // Time stands still meanwhile: none is due before all are set.
            cx.clock().freeze();
            let now = cx.clock().now();
            for n in [3, 1, 2] {
                cx.post_at(now + n * 20_000, now + n * 20_000);
            }
            cx.clock().thaw();
        }
        due => fired.send((due, cx.clock().now())).expect("the test hears"),
    });
    let handle = machine.executive.spawn("device", device);
    handle.post(0);
    let mut last = 0;
    for _ in 0..3 {
        let (due, now) = hear.recv_timeout(PATIENCE).expect("it fires");
        assert!(due > last && now >= due);
        last = due;
    }
}

#[test]
fn shutdown_ends_everything_once() {
    let machine = Machine::new();
    let device = Scripted::new();
    let drops = Arc::clone(&device.drops);
    let handle = machine.executive.spawn("device", device);
    machine.map(&handle, 0);
    let late = machine.transaction();
    machine.executive.stop();
    machine.executive.shutdown();
    machine.executive.shutdown();
    assert_eq!(drops.load(Ordering::SeqCst), 1);
    assert!(!handle.post(1));
    assert!(matches!(late.commit(), Err(TopologyError::Closed)));
    let (told, hear) = mpsc::channel();
    machine.transaction().post(move |result| told.send(result.err()).expect("the test hears"));
    assert_eq!(hear.recv_timeout(PATIENCE), Ok(Some(TopologyError::Closed)));
}
