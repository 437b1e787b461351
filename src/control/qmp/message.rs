//! What goes over the wire: requests, answers, events.

use serde::Serialize;
use serde_json::{Map, Value, json};

use crate::control::{Notice, Stamped};

/// A command with its arguments.
#[derive(Debug, Clone, PartialEq)]
pub struct Request {
    /// The command.
    pub execute: String,
    /// Its arguments.
    pub arguments: Map<String, Value>,
    /// Comes back in the answer.
    pub id: Option<Value>,
}

/// The classes of errors that clients tell apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub enum Class {
    /// No such command, or not now.
    CommandNotFound,
    /// No such device.
    DeviceNotFound,
    /// Anything else.
    GenericError,
}

/// Why a command failed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Failure {
    /// For programs.
    pub class: Class,
    /// For people.
    pub desc: String,
}

impl Failure {
    /// Nothing that a program could act on.
    pub fn new(desc: impl ToString) -> Failure {
        Failure { class: Class::GenericError, desc: desc.to_string() }
    }

    /// A command that is not there, or not now.
    pub fn no_command(desc: impl ToString) -> Failure {
        Failure { class: Class::CommandNotFound, desc: desc.to_string() }
    }

    /// A device that is not there.
    pub fn no_device(desc: impl ToString) -> Failure {
        Failure { class: Class::DeviceNotFound, desc: desc.to_string() }
    }
}

impl<E: std::error::Error> From<E> for Failure {
    fn from(error: E) -> Failure {
        Failure::new(error)
    }
}

/// What a command comes to.
pub type Answer = Result<Value, Failure>;

impl Request {
    /// Reads a request; the id, where it can be made out, comes along with an error.
    pub fn parse(bytes: &[u8]) -> Result<Request, (Failure, Option<Value>)> {
        let value = serde_json::from_slice::<Value>(bytes);
        let value = value.map_err(|error| (Failure::new(format!("JSON parse error, {error}")), None))?;
        let Value::Object(mut object) = value else {
            return Err((Failure::new("QMP input must be a JSON object"), None));
        };
        let id = object.remove("id");
        match Request::from_object(object) {
            Ok((execute, arguments)) => Ok(Request { execute, arguments, id }),
            Err(failure) => Err((failure, id)),
        }
    }

    fn from_object(mut object: Map<String, Value>) -> Result<(String, Map<String, Value>), Failure> {
        let execute = match object.remove("execute") {
            Some(Value::String(execute)) => execute,
            Some(_) => return Err(Failure::new("QMP input member 'execute' must be a string")),
            None => return Err(Failure::new("QMP input lacks member 'execute'")),
        };
        let arguments = match object.remove("arguments") {
            Some(Value::Object(arguments)) => arguments,
            Some(_) => return Err(Failure::new("QMP input member 'arguments' must be an object")),
            None => Map::new(),
        };
        match object.keys().next() {
            None => Ok((execute, arguments)),
            Some(key) => Err(Failure::new(format!("QMP input member '{key}' is unexpected"))),
        }
    }
}

/// What the emulator calls itself.
pub fn version() -> Value {
    let number = |text: &str| text.parse::<u32>().unwrap_or_default();
    let qemu = json!({
        "major": number(env!("CARGO_PKG_VERSION_MAJOR")),
        "minor": number(env!("CARGO_PKG_VERSION_MINOR")),
        "micro": number(env!("CARGO_PKG_VERSION_PATCH")),
    });
    // Clients look for the numbers under the name of the protocol's author.
    json!({ "qemu": qemu, "package": concat!("manyhart ", env!("CARGO_PKG_VERSION")) })
}

/// The first thing a client reads.
pub fn greeting() -> Vec<u8> {
    line(&json!({ "QMP": { "version": version(), "capabilities": [] } }))
}

/// An answer as it is sent.
pub fn answer(answer: Answer, id: Option<Value>) -> Vec<u8> {
    let mut object = Map::new();
    match answer {
        Ok(value) => object.insert("return".into(), value),
        Err(failure) => object.insert("error".into(), json!(failure)),
    };
    object.extend(id.map(|id| ("id".to_owned(), id)));
    line(&Value::Object(object))
}

