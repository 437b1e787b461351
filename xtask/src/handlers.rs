//! Looks at the machine code of the hart's hot handlers: what makes them fast is the compiler's doing, and one careless line undoes it
//! without a failing test.
//!
//! A hot handler takes no stack, makes no call that returns, ends in an indirect jump, and chooses no op by a conditional move.
//! On x86-64 hosts with `objdump`.

use std::collections::BTreeMap;
use std::process::Command;

use crate::Error;

/// Hot handlers, by the path of their function, and how many of each may take the stack all the same, for want of a register (status
/// registers, of which any bit may mean something, and atomics, which cost more than that).
const HOT: [(&str, usize); 21] = [
    (PAIRS, 0),
    ("exec::alu::rr", 0),
    ("exec::alu::ri", 0),
    ("exec::alu::constant", 0),
    ("exec::mem::load", 0),
    ("exec::mem::store", 0),
    ("exec::mem::load_float", 0),
    ("exec::mem::store_float", 0),
    ("exec::flow::branch", 0),
    ("exec::flow::jump_register", 0),
    ("exec::flow::call_register", 0),
    ("exec::flow::goto_far", 0),
    ("exec::amo::amo", 300),
    ("exec::amo::lr", 50),
    ("exec::amo::sc", 50),
    ("exec::fp::multiply_add", 4),
    ("exec::csr::read_plain", 0),
    ("exec::csr::write_plain", 1),
    ("exec::csr::status", 6),
    ("exec::csr::switch_rights", 1),
    ("exec::traps::resume", 0),
];

/// Fused pairs: the table's parts have a function each.
const PAIRS: &str = "fused::table::pair";

/// What was found of one kind of handler.
#[derive(Default)]
struct Found {
    all: usize,
    with_stack: usize,
    without_jump: usize,
    with_move: usize,
}

/// Builds the speed example, disassembles it, and says what it found.
pub fn check() -> Result<(), Error> {
    run(Command::new("cargo").args([
        "build",
        "--quiet",
        "--release",
        "--package",
        "manyhart-vcpu",
        "--example",
        "mips",
    ]))?;
    let program = "target/release/examples/mips";
    let text = run(Command::new("objdump").args(["--disassemble", "--demangle", "--no-show-raw-insn", program]))?;
    let found = survey(&text);
    let mut wrong = Vec::new();
    println!("{:<28}{:>6}{:>8}{:>10}{:>8}", "handler", "all", "stack", "no jump", "cmov");
    for (name, allowed) in HOT {
        let none = Found::default();
        let found = found.get(name).unwrap_or(&none);
        println!("{name:<28}{:>6}{:>8}{:>10}{:>8}", found.all, found.with_stack, found.without_jump, found.with_move);
        if found.all == 0 || found.with_stack > allowed || found.without_jump + found.with_move > 0 {
            wrong.push(name);
        }
    }
    if wrong.is_empty() { Ok(()) } else { Err(Error::Failed(format!("not as they should be: {}", wrong.join(", ")))) }
}

fn run(command: &mut Command) -> Result<String, Error> {
    let program = command.get_program().to_string_lossy().into_owned();
    let output = command.output().map_err(|source| Error::Start { program: program.clone(), source })?;
    if !output.status.success() {
        return Err(Error::Failed(format!("{program}: {}", String::from_utf8_lossy(&output.stderr))));
    }
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}

/// Goes through `objdump`'s output, function by function.
fn survey(text: &str) -> BTreeMap<&'static str, Found> {
    let mut found = BTreeMap::<_, Found>::new();
    for function in text.split("\n\n") {
        let Some((head, body)) = function.split_once('\n') else { continue };
        let Some(name) = hot_name(head) else { continue };
        let found = found.entry(name).or_default();
        found.all += 1;
        let instructions = || body.lines().filter_map(|line| line.split_once('\t')).map(|(_, text)| text.trim());
        let is_stack = |text: &str| text.starts_with("push") || text.starts_with("call") || text.contains("(%rsp)");
        found.with_stack += usize::from(instructions().any(is_stack));
        found.without_jump += usize::from(!instructions().any(|text| text.starts_with("jmp") && text.contains('*')));
        found.with_move += usize::from(instructions().any(|text| text.starts_with("cmov") && text.ends_with("%rsi")));
    }
    found
}

/// The hot handler that a function's heading names: `address <crate::path::name>:`, generic arguments and hash apart.
fn hot_name(head: &str) -> Option<&'static str> {
    let path = head.split_once("<manyhart_vcpu::")?.1;
    let path = path.split(['<', '>']).next()?.trim_end_matches("::");
    if path.starts_with("fused::table::part") && path.ends_with("::pair") {
        return Some(PAIRS);
    }
    HOT.into_iter().map(|(name, _)| name).find(|name| *name == path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_handler_is_judged_by_its_instructions() {
        let text = "\
0000000000001000 <manyhart_vcpu::exec::alu::rr>:
    1000:\tadd    %rcx,%rdx
    1003:\tmov    0x10(%rsi),%rax
    1007:\tjmp    *%rax

0000000000002000 <manyhart_vcpu::exec::alu::rr>:
    2000:\tpush   %rbx
    2001:\tcall   3000 <other>
    2006:\tret

0000000000003000 <manyhart_vcpu::exec::flow::branch>:
    3000:\tcmovne %rax,%rsi
    3004:\tjmp    *(%rsi)

0000000000004000 <manyhart_vcpu::exec::alu::rr_spilled>:
    4000:\tpush   %rbx

0000000000005000 <manyhart_vcpu::fused::table::part3::pair>:
    5000:\tjmp    *%rax
";
        let found = survey(text);
        let rr = &found["exec::alu::rr"];
        assert_eq!((rr.all, rr.with_stack, rr.without_jump, rr.with_move), (2, 1, 1, 0));
        let branch = &found["exec::flow::branch"];
        assert_eq!((branch.all, branch.with_stack, branch.without_jump, branch.with_move), (1, 0, 0, 1));
        assert_eq!((found[PAIRS].all, found[PAIRS].with_stack), (1, 0));
        assert_eq!(found.len(), 3);
    }
}
