use crate::board::Aia;
use serde_json::Value;

use super::*;

fn spec(parts: Parts) -> MtreeSpec {
    let board = BoardSpec { harts: 2, memory: 128 << 20, aia: Aia::None };
    MtreeSpec {
        board,
        parts,
        json: false,
        svg: None,
        space: "memory".into(),
        generation: None,
        plug: PlugSpec::default(),
    }
}

fn printed(parts: Parts, json: bool) -> String {
    mtree(&MtreeSpec { json, ..spec(parts) }).unwrap()
}

#[test]
fn the_tree_and_the_flat_view_name_the_board() {
    let text = printed(Parts { tree: true, flat: true, ..Parts::default() }, false);
    assert!(text.starts_with("address space memory\n"), "{text}");
    for want in ["view of memory at generation 3: ", "  0000000080000000-0000000087ffffff ram      ram\n"] {
        assert!(text.contains(want), "{text} lacks {want}");
    }
}

#[test]
fn json_says_what_the_text_says() {
    let all = Parts { tree: true, flat: true, lint: true, history: true, why: Some(Gpa(0x8000_0010)) };
    let report: Value = serde_json::from_str(&printed(all, true)).unwrap();
    let space = &report["spaces"][0];
    let ram = space["ranges"].as_array().unwrap().iter().find(|range| range["name"] == "ram").unwrap();
    assert_eq!((&ram["first"], &ram["last"]), (&"0x80000000".into(), &"0x87ffffff".into()));
    let regions = report["regions"].as_array().unwrap();
    let region = regions.iter().find(|region| region["id"] == ram["region"]).unwrap();
    assert_eq!((&region["kind"], &region["size"]), (&"ram".into(), &"0x8000000".into()));
    assert_eq!(region["placed"]["parent"], space["root"]);
    let why = &report["why"];
    assert_eq!((&why["answer"]["verdict"], &why["answer"]["offset"]), (&"answers".into(), &"0x10".into()));
    let steps = report["history"].as_array().unwrap();
    let made: usize = steps.iter().map(|step| step["regions"].as_array().unwrap().len()).sum();
    assert_eq!(made, regions.len());
    assert!(report["lint"].is_array());
}

#[test]
fn the_history_goes_back_to_nothing_and_says_what_came() {
    let text = printed(Parts { history: true, ..Parts::default() }, false);
    assert!(text.starts_with("generation 0 to 1\n"), "{text}");
    assert!(text.contains("    + 0000000080000000-0000000087ffffff ram      ram\n"), "{text}");
    let past = MtreeSpec { generation: Some(0), ..spec(Parts { tree: true, ..Parts::default() }) };
    assert_eq!(mtree(&past).unwrap(), "");
    let future = MtreeSpec { generation: Some(1 << 40), ..past };
    let refused = mtree(&future).unwrap_err();
    assert_eq!((refused.status(), refused.to_string().contains("is not kept")), (2, true), "{refused}");
}

#[test]
fn the_board_has_nothing_for_the_lint() {
    assert_eq!(printed(Parts { lint: true, ..Parts::default() }, false), "nothing found\n");
}

#[test]
fn a_picture_is_written_where_it_is_asked_for() {
    let file = std::env::temp_dir().join(format!("manyhart-mtree-{}.svg", std::process::id()));
    let drawing = MtreeSpec { svg: Some(file.clone()), ..spec(Parts::default()) };
    assert_eq!(mtree(&drawing).unwrap(), "");
    let picture = std::fs::read_to_string(&file).unwrap();
    std::fs::remove_file(&file).unwrap();
    assert!(picture.starts_with("<svg ") && picture.contains(">ram<"), "{picture}");
    let elsewhere = MtreeSpec { space: "nowhere".into(), ..drawing };
    assert_eq!(mtree(&elsewhere).unwrap_err().to_string(), "there is no address space 'nowhere'");
}
