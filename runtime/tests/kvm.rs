//! Real guests on KVM memory slots that a listener keeps, where the machine has `/dev/kvm`.

#[path = "../examples/kvm.rs"]
mod example;

use std::ops::Range;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use kvm_ioctls::{Kvm, VcpuExit, VmFd};
use manyhart_runtime::kvm::KvmMemory;
use manyhart_runtime::{Clock, Config, DirtyClient, DirtyLog, Executive, RamBlock, RegionId};

/// Whether to go on; says why not.
fn usable() -> bool {
    let usable = example::usable();
    if let Err(why) = &usable {
        println!("skipped: /dev/kvm ({why})");
    }
    usable.is_ok()
}

#[test]
fn r10_kvm_slots_follow_the_map_under_a_running_guest() {
    if !usable() {
        return;
    }
    let outcome = example::run().expect("the guest runs to its end");
    // 0x5a before and after the bank moved, nothing where it was, and ROM.
    assert_eq!(outcome.registers, [0x5a, 0x5a, 0xff, 0x42]);
    assert_eq!(outcome.stored, Some(0x77), "the guest's store to the moved slot");
    assert_eq!(outcome.rings, 1, "the doorbell rang");
    // Four registers, the old place, and the refused write; the doorbell, the banks and ROM's reads take none.
    assert_eq!(outcome.exits, 6);
}

/// A machine of a page of code at 0x1000 and a bank of 16 pages at 0x2_0000.
struct Board {
    executive: Executive,
    vm: Arc<VmFd>,
    memory: KvmMemory,
    bank: RegionId,
    block: Arc<RamBlock>,
}

impl Board {
    fn new(code: &[u8]) -> Board {
        let config = Config { clock: Clock::manual(1_000_000), on_device_failure: None };
        let executive = Executive::new(config).expect("the helper thread starts");
        let block = |name| Arc::new(RamBlock::anonymous(name, 0x1_0000).expect("memory"));
        let (low, block) = (block("low"), block("bank"));
        assert!(low.write(0x1000, code));
        let topology = executive.topology();
        let mut change = topology.transaction();
        let root = change.container("root", 1 << 64);
        let (low, bank) = (change.ram("low", low), change.ram("bank", Arc::clone(&block)));
        change.add_subregion(root, 0, low).add_subregion(root, 0x2_0000, bank);
        let space = change.address_space("guest", root);
        change.commit().expect("lawful");
        let kvm = Kvm::new().expect("usable");
        let vm = Arc::new(kvm.create_vm().expect("usable"));
        vm.set_tss_address(0xfffb_d000).expect("a free place");
        let memory = KvmMemory::new(topology, space, &kvm, Arc::clone(&vm)).expect("a signal");
        Board { executive, vm, memory, bank, block }
    }

    fn log(&self) -> DirtyLog {
        self.executive.topology().start_log(self.bank, DirtyClient::MIGRATION).expect("memory")
    }

    /// Runs the guest until it halts; `on_out` at each of its writes to a port.
    fn run(&self, mut on_out: impl FnMut(u8)) {
        let mut vcpu = self.vm.create_vcpu(0).expect("usable");
        let mut sregs = vcpu.get_sregs().expect("usable");
        (sregs.cs.base, sregs.cs.selector) = (0, 0);
        vcpu.set_sregs(&sregs).expect("usable");
        let mut regs = vcpu.get_regs().expect("usable");
        (regs.rip, regs.rflags) = (0x1000, 2);
        vcpu.set_regs(&regs).expect("usable");
        loop {
            let inside = self.memory.enter().expect("the listener lives");
            let exit = vcpu.run();
            drop(inside);
            match exit {
                Ok(VcpuExit::IoOut(_, data)) => on_out(data[0]),
                Ok(VcpuExit::Hlt) => return,
                Ok(other) => panic!("an unexpected exit: {other:?}"),
                // A signal: the slots change.
                Err(error) => assert_eq!(error.errno(), 4, "{error}"),
            }
        }
    }

    fn end(self) {
        drop(self.memory);
        self.executive.stop();
        self.executive.shutdown();
    }
}

fn snapshot(log: &DirtyLog) -> Vec<Range<u64>> {
    log.snapshot_and_clear(0..u64::MAX).expect("open")
}

