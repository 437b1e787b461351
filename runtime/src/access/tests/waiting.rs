//! Accesses that wait: for a device, for a paused machine; and what waits for them.

use std::time::Duration;

use super::machine::{CPU, Machine, eventually, taken};
use super::slow::Slow;
use crate::actor::MmioSpec;
use crate::{Gpa, Requester};

/// Long enough for another thread to go wrong.
const A_WHILE: Duration = Duration::from_millis(10);

#[test]
fn a4_a_part_that_is_still_to_come_holds_its_region_back() {
    let mut machine = Machine::new();
    let slow = machine.executive.spawn("slow", Slow::default());
    machine.map(&slow, 0x1000, 0x10, MmioSpec::aligned(1, 8));
    let (next, log) = machine.map_bytes("next", 0x1010, 0x10, MmioSpec::aligned(1, 8));
    let (executive, root, space) = (machine.executive.clone(), machine.root, machine.space);

    let mut reader = executive.reader("straddler", None);
    let access = std::thread::spawn(move || {
        reader.checkpoint(&mut ());
        reader.read(space, Gpa(0x100c), 8, CPU, &mut ())
    });
    eventually(|| executive.statistics().messages > 0);
    let mut transaction = executive.topology().transaction();
    transaction.del_subregion(root, next).destroy(next);
    let retired = transaction.commit().expect("a lawful change").retired;
    machine.reader.go_offline();
    std::thread::sleep(A_WHILE);
    assert!(!retired.is_complete(), "an access is on its way to it");
    assert!(slow.post(0x1122_3344));
    assert_eq!(access.join().expect("it ends"), Ok(0x0302_0100_1122_3344), "all of it by the view of its beginning");
    retired.wait();
    assert_eq!(taken(&log), [(0, 4, None)]);
}

#[test]
fn a_paused_machine_is_open_to_debuggers_alone() {
    let mut machine = Machine::new();
    let ram = machine.map_ram(0x1000);
    machine.map_bytes("device", 0x2000, 0x10, MmioSpec::aligned(1, 8));
    let dma = machine.dma();
    machine.reader.go_offline();
    let paused = machine.executive.pause();

    dma.store(Gpa(0x1000), 5u32, Requester::Debugger).expect("memory");
    assert_eq!(dma.load::<u32>(Gpa(0x2004), Requester::Debugger), Ok(0x0706_0504));
    let other = dma.clone();
    let device = std::thread::spawn(move || other.store(Gpa(0x1000), 6u32, Requester::Device(1)));
    std::thread::sleep(A_WHILE);
    assert_eq!(ram.load::<u32>(0), Some(5), "nobody else writes");
    drop(paused);
    device.join().expect("it ends").expect("memory");
    assert_eq!(ram.load::<u32>(0), Some(6));
}

#[test]
fn many_requesters_at_once_get_their_own_answers() {
    const EACH: u64 = 300;
    let mut machine = Machine::new();
    machine.map_ram(0x1000);
    machine.map_bytes("device", 0x2000, 0x1000, MmioSpec::aligned(1, 8));
    std::thread::scope(|scope| {
        for i in 0..3 {
            let (dma, by) = (machine.dma(), Requester::Device(i));
            scope.spawn(move || {
                let mine = 0x1ff8 - 0x100 * u64::from(i);
                for n in 0..EACH {
                    // Memory and, for the first, the device behind it: 12 bytes.
                    let data: Vec<u8> = (0..12).map(|k| (n + k) as u8).collect();
                    dma.write(Gpa(mine), &data, by).expect("mapped");
                    let mut back = [0; 12];
                    dma.read(Gpa(mine), &mut back, by).expect("mapped");
                    assert_eq!(back, *data);
                }
            });
        }
    });
}