/// An event as it is sent.
pub fn event(stamped: &Stamped) -> Vec<u8> {
    let (name, data) = match &stamped.notice {
        Notice::Stop => ("STOP", None),
        Notice::Resume => ("RESUME", None),
        Notice::Reset(cause) => ("RESET", Some(json!({ "guest": cause.is_guests(), "reason": cause.name() }))),
        Notice::Shutdown { cause, .. } => {
            ("SHUTDOWN", Some(json!({ "guest": cause.is_guests(), "reason": cause.name() })))
        }
        Notice::DeviceDeleted { id } => ("DEVICE_DELETED", Some(Value::Object(device(id)))),
        // The reason is ours to add: clients that do not know it pass it over.
        Notice::UnplugRefused { id, reason } => {
            let mut device = device(id);
            device.insert("reason".into(), reason.as_str().into());
            ("DEVICE_UNPLUG_GUEST_ERROR", Some(Value::Object(device)))
        }
    };
    let timestamp = json!({ "seconds": stamped.at.as_secs(), "microseconds": stamped.at.subsec_micros() });
    let mut object = Map::new();
    object.insert("event".into(), name.into());
    object.extend(data.map(|data| ("data".to_owned(), data)));
    object.insert("timestamp".into(), timestamp);
    line(&Value::Object(object))
}

/// Where devices that have a name stand among all objects.
pub const NAMED: &str = "/machine/peripheral/";
/// And those that nobody has named.
pub const NAMELESS: &str = "/machine/peripheral-anon/";

/// A device, and where it stands; one that nobody has named is known by that alone.
fn device(id: &str) -> Map<String, Value> {
    let named = crate::plug::is_id(id);
    let mut object = Map::new();
    object.extend(named.then(|| ("device".to_owned(), id.into())));
    object.insert("path".into(), format!("{}{id}", if named { NAMED } else { NAMELESS }).into());
    object
}

fn line(value: &Value) -> Vec<u8> {
    format!("{value}\r\n").into_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn requests() {
        let good = Request::parse(br#"{"execute":"stop","id":[1]}"#).unwrap();
        assert_eq!((good.execute.as_str(), good.arguments.len(), good.id), ("stop", 0, Some(json!([1]))));
        let with = Request::parse(br#"{"execute":"x","arguments":{"a":null}}"#).unwrap();
        assert_eq!((with.arguments.get("a"), with.id), (Some(&Value::Null), None));
        let cases: [(&[u8], &str, Option<Value>); 8] = [
            (b"[]", "QMP input must be a JSON object", None),
            (b"{}", "QMP input lacks member 'execute'", None),
            (br#"{"id":"x"}"#, "QMP input lacks member 'execute'", Some(json!("x"))),
            (br#"{"execute":1,"id":2}"#, "QMP input member 'execute' must be a string", Some(json!(2))),
            (br#"{"execute":"a","arguments":[]}"#, "QMP input member 'arguments' must be an object", None),
            (br#"{"execute":"a","x":1}"#, "QMP input member 'x' is unexpected", None),
            (br#"{"exec-oob":"a"}"#, "QMP input lacks member 'execute'", None),
            (b"{\"execute\":\"\xe9\"}", "JSON parse error, ", None),
        ];
        for (bytes, want, want_id) in cases {
            let (failure, id) = Request::parse(bytes).unwrap_err();
            assert!(failure.desc.starts_with(want) && failure.class == Class::GenericError, "{failure:?}");
            assert_eq!(id, want_id, "{}", String::from_utf8_lossy(bytes));
        }
    }

    #[test]
    fn events_carry_their_time_and_cause() {
        use crate::control::Cause;
        let at = std::time::Duration::new(7, 9_000);
        let said = |notice| serde_json::from_slice::<Value>(&event(&Stamped { notice, at })).unwrap();
        let timestamp = json!({ "seconds": 7, "microseconds": 9 });
        assert_eq!(said(Notice::Stop), json!({ "event": "STOP", "timestamp": timestamp }));
        assert_eq!(
            said(Notice::Shutdown { cause: Cause::GuestShutdown, status: 3 })["data"],
            json!({ "guest": true, "reason": "guest-shutdown" })
        );
        let gone = said(Notice::DeviceDeleted { id: "d0".into() });
        assert_eq!(gone["data"], json!({ "device": "d0", "path": "/machine/peripheral/d0" }));
        let nameless = said(Notice::DeviceDeleted { id: "device[3]".into() });
        assert_eq!(nameless["data"], json!({ "path": "/machine/peripheral-anon/device[3]" }));
    }
}
