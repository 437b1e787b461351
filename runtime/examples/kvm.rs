//! A guest under the host's KVM whose memory is a topology: run it where there is `/dev/kvm`.
//!
//! A few 16-bit instructions read a bank of memory, tell a device to move it, and find it at its new place with the next instruction; they
//! read ROM, ring a doorbell, and stop. `cargo run -p manyhart-runtime --features kvm --example kvm`

use std::error::Error;
use std::sync::Arc;

use kvm_ioctls::{Kvm, VcpuExit};
use manyhart_runtime::kvm::KvmMemory;
use manyhart_runtime::{
    Access, AddressSpace, Answer, Clock, Config, Context, Device, DeviceError, EventFd, Executive, Gpa, MmioSpec,
    NoAnswer, RamBlock, RegionId, Requester,
};

/// What the guest did.
#[derive(Debug, PartialEq, Eq)]
pub struct Outcome {
    /// What it wrote to the device's first registers.
    pub registers: [u8; 4],
    /// How often the doorbell rang.
    pub rings: u64,
    /// What is in the bank's second byte.
    pub stored: Option<u8>,
    /// Exits for accesses that no slot serves.
    pub exits: u32,
}

const CODE: &[u8] = &[
    0xb8, 0x00, 0x20, 0x8e, 0xd8, // ds = 0x2000: the bank
    0x8a, 0x1e, 0x00, 0x00, // bl = its first byte
    0xb8, 0x00, 0xd0, 0x8e, 0xd8, // ds = 0xd000: the device
    0x88, 0x1e, 0x00, 0x00, // register 0 = bl: the bank moves
    0xb8, 0x00, 0x30, 0x8e, 0xd8, // ds = 0x3000: where it is now
    0x8a, 0x0e, 0x00, 0x00, // cl = its first byte
    0xc6, 0x06, 0x01, 0x00, 0x77, // its second byte = 0x77
    0xb8, 0x00, 0x20, 0x8e, 0xd8, // ds = 0x2000: where it was
    0x8a, 0x16, 0x00, 0x00, // dl = nothing
    0xb8, 0x00, 0xe0, 0x8e, 0xd8, // ds = 0xe000: ROM
    0x8a, 0x2e, 0x00, 0x00, // ch = its first byte
    0x88, 0x0e, 0x00, 0x00, // a write that is refused
    0xb8, 0x00, 0xd0, 0x8e, 0xd8, // ds = 0xd000: the device
    0xc6, 0x06, 0x08, 0x00, 0x01, // the doorbell
    0x88, 0x0e, 0x01, 0x00, // registers 1 to 3 = cl, dl, ch
    0x88, 0x16, 0x02, 0x00, 0x88, 0x2e, 0x03, 0x00, 0xf4, // and stop
];

/// Moves the bank on a write to register 0, and answers when it has moved.
struct Mover {
    bank: RegionId,
    registers: [u8; 16],
}

impl Device for Mover {
    type Message = ();

    fn read(&mut self, _: &mut Context<'_, ()>, access: Access) -> Answer<u64> {
        Ok(self.registers[access.offset as usize].into())
    }

    fn write(&mut self, cx: &mut Context<'_, ()>, access: Access, value: u64) -> Answer<()> {
        self.registers[access.offset as usize] = value as u8;
        if access.offset != 0 {
            return Ok(());
        }
        let (reply, deferred) = cx.defer();
        let mut change = cx.topology().transaction();
        change.set_address(self.bank, 0x3_0000);
        change.post(|moved| reply.answer(moved.map(|_| 0).map_err(|error| DeviceError::Other(error.to_string()))));
        Err(NoAnswer::Deferred(deferred))
    }

