//! Advanced error reporting as pure state: PCI Express Base 5.0, 6.2 and 7.8.4. A function that meets an error logs it, and may tell the root
//! port above it, which logs who told it and may interrupt.

use super::config::capability::{Chain, Full, id};
use super::config::{ConfigSpace, header};

/// Registers of the capability.
const UNCORRECTABLE_STATUS: u16 = 0x04;
const UNCORRECTABLE_MASK: u16 = 0x08;
const UNCORRECTABLE_SEVERITY: u16 = 0x0c;
const CORRECTABLE_STATUS: u16 = 0x10;
const CORRECTABLE_MASK: u16 = 0x14;
const CONTROL: u16 = 0x18;
const HEADER_LOG: u16 = 0x1c;
const ROOT_COMMAND: u16 = 0x2c;
const ROOT_STATUS: u16 = 0x30;
const ERROR_SOURCE: u16 = 0x34;
/// Bytes of it, and of a root port's.
const LEN: usize = 0x2c;
const ROOT_LEN: usize = 0x38;
const VERSION: u8 = 2;

const UNCORRECTABLE_ERRORS: u32 = 0x007f_f030;
const CORRECTABLE_ERRORS: u32 = 0x0000_f1c1;
/// What is masked, and what is fatal, unless the guest says otherwise (7.8.4.3, 7.8.4.4, 7.8.4.6).
const MASKED_UNCORRECTABLE: u32 = 0x0040_0000;
const FATAL: u32 = 0x0046_2030;
const MASKED_CORRECTABLE: u32 = 0x0000_e000;
const FIRST_ERROR: u32 = 0x1f;

/// Registers of the PCI Express capability: who may tell, and which kinds were met.
const DEVICE_CONTROL: u16 = 0x08;
const DEVICE_STATUS: u16 = 0x0a;
const UNSUPPORTED_REQUEST_MET: u16 = 1 << 3;

/// Root Error Status.
const CORRECTABLE_RECEIVED: u32 = 1 << 0;
const UNCORRECTABLE_RECEIVED: u32 = 1 << 2;
const FIRST_IS_FATAL: u32 = 1 << 4;
const NONFATAL_RECEIVED: u32 = 1 << 5;
const FATAL_RECEIVED: u32 = 1 << 6;
const ROOT_ERRORS: u32 = 0x7f;

/// An error that data was not lost by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
#[allow(missing_docs)] // The names are the specification's.
pub enum CorrectableError {
    Receiver = 0,
    BadTlp = 6,
    BadDllp = 7,
    ReplayNumberRollover = 8,
    ReplayTimerTimeout = 12,
    AdvisoryNonFatal = 13,
    Internal = 14,
    HeaderLogOverflow = 15,
}

/// An error that something was lost by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
#[allow(missing_docs)] // The names are the specification's.
pub enum UncorrectableError {
    DataLinkProtocol = 4,
    SurpriseDown = 5,
    PoisonedTlp = 12,
    FlowControlProtocol = 13,
    CompletionTimeout = 14,
    CompleterAbort = 15,
    UnexpectedCompletion = 16,
    ReceiverOverflow = 17,
    MalformedTlp = 18,
    Ecrc = 19,
    UnsupportedRequest = 20,
    AcsViolation = 21,
    Internal = 22,
}

/// An error that is to be injected.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AerError {
    /// One of these.
    Correctable(CorrectableError),
    /// One of these, with the header of the packet that met it.
    Uncorrectable(UncorrectableError, [u32; 4]),
}

const CORRECTABLE_NAMES: [(&str, CorrectableError); 8] = [
    ("receiver", CorrectableError::Receiver),
    ("bad-tlp", CorrectableError::BadTlp),
    ("bad-dllp", CorrectableError::BadDllp),
    ("replay-rollover", CorrectableError::ReplayNumberRollover),
    ("replay-timeout", CorrectableError::ReplayTimerTimeout),
    ("advisory-nonfatal", CorrectableError::AdvisoryNonFatal),
    ("corrected-internal", CorrectableError::Internal),
    ("header-log-overflow", CorrectableError::HeaderLogOverflow),
];

const UNCORRECTABLE_NAMES: [(&str, UncorrectableError); 13] = [
    ("data-link-protocol", UncorrectableError::DataLinkProtocol),
    ("surprise-down", UncorrectableError::SurpriseDown),
    ("poisoned-tlp", UncorrectableError::PoisonedTlp),
    ("flow-control-protocol", UncorrectableError::FlowControlProtocol),
    ("completion-timeout", UncorrectableError::CompletionTimeout),
    ("completer-abort", UncorrectableError::CompleterAbort),
    ("unexpected-completion", UncorrectableError::UnexpectedCompletion),
    ("receiver-overflow", UncorrectableError::ReceiverOverflow),
    ("malformed-tlp", UncorrectableError::MalformedTlp),
    ("ecrc", UncorrectableError::Ecrc),
    ("unsupported-request", UncorrectableError::UnsupportedRequest),
    ("acs-violation", UncorrectableError::AcsViolation),
    ("uncorrectable-internal", UncorrectableError::Internal),
];

