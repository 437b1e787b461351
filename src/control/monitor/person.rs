//! A person at the monitor: on a terminal with line editing, completion and a history; over a pipe line by line.

use std::fs::File;
use std::io::Write;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU8, Ordering};

use rustyline::completion::Completer;
use rustyline::error::ReadlineError;
use rustyline::highlight::Highlighter;
use rustyline::hint::Hinter;
use rustyline::history::DefaultHistory;
use rustyline::validate::Validator;
use rustyline::{
    Cmd, CompletionType, ConditionalEventHandler, Config, Editor, Event, EventContext, EventHandler, Helper, KeyCode,
    KeyEvent, Modifiers, RepeatCount,
};

use super::lines::{GREETING, Line, Lines, PROMPT, answer};
use super::{candidates, is_quit};
use crate::console::{Patient, editor_came, editor_may_come};
use crate::control::Control;

/// Where the person wants to be next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Next {
    /// Here.
    Stay,
    /// At the guest's console.
    Console,
}

/// Ctrl-D.
const END: u8 = 0x04;

/// A person at the console who may come to the monitor.
pub struct Person {
    control: Control,
    editor: Option<Editor<Words, DefaultHistory>>,
    /// The key after Ctrl-A that ended the last line.
    key: Arc<AtomicU8>,
    lines: Lines,
    output: Option<Patient<File>>,
}

impl Person {
    /// Of this machine.
    pub fn new(control: Control) -> Person {
        let output = match rustix::io::dup(rustix::stdio::stdout()) {
            Ok(fd) => Some(Patient(File::from(fd))),
            Err(error) => {
                tracing::warn!(%error, "the monitor has no output");
                None
            }
        };
        Person { control, editor: None, key: Arc::default(), lines: Lines::default(), output }
    }

    /// Over a pipe: says that it is here.
    pub fn greet(&mut self) {
        self.lines = Lines::default();
        self.say(&format!("\n{GREETING}{PROMPT}"));
    }

    /// Over a pipe: takes what was typed; answers where to go, and what was typed after that.
    pub fn take<'a>(&mut self, bytes: &'a [u8]) -> (Next, &'a [u8]) {
        for (index, &byte) in bytes.iter().enumerate() {
            if byte == END {
                self.say("\n");
                return (Next::Console, &bytes[index + 1..]);
            }
            if let Some(line) = self.lines.feed(byte) {
                let quits = matches!(&line, Line::Whole(line) if is_quit(line));
                if quits {
                    self.quit();
                    return (Next::Console, &bytes[index + 1..]);
                }
                let text = answer(&self.control, &line);
                self.say(&format!("{text}{PROMPT}"));
            }
        }
        (Next::Stay, &[])
    }

    /// On a terminal: converses until the person wants the console again.
    pub fn converse(&mut self) {
        self.say(&format!("\n{GREETING}"));
        loop {
            let line = match self.read() {
                Ok(line) => line,
                // Ctrl-C: the line is given up, unless it was a key of the console's own.
                Err(ReadlineError::Interrupted) => match self.key.swap(0, Ordering::Relaxed) {
                    b'c' => return,
                    b'x' => return self.quit(),
                    _ => continue,
                },
                Err(ReadlineError::Eof) => return,
                Err(error) => {
                    tracing::warn!(%error, "the monitor cannot be read");
                    return;
                }
            };
            if is_quit(&line) {
                return self.quit();
            }
            let text = answer(&self.control, &Line::Whole(line));
            self.say(&text);
        }
    }

    fn read(&mut self) -> Result<String, ReadlineError> {
        let editor = match &mut self.editor {
            Some(editor) => editor,
            empty => empty.insert(editor(&self.control, &self.key)?),
        };
        // The editor puts the terminal into modes of its own: not after its last ones.
        if !editor_may_come() {
            return Err(ReadlineError::Eof);
        }
        let line = editor.readline(PROMPT);
        editor_came();
        let line = line?;
        if !line.trim().is_empty() {
            editor.add_history_entry(line.trim())?;
        }
        Ok(line)
    }

    fn say(&mut self, text: &str) {
        let said = self.output.as_mut().map_or(Ok(()), |output| output.write_all(text.as_bytes()));
        if let Err(error) = said {
            tracing::debug!(%error, "nobody reads the monitor");
        }
    }

    fn quit(&mut self) {
        if self.control.quit().is_err() {
            tracing::debug!("ending already");
        }
    }
}

fn editor(control: &Control, key: &Arc<AtomicU8>) -> Result<Editor<Words, DefaultHistory>, ReadlineError> {
    let config = Config::builder().completion_type(CompletionType::List).max_history_size(1000)?.build();
    let mut editor = Editor::with_config(config)?;
    editor.set_helper(Some(Words(control.clone())));
    let keys = Keys { after: AtomicBool::new(false), key: key.clone() };
    editor.bind_sequence(Event::Any, EventHandler::Conditional(Box::new(keys)));
    Ok(editor)
}

/// Ctrl-A and a letter: the console's keys work here, too. Each key passes here before the editor has it.
struct Keys {
    /// Whether the last key was Ctrl-A.
    after: AtomicBool,
    /// The letter that followed it.
    key: Arc<AtomicU8>,
}

impl ConditionalEventHandler for Keys {
    fn handle(&self, event: &Event, _: RepeatCount, _: bool, _: &EventContext) -> Option<Cmd> {
        let key = event.get(0)?;
        let after = self.after.swap(*key == KeyEvent::ctrl('A'), Ordering::Relaxed);
        let letter = match *key {
            KeyEvent(KeyCode::Char(letter @ ('c' | 'x')), Modifiers::NONE) if after => letter as u8,
            _ => return None,
        };
        self.key.store(letter, Ordering::Relaxed);
        Some(Cmd::Interrupt)
    }
}

/// Completes the monitor's commands, and what they are about.
struct Words(Control);

impl Completer for Words {
    type Candidate = String;

    fn complete(
        &self,
        line: &str,
        at: usize,
        _: &rustyline::Context<'_>,
    ) -> Result<(usize, Vec<String>), ReadlineError> {
        Ok(candidates(&self.0, &line[..at]))
    }
}

impl Hinter for Words {
    type Hint = String;

    /// None; but whoever is asked for one has the terminal already.
    fn hint(&self, _: &str, _: usize, _: &rustyline::Context<'_>) -> Option<String> {
        editor_came();
        None
    }
}

impl Highlighter for Words {}
impl Validator for Words {}
impl Helper for Words {}
