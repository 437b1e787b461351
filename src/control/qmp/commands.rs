//! The commands: a table of names, and what each does.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::arguments::{none, read};
use super::message::{Answer, Failure, NAMED, NAMELESS, version};
use crate::control::{Control, monitor};
use crate::plug::netdevs::NetdevError;
use crate::plug::{BlockdevSpec, DeviceOptions, NetdevSpec, ObjectSpec};

/// The command that begins a session.
pub const NEGOTIATE: &str = "qmp_capabilities";

/// What is to be done once a command is answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Then {
    /// Nothing.
    Nothing,
    /// The machine ends.
    Quit,
}

type Arguments = Map<String, Value>;
type Handler = fn(&Control, Arguments) -> Answer;

/// In the order in which `query-commands` lists them.
const COMMANDS: &[(&str, Handler)] = &[
    (NEGOTIATE, negotiate),
    ("query-version", |_, arguments| none(arguments).map(|()| version())),
    ("query-commands", query_commands),
    ("query-status", query_status),
    ("query-name", |_, arguments| none(arguments).map(|()| json!({}))),
    ("query-uuid", |_, arguments| none(arguments).map(|()| json!({ "UUID": "00000000-0000-0000-0000-000000000000" }))),
    ("query-target", |_, arguments| none(arguments).map(|()| json!({ "arch": "riscv64" }))),
    ("query-kvm", |_, arguments| none(arguments).map(|()| json!({ "enabled": false, "present": false }))),
    ("query-cpus-fast", query_cpus_fast),
    ("stop", |control, arguments| act(arguments, || control.stop())),
    ("cont", |control, arguments| act(arguments, || control.cont())),
    ("system_reset", |control, arguments| act(arguments, || control.reset())),
    ("system_powerdown", |control, arguments| act(arguments, || control.powerdown())),
    (QUIT, |_, arguments| none(arguments).map(|()| json!({}))),
    ("device_add", device_add),
    ("device_del", device_del),
    ("blockdev-add", blockdev_add),
    ("blockdev-del", blockdev_del),
    ("netdev_add", netdev_add),
    ("netdev_del", netdev_del),
    ("object-add", object_add),
    ("object-del", object_del),
    ("query-pci", |control, arguments| {
        none(arguments)?;
        Ok(json!(super::pci::buses(&control.plugs().pci().query()?)))
    }),
    ("query-named-block-nodes", query_nodes),
    ("human-monitor-command", human_monitor_command),
    ("x-query-mtree", query_mtree),
];

const QUIT: &str = "quit";

/// What the commands are called.
pub fn names() -> Vec<&'static str> {
    COMMANDS.iter().map(|(name, _)| *name).collect()
}

/// Carries a command out.
pub fn run(control: &Control, name: &str, arguments: Arguments) -> (Answer, Then) {
    let Some((_, handler)) = COMMANDS.iter().find(|(other, _)| *other == name) else {
        return (Err(Failure::no_command(format!("The command {name} has not been found"))), Then::Nothing);
    };
    // A person's `quit`, sent through a program.
    let persons = arguments.get("command-line").and_then(Value::as_str).is_some_and(monitor::is_quit);
    let answer = handler(control, arguments);
    let quits = answer.is_ok() && (name == QUIT || persons);
    (answer, if quits { Then::Quit } else { Then::Nothing })
}

