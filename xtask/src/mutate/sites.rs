//! Where the runtime's sources write an ordering down, and what each may lose.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use proc_macro2::{Delimiter, Group, TokenStream, TokenTree};

use super::SOURCES;
use crate::Error;

/// What a weakened ordering has lost.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Lost {
    Acquire,
    Release,
    Total,
}

impl Lost {
    /// As the models' build is told.
    pub fn name(self) -> &'static str {
        match self {
            Lost::Acquire => "acquire",
            Lost::Release => "release",
            Lost::Total => "total",
        }
    }
}

/// One ordering of the production code, weakened by one step.
#[derive(Debug, Clone)]
pub struct Mutant {
    /// Below the sources' root.
    pub file: String,
    pub line: usize,
    pub column: usize,
    /// Which of the call's orderings it is.
    pub which: usize,
    pub lost: Lost,
    /// The function, and the call in short: what names it in tables, over changes of lines.
    pub function: String,
    pub call: String,
    /// What becomes of it: `AcqRel → Release`.
    pub step: String,
}

impl Mutant {
    /// What tells it from every other one.
    pub fn key(&self) -> String {
        format!("{} {}: {}, {}", self.file, self.function, self.call, self.step)
    }

    /// The call's place, as a model that comes by prints it.
    pub fn place(&self) -> String {
        format!("{}:{}:{}", self.file, self.line, self.column)
    }
}

/// What one source holds.
#[derive(Debug, Default)]
pub struct Found {
    pub mutants: Vec<Mutant>,
    /// Orderings that are Relaxed already: nothing is weaker.
    pub relaxed: usize,
    /// Orderings that a caller chose, at calls that no stand-in replaces: they are handed on.
    pub handed_on: usize,
}

/// Tests, and what stands in for primitives in models.
const NOT_PRODUCTION: [&str; 5] = ["tests.rs", "mutation.rs", "loomed.rs", "shuttled.rs", "shape.rs"];

/// Everything below the sources' root.
pub fn all() -> Result<Found, Error> {
    let mut files = Vec::new();
    // Tests run in their package's directory, the command in the workspace's.
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(SOURCES);
    collect(&root, &mut files)?;
    files.sort();
    let mut found = Found::default();
    for path in files {
        let text =
            std::fs::read_to_string(&path).map_err(|error| Error::Failed(format!("{}: {error}", path.display())))?;
        let file = path.strip_prefix(&root).unwrap_or(&path).to_string_lossy().into_owned();
        let one = of_source(&file, &text)?;
        found.mutants.extend(one.mutants);
        found.relaxed += one.relaxed;
        found.handed_on += one.handed_on;
    }
    Ok(found)
}

fn collect(dir: &Path, files: &mut Vec<PathBuf>) -> Result<(), Error> {
    let failed = |error| Error::Failed(format!("{}: {error}", dir.display()));
    for entry in std::fs::read_dir(dir).map_err(failed)? {
        let path = entry.map_err(failed)?.path();
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        if path.is_dir() && name != "tests" {
            collect(&path, files)?;
        } else if name.ends_with(".rs") && !NOT_PRODUCTION.contains(&name.as_str()) {
            files.push(path);
        }
    }
    Ok(())
}

/// What one file's text holds.
pub fn of_source(file: &str, text: &str) -> Result<Found, Error> {
    let tokens: TokenStream = text.parse().map_err(|error| Error::Failed(format!("{file}: {error}")))?;
    let chosen = choosers(tokens.clone());
    let mut scan = Scan { file, chosen, function: String::new(), found: Found::default() };
    scan.stream(tokens);
    let mut seen: BTreeMap<String, usize> = BTreeMap::new();
    for mutant in &mut scan.found.mutants {
        let count = seen.entry(mutant.key()).or_default();
        *count += 1;
        if *count > 1 {
            mutant.call = format!("{} (the {}th)", mutant.call, count).replace("2th", "2nd").replace("3th", "3rd");
        }
    }
    Ok(scan.found)
}

