//! The board from the outside: what decodes where, and whether the wires lead where the device tree says.

use std::sync::Arc;

use manyhart_devices::uart::UartMessage;
use manyhart_devices::virtio::rng::Rng;
use manyhart_runtime::{AddressSpace, BusError, Clock, Config, Gpa, Requester};
use parking_lot::Mutex;

use super::*;

struct Bench {
    executive: Executive,
    board: Board,
    space: AddressSpace,
    outcomes: Arc<Mutex<Vec<Outcome>>>,
}

impl Bench {
    fn new(harts: u32) -> Bench {
        Bench::with(harts, Aia::None)
    }

    fn with(harts: u32, aia: Aia) -> Bench {
        let config = Config { clock: Clock::manual(TIMEBASE), on_device_failure: None };
        let executive = Executive::new(config).unwrap();
        let description = fdt::Description { harts, ram_size: 32 << 20, aia, ..Default::default() };
        let boot = Boot { entry: RAM_BASE, next_addr: 0x8020_0000, next_mode: NextMode::Supervisor };
        let device_tree = fdt::build(&description).unwrap();
        let outcomes = Arc::new(Mutex::new(Vec::new()));
        let told = outcomes.clone();
        let outlets = Outlets {
            console: Box::new(uart::channel(16).0),
            on_outcome: Box::new(move |outcome| told.lock().push(outcome)),
            on_pci_event: Box::new(|_| ()),
            host_time: Box::new(|| 0x1_0000_0002),
        };
        let config = BoardConfig { harts, ram_size: 32 << 20, aia, boot, device_tree };
        let board = Board::new(&executive, config, outlets).unwrap();
        let space = executive.topology().address_space(board.space);
        Bench { executive, board, space, outcomes }
    }

    fn read(&self, address: u64, size: usize) -> Result<u64, BusError> {
        let mut bytes = [0; 8];
        self.space.read(Gpa(address), &mut bytes[..size], Requester::Cpu(0))?;
        Ok(u64::from_le_bytes(bytes))
    }

    fn write(&self, address: u64, size: usize, value: u64) -> Result<(), BusError> {
        self.space.write(Gpa(address), &value.to_le_bytes()[..size], Requester::Cpu(0))
    }

    fn level(&self, hart: usize, bit: u32) -> bool {
        self.board.attentions[hart].peek() >> bit & 1 != 0
    }
}

impl Drop for Bench {
    fn drop(&mut self) {
        self.executive.shutdown();
    }
}

#[test]
fn everything_answers_at_its_place_and_nothing_else_does() {
    let bench = Bench::new(2);
    let at = |window: Window, offset: u64, size: usize| bench.read(window.base + offset, size);
    assert_eq!(at(memmap::MROM, 0, 4), Ok(0x297));
    assert_eq!(at(memmap::MROM, 0x28, 4), Ok(0x4942_534f));
    assert_eq!(at(memmap::FINISHER, 0, 4), Ok(0));
    assert_eq!(at(memmap::RTC, 0, 4), Ok(2));
    assert_eq!(at(memmap::CLINT, 0xbff8, 8), Ok(0));
    assert_eq!(at(memmap::PLIC, 0x2000, 4), Ok(0));
    assert_eq!(at(memmap::UART, 5, 1), Ok(0x60));
    // Magic value, and no device.
    for slot in memmap::virtio_slots() {
        assert_eq!([at(slot, 0, 4), at(slot, 8, 4)], [Ok(0x7472_6976), Ok(0)]);
    }
    assert_eq!(bench.read(RAM_BASE, 8), Ok(0));
    let (tree_at, _) = bench.board.device_tree;
    assert_eq!(bench.read(tree_at, 4), Ok(0xedfe_0dd0));
    for address in [0, memmap::MROM.last() + 1, memmap::VIRTIO.last() + 1, RAM_BASE + (32 << 20), u64::MAX] {
        assert_eq!(bench.read(address, 1), Err(BusError::Decode(Gpa(address))), "{address:#x}");
    }
    assert!(matches!(bench.write(memmap::MROM.base, 4, 0), Err(BusError::WriteRefused { .. })));
}

/// The console's input reaches S-mode of the hart that asked for it, and no other, through claim and completion.
#[test]
fn an_interrupt_goes_from_the_console_to_one_hart() {
    let bench = Bench::new(2);
    let (plic, uart, irq) = (memmap::PLIC.base, memmap::UART.base, u64::from(memmap::UART.irq()));
    // Context 3 is S-mode of hart 1.
    let claim = plic + 0x20_0000 + 3 * 0x1000 + 4;
    bench.write(plic + 4 * irq, 4, 1).unwrap();
    bench.write(plic + 0x2000 + 3 * 0x80, 4, 1 << irq).unwrap();
    bench.write(uart + 1, 1, 1).unwrap();
    let wires = || [(0, 9), (0, 11), (1, 9), (1, 11)].map(|(hart, bit)| bench.level(hart, bit));
    assert_eq!(wires(), [false; 4]);

    assert!(bench.board.uart.post(UartMessage::input(b"!".to_vec()).0));
    assert_eq!(wires(), [false, false, true, false]);
    assert_eq!(bench.read(claim, 4), Ok(irq));
    assert_eq!(wires(), [false; 4]);
    assert_eq!(bench.read(uart, 1), Ok(u64::from(b'!')));
    bench.write(claim, 4, irq).unwrap();
    assert_eq!(wires(), [false; 4], "the line has fallen");
}

