//! A driver of the educational device, as its description says.

use manyhart_devices::pci::edu::{DMA_BITS, edu};

use crate::machine::*;

const BAR: u64 = 0x4100_0000;
const BUFFER: u64 = 0x40000;
const MASK: u64 = (1 << DMA_BITS) - 1;

struct Driver<'a> {
    machine: &'a Machine,
    function: Function<'a>,
}

impl Driver<'_> {
    fn probe(machine: &Machine) -> Driver<'_> {
        let function = machine.plug(2, |executive, port| edu(executive, "edu", port, MASK));
        assert_eq!(function.get::<u32>(0), 0x11e8_1234);
        function.place(0, BAR, false);
        function.enable();
        Driver { machine, function }
    }

    fn read(&self, register: u64) -> u32 {
        self.machine.load(BAR + register)
    }

    fn write(&self, register: u64, value: u32) {
        self.machine.store(BAR + register, value);
    }

    fn transfer(&self, source: u64, destination: u64, count: u64, command: u64) {
        for (register, value) in [(0x80, source), (0x88, destination), (0x90, count), (0x98, command | 1)] {
            self.machine.store(BAR + register, value);
        }
        until("the transfer", || self.machine.load::<u64>(BAR + 0x98) & 1 == 0);
    }
}

#[test]
fn it_says_that_it_is_alive() {
    let machine = Machine::new();
    let driver = Driver::probe(&machine);
    assert_eq!(driver.read(0), 0x0100_00ed);
    driver.write(4, 0x1234_5678);
    assert_eq!(driver.read(4), !0x1234_5678);
    assert_eq!(machine.load::<u8>(BAR), 0xff, "words only");
    assert_eq!(machine.load::<u64>(BAR), u64::MAX);
    assert_eq!(driver.read(0x30), u32::MAX, "no register");
    assert_eq!(driver.read(BUFFER), u32::MAX, "the buffer is the engine's alone");
}

#[test]
fn factorials_end_with_an_interrupt_when_asked() {
    let machine = Machine::new();
    let driver = Driver::probe(&machine);
    driver.write(8, 5);
    until("5!", || driver.read(0x20) & 1 == 0);
    assert_eq!((driver.read(8), driver.read(0x24), machine.line(2)), (120, 0, false));
    driver.write(0x20, 0x80);
    driver.write(8, 10);
    until("10!", || machine.line(2));
    assert_eq!((driver.read(8), driver.read(0x24), driver.read(0x20)), (3_628_800, 1, 0x80));
    driver.write(0x64, 1);
    assert_eq!((driver.read(0x24), machine.line(2)), (0, false));
}

#[test]
fn interrupts_are_raised_and_acknowledged_by_bits() {
    let machine = Machine::new();
    let driver = Driver::probe(&machine);
    for (raise, acknowledge, status) in [(0x60, 0, 0x60), (0x81, 0x20, 0xc1), (0, 0xc0, 0x01), (0, 0x01, 0)] {
        driver.write(0x60, raise);
        driver.write(0x64, acknowledge);
        assert_eq!((driver.read(0x24), machine.line(2)), (status, status != 0));
        assert_eq!(driver.function.get::<u16>(6) & 8 != 0, status != 0, "Status.Interrupt");
    }
    driver.write(0x60, 4);
    driver.function.set(4, 0x0406u16);
    assert!(!machine.line(2), "Command.Interrupt Disable");
    assert_eq!(driver.function.get::<u16>(6) & 8, 8);
    driver.function.set(4, 0x0006u16);
    assert!(machine.line(2));
}

#[test]
fn messages_go_instead_of_the_line() {
    let machine = Machine::new();
    let driver = Driver::probe(&machine);
    driver.function.enable_msi(RAM + 0x100, 0x77);
    driver.write(0x60, 2);
    assert_eq!((machine.load::<u32>(RAM + 0x100), machine.line(2)), (0x77, false));
    machine.store(RAM + 0x100, 0u32);
    driver.write(0x64, 2);
    driver.function.set(4, 0x0002u16);
    driver.write(0x60, 1);
    assert_eq!(machine.load::<u32>(RAM + 0x100), 0, "no message from a function that may not master the bus");
}

#[test]
fn dma_goes_both_ways_within_the_buffer() {
    let machine = Machine::new();
    let driver = Driver::probe(&machine);
    let data: Vec<u8> = (0..0x1000u32).map(|byte| (byte * 7 + (byte >> 8)) as u8).collect();
    machine.memory.write(manyhart_runtime::Gpa(RAM + 0x1000), &data, CPU).unwrap();
    driver.transfer(RAM + 0x1000, BUFFER, 0x1000, 0);
    driver.transfer(BUFFER + 0x10, RAM + 0x8000, 0xff0, 2);
    let mut back = vec![0; 0xff0];
    machine.memory.read(manyhart_runtime::Gpa(RAM + 0x8000), &mut back, CPU).unwrap();
    assert!(back == data[0x10..]);
    assert_eq!(driver.read(0x24), 0);
    // 28 bits of an address; an interrupt at the end.
    driver.transfer(BUFFER, 0xf_0000_0000 + RAM + 0xa000, 4, 2 | 4);
    assert_eq!(machine.load::<u32>(RAM + 0xa000).to_le_bytes(), data[..4]);
    until("the interrupt", || machine.line(2));
    assert_eq!(driver.read(0x24), 0x100);
}

#[test]
fn dma_that_leads_nowhere_changes_nothing() {
    let machine = Machine::new();
    let driver = Driver::probe(&machine);
    machine.store(RAM, 0x55u32);
    for (source, destination, count) in [(BUFFER + 0xfff, RAM, 2), (0x1000, RAM, 4), (BUFFER, RAM, u64::MAX)] {
        driver.transfer(source, destination, count, 2);
        assert_eq!(machine.load::<u32>(RAM), 0x55, "{count:#x} from {source:#x}");
    }
    driver.transfer(0xf00_0000, BUFFER, 0x10, 0);
    driver.function.set(4, 0x0002u16);
    driver.transfer(BUFFER, RAM, 4, 2);
    assert_eq!(machine.load::<u32>(RAM), 0x55, "it may not master the bus");
    driver.function.enable();
    driver.transfer(BUFFER, RAM, 4, 2);
    assert_eq!(machine.load::<u32>(RAM), 0);
}

#[test]
fn a_reset_forgets_everything() {
    let machine = Machine::new();
    let driver = Driver::probe(&machine);
    driver.write(4, 1);
    driver.write(0x60, 1);
    assert!(machine.line(2));
    machine.host.reset().unwrap();
    assert!(!machine.line(2));
    driver.function.place(0, BAR, false);
    driver.function.enable();
    assert_eq!((driver.read(4), driver.read(0x24)), (0, 0));
}
