//! Looks at the machine code of the hart's handlers: what makes them fast is the compiler's doing, and one careless line undoes it
//! without a failing test.
//!
//! A hot handler takes no stack, makes no call, chooses no op by a conditional move, and ends in an indirect jump: to the next op's handler. Where it leaves
//! its work to somebody else, that is a jump to a hot handler or to one of the cold functions, which are listed: they may do anything, and so none of them may
//! come about unseen. A function with a handler's code that is in neither list is an error as well. On x86-64 hosts with `objdump`.

mod list;
mod survey;

use std::process::Command;

use crate::Error;
use list::{COLD, HOT};
use survey::{Found, Survey};

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
    let relocations = run(Command::new("objdump").args(["--dynamic-reloc", program]))?;
    let survey = Survey::of(&text, &relocations);
    print(&survey);
    let wrong = wrong(&survey);
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

fn print(survey: &Survey) {
    println!("{:<28}{:>6}{:>8}{:>8}{:>10}{:>8}", "hot", "all", "stack", "calls", "no jump", "cmov");
    for name in HOT {
        let Found { all, with_stack, with_call, without_jump, with_move, .. } = survey.hot(name);
        println!("{name:<28}{all:>6}{with_stack:>8}{with_call:>8}{without_jump:>10}{with_move:>8}");
    }
    println!("\n{:<28}{:>6}  why", "cold", "jumps");
    for (name, why) in COLD {
        println!("{name:<28}{:>6}  {why}", survey.jumps_to(name));
    }
}

/// Everything that is not as it should be.
fn wrong(survey: &Survey) -> Vec<String> {
    let mut wrong = Vec::new();
    for name in HOT {
        let found = survey.hot(name);
        if found.all == 0 {
            wrong.push(format!("{name} (there is none)"));
        }
        if found.with_stack + found.with_call + found.without_jump + found.with_move > 0 {
            wrong.push(name.to_owned());
        }
        let strange = found.jumps.keys().filter(|target| !list::may_be_jumped_to(target));
        wrong.extend(strange.map(|target| format!("{name} (jumps to {target}, which is in no list)")));
    }
    wrong.extend(survey.unlisted.iter().map(|name| format!("{name} (has a handler's code, and is in no list)")));
    let gone = COLD.iter().filter(|(name, _)| !survey.cold.contains(*name));
    wrong.extend(gone.map(|(name, _)| format!("{name} (there is none)")));
    wrong
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A program in which every function of the lists stands as it should.
    fn program() -> String {
        let hot = HOT.iter().map(|name| match *name {
            list::PAIRS => "fused::table::part0::pair",
            name => name,
        });
        let cold = COLD.iter().map(|(name, _)| *name);
        hot.chain(cold).map(|name| format!("00001000 <manyhart_vcpu::{name}>:\n    1000:\tjmp    *%rax\n\n")).collect()
    }

    #[test]
    fn what_is_as_it_should_be_passes() {
        assert_eq!(wrong(&Survey::of(&program(), "")), Vec::<String>::new());
    }

    #[test]
    fn each_defect_is_named() {
        let cases = [
            ("exec::alu::rr", "push   %rbx\n    2001:\tjmp    *%rax", "exec::alu::rr"),
            ("exec::alu::rr", "mov    -0x8(%rsp),%rax\n    2001:\tjmp    *%rax", "exec::alu::rr"),
            ("exec::alu::rr", "call   3000 <other>\n    2001:\tjmp    *%rax", "exec::alu::rr"),
            ("exec::alu::rr", "ret", "exec::alu::rr"),
            ("exec::alu::rr", "cmovne %rax,%rsi\n    2001:\tjmp    *%rax", "exec::alu::rr"),
            (
                "exec::amo::amo",
                "jne    5000 <manyhart_vcpu::exec::amo::odd>\n    2001:\tjmp    *%rax",
                "exec::amo::amo (jumps to exec::amo::odd, which is in no list)",
            ),
            (
                "exec::amo::amo",
                "jmp    5000 <core::panicking::panic+0x10>\n    2001:\tjmp    *%rax",
                "exec::amo::amo (jumps to core::panicking::panic, which is in no list)",
            ),
            ("exec::amo::odd", "jmp    *%rax", "exec::amo::odd (has a handler's code, and is in no list)"),
        ];
        for (name, code, expected) in cases {
            let text = format!("{}00002000 <manyhart_vcpu::{name}>:\n    2000:\t{code}\n", program());
            assert_eq!(wrong(&Survey::of(&text, "")), [expected], "{name}: {code}");
        }
    }

    #[test]
    fn jumps_by_slots_are_jumps_to_what_those_hold() {
        let relocations = "0000000000009000 R_X86_64_RELATIVE  *ABS*+0x0000000000005000\n";
        let code = "jmp    *0x10(%rip)        # 9000 <_DYNAMIC+0x600>\n    2006:\tjmp    *(%rsi)";
        let with = |target: &str| {
            let target = format!("00005000 <manyhart_vcpu::{target}>:\n    5000:\tret\n\n");
            format!("{}{target}00002000 <manyhart_vcpu::exec::mem::load>:\n    2000:\t{code}\n", program())
        };
        assert_eq!(wrong(&Survey::of(&with("exec::mem::load_slow"), relocations)), Vec::<String>::new());
        let strange = ["exec::mem::load (jumps to exec::mem::odd, which is in no list)"];
        assert_eq!(wrong(&Survey::of(&with("exec::mem::odd"), relocations)), strange);
        let unknown = ["exec::mem::load (jumps to somewhere unknown, which is in no list)"];
        assert_eq!(wrong(&Survey::of(&with("exec::mem::load_slow"), "")), unknown);
        let alone = with("exec::mem::load_slow").replace("jmp    *(%rsi)", "nop");
        assert_eq!(wrong(&Survey::of(&alone, relocations)), ["exec::mem::load"], "that is no jump to an op's handler");
    }

    #[test]
    fn what_is_gone_from_the_program_is_named() {
        let text = program().replace("exec::reserved::lr>", "other>").replace("exec::flow::leave>", "other>");
        let all = wrong(&Survey::of(&text, ""));
        assert_eq!(all, ["exec::reserved::lr (there is none)", "exec::flow::leave (there is none)"]);
    }

    #[test]
    fn jumps_inside_a_function_and_to_those_of_the_lists_are_fine() {
        let code = "je     2004 <manyhart_vcpu::exec::amo::amo+0x4>\n    2002:\tjmp    5000 <manyhart_vcpu::exec::amo::amo_slow>\n    \
                    2004:\tjne    6000 <manyhart_vcpu::exec::traps::resume>\n    2006:\tlock orl $0x0,-0x40(%rsp)\n    2008:\tjmp    *%rax";
        let text = format!("{}00002000 <manyhart_vcpu::exec::amo::amo>:\n    2000:\t{code}\n", program());
        let survey = Survey::of(&text, "");
        assert_eq!(wrong(&survey), Vec::<String>::new());
        assert_eq!((survey.hot("exec::amo::amo").all, survey.jumps_to("exec::amo::amo_slow")), (2, 1));
    }
}
