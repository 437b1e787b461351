//! The language of `-device` and its kin: `driver,key=value,key=value`, a comma in a value written twice; or a JSON object.

use std::str::FromStr;

use serde_json::{Map, Value};

/// Why options cannot be understood.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum OptionError {
    /// Nothing where the kind belongs.
    #[error("Parameter '{0}' is missing")]
    Missing(String),
    /// A key that this kind does not have.
    #[error("Property '{driver}.{key}' not found")]
    Unknown {
        /// Of what.
        driver: String,
        /// The key.
        key: String,
    },
    /// A value of the wrong shape.
    #[error("Parameter '{key}' expects {want}")]
    Shape {
        /// The key.
        key: String,
        /// What it should be.
        want: &'static str,
    },
    /// The same key twice.
    #[error("Parameter '{0}' is given twice")]
    Twice(String),
    /// Not an object of plain values.
    #[error("invalid JSON: {0}")]
    Json(String),
}

/// What is said about one device (or back end): its kind, its id, and properties that somebody will ask for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeviceOptions {
    /// The kind.
    pub driver: String,
    /// Its name, unique among its like.
    pub id: Option<String>,
    /// The rest, in order.
    properties: Vec<(String, Value)>,
}

impl DeviceOptions {
    /// Reads `text`, in which the kind stands first or under `kind`.
    pub fn parse(text: &str, kind: &str) -> Result<DeviceOptions, OptionError> {
        if text.trim_start().starts_with('{') {
            let object: Map<String, Value> =
                serde_json::from_str(text).map_err(|error| OptionError::Json(error.to_string()))?;
            return DeviceOptions::from_object(object, kind);
        }
        let mut pairs = Vec::new();
        for (index, part) in parts(text).into_iter().enumerate() {
            pairs.push(match part.split_once('=') {
                Some((key, value)) => (key.to_owned(), Value::from(value)),
                None if index == 0 => (kind.to_owned(), Value::from(part)),
                // A key alone is a switch, turned on.
                None => (part, Value::Bool(true)),
            });
        }
        DeviceOptions::from_pairs(pairs, kind)
    }

    /// The same from a JSON object, whose kind is under `kind`.
    pub fn from_object(object: Map<String, Value>, kind: &str) -> Result<DeviceOptions, OptionError> {
        DeviceOptions::from_pairs(object.into_iter().collect(), kind)
    }

    fn from_pairs(pairs: Vec<(String, Value)>, kind: &str) -> Result<DeviceOptions, OptionError> {
        let mut properties: Vec<(String, Value)> = Vec::new();
        for (key, value) in pairs {
            if properties.iter().any(|(other, _)| *other == key) {
                return Err(OptionError::Twice(key));
            }
            properties.push((key, value));
        }
        let mut options = DeviceOptions { driver: String::new(), id: None, properties };
        options.driver = options.text(kind)?.filter(|driver| !driver.is_empty()).ok_or(missing(kind))?;
        options.id = options.text("id")?;
        match &options.id {
            Some(id) if !is_id(id) => Err(OptionError::Shape { key: "id".into(), want: "an identifier" }),
            _ => Ok(options),
        }
    }

    /// What is said of it, for people.
    pub fn said(&self) -> Vec<(String, String)> {
        let text = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        self.properties.iter().map(|(key, value)| (key.clone(), text(value))).collect()
    }

    /// Takes a text.
    pub fn text(&mut self, key: &str) -> Result<Option<String>, OptionError> {
        match self.take(key) {
            None => Ok(None),
            Some(Value::String(text)) => Ok(Some(text)),
            Some(_) => Err(shape(key, "a text")),
        }
    }

    /// Takes a text that must be there.
    pub fn required(&mut self, key: &str) -> Result<String, OptionError> {
        self.text(key)?.ok_or(missing(key))
    }

    /// Takes a switch.
    pub fn switch(&mut self, key: &str) -> Result<Option<bool>, OptionError> {
        match self.take(key) {
            None => Ok(None),
            Some(Value::Bool(on)) => Ok(Some(on)),
            Some(Value::String(text)) => match text.as_str() {
                "on" | "yes" | "true" | "y" => Ok(Some(true)),
                "off" | "no" | "false" | "n" => Ok(Some(false)),
                _ => Err(shape(key, "'on' or 'off'")),
            },
            Some(_) => Err(shape(key, "'on' or 'off'")),
        }
    }

    /// Takes a number up to `most`: decimal, `0x` hexadecimal, with a suffix K, M, G or T where it is a size.
    pub fn number(&mut self, key: &str, most: u64) -> Result<Option<u64>, OptionError> {
        let number = match self.take(key) {
            None => return Ok(None),
            Some(Value::Number(number)) => number.as_u64(),
            Some(Value::String(text)) => number(&text),
            Some(_) => None,
        };
        match number {
            Some(number) if number <= most => Ok(Some(number)),
            Some(_) => Err(shape(key, "a smaller number")),
            None => Err(shape(key, "a number")),
        }
    }

    /// That nothing is left that nobody asked for.
    pub fn finish(self) -> Result<(), OptionError> {
        match self.properties.into_iter().next() {
            None => Ok(()),
            Some((key, _)) => Err(OptionError::Unknown { driver: self.driver, key }),
        }
    }

