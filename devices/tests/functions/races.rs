//! Races that other VMMs have suffered from, each with why it cannot happen here.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use manyhart_devices::pci::scratch::{self, Options, scratch};
use manyhart_devices::pci::{Bar, BarKind, BarPart, BarTarget, Blueprint, Identity, PciEvent, Place, Port};
use manyhart_runtime::actor::Reply;
use manyhart_runtime::{Access, Answer, Context, Device, DeviceHandle, Executive, Gpa, MmioSpec, NoAnswer};
use parking_lot::Mutex;

use crate::machine::*;

const HERE: u64 = 0x4200_0000;
const THERE: u64 = 0x4300_0000;

/// A function whose only BAR is `registers`.
fn one_bar(registers: BarTarget) -> Blueprint {
    let parts = vec![BarPart { offset: 0, size: 0x1000, target: registers }];
    let bar = Bar { index: 0, kind: BarKind::Memory32 { prefetchable: false }, size: 0x1000, parts };
    Blueprint::new(Identity { vendor: 0x1b36, device: 0x00fe, ..Identity::default() }, vec![bar])
}

fn plug_scratch(machine: &Machine, id: &str, device: u8, identity: u64) {
    let options = Options { identity, memory: 0, vectors: 1 };
    let made = machine.plug_at(id, &Place::at("pcie.0", device, 0), |executive, port| {
        scratch(executive, id, port, options).unwrap().0
    });
    made.unwrap();
}

/// cloud-hypervisor #8572: a move took the BAR's old range out of the map, and a device that was added meanwhile was given that range before the
/// move put the new one in. Here a move is one publication, in which the BAR is at its new place and nowhere else; what is added may overlap
/// whatever is there, so no range is ever anybody's to lose.
#[test]
fn a_bar_that_moves_loses_nothing_to_a_function_that_comes() {
    let machine = Machine::new();
    let mover = machine.plug(1, |executive, port| {
        scratch(executive, "mover", port, Options { identity: 1, memory: 0, vectors: 1 }).unwrap().0
    });
    mover.place(0, HERE, false);
    mover.enable();
    let done = AtomicBool::new(false);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            // It is placed where the mover is half of the time.
            let comer = machine.function(2);
            for _ in 0..150 {
                plug_scratch(&machine, "comer", 2, 2);
                comer.place(0, HERE, false);
                comer.enable();
                assert!(matches!(machine.load::<u64>(HERE), 1 | 2));
                machine.host.surprise_remove("comer").unwrap();
                assert_ne!(machine.load::<u64>(HERE), 2, "gone when the removal has returned");
            }
            done.store(true, Ordering::Release);
        });
        scope.spawn(|| {
            while !done.load(Ordering::Acquire) {
                for (to, from) in [(THERE, HERE), (HERE, THERE)] {
                    mover.place(0, to, false);
                    let [new, old] = [to, from].map(|at| machine.load::<u64>(at));
                    // Where both are, the one that came later is on top.
                    assert!(new == 1 || new == 2 && to == HERE, "{new:#x} at {to:#x}");
                    assert!(old == u64::MAX || old == 2 && from == HERE, "{old:#x} at {from:#x}");
                }
            }
        });
    });
    assert_eq!(machine.load::<u64>(HERE), 1, "nobody's range was lost");
}

/// cloud-hypervisor #8369: a device showed in configuration space before what is behind its BARs was there. Here the fabric knows of a function from
/// one handler on, in which it is whole; its regions' transaction is in the topology's queue before any that a guest's write can cause.
#[test]
fn a_function_that_shows_is_ready() {
    let machine = Machine::new();
    let port = machine.root_port("rp", 2);
    machine.host.go_live().unwrap();
    let control = port.capability(EXPRESS) + 0x18;
    let done = AtomicBool::new(false);
    std::thread::scope(|scope| {
        // A driver that takes whatever shows, at once.
        scope.spawn(|| {
            let (function, registers) = (machine.behind(2), machine.window_behind(2));
            let mut met = 0;
            while !done.load(Ordering::Acquire) || met == 0 {
                if function.get::<u32>(0) == u32::MAX {
                    continue;
                }
                function.place(0, registers, false);
                function.enable();
                let identity: u64 = machine.load(registers);
                // Or it has gone meanwhile.
                assert!(identity == 77 || identity == u64::MAX, "{identity:#x}");
                met += u32::from(identity == 77);
            }
        });
        for _ in 0..150 {
            machine.plug_scratch("x", "rp", 77).unwrap();
            port.set(control, 0x01c0u16);
            std::thread::yield_now();
            machine.host.surprise_remove("x").unwrap();
            port.set(control, 0x07c0u16);
        }
        machine.plug_scratch("x", "rp", 77).unwrap();
        port.set(control, 0x01c0u16);
        done.store(true, Ordering::Release);
    });
}