/// The functions of a file that choose an ordering, each with the one that it writes down for production, if there is just one.
type Chosen = BTreeMap<String, Option<String>>;

struct Scan<'a> {
    file: &'a str,
    chosen: Chosen,
    function: String,
    found: Found,
}

impl Scan<'_> {
    fn stream(&mut self, tokens: TokenStream) {
        let tokens: Vec<TokenTree> = tokens.into_iter().collect();
        let mut at = 0;
        while at < tokens.len() {
            if let Some(past) = past_what_is_not_production(&tokens, at) {
                at = past;
                continue;
            }
            match &tokens[at] {
                TokenTree::Ident(ident) if ident == "fn" => {
                    if let Some(TokenTree::Ident(name)) = tokens.get(at + 1) {
                        self.function = name.to_string();
                    }
                }
                TokenTree::Ident(_) => {
                    if let Some(TokenTree::Group(arguments)) = tokens.get(at + 1)
                        && arguments.delimiter() == Delimiter::Parenthesis
                    {
                        self.call(&tokens, at, arguments);
                    }
                }
                TokenTree::Group(group) => self.stream(group.stream()),
                TokenTree::Punct(_) | TokenTree::Literal(_) => {}
            }
            at += 1;
        }
    }

    /// The call whose name stands at `at`, if it is one of an atomic's or a fence.
    fn call(&mut self, tokens: &[TokenTree], at: usize, arguments: &Group) {
        let TokenTree::Ident(name) = &tokens[at] else { return };
        let is_method = at > 0 && is_punct(&tokens[at - 1], '.');
        let operation = match (is_method, name.to_string().as_str()) {
            (true, "load" | "store" | "swap" | "compare_exchange" | "compare_exchange_weak" | "fetch_update") => name,
            (true, method) if method.starts_with("fetch_") => name,
            (false, "fence") if !is_declared(tokens, at) && path(tokens, at).is_none_or(|path| path == "atomic") => {
                name
            }
            _ => return,
        };
        let start = path(tokens, at).unwrap_or(operation).span().start();
        let receiver = if is_method { receiver(&tokens[..at - 1]) } else { String::new() };
        let (file, function) = (self.file.to_owned(), self.function.clone());
        for (which, order) in orderings(arguments, &self.chosen).into_iter().enumerate() {
            let call = match which {
                0 => format!("{receiver}{operation}"),
                _ => format!("{receiver}{operation} that fails"),
            };
            let steps = match order.as_str() {
                "Relaxed" => {
                    self.found.relaxed += 1;
                    continue;
                }
                "SeqCst" | "AcqRel" | "Acquire" | "Release" => steps(&order, &operation.to_string()),
                chooser if let Some(Some(order)) = self.chosen.get(chooser) => steps(order, &operation.to_string()),
                _ if is_method => {
                    self.found.handed_on += 1;
                    continue;
                }
                _ => [Lost::Acquire, Lost::Release, Lost::Total]
                    .map(|lost| (lost, format!("{order} without {}", lost.name())))
                    .into(),
            };
            for (lost, step) in steps {
                let (file, function, call) = (file.clone(), function.clone(), call.clone());
                let (line, column) = (start.line, start.column + 1);
                self.found.mutants.push(Mutant { file, line, column, which, lost, function, call, step });
            }
        }
    }
}

fn choosers(tokens: TokenStream) -> Chosen {
    let tokens: Vec<TokenTree> = tokens.into_iter().collect();
    let mut found = Chosen::new();
    for window in tokens.windows(7) {
        if let [
            TokenTree::Ident(word),
            TokenTree::Ident(name),
            TokenTree::Group(_),
            _,
            arrow,
            TokenTree::Ident(what),
            body,
        ] = window
            && word == "fn"
            && what == "Ordering"
            && is_punct(arrow, '>')
            && let TokenTree::Group(body) = body
        {
            let mut orders = Vec::new();
            written_down(body.stream(), &mut orders);
            found.insert(name.to_string(), if orders.len() == 1 { orders.pop() } else { None });
        }
    }
    found
}