fn page(number: u64) -> Range<u64> {
    number << 12..(number + 1) << 12
}

#[test]
fn r10_kvm_log_is_read_back_before_a_snapshot_and_before_a_slot_goes() {
    if !usable() {
        return;
    }
    let board = Board::new(&[
        0xb8, 0x00, 0x20, 0x8e, 0xd8, // ds = 0x2000: the bank
        0xc6, 0x06, 0x00, 0x30, 0x01, // pages 3 and 7
        0xc6, 0x06, 0xff, 0x7f, 0x01, //
        0xb0, 0x01, 0xe6, 0x10, // out 1: a snapshot
        0xc6, 0x06, 0x00, 0x50, 0x01, // page 5
        0xb0, 0x02, 0xe6, 0x10, // out 2: the bank moves
        0xb8, 0x00, 0x30, 0x8e, 0xd8, // ds = 0x3000: where it is now
        0xc6, 0x06, 0x00, 0x90, 0x01, // page 9
        0xb0, 0x03, 0xe6, 0x10, // out 3: a snapshot
        0xc6, 0x06, 0x00, 0xa0, 0x01, // page 10
        0xb0, 0x04, 0xe6, 0x10, // out 4: another client, and the first stops
        0xc6, 0x06, 0x00, 0xb0, 0x01, // page 11
        0xf4, // and stop
    ]);
    let first = board.log();
    let mut log = Some(first);
    let mut display = None;
    board.run(|phase| match phase {
        1 => assert_eq!(snapshot(log.as_ref().expect("running")), [page(3), page(7)]),
        2 => {
            let mut change = board.executive.topology().transaction();
            change.set_address(board.bank, 0x3_0000);
            let moved = change.commit().expect("lawful");
            moved.retired.wait();
            assert_eq!(snapshot(log.as_ref().expect("running")), [page(5)], "what the old slot had noted");
        }
        3 => assert_eq!(snapshot(log.as_ref().expect("running")), [page(9)]),
        4 => {
            let other = board.executive.topology().start_log(board.bank, DirtyClient::DISPLAY).expect("memory");
            let first = log.take().expect("running");
            assert_eq!(snapshot(&first), [page(10)]);
            first.stop().expect("open");
            display = Some(other);
        }
        _ => unreachable!("four phases"),
    });
    let seen = snapshot(display.as_ref().expect("running"));
    assert!(seen.iter().any(|run| run.contains(&0xb000)), "{seen:?}");
    drop(display);
    board.end();
}

#[test]
fn r10_kvm_log_loses_no_write_of_a_running_guest() {
    if !usable() {
        return;
    }
    let board = Board::new(&[
        0xb8, 0x00, 0x20, 0x8e, 0xd8, // ds = 0x2000: the bank
        0x66, 0xb9, 0x00, 0x71, 0x02, 0x00, // ecx = 160,000
        0x31, 0xf6, // si = 0
        0xff, 0x04, // loop: add 1 to a word,
        0x81, 0xc6, 0x00, 0x10, // of the next page, of sixteen,
        0x66, 0x49, 0x75, 0xf6, // that often
        0xf4, // and stop
    ]);
    let log = board.log();
    let mut copy = vec![0; 0x1_0000];
    let take = |copy: &mut Vec<u8>| {
        for run in snapshot(&log) {
            assert!(board.block.read(run.start, &mut copy[run.start as usize..run.end as usize]));
        }
    };
    let (over, mut rounds) = (AtomicBool::new(false), 0);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            board.run(|_| ());
            over.store(true, Ordering::Release);
        });
        while !over.load(Ordering::Acquire) {
            take(&mut copy);
            rounds += 1;
            // Each round has the guest fault on every page that it writes: it is to get on in between.
            std::thread::sleep(Duration::from_micros(50));
        }
    });
    take(&mut copy);
    let mut memory = vec![0; 0x1_0000];
    assert!(board.block.read(0, &mut memory));
    assert!(memory == copy, "the copy is not what the guest wrote, after {rounds} rounds");
    assert_eq!(&memory[..2], (160_000u32 / 16).to_le_bytes()[..2].as_ref());
    println!("{rounds} rounds beside the guest");
    drop(log);
    board.end();
}
