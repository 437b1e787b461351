use std::sync::Arc;

use parking_lot::Mutex;

use super::*;

const FROMHOST: u64 = 0xf8;

#[derive(Clone, Default)]
struct World(Arc<Mutex<State>>);

#[derive(Default)]
struct State {
    memory: Vec<u8>,
    printed: Vec<u8>,
    room: usize,
    exits: Vec<u8>,
}

impl Memory for World {
    fn read(&self, addr: u64, buf: &mut [u8]) -> Result<(), BusError> {
        let state = self.0.lock();
        let from = state.memory.get(addr as usize..).and_then(|tail| tail.get(..buf.len()));
        buf.copy_from_slice(from.ok_or(BusError::Decode(Gpa(addr)))?);
        Ok(())
    }

    fn write(&self, addr: u64, data: &[u8]) -> Result<(), BusError> {
        self.0.lock().memory[addr as usize..][..data.len()].copy_from_slice(data);
        Ok(())
    }
}

impl Sink for World {
    fn put(&mut self, byte: u8) -> Put {
        let mut state = self.0.lock();
        if state.room == 0 {
            return Put::Full;
        }
        state.room -= 1;
        state.printed.push(byte);
        Put::Taken
    }
}

fn start(room: usize) -> (Htif, World) {
    let world = World::default();
    *world.0.lock() = State { memory: vec![0; 256], room, ..State::default() };
    let exits = world.clone();
    let on_exit = Box::new(move |code| exits.0.lock().exits.push(code));
    (Htif::new(Some(FROMHOST), Box::new(world.clone()), Box::new(world.clone()), on_exit), world)
}

impl World {
    fn block(&self, at: u64, words: &[u64]) {
        let bytes: Vec<u8> = words.iter().flat_map(|word| word.to_le_bytes()).collect();
        self.write(at, &bytes).unwrap();
    }

    fn word(&self, at: u64) -> u64 {
        let mut bytes = [0; 8];
        self.read(at, &mut bytes).unwrap();
        u64::from_le_bytes(bytes)
    }
}

#[test]
fn an_odd_word_ends_the_run_whatever_its_pieces() {
    type Write = (u64, u8, u64);
    let cases: [(&[Write], &[u8]); 8] = [
        (&[(0, 8, 1)], &[0]),
        (&[(0, 8, 3 << 1 | 1)], &[3]),
        (&[(0, 8, 1000 << 1 | 1)], &[255]),
        // As riscv-tests do it: the low word, then zero above it.
        (&[(0, 4, 1), (4, 4, 0)], &[0]),
        (&[(0, 4, 7 << 1 | 1), (4, 4, 0), (0, 4, 7 << 1 | 1), (4, 4, 0)], &[7, 7]),
        (&[(0, 1, 1)], &[0]),
        (&[(0, 8, 0)], &[]),
        (&[(0, 8, 2 << 56 | 1)], &[]),
    ];
    for (writes, want) in cases {
        let (mut htif, world) = start(0);
        for &(offset, size, value) in writes {
            htif.store(offset, size, value);
        }
        assert_eq!(world.0.lock().exits, want, "{writes:x?}");
        assert_eq!(htif.load(0, 8), 0, "{writes:x?}: handled");
    }
}

#[test]
fn characters_wait_for_room_and_are_not_lost() {
    let (mut htif, world) = start(1);
    let putchar = |byte: u8| 0x0101 << 48 | u64::from(byte);
    htif.store(0, 8, putchar(b'a'));
    assert_eq!(htif.load(0, 8), 0);
    htif.store(0, 8, putchar(b'b'));
    assert_eq!(htif.load(0, 8), putchar(b'b'), "not handled yet");
    world.0.lock().room = 1;
    htif.print();
    assert_eq!((htif.load(0, 8), world.0.lock().printed.as_slice()), (0, &b"ab"[..]));
}

#[test]
fn system_calls() {
    let (mut htif, world) = start(3);
    world.write(128, b"hello").unwrap();
    world.block(64, &[SYSCALL_WRITE, 1, 128, 5]);
    htif.store(0, 8, 64);
    assert_ne!(htif.load(0, 8), 0);
    assert_eq!(world.word(FROMHOST), 0, "no answer before all is printed");
    world.0.lock().room = 10;
    htif.print();
    assert_eq!((world.word(64), world.word(FROMHOST), htif.load(0, 8)), (5, 1, 0));
    assert_eq!(world.0.lock().printed, b"hello");

    let cases = [
        ([SYSCALL_WRITE, 1, 1 << 40, 5], BAD_ADDRESS),
        ([SYSCALL_WRITE, 1, 128, 0], 0),
        ([SYSCALL_WRITE, 1, 128, u64::MAX], BAD_ADDRESS),
        ([1234, 0, 0, 0], NOT_IMPLEMENTED),
    ];
    for (call, want) in cases {
        world.block(64, &call);
        world.block(FROMHOST, &[0]);
        htif.store(0, 8, 64);
        assert_eq!((world.word(64), world.word(FROMHOST)), (want, 1), "{call:x?}");
    }
    world.block(64, &[SYSCALL_EXIT, 9, 0, 0]);
    htif.store(0, 8, 64);
    assert_eq!(world.0.lock().exits, [9]);
    htif.store(0, 8, 1 << 30);
    assert_eq!(htif.load(0, 8), 0, "a call from nowhere is dropped");
}