fn act<E: std::error::Error>(arguments: Arguments, act: impl FnOnce() -> Result<(), E>) -> Answer {
    none(arguments)?;
    act()?;
    Ok(json!({}))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Capabilities {
    #[serde(default)]
    enable: Vec<String>,
}

fn negotiate(_: &Control, arguments: Arguments) -> Answer {
    match read::<Capabilities>(arguments)?.enable.first() {
        None => Ok(json!({})),
        Some(name) => Err(Failure::new(format!("Capability {name} not available"))),
    }
}

fn query_commands(_: &Control, arguments: Arguments) -> Answer {
    none(arguments)?;
    Ok(names().into_iter().map(|name| json!({ "name": name })).collect())
}

#[derive(Serialize)]
struct Status {
    running: bool,
    singlestep: bool,
    status: &'static str,
}

fn query_status(control: &Control, arguments: Arguments) -> Answer {
    none(arguments)?;
    let state = control.status();
    Ok(json!(Status { running: state.is_running(), singlestep: false, status: state.name() }))
}

#[derive(Serialize)]
#[serde(rename_all = "kebab-case")]
struct Cpu {
    cpu_index: u32,
    qom_path: String,
    thread_id: i32,
    target: &'static str,
    props: CpuProperties,
}

#[derive(Serialize)]
#[serde(rename_all = "kebab-case")]
struct CpuProperties {
    core_id: u32,
}

fn query_cpus_fast(control: &Control, arguments: Arguments) -> Answer {
    none(arguments)?;
    let cpus = control.harts().into_iter().map(|hart| Cpu {
        cpu_index: hart.id,
        qom_path: format!("/machine/soc0/harts[{}]", hart.id),
        thread_id: hart.thread.unwrap_or_default(),
        target: "riscv64",
        props: CpuProperties { core_id: hart.id },
    });
    Ok(json!(cpus.collect::<Vec<_>>()))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct Line {
    command_line: String,
    #[serde(rename = "cpu-index")]
    _cpu_index: Option<u64>,
}

fn human_monitor_command(control: &Control, arguments: Arguments) -> Answer {
    let line = read::<Line>(arguments)?.command_line;
    // A person's error is an answer here, too: clients show the text.
    Ok(json!(monitor::execute(control, &line).text))
}

/// The parts are those of `manyhart mtree`; without any, the tree and the flat views.
fn query_mtree(control: &Control, arguments: Arguments) -> Answer {
    let request = read::<monitor::MapRequest>(arguments)?;
    Ok(monitor::map_as_json(control, &request)?)
}

fn device_add(control: &Control, arguments: Arguments) -> Answer {
    let options = DeviceOptions::from_object(arguments, "driver")?;
    control.plugs().add(options)?;
    Ok(json!({}))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Id {
    id: String,
}

fn device_del(control: &Control, arguments: Arguments) -> Answer {
    let Id { id } = read(arguments)?;
    // Clients may say where it stands instead of what it is called.
    let name = [NAMED, NAMELESS].iter().find_map(|place| id.strip_prefix(place)).unwrap_or(&id);
    match control.plugs().remove(name) {
        Ok(()) => Ok(json!({})),
        Err(error) if error.is_not_found() => Err(Failure::no_device(error)),
        Err(error) => Err(error.into()),
    }
}

fn blockdev_add(control: &Control, arguments: Arguments) -> Answer {
    let node = BlockdevSpec::from_object(arguments)?;
    control.plugs().backends().drives.add_blockdev(&node)?;
    Ok(json!({}))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct Node {
    node_name: String,
}

fn blockdev_del(control: &Control, arguments: Arguments) -> Answer {
    let Node { node_name } = read(arguments)?;
    control.plugs().backends().drives.remove(&node_name)?;
    Ok(json!({}))
}

fn netdev_add(control: &Control, arguments: Arguments) -> Answer {
    control.plugs().backends().netdevs.add(&NetdevSpec::from_object(arguments)?)?;
    Ok(json!({}))
}

fn netdev_del(control: &Control, arguments: Arguments) -> Answer {
    let Id { id } = read(arguments)?;
    match control.plugs().backends().netdevs.remove(&id) {
        Ok(()) => Ok(json!({})),
        Err(error @ NetdevError::NotFound(_)) => Err(Failure::no_device(error)),
        Err(error) => Err(error.into()),
    }
}

fn object_add(control: &Control, arguments: Arguments) -> Answer {
    control.plugs().backends().add_object(ObjectSpec::from_object(arguments)?)?;
    Ok(json!({}))
}

fn object_del(control: &Control, arguments: Arguments) -> Answer {
    let Id { id } = read(arguments)?;
    control.plugs().backends().remove_object(&id)?;
    Ok(json!({}))
}

fn query_nodes(control: &Control, arguments: Arguments) -> Answer {
    none(arguments)?;
    let node = |drive: crate::plug::drives::DriveReport| json!({ "node-name": drive.name, "ro": drive.read_only, "image": { "virtual-size": drive.size } });
    Ok(control.plugs().backends().drives.list().into_iter().map(node).collect())
}