/// cloud-hypervisor #8028: a pause waited for a CPU that was inside an access, whose device waited for something that the pause had stopped. Here a
/// pause lets handlers run until every reader is at a boundary; and a write that moves memory, or sends a message, never waits for the pause.
#[test]
fn a_pause_meets_accesses_of_every_kind() {
    let machine = Machine::new();
    let function = machine.plug(1, |executive, port| {
        scratch(executive, "f", port, Options { identity: 1, memory: 0x1000, vectors: 2 }).unwrap().0
    });
    function.place(0, HERE, false);
    function.enable();
    function.set(function.capability(MSIX) + 2, 0x8000u16);
    machine.store(HERE + 0x2000, RAM);
    let done = AtomicBool::new(false);
    std::thread::scope(|scope| {
        for cpu in 0..3u64 {
            let (done, machine) = (&done, &machine);
            scope.spawn(move || {
                let mut value = 0u64;
                while !done.load(Ordering::Acquire) {
                    value += 1;
                    match cpu {
                        // A device's registers; a message that is masked and unmasked.
                        0 => machine.store(HERE + scratch::ECHO, value),
                        1 => {
                            machine.store(HERE + 0x200c, value as u32 & 1);
                            machine.store(HERE + scratch::SIGNAL, 0u64);
                        }
                        // The map itself.
                        _ => function.place(2, 0x4_0000_0000 + ((value % 4) << 12), true),
                    }
                }
            });
        }
        for _ in 0..100 {
            let paused = machine.executive.pause();
            std::thread::yield_now();
            drop(paused);
        }
        done.store(true, Ordering::Release);
    });
}

/// Answers a read when it is told to.
struct Slow {
    owed: Option<Reply>,
    asked: Arc<AtomicBool>,
    drops: Arc<AtomicU64>,
}

impl Device for Slow {
    type Message = u64;

    fn read(&mut self, cx: &mut Context<'_, u64>, _: Access) -> Answer<u64> {
        let (reply, deferred) = cx.defer();
        self.owed = Some(reply);
        self.asked.store(true, Ordering::SeqCst);
        Err(NoAnswer::Deferred(deferred))
    }

    fn write(&mut self, _: &mut Context<'_, u64>, _: Access, _: u64) -> Answer<()> {
        Ok(())
    }

    fn message(&mut self, _: &mut Context<'_, u64>, value: u64) {
        if let Some(reply) = self.owed.take() {
            reply.answer(Ok(value));
        }
    }

