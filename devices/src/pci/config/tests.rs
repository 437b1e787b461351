//! Configuration space against an oracle of single bits.

use proptest::collection::vec;
use proptest::prelude::*;

use super::bars::{self, BarError, Register, Slot};
use super::capability::Chain;
use super::window::{self, Kind};
use super::{ConfigSpace, ResetKind, Written, header};
use crate::pci::BarKind;

/// How a bit takes a guest's write.
#[derive(Debug, Clone, Copy)]
enum Bit {
    Fixed,
    Writable,
    ClearedByOne,
}

fn bit() -> impl Strategy<Value = (Bit, bool, bool)> {
    (prop_oneof![Just(Bit::Fixed), Just(Bit::Writable), Just(Bit::ClearedByOne)], any::<bool>(), any::<bool>())
}

/// Offset, size and value of a write within a doubleword.
fn access(bytes: u16) -> impl Strategy<Value = (u16, u8, u32)> {
    let size = prop_oneof![Just(1u8), Just(2), Just(4)];
    (0..bytes, size, any::<u32>()).prop_map(|(offset, size, value)| (offset & !(u16::from(size) - 1), size, value))
}

/// The bytes whose bits `of` says so of.
fn bytes(bits: &[(Bit, bool, bool)], of: impl Fn(&(Bit, bool, bool)) -> bool) -> Vec<u8> {
    bits.chunks(8).map(|bits| bits.iter().zip(0..).map(|(bit, at)| u8::from(of(bit)) << at).sum()).collect()
}

const BASE: u16 = 0x40;
const LEN: u16 = 16;

proptest! {
    #[test]
    fn each_bit_takes_a_write_as_its_mask_says(
        bits in vec(bit(), usize::from(LEN) * 8),
        writes in vec(access(LEN), 1..40),
        sticky_reset in any::<bool>(),
    ) {
        let mut config = ConfigSpace::new(false);
        config.set(BASE, &bytes(&bits, |bit| bit.1));
        config.seal();
        config.allow(BASE, &bytes(&bits, |bit| matches!(bit.0, Bit::Writable)));
        let [clears, sticky] = [bytes(&bits, |bit| matches!(bit.0, Bit::ClearedByOne)), bytes(&bits, |bit| bit.2)];
        for word in 0..LEN / 4 {
            let of = |bytes: &[u8]| u32::from_le_bytes(bytes[usize::from(word) * 4..][..4].try_into().unwrap());
            config.clear_by_one_u32(BASE + word * 4, of(&clears));
            config.keep_u32(BASE + word * 4, of(&sticky));
        }
        let mut oracle: Vec<bool> = bits.iter().map(|bit| bit.1).collect();
        let dword = |oracle: &[bool], offset: u16| {
            (0..32).map(|bit| u32::from(oracle[usize::from(offset & !3) * 8 + bit]) << bit).sum::<u32>()
        };
        for (offset, size, value) in writes {
            let before = dword(&oracle, offset);
            for bit in 0..usize::from(size) * 8 {
                let (at, one) = (usize::from(offset) * 8 + bit, value >> bit & 1 != 0);
                match bits[at].0 {
                    Bit::Fixed => {}
                    Bit::Writable => oracle[at] = one,
                    Bit::ClearedByOne => oracle[at] &= !one,
                }
            }
            let written = config.write(BASE + offset, size, value);
            let after = dword(&oracle, offset);
            prop_assert_eq!((written.before, written.after), (before, after));
            let (own, ones) = (written.change(BASE + offset, size), written.ones(BASE + offset, size));
            let shift = 8 * (offset & 3);
            let mask = u32::MAX >> (32 - 8 * u32::from(size));
            prop_assert_eq!(own, Some((before >> shift & mask, after >> shift & mask)));
            prop_assert_eq!(ones, value & mask);
            for at in 0..LEN {
                let byte = dword(&oracle, at) >> (8 * (at & 3)) & 0xff;
                prop_assert_eq!(config.read(BASE + at, 1), byte, "byte {}", at);
            }
            prop_assert_eq!(config.read(BASE + (offset & !3), 4), after);
        }
        config.reset(if sticky_reset { ResetKind::Warm } else { ResetKind::PowerOn });
        for (at, bit) in bits.iter().enumerate() {
            let want = if sticky_reset && bit.2 { oracle[at] } else { bit.1 };
            prop_assert_eq!(config.read(BASE + at as u16 / 8, 1) >> (at % 8) & 1 != 0, want, "bit {}", at);
        }
    }

    /// Whatever is written, a register decodes where its bits say, aligned to its size, and only while it is allowed to.
    #[test]
    fn a_bar_decodes_what_its_bits_say(
        kind in prop_oneof![
            Just(BarKind::Io),
            Just(BarKind::Memory32 { prefetchable: false }),
            Just(BarKind::Memory64 { prefetchable: true })
        ],
        size in 4..16u32,
        writes in vec(access(8), 1..20),
        command in 0..8u16,
    ) {
        let register = Register { slot: Slot::Bar { index: 0, kind }, size: 1 << size };
        let mut config = header::endpoint(&crate::pci::Identity::default(), None, false);
        bars::add(&mut config, 6, &[], register).unwrap();
        let kind_bits = config.u32(0x10);
        for (offset, size, value) in writes {
            config.write(0x10 + offset, size, value);
        }
        config.write(header::COMMAND, 2, command.into());
        let wide = matches!(kind, BarKind::Memory64 { .. });
        let high = if wide { u64::from(config.u32(0x14)) << 32 } else { 0 };
        let held = high | u64::from(config.u32(0x10) & !0xf) & !(register.size - 1);
        let all_ones = if wide { u64::MAX } else { u32::MAX.into() } & !(register.size - 1);
        prop_assert_eq!(config.u32(0x10) & 0xf & !(!(register.size as u32 - 1)), kind_bits & 0xf);
        let enabled = command & if register.is_io() { 1 } else { 2 } != 0;
        let got = bars::address(&config, &register);
        prop_assert_eq!(got, Some(held).filter(|&held| enabled && held != all_ones));
        prop_assert!(wide || config.u32(0x14) == 0, "the next register is another one");
    }
}