impl AerError {
    /// The error of this name; `header` goes with one that is logged with a header.
    pub fn named(name: &str, header: [u32; 4]) -> Option<AerError> {
        let correctable = CORRECTABLE_NAMES.iter().find(|(known, _)| *known == name);
        let uncorrectable = UNCORRECTABLE_NAMES.iter().find(|(known, _)| *known == name);
        let correctable = correctable.map(|&(_, error)| AerError::Correctable(error));
        correctable.or_else(|| uncorrectable.map(|&(_, error)| AerError::Uncorrectable(error, header)))
    }

    /// All names.
    pub fn names() -> impl Iterator<Item = &'static str> {
        CORRECTABLE_NAMES.iter().map(|(name, _)| *name).chain(UNCORRECTABLE_NAMES.iter().map(|(name, _)| *name))
    }
}

/// What a function tells the root port above it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ErrorMessage {
    /// ERR_COR.
    Correctable,
    /// ERR_NONFATAL.
    NonFatal,
    /// ERR_FATAL.
    Fatal,
}

impl ErrorMessage {
    /// Its bit in Device Control (may be sent), Device Status (was met) and Root Error Command (interrupts).
    fn bit(self) -> u16 {
        1 << self as u16
    }
}

/// Adds the capability; `root`: a root port's.
pub fn add(config: &mut ConfigSpace, chain: &mut Chain, root: bool) -> Result<u16, Full> {
    let at = chain.add_extended(config, id::AER, VERSION, if root { ROOT_LEN } else { LEN })?;
    let registers = [
        (UNCORRECTABLE_MASK, MASKED_UNCORRECTABLE, UNCORRECTABLE_ERRORS),
        (UNCORRECTABLE_SEVERITY, FATAL, UNCORRECTABLE_ERRORS),
        (CORRECTABLE_MASK, MASKED_CORRECTABLE, CORRECTABLE_ERRORS),
    ];
    for (register, value, writable) in registers {
        config.set_u32(at + register, value);
        config.allow_u32(at + register, writable);
        config.keep_u32(at + register, writable);
    }
    for (register, errors) in [(UNCORRECTABLE_STATUS, UNCORRECTABLE_ERRORS), (CORRECTABLE_STATUS, CORRECTABLE_ERRORS)] {
        config.clear_by_one_u32(at + register, errors);
        config.keep_u32(at + register, errors);
    }
    config.keep_u32(at + CONTROL, FIRST_ERROR);
    (0..4).for_each(|word| config.keep_u32(at + HEADER_LOG + 4 * word, !0));
    if root {
        config.allow_u32(at + ROOT_COMMAND, 7);
        config.clear_by_one_u32(at + ROOT_STATUS, ROOT_ERRORS);
        config.keep_u32(at + ROOT_STATUS, ROOT_ERRORS);
        config.keep_u32(at + ERROR_SOURCE, !0);
    }
    Ok(at)
}

/// A function meets an error: it is logged in its AER capability at `at` and its PCI Express capability at `express`. What it tells, if the
/// guest lets it.
pub fn meet(config: &mut ConfigSpace, at: u16, express: u16, error: AerError) -> Option<ErrorMessage> {
    let (message, masked) = match error {
        AerError::Correctable(error) => (ErrorMessage::Correctable, log_correctable(config, at, error)),
        AerError::Uncorrectable(error, header) => {
            let bit = 1 << error as u8;
            let fatal = config.u32(at + UNCORRECTABLE_SEVERITY) & bit != 0;
            if error == UncorrectableError::UnsupportedRequest {
                let met = config.u16(express + DEVICE_STATUS) | UNSUPPORTED_REQUEST_MET;
                config.set_u16(express + DEVICE_STATUS, met);
            }
            let message = if fatal { ErrorMessage::Fatal } else { ErrorMessage::NonFatal };
            (message, log_uncorrectable(config, at, error, header))
        }
    };
    // Logged here whether or not it is masked there (7.5.3.5).
    config.set_u16(express + DEVICE_STATUS, config.u16(express + DEVICE_STATUS) | message.bit());
    let serr = header::commands(config, header::COMMAND_SERR) && message != ErrorMessage::Correctable;
    let allowed = config.u16(express + DEVICE_CONTROL) & message.bit() != 0 || serr;
    if masked || !allowed {
        return None;
    }
    if serr {
        let signalled = header::STATUS_SYSTEM_ERROR;
        config.update_u16(header::STATUS, signalled, signalled);
    }
    Some(message)
}

