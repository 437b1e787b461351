//! QMP from outside: a client of a few lines commands the real binary.

mod support;

use std::io::{Read, Write};
use std::path::PathBuf;
use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use support::asm::SPIN;
use support::elf::{Part, program};
use support::qmp::Client;
use support::{Scratch, manyhart, text};

const LIMIT: Duration = Duration::from_secs(120);

/// A machine whose hart spins, with a socket.
struct Machine {
    child: Child,
    socket: PathBuf,
    scratch: Scratch,
}

impl Machine {
    fn start(options: &[&str]) -> Machine {
        let scratch = Scratch::new();
        let kernel = scratch.file("spin.elf", program(0x8000_0000, &[Part::code(0x8000_0000, &[SPIN])], &[]));
        let socket = scratch.path("qmp");
        let mut command = manyhart(&scratch);
        command.args(["run", "--quiet", "-m", "64M", "-bios", "none", "-kernel", &kernel, "-serial", "null"]);
        command.arg("-qmp").arg(format!("unix:{},server=on,wait=off", socket.display())).args(options);
        let child = command.stderr(Stdio::piped()).spawn().expect("the binary runs");
        Machine { child, socket, scratch }
    }

    fn connect(&self) -> Client {
        Client::connect(&self.socket)
    }

    fn ends(mut self, want: i32) {
        let since = Instant::now();
        let status = loop {
            match self.child.try_wait().expect("a child") {
                Some(status) => break status,
                None => assert!(since.elapsed() < LIMIT, "no end"),
            }
            std::thread::sleep(Duration::from_millis(5));
        };
        let mut said = Vec::new();
        self.child.stderr.take().expect("piped").read_to_end(&mut said).expect("readable");
        assert_eq!((status.code(), text(&said)), (Some(want), String::new()));
        assert!(!self.socket.exists(), "the socket's name is gone");
    }
}

