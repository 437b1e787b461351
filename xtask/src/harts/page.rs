//! The figures in the documentation: a table in `harts.md` between two marks, and `harts.svg`.

use std::path::Path;

use super::Figure;
use super::target::{self, Gain, Loss};
use crate::Error;
use crate::plot::{Bar, Bars, time};

const BEGIN: &str = "<!-- cargo xtask bench harts writes from here -->\n";
const END: &str = "<!-- to here -->\n";

/// Renews both.
pub fn write(docs: &Path, versions: &[String; 2], figures: &[Figure], more: &[String]) -> Result<(), Error> {
    let path = docs.join("harts.md");
    let page = std::fs::read_to_string(&path).map_err(|source| Error::Read { path: path.clone(), source })?;
    let tables = format!("\n{}\n{}\n", table(versions, figures), more.join("\n"));
    let page = renewed(&page, &tables)
        .ok_or_else(|| Error::Failed(format!("{}: the marks around the tables are gone", path.display())))?;
    crate::write(&path, &page)?;
    crate::write(&docs.join("harts.svg"), &chart(figures).svg())
}

fn renewed(page: &str, tables: &str) -> Option<String> {
    let (before, rest) = page.split_once(BEGIN)?;
    let (_, after) = rest.split_once(END)?;
    Some([before, BEGIN, tables, END, after].concat())
}

fn table(versions: &[String; 2], figures: &[Figure]) -> String {
    let [ours, theirs] = versions;
    let head = format!(
        "{ours} beside {theirs}:\n\n| workload | ours | QEMU's | our speed by QEMU's | at least | MIPS |\n|---|---|---|---|---|---|\n"
    );
    let row = |figure: &Figure| {
        let (name, ours) = (figure.name(), time(figure.ours));
        let theirs = [figure.theirs.map(time), figure.peer.remark()];
        let theirs = theirs.into_iter().flatten().collect::<Vec<_>>().join("; ");
        let speed = figure.speed.map(|speed| speed.median);
        let missed = |least| if speed.is_some_and(|speed| speed < least) { " (missed)" } else { "" };
        let least = target::of(figure).map(|least| format!("{least:.2}{}", missed(least)));
        let speed = speed.map(|speed| format!("{speed:.2}"));
        let mips = figure.mips.map(|mips| format!("{mips:.0}"));
        let [speed, least, mips] = [speed, least, mips].map(Option::unwrap_or_default);
        format!("| {name} | {ours} | {theirs} | {speed} | {least} | {mips} |\n")
    };
    figures.iter().fold(head, |text, figure| text + &row(figure))
}

/// What two harts do by what one does.
pub fn two_harts(gains: &[Gain]) -> String {
    let head = "| two harts by one, on the wall | ours | QEMU's |\n|---|---|---|\n".to_owned();
    gains.iter().fold(head, |text, gain| text + &gain.cells() + "\n")
}

/// What changing code costs.
pub fn changes(losses: &[Loss]) -> String {
    let head = "| harts | patch by patch-still, in processor time: ours | QEMU's |\n|---|---|---|\n".to_owned();
    losses.iter().fold(head, |text, loss| text + &loss.cells() + "\n")
}

fn chart(figures: &[Figure]) -> Bars {
    let bar =
        |figure: &Figure| Some(Bar { name: figure.name(), value: figure.speed?.median, target: target::of(figure) });
    Bars {
        title: "Times the speed of QEMU's JIT; what is to be reached is marked".to_owned(),
        bars: figures.iter().filter_map(bar).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_between_the_marks_is_renewed() {
        let page = format!("a\n{BEGIN}old\n{END}b\n");
        let new = renewed(&page, "new\n").expect("both marks are there");
        assert_eq!(new, format!("a\n{BEGIN}new\n{END}b\n"));
        assert_eq!(renewed("a\n", "new"), None);
        assert_eq!(renewed(&format!("a\n{END}{BEGIN}"), "new"), None);
    }
}