/// Returns whether it is masked.
fn log_correctable(config: &mut ConfigSpace, at: u16, error: CorrectableError) -> bool {
    let bit = 1 << error as u8;
    config.update_u32(at + CORRECTABLE_STATUS, bit, bit);
    config.u32(at + CORRECTABLE_MASK) & bit != 0
}

/// Returns whether it is masked. Of errors that are not masked the first keeps its header in the log until the guest has cleared its bit.
fn log_uncorrectable(config: &mut ConfigSpace, at: u16, error: UncorrectableError, header: [u32; 4]) -> bool {
    let number = error as u32;
    let masked = config.u32(at + UNCORRECTABLE_MASK) & 1 << number != 0;
    let status = config.u32(at + UNCORRECTABLE_STATUS);
    config.set_u32(at + UNCORRECTABLE_STATUS, status | 1 << number);
    let first = config.u32(at + CONTROL) & FIRST_ERROR;
    if !masked && status & 1 << first == 0 {
        config.update_u32(at + CONTROL, FIRST_ERROR, number);
        for (word, register) in header.into_iter().zip((at + HEADER_LOG..).step_by(4)) {
            config.set_u32(register, word);
        }
    }
    masked
}

/// A root port whose capability is at `at` hears of an error; `source` is who met it: bus, device and function in 16 bits.
pub fn hear(config: &mut ConfigSpace, at: u16, message: ErrorMessage, source: u16) {
    let status = config.u32(at + ROOT_STATUS);
    let (received, shift) = match message {
        ErrorMessage::Correctable => (CORRECTABLE_RECEIVED, 0),
        ErrorMessage::NonFatal | ErrorMessage::Fatal => (UNCORRECTABLE_RECEIVED, 16),
    };
    let mut news = match message {
        ErrorMessage::Correctable => 0,
        ErrorMessage::NonFatal => NONFATAL_RECEIVED,
        ErrorMessage::Fatal => FATAL_RECEIVED,
    };
    if status & received == 0 {
        config.update_u32(at + ERROR_SOURCE, 0xffff << shift, u32::from(source) << shift);
        news |= received;
        news |= if message == ErrorMessage::Fatal { FIRST_IS_FATAL } else { 0 };
    } else {
        // The bit above: several.
        news |= received << 1;
    }
    config.set_u32(at + ROOT_STATUS, status | news);
}

/// Whether a root port's error interrupt is asserted: each kind that was heard of and that the guest wants to hear of.
pub fn is_asserted(config: &ConfigSpace, at: u16) -> bool {
    let (command, status) = (config.u32(at + ROOT_COMMAND), config.u32(at + ROOT_STATUS));
    let kinds = [
        (ErrorMessage::Correctable, CORRECTABLE_RECEIVED),
        (ErrorMessage::NonFatal, NONFATAL_RECEIVED),
        (ErrorMessage::Fatal, FATAL_RECEIVED),
    ];
    kinds.into_iter().any(|(message, received)| command & u32::from(message.bit()) != 0 && status & received != 0)
}

#[cfg(test)]
mod tests {
    use super::super::config::ResetKind;
    use super::super::config::express::{self, Kind};
    use super::*;

    /// Configuration space, its PCI Express capability, its AER capability.
    fn function(kind: Kind) -> (ConfigSpace, u16, u16) {
        let (mut config, mut chain) = (ConfigSpace::new(true), Chain::default());
        config.allow_u16(header::COMMAND, !0);
        let express = express::add(&mut config, &mut chain, kind).unwrap();
        let at = add(&mut config, &mut chain, kind != Kind::Endpoint).unwrap();
        config.seal();
        (config, express, at)
    }

    const HEADER: [u32; 4] = [1, 2, 3, 4];

