//! Arguments as typed structures, and what is wrong with them in the protocol's words.

use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use super::message::Failure;

/// Reads a command's arguments.
pub fn read<T: DeserializeOwned>(arguments: Map<String, Value>) -> Result<T, Failure> {
    serde_path(arguments).map_err(|error| Failure::new(in_the_protocols_words(&error)))
}

/// No arguments.
pub fn none(arguments: Map<String, Value>) -> Result<(), Failure> {
    match arguments.keys().next() {
        None => Ok(()),
        Some(key) => Err(Failure::new(format!("Parameter '{key}' is unexpected"))),
    }
}

fn serde_path<T: DeserializeOwned>(arguments: Map<String, Value>) -> Result<T, String> {
    serde_json::from_value(Value::Object(arguments)).map_err(|error| error.to_string())
}

/// "missing field `x`" and its kin name the field between backquotes.
fn in_the_protocols_words(error: &str) -> String {
    let named = error.split('`').nth(1);
    match named {
        Some(field) if error.starts_with("missing field") => format!("Parameter '{field}' is missing"),
        Some(field) if error.starts_with("unknown field") => format!("Parameter '{field}' is unexpected"),
        _ => format!("Invalid parameter: {error}"),
    }
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;
    use serde_json::json;

    use super::*;

    #[derive(Debug, Deserialize, PartialEq)]
    #[serde(deny_unknown_fields, rename_all = "kebab-case")]
    struct Line {
        command_line: String,
        cpu_index: Option<u32>,
    }

    #[test]
    fn what_is_wrong_is_said_in_the_protocols_words() {
        let cases = [
            (json!({}), "Parameter 'command-line' is missing"),
            (json!({ "command-line": "x", "y": 1 }), "Parameter 'y' is unexpected"),
            (json!({ "command-line": 1 }), "Invalid parameter: invalid type: integer `1`, expected a string"),
        ];
        for (arguments, want) in cases {
            let failure = read::<Line>(arguments.as_object().unwrap().clone()).unwrap_err();
            assert_eq!(failure.desc, want);
        }
        let good = json!({ "command-line": "x", "cpu-index": 2 }).as_object().unwrap().clone();
        assert_eq!(read(good), Ok(Line { command_line: "x".into(), cpu_index: Some(2) }));
        assert_eq!(none(Map::new()), Ok(()));
    }
}