/// Devices take slots from the highest down, each with its own input of the controller, until none is left.
#[test]
fn virtio_devices_take_slots() {
    let mut bench = Bench::new(1);
    let slots: Vec<_> = memmap::virtio_slots().collect();
    for index in (0..slots.len()).rev() {
        let placed = bench.board.place_virtio(&bench.executive, Box::new(Rng::new())).unwrap();
        assert_eq!(placed, index);
        assert_eq!(bench.read(slots[index].base + 8, 4), Ok(4));
    }
    let refused = bench.board.place_virtio(&bench.executive, Box::new(Rng::new())).unwrap_err().to_string();
    assert_eq!(refused, "all 8 virtio-mmio slots are taken");
    // A queue that cannot be: the driver is told, by that slot's interrupt.
    for (address, value) in [(0x70, 3), (0x24, 1), (0x20, 1), (0x70, 11), (0x44, 1), (0x70, 15)] {
        bench.write(slots[2].base + address, 4, value).unwrap();
    }
    let pending = bench.read(memmap::PLIC.base + 0x1000, 4);
    assert_eq!(pending, Ok(1 << slots[2].irq()));
    let paused = bench.executive.pause();
    bench.board.reset().unwrap();
    drop(paused);
    assert_eq!(bench.read(slots[2].base + 0x70, 4), Ok(0));
    assert_eq!(bench.read(memmap::PLIC.base + 0x1000, 4), Ok(0));
}

#[test]
fn local_interrupts_go_to_their_hart() {
    let bench = Bench::new(3);
    bench.write(memmap::CLINT.base + 4, 4, 1).unwrap();
    bench.write(memmap::CLINT.base + 0x4010, 8, 1234).unwrap();
    assert_eq!([0, 1, 2].map(|hart| bench.level(hart, 3)), [false, true, false]);
    assert_eq!([0, 1, 2].map(|hart| bench.board.attentions[hart].deadline(0)), [u64::MAX, u64::MAX, 1234]);
}

#[test]
fn the_finisher_tells_whoever_runs_the_machine() {
    let bench = Bench::new(1);
    for value in [0x7777, 0x0002_3333, 0x5555] {
        bench.write(memmap::FINISHER.base, 4, value).unwrap();
    }
    assert_eq!(*bench.outcomes.lock(), [Outcome::Reboot, Outcome::Fail(2), Outcome::PowerOff]);
}

#[test]
fn reset_goes_back_to_power_on() {
    let bench = Bench::new(1);
    let (tree_at, _) = bench.board.device_tree;
    let changed = [(memmap::CLINT.base, 4), (memmap::PLIC.base + 40, 4), (memmap::UART.base + 7, 1), (tree_at, 4)];
    let before = changed.map(|(address, size)| bench.read(address, size));
    for (address, size) in changed {
        bench.write(address, size, 1).unwrap();
        assert_eq!(bench.read(address, size), Ok(1), "{address:#x}");
    }
    let paused = bench.executive.pause();
    bench.board.reset().unwrap();
    drop(paused);
    assert_eq!(changed.map(|(address, size)| bench.read(address, size)), before);
    assert!(!bench.level(0, 3));
}

#[test]
fn impossible_boards_are_refused() {
    let executive = Executive::new(Config { clock: Clock::manual(TIMEBASE), on_device_failure: None }).unwrap();
    let refused = |harts, ram_size, tree: usize| {
        let boot = Boot { entry: RAM_BASE, next_addr: 0, next_mode: NextMode::Machine };
        let config = BoardConfig { harts, ram_size, aia: Aia::None, boot, device_tree: vec![0; tree] };
        let outlets = Outlets {
            console: Box::new(uart::channel(1).0),
            on_outcome: Box::new(|_| ()),
            on_pci_event: Box::new(|_| ()),
            host_time: Box::new(|| 0),
        };
        Board::new(&executive, config, outlets).err().map(|error| error.to_string()).unwrap_or_default()
    };
    let cases = [
        (0, 1 << 20, 8, "1 to 4095 harts, not 0"),
        (4096, 1 << 20, 8, "not 4096"),
        (1, 0, 8, "not 0x0 bytes"),
        (1, 4095, 8, "not 0xfff bytes"),
        (1, u64::MAX - 4095, 8, "RAM must be"),
        (1, 1 << 20, 2 << 20, "2097152 bytes does not fit"),
    ];
    for (harts, ram_size, tree, want) in cases {
        let got = refused(harts, ram_size, tree);
        assert!(got.contains(want), "{got:?}, not {want:?}");
    }
    executive.shutdown();
}