#[test]
fn sizes_that_no_register_can_say_are_refused() {
    let (m32, m64) = (BarKind::Memory32 { prefetchable: false }, BarKind::Memory64 { prefetchable: false });
    let cases = [
        (Slot::Bar { index: 0, kind: m32 }, 0),
        (Slot::Bar { index: 0, kind: m32 }, 8),
        (Slot::Bar { index: 0, kind: m32 }, 0x3000),
        (Slot::Bar { index: 0, kind: m32 }, 1 << 32),
        (Slot::Bar { index: 0, kind: m64 }, 1 << 63),
        (Slot::Bar { index: 0, kind: BarKind::Io }, 2),
        (Slot::Bar { index: 0, kind: BarKind::Io }, 1 << 17),
        (Slot::Rom { offset: header::ROM }, 1024),
    ];
    for (slot, size) in cases {
        let mut config = ConfigSpace::new(false);
        let refused = bars::add(&mut config, 6, &[], Register { slot, size });
        assert_eq!(refused, Err(BarError::Size { size }), "{slot:?}");
    }
}

/// Registers of a window written; the window.
#[test]
fn windows_have_their_granules() {
    type Case = (Kind, &'static [(u16, u8, u32)], Option<(u64, u64)>);
    let cases: [Case; 8] = [
        (Kind::Io, &[(0x1c, 2, 0x2f1f)], Some((0x1000, 0x2fff))),
        (Kind::Io, &[(0x1c, 2, 0x00f0)], None),
        (Kind::Memory, &[(0x20, 4, 0x400f_400f)], Some((0x4000_0000, 0x400f_ffff))),
        (Kind::Memory, &[(0x20, 4, 0x4000_4010)], None),
        (Kind::Memory, &[(0x20, 4, 0xfff0_0000)], Some((0, 0xffff_ffff))),
        (Kind::Prefetchable, &[(0x24, 4, 0x0010_0000), (0x28, 4, 4), (0x2c, 4, 4)], Some((4 << 32, 0x4_001f_ffff))),
        (Kind::Prefetchable, &[(0x24, 4, 0xfff0_0000), (0x2c, 4, u32::MAX)], Some((0, u64::MAX))),
        (Kind::Prefetchable, &[(0x24, 4, 0xfff0_0000), (0x28, 4, 1)], None),
    ];
    for (kind, writes, want) in cases {
        let mut config = header::bridge(&crate::pci::Identity::default(), None, false);
        window::add(&mut config);
        for &(offset, size, value) in writes {
            config.write(offset, size, value);
        }
        let window = window::raw(&config, kind).map(|window| (window.first, window.last));
        assert_eq!(window, want, "{kind:?} {writes:x?}");
        assert_eq!(window::forwarded(&config, kind), None, "not while the bridge decodes nothing");
        config.write(header::COMMAND, 2, 3);
        assert_eq!(window::forwarded(&config, kind).is_some(), want.is_some());
        assert_eq!(config.u16(0x24) & 0xf, 1, "64 bits");
    }
}

#[test]
fn capabilities_are_chained_until_there_is_no_room() {
    let mut config = ConfigSpace::new(true);
    let mut chain = Chain::default();
    let places = [(1, 8), (5, 0x0e), (9, 20)].map(|(id, len)| chain.add(&mut config, id, len).unwrap());
    assert_eq!(places, [0x40, 0x48, 0x58]);
    assert_eq!(config.u8(0x34), 0x40);
    assert_eq!([0x40, 0x48, 0x58].map(|at| config.u16(at)), [0x4801, 0x5805, 0x0009]);
    assert_eq!(config.u16(header::STATUS) & 0x10, 0x10);
    assert!(chain.add(&mut config, 9, 0x95).is_err());
    let extended = [(1, 2, 0x2c), (0xd, 1, 8)]
        .map(|(id, version, len)| chain.add_extended(&mut config, id, version, len).unwrap());
    assert_eq!(extended, [0x100, 0x130]);
    assert_eq!((config.u32(0x100), config.u32(0x130)), (0x1302_0001, 0x0001_000d));
    assert!(chain.add_extended(&mut config, 1, 1, 0xf00).is_err());
    let mut small = ConfigSpace::new(false);
    assert!(Chain::default().add_extended(&mut small, 1, 1, 8).is_err());
    assert_eq!(small.read(0x100, 4), u32::MAX);
}

/// A conventional function has no bytes behind its 256, and nothing there panics.
#[test]
fn no_access_leaves_the_space() {
    for extended in [false, true] {
        let mut config = ConfigSpace::new(extended);
        config.allow(0, &[0xff; super::SIZE]);
        for offset in (0..=u16::MAX).step_by(251).chain([0xfff, 0xffd, 0x1000, 0xff, 0x100]) {
            for size in [1, 2, 4] {
                let Written { .. } = config.write(offset, size, u32::MAX);
                config.read(offset, size);
            }
        }
        config.write(0xffc, 4, 0x0012_3456);
        let last = if extended { 0x0012_3456 } else { u32::MAX };
        assert_eq!(config.read(0xffc, 4), last);
        assert_eq!(config.read(0xffe, 4), 0xffff_0000 | last >> 16);
    }
}
