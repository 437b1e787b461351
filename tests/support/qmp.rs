//! A small QMP client.

use std::io::{BufRead, BufReader, Write};
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

/// How long anything may take.
const LIMIT: Duration = Duration::from_secs(120);

/// A connection to a QMP server.
pub struct Client {
    /// As it is, for those who say what no client says.
    pub stream: UnixStream,
    lines: BufReader<UnixStream>,
    /// What came between answers, and nobody has asked for.
    pub events: Vec<Value>,
}

impl Client {
    /// Connects and reads the greeting.
    pub fn connect(socket: &Path) -> Client {
        let since = Instant::now();
        let stream = loop {
            match UnixStream::connect(socket) {
                Ok(stream) => break stream,
                Err(error) => assert!(since.elapsed() < LIMIT, "{}: {error}", socket.display()),
            }
            std::thread::sleep(Duration::from_millis(5));
        };
        stream.set_read_timeout(Some(LIMIT)).expect("a limit");
        let lines = BufReader::new(stream.try_clone().expect("another handle"));
        let mut client = Client { stream, lines, events: Vec::new() };
        let greeting = client.line().expect("a greeting");
        assert!(greeting["QMP"]["version"]["package"].as_str().is_some_and(|name| name.starts_with("manyhart ")));
        assert_eq!(greeting["QMP"]["capabilities"], json!([]));
        client
    }

    /// Ends the negotiation.
    pub fn negotiated(mut self) -> Client {
        assert_eq!(self.call(json!({ "execute": "qmp_capabilities" })), json!({ "return": {} }));
        self
    }

    /// The next line; `None` at the end.
    pub fn line(&mut self) -> Option<Value> {
        let mut line = String::new();
        match self.lines.read_line(&mut line) {
            Ok(0) => None,
            Ok(_) => Some(serde_json::from_str(&line).unwrap_or_else(|error| panic!("{line}: {error}"))),
            Err(error) => panic!("nothing comes: {error}"),
        }
    }

    /// Sends bytes as they are.
    pub fn say(&mut self, bytes: &[u8]) {
        self.stream.write_all(bytes).expect("the server listens");
    }

    /// The next answer; events on the way are kept.
    pub fn answer(&mut self) -> Value {
        loop {
            let said = self.line().expect("an answer");
            if said.get("event").is_none() {
                return said;
            }
            self.events.push(said);
        }
    }

    /// Sends a request; the answer to it.
    pub fn call(&mut self, request: Value) -> Value {
        self.say(request.to_string().as_bytes());
        self.answer()
    }

    /// Runs a command, which must not be refused; what it returns.
    pub fn execute_with(&mut self, name: &str, arguments: Value) -> Value {
        let mut said = self.call(json!({ "execute": name, "arguments": arguments }));
        assert!(said.get("return").is_some(), "{name}: {said}");
        said["return"].take()
    }

    /// Waits for an event of this name that is about `device`; others stay.
    pub fn event_of(&mut self, name: &str, device: &str) -> Value {
        let is_it = |event: &Value| event["event"] == name && event["data"]["device"] == device;
        loop {
            if let Some(at) = self.events.iter().position(is_it) {
                return self.events.remove(at);
            }
            let said = self.line().expect("an event");
            self.events.push(said);
        }
    }

    /// Runs a command without arguments; what it returns.
    pub fn execute(&mut self, name: &str) -> Value {
        self.call(json!({ "execute": name }))["return"].take()
    }

    /// Runs a line of the monitor's; what it says.
    pub fn monitor(&mut self, line: &str) -> String {
        let arguments = json!({ "command-line": line });
        let said = self.call(json!({ "execute": "human-monitor-command", "arguments": arguments }));
        said["return"].as_str().unwrap_or_else(|| panic!("{said}")).to_owned()
    }

    /// The next event, which must be this one.
    pub fn event(&mut self, name: &str) -> Value {
        if self.events.is_empty() {
            let said = self.line().expect("an event");
            self.events.push(said);
        }
        let event = self.events.remove(0);
        assert_eq!(event["event"], name, "{event}");
        assert!(
            event["timestamp"]["seconds"].as_u64() > Some(1_000_000_000) && event["timestamp"]["microseconds"].is_u64()
        );
        event
    }
}