/// The orderings that production code here names.
fn written_down(tokens: TokenStream, orders: &mut Vec<String>) {
    let tokens: Vec<TokenTree> = tokens.into_iter().collect();
    let mut at = 0;
    while at < tokens.len() {
        if let Some(past) = past_what_is_not_production(&tokens, at) {
            at = past;
            continue;
        }
        match &tokens[at] {
            TokenTree::Ident(word) if word == "Ordering" => {
                orders.extend(tokens.get(at + 3).map(ToString::to_string));
            }
            TokenTree::Group(group) => written_down(group.stream(), orders),
            _ => {}
        }
        at += 1;
    }
}

/// What an ordering may lose, and what is left of it.
fn steps(order: &str, operation: &str) -> Vec<(Lost, String)> {
    let is_fence = operation == "fence";
    let nothing = if is_fence { "none" } else { "Relaxed" };
    let step = |lost, left: &str| (lost, format!("{order} → {left}"));
    match order {
        "SeqCst" if operation == "load" => vec![step(Lost::Total, "Acquire")],
        "SeqCst" if operation == "store" => vec![step(Lost::Total, "Release")],
        "SeqCst" => vec![step(Lost::Total, "AcqRel")],
        "AcqRel" => vec![step(Lost::Acquire, "Release"), step(Lost::Release, "Acquire")],
        "Acquire" => vec![step(Lost::Acquire, nothing)],
        _ => vec![step(Lost::Release, nothing)],
    }
}

/// The orderings among a call's arguments, by name; one that is no literal, by its expression.
fn orderings(arguments: &Group, chosen: &Chosen) -> Vec<String> {
    let all: Vec<TokenTree> = arguments.stream().into_iter().collect();
    let orders = all.split(|token| is_punct(token, ',')).filter_map(|argument| match argument {
        [TokenTree::Ident(order), colon, _, TokenTree::Ident(name)] if order == "Ordering" && is_punct(colon, ':') => {
            Some(name.to_string())
        }
        [TokenTree::Ident(name)] if name == "order" => Some(name.to_string()),
        [TokenTree::Ident(table), colon, _, TokenTree::Ident(name)] if table == "order" && is_punct(colon, ':') => {
            Some(format!("{table}::{name}"))
        }
        [TokenTree::Ident(name), TokenTree::Group(_)] if chosen.contains_key(&name.to_string()) => {
            Some(name.to_string())
        }
        _ => None,
    });
    orders.collect()
}

/// Past an item or statement that is compiled for tests, for models or for planted defects alone.
fn past_what_is_not_production(tokens: &[TokenTree], at: usize) -> Option<usize> {
    let (TokenTree::Group(attribute), true) = (tokens.get(at + 1)?, is_punct(&tokens[at], '#')) else { return None };
    let text: String = attribute.stream().to_string().split_whitespace().collect();
    let mut text = text;
    for kept in ["not(any(manyhart_loom,manyhart_shuttle))", "not(any(miri,manyhart_loom))", "not(manyhart_loom)"] {
        text = text.replace(kept, "");
    }
    let applies = ["manyhart_loom", "\"planted-bugs\"", "test"].iter().any(|word| text.contains(word));
    if !text.starts_with("cfg(") || !applies {
        return None;
    }
    let rest = tokens.iter().enumerate().skip(at + 2);
    let end = rest.into_iter().find(|(_, token)| match token {
        TokenTree::Group(group) => group.delimiter() == Delimiter::Brace,
        token => is_punct(token, ';'),
    });
    Some(end.map_or(tokens.len(), |(index, _)| index + 1))
}

fn is_punct(token: &TokenTree, character: char) -> bool {
    matches!(token, TokenTree::Punct(punct) if punct.as_char() == character)
}

/// Whether the name at `at` is declared there, or belongs to a path that is not the primitive's.
fn is_declared(tokens: &[TokenTree], at: usize) -> bool {
    matches!(at.checked_sub(1).map(|before| &tokens[before]), Some(TokenTree::Ident(word)) if word == "fn")
}

