//! A program on the bare machine finds functions in configuration space, sizes their registers, maps them, moves them, and looks behind a port.

mod support;

use support::asm::*;
use support::elf::{Part, program};
use support::{Scratch, manyhart, text};

fn add(rd: u32, rs1: u32, rs2: u32) -> u32 {
    rs2 << 20 | rs1 << 15 | rd << 7 | 0x33
}

const BASE: u64 = 0x8000_0000;
const ECAM: u32 = 0x3000_0000;
const LOW: u32 = 0x4000_0000;
const ONES: u32 = u32::MAX;

/// Registers of configuration space.
const COMMAND: u32 = 0x04;
const BAR0: u32 = 0x10;
const BUSES: u32 = 0x18;
const MEMORY_WINDOW: u32 = 0x20;

const EDU: u32 = 0x11e8_1234;
const ROOT_PORT: u32 = 0x000c_1b36;
const EDU_REGISTER: u32 = 0x0100_00ed;

/// What the program does, one after the other.
enum Step {
    /// A doubleword is written.
    Put(u32, u32),
    /// A doubleword must read as this.
    Want(u32, u32),
}

use Step::{Put, Want};

fn config(bus: u32, device: u32, offset: u32) -> u32 {
    ECAM | bus << 20 | device << 15 | offset
}

/// `rd` = `value`, sign-extended.
fn load(rd: u32, value: u32) -> [u32; 2] {
    let low = ((value & 0xfff) as i32) << 20 >> 20;
    // addiw
    [lui(rd, value.wrapping_sub(low as u32)), (low as u32) << 20 | rd << 15 | rd << 7 | 0x1b]
}

fn lw(rd: u32, base: u32) -> u32 {
    base << 15 | 2 << 12 | rd << 7 | 0x03
}

/// Carries out the steps; the exit status is the number of the first that fails, from 1 on.
fn code(steps: &[Step]) -> Vec<u32> {
    let mut code = Vec::new();
    for (step, number) in steps.iter().zip(1..) {
        match *step {
            Put(at, value) => {
                code.extend(load(T0, at));
                code.extend(load(T1, value));
                code.push(sw(T1, 0, T0));
            }
            Want(at, value) => {
                code.extend(load(T0, at));
                code.push(lw(T2, T0));
                code.extend(load(T1, value));
                let fail = finish(number << 16 | 0x3333);
                code.push(beq(T2, T1, 4 * (fail.len() as i32 + 2)));
                code.extend(fail);
                code.push(SPIN);
            }
        }
    }
    code.extend(finish(0x5555));
    code.push(SPIN);
    code
}

fn check(devices: &[&str], steps: &[Step]) {
    run(devices, &code(steps), &[]);
}

/// The program must end with success.
fn run(devices: &[&str], code: &[u32], options: &[&str]) {
    let scratch = Scratch::new();
    let elf = program(BASE, &[Part::code(BASE, code)], &[]);
    let kernel = scratch.file("guest.elf", &elf);
    let mut command = manyhart(&scratch);
    command.args([
        "run",
        "-M",
        "virt",
        "-m",
        "64M",
        "-bios",
        "none",
        "-nographic",
        "--limit",
        "1000000",
        "-kernel",
        &kernel,
    ]);
    for device in devices {
        command.args(["-device", device]);
    }
    command.args(options);
    let output = command.output().expect("the binary runs");
    assert_eq!(output.status.code(), Some(0), "the step of this number: {}", text(&output.stderr));
    assert!(text(&output.stderr).contains("hart 0: "), "{}", text(&output.stderr));
}

#[test]
fn a_function_is_found_sized_mapped_and_moved() {
    let at = |offset| config(0, 1, offset);
    check(
        &["edu,addr=1"],
        &[
            Want(config(0, 0, 0), 0x0008_1b36),
            Want(config(0, 2, 0), ONES),
            Want(config(9, 0, 0), ONES),
            Want(at(0), EDU),
            Put(at(BAR0), ONES),
            Want(at(BAR0), 0xfff0_0000),
            Put(at(COMMAND), 2),
            Want(LOW, ONES),
            Put(at(BAR0), LOW),
            Want(LOW, EDU_REGISTER),
            Put(LOW + 4, 0x1234_5678),
            Want(LOW + 4, !0x1234_5678),
            Put(at(BAR0), LOW + 0x10_0000),
            Want(LOW, ONES),
            Want(LOW + 0x10_0000, EDU_REGISTER),
            Put(at(COMMAND), 0),
            Want(LOW + 0x10_0000, ONES),
        ],
    );
}

#[test]
fn a_function_behind_a_port_shows_in_the_ports_window() {
    let port = |offset| config(0, 3, offset);
    let function = |offset| config(5, 0, offset);
    check(
        &["pcie-root-port,id=rp0,addr=3", "edu,bus=rp0"],
        &[
            Want(port(0), ROOT_PORT),
            Want(function(0), ONES),
            Put(port(BUSES), 0x0005_0500),
            Want(function(0), EDU),
            Put(function(BAR0), LOW + 0x20_0000),
            Put(function(COMMAND), 2),
            Put(port(COMMAND), 2),
            Want(LOW + 0x20_0000, ONES),
            Put(port(MEMORY_WINDOW), 0x4020_4020),
            Want(LOW + 0x20_0000, EDU_REGISTER),
            Put(port(MEMORY_WINDOW), 0x4010_4010),
            Want(LOW + 0x20_0000, ONES),
        ],
    );
}

/// What a program leaves behind when it reboots: RAM stays, configuration space does not.
#[test]
fn a_reboot_takes_configuration_space_back() {
    let at = |offset| config(0, 1, offset);
    let marker = [addi(T0, ZERO, 1), slli(T0, T0, 31), lui(T1, 0x8000), add(T0, T0, T1)];
    let first = {
        let steps = [Put(at(BAR0), LOW), Put(at(COMMAND), 2), Want(LOW, EDU_REGISTER)];
        let mut code = code(&steps);
        // Not the end, but the reboot.
        code.truncate(code.len() - 5);
        let mark = [&marker[..], &[addi(T1, ZERO, 1), sw(T1, 0, T0)]].concat();
        [&code[..], &mark, &finish(0x7777), &[SPIN]].concat()
    };
    let second = code(&[Want(at(0), EDU), Want(at(BAR0), 0), Want(at(COMMAND), 0x0010_0000), Want(LOW, ONES)]);
    let look = [&marker[..], &[lw(T2, T0), bne(T2, ZERO, 4 * (first.len() as i32 + 1))], &first, &second].concat();
    run(&["edu,addr=1"], &look, &[]);
}
