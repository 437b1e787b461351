//! Clients that say anything at all, to a machine that runs.

use std::io::{BufRead, BufReader, Write};
use std::os::unix::net::UnixStream;
use std::sync::OnceLock;
use std::time::Duration;

use proptest::prelude::*;
use serde_json::{Map, Value, json};

use super::commands::{self, Then};
use super::serve;
use crate::control::{Client, Control, End};

/// One machine for all cases. It runs until the process ends.
fn control() -> &'static Control {
    static CONTROL: OnceLock<Control> = OnceLock::new();
    CONTROL.get_or_init(|| {
        let mut machine = crate::control::tests::machine(&["pcie-root-port,id=rp0"]);
        let control = machine.control().clone();
        machine.start().unwrap();
        std::thread::spawn(move || crate::machine::attend(&mut machine, true).map(|_| machine.stop().map(drop)));
        control
    })
}

fn value() -> impl Strategy<Value = Value> {
    let words = prop::sample::select(vec![
        "edu",
        "virtio-rng-pci",
        "virtio-blk-pci",
        "pcie-root-port",
        "rp0",
        "pcie.0",
        "x",
        "file",
        "raw",
        "rng-builtin",
        "tap",
        "on",
        "0x1",
        "1.0",
        "stop",
        "info pci",
        "info mtree -f",
        "device_add edu,id=y",
        "device_del y",
        "",
    ]);
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        words.prop_map(Value::from),
        ".{0,12}".prop_map(Value::from),
    ];
    leaf.prop_recursive(3, 12, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::hash_map("[a-z-]{1,8}", inner, 0..4)
                .prop_map(|map| Value::Object(map.into_iter().collect::<Map<_, _>>())),
        ]
    })
}

fn arguments() -> impl Strategy<Value = Map<String, Value>> {
    let keys = prop::sample::select(vec![
        "driver",
        "id",
        "bus",
        "addr",
        "node-name",
        "filename",
        "file",
        "type",
        "qom-type",
        "command-line",
        "drive",
        "why",
        "generation",
        "space",
        "nonsense",
    ]);
    prop::collection::vec((keys, value()), 0..5)
        .prop_map(|pairs| pairs.into_iter().map(|(key, value)| (key.to_owned(), value)).collect())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, ..ProptestConfig::default() })]

    #[test]
    fn any_command_with_any_arguments_is_answered(index in 0..commands::names().len(), arguments in arguments()) {
        let name = commands::names()[index];
        // A path that the strategy makes must open no file of the host's.
        let (answer, then) = commands::run(control(), name, arguments);
        prop_assert!(then == Then::Nothing || answer.is_ok());
        if let Err(failure) = answer {
            prop_assert!(!failure.desc.is_empty(), "{name}");
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

    #[test]
    fn after_any_bytes_a_client_may_begin_anew(bytes in prop::collection::vec(any::<u8>(), 0..500)) {
        let (ours, theirs) = UnixStream::pair().unwrap();
        let end = End::new().unwrap();
        let client = Client { output: theirs.try_clone().unwrap().into(), input: theirs.into() };
        let served = { let end = end.clone(); std::thread::spawn(move || serve(control(), client, &end)) };
        ours.set_read_timeout(Some(Duration::from_secs(120))).unwrap();
        let mut said = ours.try_clone().unwrap();
        said.write_all(&bytes).unwrap();
        said.write_all(b"\xff{\"execute\":\"query-status\",\"id\":\"mine\"}").unwrap();
        let mut lines = BufReader::new(ours).lines();
        let mine = loop {
            let line: Value = serde_json::from_str(&lines.next().unwrap().unwrap()).unwrap();
            if line["id"] == json!("mine") {
                break line;
            }
        };
        // Nothing was negotiated, unless the bytes did so.
        prop_assert!(mine["error"]["class"] == json!("CommandNotFound") || mine["return"].is_object());
        end.tell();
        served.join().unwrap();
    }
}