    /// Whether `key` is there.
    pub fn has(&self, key: &str) -> bool {
        self.properties.iter().any(|(other, _)| other == key)
    }

    /// Takes a value of any kind.
    pub fn take(&mut self, key: &str) -> Option<Value> {
        let at = self.properties.iter().position(|(other, _)| other == key)?;
        Some(self.properties.remove(at).1)
    }
}

impl FromStr for DeviceOptions {
    type Err = OptionError;

    fn from_str(text: &str) -> Result<DeviceOptions, OptionError> {
        DeviceOptions::parse(text, "driver")
    }
}

fn missing(key: &str) -> OptionError {
    OptionError::Missing(key.to_owned())
}

fn shape(key: &str, want: &'static str) -> OptionError {
    OptionError::Shape { key: key.to_owned(), want }
}

/// A letter, then letters, digits, `-`, `.`, `_`.
pub fn is_id(text: &str) -> bool {
    let mut letters = text.chars();
    letters.next().is_some_and(|first| first.is_ascii_alphabetic())
        && letters.all(|letter| letter.is_ascii_alphanumeric() || "-._".contains(letter))
}

/// `{"file": {"filename": F}}` says the same as `file.filename=F`.
pub(super) fn flatten(prefix: &str, object: Map<String, Value>, flat: &mut Map<String, Value>) {
    for (key, value) in object {
        let key = format!("{prefix}{key}");
        match value {
            Value::Object(inner) => flatten(&format!("{key}."), inner, flat),
            value => {
                flat.insert(key, value);
            }
        }
    }
}

/// The parts between single commas; a doubled comma stands for itself.
fn parts(text: &str) -> Vec<String> {
    let mut parts = vec![String::new()];
    let mut letters = text.chars().peekable();
    while let Some(letter) = letters.next() {
        match letter {
            ',' if letters.peek() == Some(&',') => {
                letters.next();
                parts.last_mut().map(|part| part.push(',')).unwrap_or_default();
            }
            ',' => parts.push(String::new()),
            other => parts.last_mut().map(|part| part.push(other)).unwrap_or_default(),
        }
    }
    parts
}

fn number(text: &str) -> Option<u64> {
    let (digits, shift) = crate::text::without_suffix(text).unwrap_or((text, 0));
    crate::text::number(digits)?.checked_mul(1 << shift)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<DeviceOptions, OptionError> {
        text.parse()
    }

    #[test]
    fn both_spellings_say_the_same() {
        let plain = parse("virtio-blk-pci,drive=d0,id=x,bus=rp0,addr=0x1").unwrap();
        let json = parse(r#"{"driver":"virtio-blk-pci","drive":"d0","id":"x","bus":"rp0","addr":1}"#).unwrap();
        for mut options in [plain, json, parse("id=x,driver=virtio-blk-pci,addr=1,bus=rp0,drive=d0").unwrap()] {
            assert_eq!((options.driver.as_str(), options.id.as_deref()), ("virtio-blk-pci", Some("x")));
            assert_eq!(options.text("drive"), Ok(Some("d0".into())));
            assert_eq!(options.number("addr", 31), Ok(Some(1)));
            assert_eq!(options.clone().finish().unwrap_err().to_string(), "Property 'virtio-blk-pci.bus' not found");
            assert_eq!(options.required("bus"), Ok("rp0".into()));
            assert_eq!(options.finish(), Ok(()));
        }
    }

    #[test]
    fn values_are_typed() {
        let mut options = parse("edu,path=a,,b,on,off=off,size=4K,n=7,bad=7x").unwrap();
        assert_eq!(options.text("path"), Ok(Some("a,b".into())));
        assert_eq!((options.switch("on"), options.switch("off")), (Ok(Some(true)), Ok(Some(false))));
        assert_eq!((options.number("size", 4096), options.number("none", 1)), (Ok(Some(4096)), Ok(None)));
        assert_eq!(options.number("n", 6).unwrap_err().to_string(), "Parameter 'n' expects a smaller number");
        assert_eq!(options.number("bad", 6).unwrap_err().to_string(), "Parameter 'bad' expects a number");
        assert_eq!(options.finish(), Ok(()));
    }

    #[test]
    fn what_cannot_be_understood_is_said() {
        let cases = [
            ("", "Parameter 'driver' is missing"),
            (",id=x", "Parameter 'driver' is missing"),
            ("id=x", "Parameter 'driver' is missing"),
            ("edu,id=7", "Parameter 'id' expects an identifier"),
            ("edu,id=a b", "Parameter 'id' expects an identifier"),
            ("edu,a=1,a=2", "Parameter 'a' is given twice"),
            ("{", "invalid JSON: EOF while parsing an object at line 1 column 1"),
            (r#"{"driver":1}"#, "Parameter 'driver' expects a text"),
        ];
        for (text, want) in cases {
            assert_eq!(parse(text).unwrap_err().to_string(), want, "{text}");
        }
    }

    proptest::proptest! {
        #[test]
        fn no_text_is_too_odd(text in ".{0,60}") {
            if let Ok(mut options) = parse(&text) {
                proptest::prop_assert!(!options.driver.is_empty());
                let _number = options.number("n", u64::MAX);
            }
        }
    }
}
