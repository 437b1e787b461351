//! The pages say what is so. Here: their tables, quotations and pictures; `said` is about what they name in passing.

#[path = "../runtime/examples/picture.rs"]
mod picture;
#[allow(dead_code)] // What the command needs.
#[path = "../xtask/src/loom/registry.rs"]
mod registry;
#[path = "docs/said.rs"]
mod said;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn page(name: &str) -> String {
    std::fs::read_to_string(root().join("docs").join(name)).unwrap_or_else(|error| panic!("docs/{name}: {error}"))
}

/// Every line of Rust in these directories.
fn lines(dirs: &[&str]) -> Vec<String> {
    let mut todo: Vec<PathBuf> = dirs.iter().map(|dir| root().join(dir)).collect();
    let mut lines = Vec::new();
    while let Some(path) = todo.pop() {
        if path.is_dir() {
            let entries = std::fs::read_dir(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
            todo.extend(entries.map(|entry| entry.expect("a directory entry").path()));
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            let text = std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
            lines.extend(text.lines().map(|line| line.trim().to_owned()));
        }
    }
    lines
}

/// The names of the functions in these directories.
fn functions(dirs: &[&str]) -> BTreeSet<String> {
    let name = |line: &String| {
        let (before, after) = line.split_once("fn ")?;
        let declared =
            before.split(' ').all(|word| matches!(word, "" | "pub" | "unsafe" | "const") || word.starts_with("pub("));
        let name: String = after.chars().take_while(|c| c.is_ascii_alphanumeric() || *c == '_').collect();
        (declared && !name.is_empty()).then_some(name)
    };
    lines(dirs).iter().filter_map(name).collect()
}

/// The cells of every row of every table, headings apart.
fn rows(page: &str) -> Vec<Vec<String>> {
    let rows = page.lines().filter(|line| line.starts_with('|') && !line.starts_with("|--"));
    let cells = rows.map(|row| row.trim_matches('|').split('|').map(|cell| cell.trim().to_owned()).collect());
    cells.filter(|cells: &Vec<String>| !matches!(cells[0].as_str(), "row" | "there")).collect()
}

/// What stands between backticks.
fn code(cell: &str) -> Vec<&str> {
    cell.split('`').skip(1).step_by(2).collect()
}

/// The rows that a test is named after: `r04_x` is R4's, `r01_to_r12_x` is that of all twelve.
fn rows_of(test: &str) -> Vec<String> {
    let words: Vec<&str> = test.split('_').collect();
    let row = |word: &str| {
        let (letter, number) = word.split_at_checked(1)?;
        let number: u32 = number.parse().ok().filter(|_| number.bytes().all(|b| b.is_ascii_digit()))?;
        matches!(letter, "r" | "a" | "b").then_some((letter.to_uppercase(), number))
    };
    if let [first, "to", last, ..] = words[..]
        && let (Some((letter, first)), Some((_, last))) = (row(first), row(last))
    {
        return (first..=last).map(|number| format!("{letter}{number}")).collect();
    }
    let rows = words.iter().map_while(|word| row(word)).map(|(letter, number)| format!("{letter}{number}"));
    rows.collect()
}

/// The rows of the contract.
fn contract() -> Vec<String> {
    let defects = (1..=31).filter(|number| ![7, 13, 19].contains(number)).map(|number| format!("B{number}"));
    let rules = (1..=12).map(|number| format!("R{number}"));
    rules.chain((1..=8).map(|number| format!("A{number}"))).chain(defects).collect()
}

#[test]
fn every_row_of_the_contract_names_its_tests() {
    let tests = functions(&["runtime", "devices", "vcpu", "src", "tests"]);
    let rows = rows(&page("topology-tests.md"));
    let names: Vec<&String> = rows.iter().map(|cells| &cells[0]).collect();
    assert_eq!(names, contract().iter().collect::<Vec<_>>(), "every row stands once, in order");
    for cells in &rows {
        let (row, named) = (&cells[0], code(&cells[2]));
        let there: BTreeSet<&str> =
            tests.iter().filter(|test| rows_of(test).contains(row)).map(String::as_str).collect();
        if cells[2].starts_with("pending: ") {
            assert!(there.is_empty(), "docs/topology-tests.md calls {row} pending; there is {there:?}");
        } else {
            assert!(!named.is_empty(), "docs/topology-tests.md names no test of {row}");
            for test in named {
                assert!(there.contains(test), "docs/topology-tests.md: {test} is no test of {row}");
            }
        }
    }
}

/// The functions of the API that this one descends from.
const SEED: [&str; 45] = [
    "addrrange_end",
    "addrrange_equal",
    "addrrange_intersection",
    "addrrange_intersects",
    "addrrange_make",
    "addrrange_shift",
    "flatrange_equal",
    "flatview_destroy",
    "flatview_init",
    "flatview_insert",
    "generate_memory_topology",
    "memory_region_access_valid",
    "memory_region_add_coalescing",
    "memory_region_add_subregion",
    "memory_region_add_subregion_common",
    "memory_region_add_subregion_overlap",
    "memory_region_clear_coalescing",
    "memory_region_del_subregion",
    "memory_region_destroy",
    "memory_region_get_dirty",
    "memory_region_get_ram_ptr",
    "memory_region_init",
    "memory_region_init_alias",
    "memory_region_init_io",
    "memory_region_init_ram",
    "memory_region_init_ram_ptr",
    "memory_region_read_thunk_b",
    "memory_region_read_thunk_l",
    "memory_region_read_thunk_n",
    "memory_region_read_thunk_w",
    "memory_region_reset_dirty",
    "memory_region_set_coalescing",
    "memory_region_set_dirty",
    "memory_region_set_log",
    "memory_region_set_offset",
    "memory_region_set_readonly",
    "memory_region_size",
    "memory_region_sync_dirty_bitmap",
    "memory_region_update_coalesced_range",
    "memory_region_update_topology",
    "memory_region_write_thunk_b",
    "memory_region_write_thunk_l",
    "memory_region_write_thunk_n",
    "memory_region_write_thunk_w",
    "render_memory_region",
];

#[test]
fn every_function_of_the_seed_has_a_name_here() {
    let here = functions(&["runtime/src"]);
    let rows = rows(&page("seed-map.md"));
    let there: BTreeSet<&str> = rows.iter().flat_map(|cells| code(&cells[0])).collect();
    assert_eq!(there, SEED.into_iter().collect(), "one row for each function");
    for cells in &rows {
        let pending = cells[1].starts_with("pending: ");
        assert!(cells[1] == "—" || !code(&cells[1]).is_empty(), "{} has no name here", cells[0]);
        for name in code(&cells[1]) {
            let function = name.rsplit("::").next().unwrap_or_default();
            assert_eq!(here.contains(function), !pending, "docs/seed-map.md: {} as {name}", cells[0]);
        }
    }
}

#[test]
fn the_run_of_memory_model_tests_is_of_all_shapes() {
    let source = std::fs::read_to_string(root().join("src/litmus/shapes.rs")).expect("the shapes");
    let (_, table) = source.split_once("\nshapes! {").expect("their table");
    let shapes: Vec<&str> = table.lines().filter_map(|line| line.strip_prefix("    \"")?.split('"').next()).collect();
    let litmus = page("litmus.md");
    let (_, run) = litmus.split_once("## A real run").expect("a run");
    let listed: Vec<&str> = run.lines().filter_map(|line| line.strip_prefix("| `")?.split('`').next()).collect();
    assert_eq!(listed, shapes, "docs/litmus.md: the table of a real run");
    let promised = format!("{} shapes of RVWMO", shapes.len());
    assert!(page("promises.md").contains(&promised), "docs/promises.md: {promised}");
}

#[test]
fn the_table_of_models_is_the_registry() {
    let models = registry::read(root()).unwrap_or_else(|error| panic!("{error}"));
    let bugs = registry::bugs(root()).unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(registry::gaps(&models, &bugs), [""; 0]);
    let page = page("loom.md");
    let between = |(begin, end): (&str, &str), row: &str| {
        let (_, table) = page.split_once(begin).expect("the table begins");
        let (table, _) = table.split_once(end).expect("the table ends");
        table.lines().filter(|line| line.starts_with(row)).map(str::to_owned).collect::<Vec<String>>()
    };
    for row in between(registry::DEEP_MARKS, "| `") {
        let is_of = |model| row.starts_with(&registry::deep_heading(model));
        assert!(models.iter().any(is_of), "docs/loom.md has {row}: cargo xtask loom --deep --write");
    }
    let rows = between(registry::MARKS, "| [");
    assert_eq!(rows.len(), models.len(), "docs/loom.md: cargo xtask loom --write");
    for (row, model) in rows.iter().zip(&models) {
        assert!(row.starts_with(&registry::heading(model)), "docs/loom.md has {row} for {model:?}");
        let twins = row.trim_matches('|').rsplit('|').next().unwrap_or_default().split("<br>");
        let twins: Vec<&str> = twins.filter(|twin| !twin.trim().is_empty()).collect();
        assert_eq!(twins.len(), model.twins.len(), "docs/loom.md: {row}");
        for (said, twin) in twins.into_iter().zip(&model.twins) {
            assert!(said.trim().starts_with(&registry::stated(twin)), "docs/loom.md has {said} for {twin:?}");
        }
    }
}

#[test]
fn every_promise_names_its_models() {
    let models = registry::read(root()).unwrap_or_else(|error| panic!("{error}"));
    let rows = rows(&page("promises.md"));
    for promise in registry::promises() {
        let cells = rows.iter().find(|cells| cells[0] == promise).unwrap_or_else(|| panic!("{promise} has no row"));
        let serves = |model: &&registry::Model| model.rows.contains(&promise);
        let there: BTreeSet<&str> = models.iter().filter(serves).map(|model| &model.name[..]).collect();
        let named: BTreeSet<&str> = code(&cells[2]).into_iter().collect();
        assert_eq!(named, there, "docs/promises.md: the models of {promise}");
    }
}

#[test]
fn the_example_of_the_models_page_is_the_code() {
    let read =
        |path: &str| std::fs::read_to_string(root().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"));
    let code = read("loom-tests/tests/example.rs") + &read("runtime/src/attention.rs");
    let page = page("loom.md");
    let quoted: Vec<&str> = page.split("```rust\n").skip(1).filter_map(|rest| rest.split("```").next()).collect();
    assert!(quoted.len() > 3, "it quotes its example");
    for block in quoted {
        assert!(code.contains(block), "docs/loom.md quotes what is not there:\n{block}");
    }
}

#[test]
fn the_picture_is_what_the_example_draws() {
    let drawn = picture::picture().expect("the example ends well");
    let how = "cargo run -p manyhart-runtime --example picture > docs/picture.svg";
    assert!(page("picture.svg") == drawn, "docs/picture.svg is of another time: {how}");
}
