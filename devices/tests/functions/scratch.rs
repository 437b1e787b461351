//! The scratch function: it says who it is, and when.

use manyhart_devices::pci::scratch::{self, Message, Options, scratch};
use manyhart_devices::pci::{BarChange, Change};

use crate::machine::*;

const REGISTERS: u64 = 0x4200_0000;
const MEMORY: u64 = 0x4_0100_0000;
const MEMORY_SIZE: u64 = 0x1_0000;

#[test]
fn it_says_who_and_when_it_is() {
    let machine = Machine::new();
    let options = Options { identity: 0xabcd_0123_4567_89ef, memory: MEMORY_SIZE, vectors: 4 };
    let mut stamps = None;
    let function = machine.plug(3, |executive, port| {
        let (blueprint, stamp) = scratch(executive, "scratch", port, options).unwrap();
        stamps = Some(stamp);
        blueprint
    });
    function.place(0, REGISTERS, false);
    function.place(2, MEMORY, true);
    function.enable();
    assert!(stamps.unwrap().post(Message::Stamp(42)));
    machine.store(REGISTERS + scratch::ECHO, 7u64);
    for (register, want) in [
        (scratch::IDENTITY, options.identity),
        (scratch::STAMP, 42),
        (scratch::ECHO, 7),
        (scratch::WRITES, 1),
        (scratch::MEMORY, MEMORY_SIZE),
        (0x800, 0),
    ] {
        assert_eq!(machine.load::<u64>(REGISTERS + register), want, "{register:#x}");
    }
    assert_eq!(machine.load::<u32>(REGISTERS + 4), 0xabcd_0123, "by halves, too");

    // Memory, made smaller and larger by the host.
    machine.store(MEMORY + MEMORY_SIZE - 8, 99u64);
    let resize = |size| BarChange { id: "f3".to_owned(), what: Change::Size { index: 2, size } };
    machine.host.adjust(vec![resize(0x1000)]).unwrap();
    assert_eq!(machine.load::<u64>(MEMORY + MEMORY_SIZE - 8), u64::MAX, "nothing is there");
    machine.host.adjust(vec![resize(MEMORY_SIZE)]).unwrap();
    assert_eq!(machine.load::<u64>(MEMORY + MEMORY_SIZE - 8), 99);
}

#[test]
fn it_signals_by_pin_and_by_table() {
    let machine = Machine::new();
    let function = machine.plug(1, |executive, port| {
        scratch(executive, "scratch", port, Options { identity: 1, memory: 0, vectors: 4 }).unwrap().0
    });
    function.place(0, REGISTERS, false);
    function.enable();
    machine.store(REGISTERS + scratch::SIGNAL, 3u64);
    assert!(machine.line(1));
    machine.store(REGISTERS + scratch::ACKNOWLEDGE, 0u64);
    assert!(!machine.line(1));

    let (entry, message) = (REGISTERS + 0x2000 + 3 * 16, RAM + 0x40);
    machine.store(entry, message);
    machine.store(entry + 8, 0x31u32);
    let control = function.capability(MSIX) + 2;
    function.set(control, 0x8000u16);
    machine.store(REGISTERS + scratch::SIGNAL, 3u64);
    assert_eq!(machine.load::<u32>(message), 0, "masked since reset");
    assert_eq!(machine.load::<u64>(REGISTERS + 0x3000), 8, "pending");
    machine.store(entry + 12, 0u32);
    assert_eq!(machine.load::<u32>(message), 0x31);
    assert_eq!((machine.load::<u64>(REGISTERS + 0x3000), machine.line(1)), (0, false));
    machine.store(message, 0u32);
    function.set(control, 0xc000u16);
    machine.store(REGISTERS + scratch::SIGNAL, 3u64);
    assert_eq!(machine.load::<u32>(message), 0, "all masked");
    function.set(control, 0x8000u16);
    assert_eq!(machine.load::<u32>(message), 0x31);
}