impl Drop for Machine {
    fn drop(&mut self) {
        // Gone already in the good case.
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

#[test]
fn a_session_from_the_greeting_to_quit() {
    let machine = Machine::start(&["-smp", "2"]);
    let mut client = machine.connect();
    let early = client.call(json!({ "execute": "query-status", "id": 7 }));
    assert_eq!((&early["error"]["class"], &early["id"]), (&json!("CommandNotFound"), &json!(7)));
    let mut client = client.negotiated();
    let again = client.call(json!({ "execute": "qmp_capabilities" }));
    assert_eq!(again["error"]["class"], "CommandNotFound");
    assert_eq!(client.execute("query-status"), json!({ "running": true, "singlestep": false, "status": "running" }));

    assert_eq!(
        client.call(json!({ "execute": "stop", "id": { "a": [1] } })),
        json!({ "return": {}, "id": { "a": [1] } })
    );
    client.event("STOP");
    assert_eq!(client.execute("query-status")["status"], "paused");
    assert_eq!(client.execute("system_reset"), json!({}));
    assert_eq!(client.event("RESET")["data"], json!({ "guest": false, "reason": "host-qmp-system-reset" }));
    assert_eq!(client.execute("query-status")["status"], "paused", "a stopped machine stays stopped");
    assert_eq!(client.execute("cont"), json!({}));
    client.event("RESUME");

    let cpus = client.execute("query-cpus-fast");
    assert_eq!((cpus.as_array().map(Vec::len), &cpus[1]["cpu-index"]), (Some(2), &json!(1)));
    let thread = cpus[1]["thread-id"].as_i64().expect("a thread");
    let name = std::fs::read_to_string(format!("/proc/{}/task/{thread}/comm", machine.child.id())).expect("it runs");
    assert_eq!(name.trim(), "hart1");
    let commands = client.execute("query-commands");
    let names: Vec<_> =
        commands.as_array().expect("a list").iter().filter_map(|entry| entry["name"].as_str()).collect();
    for name in ["quit", "stop", "cont", "query-status", "system_powerdown", "human-monitor-command"] {
        assert!(names.contains(&name), "{name}");
    }
    for name in names.iter().filter(|name| name.starts_with("query-")) {
        assert!(!client.execute(name).is_null(), "{name}");
    }
    assert_eq!(client.monitor("info status"), "VM status: running\n");
    assert!(client.monitor("info mtree").starts_with("address space memory\n"));
    assert!(client.monitor("info mtree -f").contains(" ram      ram\n"));
    assert_eq!(client.execute("x-query-mtree")["spaces"][0]["name"], "memory");

    assert_eq!(client.call(json!({ "execute": "quit", "id": "last" })), json!({ "return": {}, "id": "last" }));
    assert_eq!(client.event("SHUTDOWN")["data"], json!({ "guest": false, "reason": "host-qmp-quit" }));
    assert_eq!(client.line(), None, "the connection closes");
    machine.ends(0);
}

#[test]
fn errors_have_their_class_and_the_session_goes_on() {
    let machine = Machine::start(&["-S"]);
    let mut client = machine.connect().negotiated();
    assert_eq!(client.execute("query-status")["status"], "prelaunch");
    let cases: [(&[u8], &str, &str); 9] = [
        (b"{\"execute\":\"nonsense\"}", "CommandNotFound", "The command nonsense has not been found"),
        (b"{\"execute\":\"stop\",\"arguments\":{\"x\":1}}", "GenericError", "Parameter 'x' is unexpected"),
        (b"{\"execute\":\"human-monitor-command\"}", "GenericError", "Parameter 'command-line' is missing"),
        (b"{\"execute\":\"system_powerdown\"}", "GenericError", "this board has no power button"),
        (b"{]\n", "GenericError", "JSON parse error, unbalanced ']'"),
        (b"{\"execute\":\"\xc3\x28\"}", "GenericError", "JSON parse error, "),
        (b"[1]", "GenericError", "QMP input must be a JSON object"),
        (b"{\"execute\":\"x\xff", "GenericError", "JSON parse error, unexpected end of input"),
        (b"{\"arguments\":{}}", "GenericError", "QMP input lacks member 'execute'"),
    ];
    for (bytes, class, desc) in cases {
        client.say(bytes);
        let error = client.answer()["error"].take();
        assert_eq!(error["class"], class, "{error}");
        assert!(error["desc"].as_str().is_some_and(|said| said.starts_with(desc)), "{error}");
    }
    // Nobody is told of a POWERDOWN that there is not: the next event is the machine's start.
    // Several commands in one packet, one of them in pieces and between single quotes.
    client.say(b"{\"execute\":\"cont\",\"id\":1}{\"execute\":\"stop\",\"id\":2}\r\n{'execute':'query-sta");
    client.say(b"tus','id':3}");
    for id in 1..=3 {
        assert_eq!(client.answer()["id"], id);
    }
    client.event("RESUME");
    client.event("STOP");
    assert_eq!(client.monitor("quit"), "");
    client.event("SHUTDOWN");
    machine.ends(0);
}

#[test]
fn clients_that_do_not_read_or_vanish_hold_up_nobody() {
    let machine = Machine::start(&[]);
    let mut deaf = machine.connect().negotiated();
    for _ in 0..4 {
        let mut gone = machine.connect();
        gone.say(b"{\"execute\":\"qmp_capabilities\"}{\"execute\":\"x-query-mtree\"}{\"exec");
    }
    // It asks for far more than a socket holds, and reads nothing of it.
    deaf.stream.set_nonblocking(true).expect("set");
    let line = br#"{"execute":"x-query-mtree"}"#;
    while deaf.stream.write_all(line).is_ok() {}
    let mut client = machine.connect().negotiated();
    for _ in 0..3 {
        client.execute("stop");
        client.execute("cont");
    }
    let before = Instant::now();
    client.execute("quit");
    machine.ends(0);
    assert!(before.elapsed() < Duration::from_secs(60), "{:?}", before.elapsed());
}

#[test]
fn a_device_that_goes_while_the_machine_is_stopped_is_reported_while_it_is() {
    let machine = Machine::start(&["-device", "pcie-root-port,id=rp0"]);
    let mut client = machine.connect().negotiated();
    let edu = json!({ "execute": "device_add", "arguments": { "driver": "edu", "id": "e0", "bus": "rp0" } });
    client.execute("stop");
    client.event("STOP");
    for _ in 0..2 {
        assert_eq!(client.call(edu.clone()), json!({ "return": {} }));
        let delete = json!({ "execute": "device_del", "arguments": { "id": "e0" } });
        assert_eq!(client.call(delete), json!({ "return": {} }));
        assert_eq!(client.event("DEVICE_DELETED")["data"]["device"], "e0");
    }
    assert_eq!(client.execute("query-status")["running"], false);
    client.execute("cont");
    client.execute("quit");
    machine.ends(0);
}

#[test]
fn devices_come_and_go() {
    let machine = Machine::start(&["-device", "pcie-root-port,id=rp0", "-device", "edu,id=e0"]);
    let mut client = machine.connect().negotiated();
    let pci = client.execute("query-pci");
    let ids = |devices: &Value| {
        let devices = devices.as_array().expect("a list").iter();
        devices.map(|device| device["qdev_id"].as_str().unwrap_or_default().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(ids(&pci[0]["devices"]), ["host-bridge", "rp0", "e0"]);
    assert_eq!(pci[0]["devices"][2]["id"]["device"], 0x11e8);
    let image = machine.scratch.file("disk", vec![0; 1 << 20]);
    let node = json!({ "driver": "raw", "node-name": "n0", "file": { "driver": "file", "filename": image } });
    let add = |client: &mut Client, name: &str, arguments: Value| {
        client.call(json!({ "execute": name, "arguments": arguments }))
    };
    assert_eq!(add(&mut client, "blockdev-add", node.clone()), json!({ "return": {} }));
    assert_eq!(add(&mut client, "blockdev-add", node)["error"]["class"], "GenericError");
    let disk = json!({ "driver": "virtio-blk-pci", "drive": "n0", "id": "d0", "bus": "rp0" });
    for _ in 0..3 {
        assert_eq!(add(&mut client, "device_add", disk.clone()), json!({ "return": {} }));
        let again = add(&mut client, "device_add", disk.clone());
        assert_eq!(again["error"]["desc"], "Duplicate device ID 'd0'");
        assert_eq!(add(&mut client, "blockdev-del", json!({ "node-name": "n0" }))["error"]["class"], "GenericError");
        assert_eq!(add(&mut client, "device_del", json!({ "id": "d0" })), json!({ "return": {} }));
        let data = client.event("DEVICE_DELETED")["data"].take();
        assert_eq!(data, json!({ "device": "d0", "path": "/machine/peripheral/d0" }));
    }
    let gone = add(&mut client, "device_del", json!({ "id": "d0" }));
    assert_eq!(gone["error"], json!({ "class": "DeviceNotFound", "desc": "Device 'd0' not found" }));
    assert_eq!(add(&mut client, "blockdev-del", json!({ "node-name": "n0" })), json!({ "return": {} }));
    assert!(client.monitor("info pci").contains("PCI device 1234:11e8"));
    client.execute("quit");
    machine.ends(0);
}
