//! The same as JSON. Addresses, offsets and sizes are text in hexadecimal: JSON's numbers lose bits above 2^53. Ids and generations
//! are numbers.

use manyhart_runtime::AddrRange;
use manyhart_runtime::topology::{
    Candidate, Difference, Finding, Neighbour, RangeChange, RangeInfo, RegionChange, RegionInfo, Survey, Verdict, Why,
};
use serde_json::{Map, Value, json};

use super::Report;

pub fn report(report: &Report) -> Value {
    let survey = &report.survey;
    let mut out = Map::new();
    out.insert("generation".into(), json!(survey.generation()));
    let mut put = |key: &str, value: Option<Value>| value.map(|value| out.insert(key.into(), value));
    put("spaces", (report.tree || report.flat).then(|| spaces(survey, report.flat)));
    put("regions", report.tree.then(|| survey.regions().iter().map(region).collect()));
    put("lint", report.lint.as_ref().map(|findings| findings.iter().map(finding).collect()));
    put("history", report.history.as_ref().map(|steps| steps.iter().map(difference).collect()));
    put("why", report.why.as_ref().map(why));
    Value::Object(out)
}

fn hex(number: impl Into<u128>) -> Value {
    Value::String(format!("{:#x}", number.into()))
}

fn spaces(survey: &Survey, flat: bool) -> Value {
    let spaces = survey.spaces().into_iter().map(|space| {
        let mut out = json!({ "id": space.id.number(), "name": space.name, "root": space.root.number() });
        if flat {
            out["ranges"] = survey.flat(space.id).unwrap_or_default().iter().map(range).collect();
        }
        out
    });
    spaces.collect()
}

fn region(region: &RegionInfo) -> Value {
    let placed = region.placed.as_ref().map(|placed| {
        let (parent, offset) = (placed.parent.number(), hex(placed.offset));
        json!({ "parent": parent, "offset": offset, "priority": placed.priority, "exclusive": placed.exclusive })
    });
    let window = region.window.as_ref();
    let window = window.map(|window| json!({ "target": window.target.number(), "offset": hex(window.offset) }));
    json!({
        "id": region.id.number(),
        "name": region.name,
        "size": hex(region.size),
        "kind": region.kind.name(),
        "enabled": region.enabled,
        "read_only": region.read_only,
        "log": region.log,
        "coalesced": region.coalesced.iter().map(|&(at, size)| json!([hex(at), hex(size)])).collect::<Value>(),
        "flush_coalesced": region.flush_coalesced,
        "forgiving": region.forgiving,
        "placed": placed,
        "alias_of": window,
        "translates_into": region.translates_into.map(|root| root.number()),
        "children": region.children.iter().map(|child| child.number()).collect::<Vec<_>>(),
    })
}

fn interval(range: AddrRange) -> (Value, Value) {
    (hex(range.start().0), hex(range.last().0))
}

fn range(range: &RangeInfo) -> Value {
    let (first, last) = interval(range.range);
    json!({
        "first": first,
        "last": last,
        "region": range.region.number(),
        "name": range.name,
        "kind": range.kind.name(),
        "offset": hex(range.offset),
        "read_only": range.read_only,
        "log": range.dirty_mask,
        "coalesced": range.coalesced.iter().map(|&part| json!([interval(part).0, interval(part).1])).collect::<Value>(),
        "flush_coalesced": range.flush_coalesced,
        "forgiving": range.forgiving,
    })
}

fn finding(finding: &Finding) -> Value {
    json!(finding.to_string())
}

fn difference(step: &Difference) -> Value {
    let spaces = step.spaces.iter();
    let spaces = spaces.map(|(name, changes)| {
        let changes: Value = changes.iter().map(range_change).collect();
        json!({ "space": name, "ranges": changes })
    });
    json!({
        "from": step.older,
        "to": step.newer,
        "regions": step.regions.iter().map(region_change).collect::<Value>(),
        "spaces": spaces.collect::<Value>(),
    })
}

fn region_change(change: &RegionChange) -> Value {
    match change {
        RegionChange::Made(made) => json!({ "made": region(made) }),
        RegionChange::Destroyed(gone) => json!({ "destroyed": region(gone) }),
        RegionChange::Changed { before, after } => json!({ "before": region(before), "after": region(after) }),
    }
}

fn range_change(change: &RangeChange) -> Value {
    match change {
        RangeChange::Gone(gone) => json!({ "gone": range(gone) }),
        RangeChange::Came(came) => json!({ "came": range(came) }),
        RangeChange::Changed { before, after } => json!({ "before": range(before), "after": range(after) }),
    }
}

fn why(why: &Why) -> Value {
    json!({
        "generation": why.generation,
        "space": why.space_name,
        "address": hex(why.addr.0),
        "answer": why.answer().map(candidate),
        "candidates": why.candidates.iter().map(candidate).collect::<Value>(),
        "cut_short": why.cut_short,
        "before": why.before.as_ref().map(neighbour),
        "after": why.after.as_ref().map(neighbour),
    })
}

fn candidate(candidate: &Candidate) -> Value {
    let (verdict, by) = match &candidate.verdict {
        Verdict::Answers => ("answers", None),
        Verdict::Obscured(by) => ("obscured", Some(by)),
        Verdict::Disabled(by) => ("disabled", Some(by)),
        Verdict::Clipped(by) => ("clipped", Some(by)),
        Verdict::PastTarget(by) => ("past_target", Some(by)),
    };
    json!({
        "region": candidate.region.number(),
        "kind": candidate.kind.name(),
        "offset": hex(candidate.offset),
        "path": candidate.path,
        "verdict": verdict,
        "by": by,
    })
}

fn neighbour(neighbour: &Neighbour) -> Value {
    json!({
        "generation": neighbour.generation,
        "answer": candidate(&neighbour.answer),
        "changes": neighbour.changes.iter().map(region_change).collect::<Value>(),
    })
}