    fn reset(&mut self, _: &mut Context<'_, u64>) {}
}

impl Drop for Slow {
    fn drop(&mut self) {
        self.drops.fetch_add(1, Ordering::SeqCst);
    }
}

/// openvmm #3077: a BAR was torn down while the guest's driver was still using it. Here whoever is inside an access holds what answers it: the map
/// forgets the function at once, but its device lives, and nobody is told that it is deleted, until the last access has ended.
#[test]
fn a_bar_lives_until_the_last_access_has_ended() {
    let machine = Machine::new();
    let (asked, drops) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicU64::new(0)));
    let slow = Slow { owed: None, asked: Arc::clone(&asked), drops: Arc::clone(&drops) };
    let slow = machine.executive.spawn("slow", slow);
    let poster = slow.poster();
    let function = machine.plug(1, move |_, _| one_bar(BarTarget::Registers(slow.mmio(0, MmioSpec::aligned(4, 8)))));
    function.place(0, HERE, false);
    function.enable();
    std::thread::scope(|scope| {
        let access = scope.spawn(|| machine.memory.load::<u64>(Gpa(HERE), CPU));
        until("the access", || asked.load(Ordering::SeqCst));
        machine.host.surprise_remove("f1").unwrap();
        assert_eq!(function.get::<u32>(0), u32::MAX, "out of configuration space");
        std::thread::sleep(std::time::Duration::from_millis(10));
        assert_eq!((machine.events(), drops.load(Ordering::SeqCst)), (Vec::new(), 0), "while somebody is inside");
        assert!(poster.post(0x55));
        assert_eq!(access.join().unwrap(), Ok(0x55), "the device has answered");
    });
    until("the deletion", || machine.events().contains(&PciEvent::Deleted { id: "f1".to_owned() }));
    until("the device's end", || drops.load(Ordering::SeqCst) == 1);
    assert_eq!(machine.load::<u64>(HERE), u64::MAX);
}

/// Moves its own BAR, in the middle of a write to it: by a write of its own to configuration space, as any bus master may.
struct Nomad {
    port: Port,
    register: u64,
    writes: Arc<AtomicU64>,
}

impl Device for Nomad {
    type Message = ();

    fn read(&mut self, _: &mut Context<'_, ()>, _: Access) -> Answer<u64> {
        Ok(self.writes.load(Ordering::SeqCst))
    }

    fn write(&mut self, _: &mut Context<'_, ()>, _: Access, to: u64) -> Answer<()> {
        self.writes.fetch_add(1, Ordering::SeqCst);
        self.port.dma().store(Gpa(self.register), to as u32).expect("it may master the bus");
        Ok(())
    }

    fn reset(&mut self, _: &mut Context<'_, ()>) {}
}

/// firecracker #6088: a BAR was moved from inside an access to it, under the lock that the access held. Here no lock is held while a device runs: the
/// write is posted, the map changes when the handler has returned, and the access that caused it ends in the map that it began in.
#[test]
fn a_bar_is_moved_from_inside_its_own_access() {
    let machine = Machine::new();
    let writes = Arc::new(AtomicU64::new(0));
    let function = machine.plug(1, |executive: &Executive, port: &Port| {
        let register = machine.function(1).address(BAR0);
        let nomad = Nomad { port: port.clone(), register, writes: Arc::clone(&writes) };
        let handle: DeviceHandle<Nomad> = executive.spawn("nomad", nomad);
        one_bar(BarTarget::Registers(handle.mmio(0, MmioSpec::aligned(4, 8))))
    });
    function.place(0, HERE, false);
    function.enable();
    for (round, (from, to)) in [(HERE, THERE), (THERE, HERE)].into_iter().cycle().take(100).enumerate() {
        machine.store(from, to as u32);
        assert_eq!(machine.load::<u32>(to), round as u32 + 1, "where it said, when the write has ended");
        assert_eq!(machine.load::<u32>(from), u32::MAX);
    }
    // The host is refused from inside a handler, by a typed error: it would wait for itself.
    let host = machine.host.clone();
    let answers = Arc::new(Mutex::new(Vec::new()));
    let told = Arc::clone(&answers);
    let asker = machine.executive.spawn("asker", Asker(Box::new(move || told.lock().push(host.query().is_err()))));
    assert!(asker.post(()));
    until("an answer", || !answers.lock().is_empty());
    assert_eq!(*answers.lock(), [true]);
}

/// Does something inside a handler.
struct Asker(Box<dyn Fn() + Send>);

impl Device for Asker {
    type Message = ();

    fn read(&mut self, _: &mut Context<'_, ()>, _: Access) -> Answer<u64> {
        Ok(0)
    }

    fn write(&mut self, _: &mut Context<'_, ()>, _: Access, _: u64) -> Answer<()> {
        Ok(())
    }

    fn message(&mut self, _: &mut Context<'_, ()>, (): ()) {
        (self.0)();
    }

    fn reset(&mut self, _: &mut Context<'_, ()>) {}
}
