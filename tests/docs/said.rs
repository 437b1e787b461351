//! What pages say in passing: files, names, commands. All of it exists, and every command line is one that the command takes.

use std::collections::BTreeSet;
use std::ffi::OsString;
use std::path::Path;

use clap::CommandFactory;
use manyhart::cli::{self, Cli, Refusal};

use super::{code, root};

/// The pages, by their paths.
fn pages() -> Vec<(String, String)> {
    let docs = std::fs::read_dir(root().join("docs")).expect("the directory of pages");
    let names = docs.map(|entry| entry.expect("a directory entry").file_name().to_string_lossy().into_owned());
    let mut paths: Vec<String> =
        names.filter(|name| name.ends_with(".md")).map(|name| format!("docs/{name}")).collect();
    paths.extend(["README.md", "ARCHITECTURE.md"].map(str::to_owned));
    paths.into_iter().map(|path| (read(&path), path)).map(|(text, path)| (path, text)).collect()
}

fn read(path: &str) -> String {
    std::fs::read_to_string(root().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// The text outside code blocks, and the code blocks.
fn apart(text: &str) -> (String, String) {
    let part = |which: usize| text.split("```").skip(which).step_by(2).collect::<Vec<_>>().join("\n");
    (part(0), part(1))
}

/// Every word of every source, also of those that are no Rust.
fn words() -> BTreeSet<String> {
    let mut todo = ["src", "runtime", "devices", "vcpu", "xtask", "tests", "loom-tests", "shuttle-tests", "guest"]
        .map(|dir| root().join(dir))
        .to_vec();
    let mut words = BTreeSet::new();
    while let Some(path) = todo.pop() {
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        // These lists name what does not exist.
        if name == "target" || path.ends_with("tests/docs/said.rs") {
            continue;
        }
        if path.is_dir() {
            let entries = std::fs::read_dir(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
            todo.extend(entries.map(|entry| entry.expect("a directory entry").path()));
        } else if let Ok(text) = std::fs::read_to_string(&path) {
            // Images of guests are no text.
            let all = text.split(|c: char| !c.is_ascii_alphanumeric() && c != '_');
            words.extend(all.filter(|word| !word.is_empty()).map(str::to_owned));
        }
    }
    words
}

#[test]
fn links_lead_to_files() {
    for (page, text) in pages() {
        let dir = Path::new(&page).parent().expect("a page is a file");
        for link in text.split("](").skip(1).filter_map(|rest| rest.split(')').next()) {
            let file = link.split('#').next().unwrap_or_default();
            let elsewhere = file.contains("://") || file.is_empty();
            assert!(elsewhere || root().join(dir).join(file).exists(), "{page} links {link}");
        }
    }
}

#[test]
fn files_that_pages_name_exist() {
    // Where a page is about one room, it names that room's files from there.
    const FROM: [&str; 7] =
        ["", "runtime/src", "devices/src", "devices/src/pci", "vcpu/src", "tests/differential", "loom-tests/tests"];
    const KINDS: [&str; 8] = ["rs", "md", "S", "c", "py", "sh", "toml", "supp"];
    for (page, text) in pages() {
        for said in code(&apart(&text).0) {
            let plain = said.chars().all(|c| c.is_ascii_alphanumeric() || "._-/".contains(c));
            let kind = Path::new(said).extension().is_some_and(|kind| KINDS.iter().any(|known| kind == *known));
            let ours = plain && (said.contains('/') || kind) && !said.starts_with('/');
            let there = FROM.iter().any(|from| root().join(from).join(said).exists());
            assert!(!ours || there, "{page} names the file {said}");
        }
    }
}

#[test]
fn names_that_pages_use_exist() {
    /// The host's, the kernel's, other people's.
    const ELSEWHERE: [&str; 9] =
        ["awatch", "detach", "fdatasync", "flock", "hbreak", "nokaslr", "rwatch", "stepi", "vmlinux"];
    let words = words();
    for (page, text) in pages() {
        for said in code(&apart(&text).0) {
            let path = said.trim_end_matches("()");
            let name = !path.is_empty() && path.chars().all(|c| c.is_ascii_alphanumeric() || "_:".contains(c));
            for word in path.split("::").filter(|word| name && !word.is_empty() && !word.contains(':')) {
                assert!(words.contains(word) || ELSEWHERE.contains(&word), "{page} uses the name {said}");
            }
        }
    }
}

/// The command lines of a text: what stands in its code blocks and between backticks, comments apart.
fn command_lines(text: &str) -> Vec<String> {
    let (prose, blocks) = apart(text);
    let blocks = joined(&blocks);
    let said = blocks.lines().chain(code(&prose)).map(|line| line.split(" #").next().unwrap_or_default());
    let first = said.filter_map(|line| line.split([';', '|', '>']).next()?.split("&&").next());
    first.map(|line| line.trim().to_owned()).filter(|line| !line.is_empty()).collect()
}

/// With lines that end in a backslash and the next in one.
fn joined(text: &str) -> String {
    let mut parts = text.split("\\\n");
    let first = parts.next().unwrap_or_default().to_owned();
    parts.fold(first, |all, part| all + part.trim_start())
}

/// What a shell makes of a line.
fn arguments(line: &str) -> Vec<String> {
    let mut arguments = vec![String::new()];
    let mut quote = None;
    for c in line.chars() {
        match (c, quote) {
            ('"' | '\'', None) => quote = Some(c),
            (_, Some(open)) if c == open => quote = None,
            (' ', None) => arguments.push(String::new()),
            _ => arguments.last_mut().expect("the one that is being read").push(c),
        }
    }
    arguments.retain(|argument| !argument.is_empty());
    arguments
}

/// Whether the command takes a line as it stands.
fn is_taken(line: &str) -> Result<(), String> {
    match cli::parse(arguments(line).into_iter().map(OsString::from)) {
        Ok(_) | Err(Refusal::Answer(_)) => Ok(()),
        Err(Refusal::Usage(why)) => Err(why),
    }
}

#[test]
fn command_lines_are_taken() {
    let mut count = 0;
    for (page, text) in pages() {
        for line in command_lines(&text).iter().filter(|line| line.starts_with("manyhart ")) {
            // `DEFECT` and its like stand for something, in builds that have the option.
            let taken = if line.contains("--plant") { Ok(()) } else { is_taken(line) };
            taken.unwrap_or_else(|why| panic!("{page}: {line}: {why}"));
            count += 1;
        }
    }
    assert!(count > 20, "the pages' commands are found");
}

#[test]
fn examples_in_the_help_are_taken() {
    let mut todo = vec![Cli::command()];
    let mut count = 0;
    while let Some(command) = todo.pop() {
        let examples = command.get_after_help().map(ToString::to_string).unwrap_or_default();
        let examples = joined(&examples);
        for line in examples.lines().map(str::trim).filter(|line| line.starts_with("manyhart ")) {
            // Two blanks lead to what the line does.
            let line = line.split("  ").next().unwrap_or_default();
            is_taken(line).unwrap_or_else(|why| panic!("{line}: {why}"));
            count += 1;
        }
        todo.extend(command.get_subcommands().cloned());
    }
    assert!(count > 15, "the examples are found");
}

#[test]
fn cargo_commands_name_what_there_is() {
    let words = words();
    let manifests = ["runtime", "devices", "vcpu", "loom-tests", "shuttle-tests", "xtask"]
        .map(|dir| read(&format!("{dir}/Cargo.toml")));
    let tools = read("xtask/src/main.rs");
    let is_tool = |name: &str| {
        let variant = name[..1].to_uppercase() + &name[1..];
        tools.contains(&format!("\n    {variant}(")) || tools.contains(&format!("\n    {variant},"))
    };
    let rooms = ["", "runtime/", "devices/", "vcpu/"];
    let is_test = |name: &str| {
        rooms.iter().any(|room| {
            root().join(format!("{room}tests/{name}.rs")).exists()
                || root().join(format!("{room}tests/{name}/main.rs")).exists()
        })
    };
    for (page, text) in pages() {
        for line in command_lines(&text) {
            let all = arguments(&line);
            let Some(cargo) = all.iter().position(|argument| argument == "cargo") else { continue };
            let all = &all[cargo + 1..];
            if all.first().is_some_and(|command| command == "xtask") {
                let tools = all[1..].iter().take_while(|argument| !argument.starts_with('-'));
                let named = tools.take(if all.get(1).is_some_and(|tool| tool == "bench") { 2 } else { 1 });
                named.for_each(|tool| assert!(is_tool(tool), "{page}: {line}: there is no {tool}"));
                // Behind a lone `--` they are another command's.
                let own = all.iter().take_while(|argument| *argument != "--");
                let options = own.filter_map(|argument| argument.strip_prefix("--"));
                options
                    .for_each(|name| assert!(words.contains(&name.replace('-', "_")), "{page}: {line}: no --{name}"));
            }
            for pair in all.windows(2) {
                let there = match &*pair[0] {
                    "-p" => manifests.iter().any(|text| text.contains(&format!("name = \"{}\"", pair[1]))),
                    "--test" => is_test(&pair[1]),
                    "--example" => root().join(format!("runtime/examples/{}.rs", pair[1])).exists(),
                    _ => true,
                };
                assert!(there, "{page}: {line}: there is no {}", pair[1]);
            }
        }
    }
}

#[test]
fn every_dependency_has_its_reason() {
    let manifest = read("Cargo.toml");
    let (_, rest) = manifest.split_once("[workspace.dependencies]").expect("the workspace's dependencies");
    let names =
        rest.lines().skip(1).take_while(|line| !line.starts_with('[')).filter_map(|line| line.split_once(" = "));
    let page = read("ARCHITECTURE.md");
    let (_, table) = page.split_once("\n| crate |").expect("the table of crates");
    let table = table.split("\n\n").next().unwrap_or_default();
    let reasons: BTreeSet<&str> = table
        .lines()
        .filter_map(|row| row.split('|').nth(1))
        .flat_map(|cell| cell.split([',', ' ']).filter(|name| !name.is_empty()))
        .collect();
    for (name, _) in names.filter(|(name, _)| !name.starts_with("manyhart")) {
        assert!(reasons.contains(name), "ARCHITECTURE.md gives no reason for {name}");
    }
}

#[test]
fn every_example_of_the_runtime_is_listed() {
    let listed = read("runtime/src/lib.rs");
    for entry in std::fs::read_dir(root().join("runtime/examples")).expect("the examples") {
        let path = entry.expect("a directory entry").path();
        let name = path.file_stem().expect("a file").to_string_lossy();
        assert!(listed.contains(&format!("`{name}`")), "runtime/src/lib.rs does not list {name}");
    }
}