/// The name before this one in a path: `atomic` of `atomic::fence`.
fn path(tokens: &[TokenTree], at: usize) -> Option<&proc_macro2::Ident> {
    match &tokens[..at] {
        [.., TokenTree::Ident(before), one, two] if is_punct(one, ':') && is_punct(two, ':') => Some(before),
        _ => None,
    }
}

/// What the method is called on, in short: the last field or variable, with a sign that it is one of many.
fn receiver(before: &[TokenTree]) -> String {
    match before {
        [.., TokenTree::Ident(name), TokenTree::Group(index)] if index.delimiter() == Delimiter::Bracket => {
            format!("{name}[…].")
        }
        [.., TokenTree::Ident(name)] => format!("{name}."),
        _ => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn keys(text: &str) -> Vec<String> {
        of_source("a.rs", text).expect("it lexes").mutants.iter().map(Mutant::key).collect()
    }

    #[test]
    fn every_ordering_loses_one_step_at_a_time() {
        for (statement, want) in [
            ("self.word.load(Ordering::Acquire);", vec!["word.load, Acquire → Relaxed"]),
            ("word.store(1, Ordering::Release);", vec!["word.store, Release → Relaxed"]),
            (
                "a[1].fetch_or(1, Ordering::AcqRel);",
                vec!["a[…].fetch_or, AcqRel → Release", "a[…].fetch_or, AcqRel → Acquire"],
            ),
            (
                "x.load(Ordering::SeqCst); x.store(1, Ordering::SeqCst)",
                vec!["x.load, SeqCst → Acquire", "x.store, SeqCst → Release"],
            ),
            ("fence(Ordering::SeqCst)", vec!["fence, SeqCst → AcqRel"]),
            ("atomic::fence(Ordering::Acquire); order::fence(order)", vec!["fence, Acquire → none"]),
            ("x.load(order::LOAD)", vec![]),
            ("fence(Ordering::Release)", vec!["fence, Release → none"]),
            (
                "x.compare_exchange(0, f(1), Ordering::Acquire, Ordering::Acquire)",
                vec!["x.compare_exchange, Acquire → Relaxed", "x.compare_exchange that fails, Acquire → Relaxed"],
            ),
            (
                "fence(order)",
                vec!["fence, order without acquire", "fence, order without release", "fence, order without total"],
            ),
            ("x.load(Ordering::Relaxed); /* y.load(Ordering::Acquire) */", vec![]),
            ("list.swap(1, 2); mailbox.fence(done)", vec![]),
            (
                "y.load(Ordering::Acquire); y.load(Ordering::Acquire)",
                vec!["y.load, Acquire → Relaxed", "y.load (the 2nd), Acquire → Relaxed"],
            ),
        ] {
            let want: Vec<String> = want.into_iter().map(|tail| format!("a.rs f: {tail}")).collect();
            assert_eq!(keys(&format!("fn f() {{ {statement} }}")), want, "{statement}");
        }
    }

    #[test]
    fn what_is_not_production_is_left_out() {
        for text in [
            "#[cfg(test)] mod tests { fn f() { x.load(Ordering::Acquire); } }",
            "fn f() { #[cfg(any(manyhart_loom, feature = \"planted-bugs\"))] if bug() { x.load(Ordering::Acquire); } }",
            "#[cfg(manyhart_loom)] mod modelled { fn f() { x.load(Ordering::Acquire); } }",
        ] {
            assert_eq!(keys(text), Vec::<String>::new(), "{text}");
        }
        let real = "#[cfg(not(manyhart_loom))] mod real { fn f() { x.load(Ordering::Acquire); } }";
        assert_eq!(keys(real), ["a.rs f: x.load, Acquire → Relaxed"]);
    }

    #[test]
    fn a_place_is_the_compilers() {
        let found = of_source("a.rs", "fn f() {\n    self.x.load(Ordering::Acquire);\n}").expect("it lexes");
        assert_eq!(found.mutants[0].place(), "a.rs:2:12");
    }
}