#[test]
fn the_device_tree_lies_high_and_aligned() {
    let cases = [
        (512 << 20, 0x1000, Some(0x9fe0_0000)),
        (512 << 20, (2 << 20) + 1, Some(0x9fc0_0000)),
        (8 << 30, 0x1000, Some(0xbfe0_0000)),
        (1 << 20, 0x1000, Some(0x800f_0000)),
        (0x1_0000, 0x1000, Some(RAM_BASE)),
        (0x1000, 0x1001, None),
        (u64::MAX, 0x1000, Some(0xbfe0_0000)),
    ];
    for (ram_size, len, want) in cases {
        assert_eq!(device_tree_place(ram_size, len), want, "{ram_size:#x}, {len:#x}");
    }
}

/// Firmware enumerates: ones where nobody is, the host bridge's identity where it is, ones in every window.
#[test]
fn pci_answers_with_ones_where_nobody_is() {
    let bench = Bench::new(1);
    let ecam = memmap::PCI_ECAM.base;
    assert_eq!(bench.read(ecam, 4), Ok(0x0008_1b36));
    for address in [ecam + (1 << 15), ecam + (1 << 20), memmap::PCI_ECAM.last() - 3, memmap::PCI_PIO.base + 0x80] {
        assert_eq!(bench.read(address, 4), Ok(0xffff_ffff), "{address:#x}");
        assert_eq!(bench.write(address, 4, 0), Ok(()), "{address:#x}");
    }
    let high = memmap::pci_mmio64(32 << 20);
    for address in [memmap::PCI_MMIO32.base, RAM_BASE - 8, high.base, high.last() - 7] {
        assert_eq!(bench.read(address, 8), Ok(u64::MAX), "{address:#x}");
        assert_eq!(bench.write(address, 8, 0), Ok(()), "{address:#x}");
    }
}

/// The console's wire, delegated to supervisor level and sent as identity 20 to hart 1; a message that a hart writes; a reset.
#[test]
fn with_imsics_wires_become_messages_and_pages_take_messages() {
    let bench = Bench::with(2, Aia::AplicImsic);
    let (root, child) = (memmap::APLIC_M.base, memmap::APLIC_S.base);
    let files = [0, 1].map(|hart| bench.board.interrupts.files_of(hart).unwrap());
    assert!(bench.board.interrupts.files_of(2).is_none());
    let [_, supervisor] = &files[1];
    supervisor.change_enabled(0, 0, u64::MAX);
    supervisor.set_delivery(true);
    let source = u64::from(memmap::UART.irq());
    bench.write(root + 4 * source, 4, 1 << 10).unwrap();
    for (offset, value) in [(4 * source, 6), (0x3000 + 4 * source, 1 << 18 | 20), (0x1edc, source), (0, 1 << 8)] {
        bench.write(child + offset, 4, value).unwrap();
    }
    assert!(!bench.level(1, fdt::S_EXTERNAL));
    bench.write(memmap::UART.base + 1, 1, 2).unwrap(); // The transmitter is empty.
    assert!(bench.level(1, fdt::S_EXTERNAL) && !bench.level(0, fdt::S_EXTERNAL));
    assert_eq!(supervisor.claim(), Some(20));
    assert!(!bench.level(1, fdt::S_EXTERNAL));
    for (hart, page) in [(0, memmap::IMSIC_M.base), (1, memmap::IMSIC_M.base + 0x1000)] {
        bench.write(page, 4, 7).unwrap();
        assert_eq!(files[hart][0].pending(0), 1 << 7);
    }
    let beyond = memmap::IMSIC_S.base + 0x2000;
    assert_eq!(bench.write(beyond, 4, 7), Err(BusError::Decode(Gpa(beyond))));
    bench.board.reset().unwrap();
    assert!(files.iter().flatten().all(|file| file.pending(0) == 0 && !file.delivers()));
    assert_eq!(bench.read(child, 4), Ok(0x8000_0004));
}

#[test]
fn without_imsics_an_aplic_drives_a_wire_to_each_hart() {
    let bench = Bench::with(2, Aia::Aplic);
    assert!(bench.board.interrupts.files_of(0).is_none());
    let (root, source) = (memmap::APLIC_M.base, u64::from(memmap::UART.irq()));
    for (offset, value) in
        [(4 * source, 6), (0x3000 + 4 * source, 1 << 18 | 1), (0x1edc, source), (0, 1 << 8), (0x4020, 1)]
    {
        bench.write(root + offset, 4, value).unwrap();
    }
    bench.write(memmap::UART.base + 1, 1, 2).unwrap();
    assert!(bench.level(1, fdt::M_EXTERNAL) && !bench.level(0, fdt::M_EXTERNAL));
    assert_eq!(bench.read(root + 0x403c, 4), Ok(source << 16 | 1));
    assert_eq!(bench.read(memmap::PLIC.base + 0x20_0000, 4), Err(BusError::Decode(Gpa(memmap::PLIC.base + 0x20_0000))));
}