    fn reset(&mut self, _: &mut Context<'_, ()>) {}
}

/// Whether this machine can: why not, where it cannot.
pub fn usable() -> Result<(), String> {
    let vm = Kvm::new().and_then(|kvm| kvm.create_vm()).map_err(|error| error.to_string())?;
    vm.create_vcpu(0).map(drop).map_err(|error| error.to_string())
}

/// Runs the guest to its end.
pub fn run() -> Result<Outcome, Box<dyn Error>> {
    let executive = Executive::new(Config { clock: Clock::manual(1_000_000), on_device_failure: None })?;
    let topology = executive.topology();
    let block = |name: &str, at, bytes: &[u8]| -> Result<Arc<RamBlock>, Box<dyn Error>> {
        let block = Arc::new(RamBlock::anonymous(name, 0x1_0000)?);
        if block.write(at, bytes) { Ok(block) } else { Err("it does not fit".into()) }
    };
    let (low, bank_block) = (block("low", 0x1000, CODE)?, block("bank", 0, &[0x5a])?);
    let rom_block = block("rom", 0, &[0x42])?;
    let doorbell = Arc::new(EventFd::new()?);

    let mut change = topology.transaction();
    let root = change.container("root", 1 << 64);
    let bank = change.ram("bank", Arc::clone(&bank_block));
    let (ram, rom) = (change.ram("low", low), change.rom("rom", rom_block));
    change.add_subregion(root, 0, ram).add_subregion(root, 0x2_0000, bank).add_subregion(root, 0xe_0000, rom);
    let device = executive.spawn("mover", Mover { bank, registers: [0; 16] });
    let registers = change.mmio("mover", 16, device.mmio(0, MmioSpec::aligned(1, 1)));
    change.add_subregion(root, 0xd_0000, registers);
    change.add_eventfd(registers, 8, Some(1), Some(1), Arc::clone(&doorbell));
    let space = change.address_space("guest", root);
    change.commit()?;

    let kvm = Kvm::new()?;
    let vm = Arc::new(kvm.create_vm()?);
    vm.set_tss_address(0xfffb_d000)?;
    let memory = KvmMemory::new(topology, space, &kvm, Arc::clone(&vm))?;
    let address_space = topology.address_space(space);
    let exits = std::thread::scope(|scope| {
        let guest = scope.spawn(|| guest(&vm, &memory, &address_space).map_err(|error| error.to_string()));
        guest.join().unwrap_or_else(|_| Err("the virtual CPU's thread panicked".to_owned()))
    })?;
    let mut registers = [0; 4];
    for (at, register) in (0..).zip(&mut registers) {
        *register = address_space.load::<u8>(Gpa(0xd_0000 + at), Requester::Debugger)?;
    }
    let outcome = Outcome { registers, rings: doorbell.take()?, stored: bank_block.load::<u8>(1), exits };
    drop(memory);
    executive.stop();
    executive.shutdown();
    Ok(outcome)
}

/// One virtual CPU until it halts; how often it left the guest for an access.
fn guest(vm: &kvm_ioctls::VmFd, memory: &KvmMemory, space: &AddressSpace) -> Result<u32, Box<dyn Error>> {
    let mut vcpu = vm.create_vcpu(0)?;
    let mut sregs = vcpu.get_sregs()?;
    (sregs.cs.base, sregs.cs.selector) = (0, 0);
    vcpu.set_sregs(&sregs)?;
    let mut regs = vcpu.get_regs()?;
    (regs.rip, regs.rflags) = (0x1000, 2);
    vcpu.set_regs(&regs)?;
    let mut accesses = 0;
    // A busy host takes the virtual CPU out more often than it need.
    for _ in 0..1000 {
        let inside = memory.enter()?;
        let exit = vcpu.run();
        drop(inside);
        match exit {
            Ok(VcpuExit::MmioRead(addr, data)) => {
                accesses += 1;
                // What nothing answers reads as all ones: this board's choice.
                if space.read(Gpa(addr), data, Requester::Cpu(0)).is_err() {
                    data.fill(0xff);
                }
            }
            Ok(VcpuExit::MmioWrite(addr, data)) => {
                accesses += 1;
                if let Err(error) = space.write(Gpa(addr), data, Requester::Cpu(0)) {
                    println!("refused: {error}");
                }
            }
            Ok(VcpuExit::Hlt) => return Ok(accesses),
            Ok(other) => return Err(format!("an unexpected exit: {other:?}").into()),
            // A signal: the slots change.
            Err(error) if error.errno() == 4 => {}
            Err(error) => return Err(error.into()),
        }
    }
    Err("the guest does not stop".into())
}

#[allow(dead_code)] // The test has its own.
fn main() -> Result<(), Box<dyn Error>> {
    if let Err(why) = usable() {
        println!("skipped: /dev/kvm ({why})");
        return Ok(());
    }
    println!("{:x?}", run()?);
    Ok(())
}