    #[test]
    fn errors_are_logged_and_told_as_the_guest_allows() {
        use CorrectableError::{AdvisoryNonFatal, BadTlp};
        use UncorrectableError::{Internal, MalformedTlp, UnsupportedRequest};
        let uncorrectable = |error| AerError::Uncorrectable(error, HEADER);
        // Device Control, SERR, the error; what is told, and Device Status.
        let cases = [
            (0, false, AerError::Correctable(BadTlp), None, 0x1),
            (1, false, AerError::Correctable(BadTlp), Some(ErrorMessage::Correctable), 0x1),
            (0, true, AerError::Correctable(BadTlp), None, 0x1),
            (1, false, AerError::Correctable(AdvisoryNonFatal), None, 0x1),
            (2, false, uncorrectable(UnsupportedRequest), Some(ErrorMessage::NonFatal), 0xa),
            (4, false, uncorrectable(UnsupportedRequest), None, 0xa),
            (0, true, uncorrectable(UnsupportedRequest), Some(ErrorMessage::NonFatal), 0xa),
            (4, false, uncorrectable(MalformedTlp), Some(ErrorMessage::Fatal), 0x4),
            (7, true, uncorrectable(Internal), None, 0x4),
        ];
        for (control, serr, error, told, met) in cases {
            let (mut config, express, at) = function(Kind::Endpoint);
            config.write(express + DEVICE_CONTROL, 2, control);
            config.write(header::COMMAND, 2, if serr { header::COMMAND_SERR.into() } else { 0 });
            assert_eq!(meet(&mut config, at, express, error), told, "{control} {serr} {error:?}");
            assert_eq!(config.u16(express + DEVICE_STATUS) & 0xf, met, "{error:?}");
            let signalled = config.u16(header::STATUS) & header::STATUS_SYSTEM_ERROR != 0;
            assert_eq!(signalled, serr && told.is_some(), "{error:?}");
        }
    }

    #[test]
    fn every_error_has_a_name_of_its_own() {
        let errors: Vec<_> = AerError::names().map(|name| AerError::named(name, HEADER)).collect();
        assert_eq!(errors.len(), 21);
        for (index, error) in errors.iter().enumerate() {
            assert!(error.is_some() && !errors[..index].contains(error), "{error:?}");
        }
        assert_eq!(AerError::named("none", HEADER), None);
    }

    #[test]
    fn the_first_error_keeps_its_header_until_it_is_cleared() {
        let (mut config, express, at) = function(Kind::Endpoint);
        let log = |config: &ConfigSpace| (config.u32(at + CONTROL) & FIRST_ERROR, config.u32(at + HEADER_LOG));
        let met = |config: &mut ConfigSpace, error, word| {
            meet(config, at, express, AerError::Uncorrectable(error, [word; 4]));
        };
        met(&mut config, UncorrectableError::CompletionTimeout, 7);
        met(&mut config, UncorrectableError::PoisonedTlp, 8);
        assert_eq!(log(&config), (14, 7));
        assert_eq!(config.u32(at + UNCORRECTABLE_STATUS), 1 << 14 | 1 << 12);
        config.write(at + UNCORRECTABLE_STATUS, 4, 1 << 14);
        met(&mut config, UncorrectableError::PoisonedTlp, 9);
        assert_eq!(log(&config), (12, 9));
        config.reset(ResetKind::Warm);
        assert_eq!((log(&config), config.u32(at + UNCORRECTABLE_STATUS)), ((12, 9), 1 << 12), "sticky");
        config.reset(ResetKind::PowerOn);
        assert_eq!((log(&config), config.u32(at + UNCORRECTABLE_STATUS)), ((0, 0), 0));
    }

    #[test]
    fn a_root_port_logs_who_told_it_first() {
        let (mut config, _, at) = function(Kind::RootPort { port: 1 });
        // Message, source; Root Error Status, Error Source then.
        let steps = [
            (ErrorMessage::Correctable, 0x100, 0x01, 0x100),
            (ErrorMessage::Correctable, 0x200, 0x03, 0x100),
            (ErrorMessage::NonFatal, 0x108, 0x27, 0x108_0100),
            (ErrorMessage::Fatal, 0x110, 0x6f, 0x108_0100),
        ];
        for (message, source, status, sources) in steps {
            hear(&mut config, at, message, source);
            assert_eq!((config.u32(at + ROOT_STATUS), config.u32(at + ERROR_SOURCE)), (status, sources), "{message:?}");
        }
        config.write(at + ROOT_STATUS, 4, 0x7f);
        hear(&mut config, at, ErrorMessage::Fatal, 0x300);
        assert_eq!((config.u32(at + ROOT_STATUS), config.u32(at + ERROR_SOURCE)), (0x54, 0x300_0100));
    }

    #[test]
    fn a_root_port_interrupts_for_what_it_is_asked_to() {
        let messages = [ErrorMessage::Correctable, ErrorMessage::NonFatal, ErrorMessage::Fatal];
        for (number, message) in messages.into_iter().enumerate() {
            for command in 0..8 {
                let (mut config, _, at) = function(Kind::RootPort { port: 1 });
                config.write(at + ROOT_COMMAND, 4, command);
                assert!(!is_asserted(&config, at));
                hear(&mut config, at, message, 0);
                assert_eq!(is_asserted(&config, at), command & 1 << number != 0, "{message:?} {command}");
                config.write(at + ROOT_STATUS, 4, ROOT_ERRORS);
                assert!(!is_asserted(&config, at));
            }
        }
    }
}
