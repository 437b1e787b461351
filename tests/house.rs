//! House rules that a machine can check: rooms keep apart, files stay readable, nothing half-done is left behind.

use std::path::{Path, PathBuf};

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn text(path: &Path) -> String {
    std::fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// Every Rust file below `dir`.
fn sources(dir: &str) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut dirs = vec![root().join(dir)];
    while let Some(dir) = dirs.pop() {
        for entry in std::fs::read_dir(&dir).unwrap_or_else(|error| panic!("{}: {error}", dir.display())) {
            let path = entry.expect("a directory entry").path();
            if path.is_dir() {
                dirs.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                found.push(path);
            }
        }
    }
    assert!(!found.is_empty(), "{dir} holds sources");
    found
}

fn all_sources() -> Vec<PathBuf> {
    ["src", "runtime/src", "devices/src", "vcpu/src", "loom-tests", "shuttle-tests", "xtask/src", "tests"]
        .into_iter()
        .flat_map(sources)
        .collect()
}

/// The packages of ours that a manifest names as dependencies, in whatever section.
fn own_dependencies(manifest: &str) -> Vec<String> {
    let text = text(&root().join(manifest).join("Cargo.toml"));
    let mut section = String::new();
    let mut found = Vec::new();
    for line in text.lines() {
        if line.starts_with('[') {
            section = line.to_owned();
        } else if section.contains("dependencies") && !section.contains("workspace") && line.starts_with("manyhart") {
            found.push(line.split(['.', ' ', '=']).next().unwrap_or_default().to_owned());
        }
    }
    found.sort();
    found.dedup();
    found
}

#[test]
fn dependencies_go_one_way() {
    let cases: [(&str, &[&str]); 6] = [
        ("runtime", &[]),
        ("devices", &["manyhart-runtime"]),
        ("vcpu", &["manyhart-runtime"]),
        ("loom-tests", &[]),
        ("shuttle-tests", &[]),
        (".", &["manyhart-devices", "manyhart-runtime", "manyhart-vcpu"]),
    ];
    for (manifest, want) in cases {
        assert_eq!(own_dependencies(manifest), want, "{manifest}/Cargo.toml");
    }
}

#[test]
fn imports_keep_to_their_rooms() {
    for (dir, forbidden) in
        [("runtime/src", "manyhart_"), ("devices/src", "manyhart_vcpu"), ("vcpu/src", "manyhart_devices")]
    {
        for path in sources(dir) {
            for (index, line) in text(&path).lines().enumerate() {
                let line =
                    line.replace("manyhart_loom", "").replace("manyhart_shuttle", "").replace("manyhart_runtime", "");
                assert!(!line.contains(forbidden), "{}:{}: {forbidden}", path.display(), index + 1);
            }
        }
    }
}

#[test]
fn the_runtime_names_no_instruction_set_and_no_bus() {
    const WORDS: [&str; 8] = ["riscv", "risc", "hart", "harts", "pci", "pcie", "virtio", "plic"];
    for path in sources("runtime/src") {
        for (index, line) in text(&path).lines().enumerate() {
            let lower = line.to_lowercase();
            let word = lower.split(|c: char| !c.is_ascii_alphanumeric()).find(|word| WORDS.contains(word));
            assert_eq!(word, None, "{}:{}: {line}", path.display(), index + 1);
        }
    }
}

#[test]
fn files_can_be_read_in_one_sitting() {
    // The instruction tables are the honest exception.
    const LIMIT: usize = 500;
    for path in all_sources() {
        let table = path.to_string_lossy().contains("decode");
        let lines = text(&path).lines().count();
        assert!(table || lines <= LIMIT, "{}: {lines} lines", path.display());
    }
}

#[test]
fn nothing_half_done_is_left_behind() {
    // Spelled in halves, so that this file does not name them.
    let forbidden =
        [["todo", "!("], ["unimplemented", "!("], ["dbg", "!("], ["#[ig", "nore"]].map(|halves| halves.concat());
    for path in all_sources() {
        for (index, line) in text(&path).lines().enumerate() {
            for word in &forbidden {
                assert!(!line.contains(word.as_str()), "{}:{}: {word}", path.display(), index + 1);
            }
        }
    }
}

#[test]
fn lints_are_allowed_with_a_reason() {
    for path in all_sources() {
        let text = text(&path);
        let mut before = "";
        for (index, line) in text.lines().enumerate() {
            let attribute = line.trim_start().trim_start_matches("#!").trim_start_matches('#');
            let allows = ["[allow(", "[expect("].iter().any(|start| attribute.starts_with(start));
            let reasoned = line.contains("//") || line.contains("reason =") || before.trim_start().starts_with("//");
            assert!(!allows || reasoned, "{}:{}: say why", path.display(), index + 1);
            before = line;
        }
    }
}
