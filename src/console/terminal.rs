//! The terminal's modes: raw while the guest has it, and as it was on every way out.

use std::io;
use std::sync::Once;
use std::time::Duration;

use parking_lot::{Condvar, Mutex};
use rustix::stdio::stdin;
use rustix::termios::{
    InputModes, LocalModes, OptionalActions, SpecialCodeIndex, Termios, isatty, tcgetattr, tcsetattr,
};

/// How long somebody who puts the terminal back waits for a line editor that is about to have it.
const EDITOR: Duration = Duration::from_secs(1);

struct Modes {
    /// To go back to.
    saved: Option<Termios>,
    /// A line editor is about to make the terminal raw.
    editor_comes: bool,
}

/// One for the process, because a second signal and a panic must find them without help.
static MODES: Mutex<Modes> = Mutex::new(Modes { saved: None, editor_comes: false });
static EDITOR_CAME: Condvar = Condvar::new();

/// Standard input's terminal in raw mode; dropping this puts it back.
#[must_use = "the terminal goes back when this is dropped"]
pub struct RawMode(());

impl RawMode {
    /// Enters raw mode; `None` where standard input is no terminal. With `signals` Ctrl-C stays a signal, otherwise it is a byte.
    ///
    /// Output processing stays on: a line on standard error starts at the margin, and the guest's own CR LF does no harm.
    pub fn enter(signals: bool) -> io::Result<Option<RawMode>> {
        if !isatty(stdin()) {
            return Ok(None);
        }
        let before = tcgetattr(stdin())?;
        restore_on_panic();
        MODES.lock().saved = Some(before.clone());
        let guard = RawMode(());
        tcsetattr(stdin(), OptionalActions::Now, &raw(before, signals))?;
        Ok(Some(guard))
    }
}

impl Drop for RawMode {
    fn drop(&mut self) {
        restore_terminal();
    }
}

/// Does `what` with the terminal as it was before [`RawMode`], and makes it raw again if it still is to be.
pub fn with_old_modes<T>(what: impl FnOnce() -> T) -> T {
    let modes = || {
        let old = MODES.lock().saved.clone()?;
        let now = tcgetattr(stdin()).ok()?;
        tcsetattr(stdin(), OptionalActions::Now, &old).ok()?;
        Some(now)
    };
    let raw = modes();
    let result = what();
    let modes = MODES.lock();
    // Under the lock: who puts the terminal back for good comes before this, and then it stays, or after it.
    if let (Some(raw), Some(_)) = (raw, &modes.saved)
        && let Err(error) = tcsetattr(stdin(), OptionalActions::Now, &raw)
    {
        tracing::debug!(%error, "the terminal keeps its modes");
    }
    result
}

/// A line editor asks before it gives the terminal modes of its own; `false` once the terminal is back for good. It says by [`editor_came`] that it has: who puts
/// the terminal back in between waits for that, or the editor's modes would be what stays.
pub fn editor_may_come() -> bool {
    let mut modes = MODES.lock();
    modes.editor_comes = modes.saved.is_some();
    modes.editor_comes
}

/// The editor has the terminal, or gives it up.
pub fn editor_came() {
    MODES.lock().editor_comes = false;
    EDITOR_CAME.notify_all();
}

fn raw(mut modes: Termios, signals: bool) -> Termios {
    modes.input_modes -= InputModes::IGNBRK
        | InputModes::BRKINT
        | InputModes::PARMRK
        | InputModes::ISTRIP
        | InputModes::INLCR
        | InputModes::IGNCR
        | InputModes::ICRNL
        | InputModes::IXON;
    modes.local_modes -= LocalModes::ECHO | LocalModes::ECHONL | LocalModes::ICANON | LocalModes::IEXTEN;
    modes.local_modes.set(LocalModes::ISIG, signals);
    modes.special_codes[SpecialCodeIndex::VMIN] = 1;
    modes.special_codes[SpecialCodeIndex::VTIME] = 0;
    modes
}

/// Puts the terminal back, if it is not already. For the way out that runs no destructors.
pub fn restore_terminal() {
    let mut modes = MODES.lock();
    // An end, for an editor that panics.
    EDITOR_CAME.wait_while_for(&mut modes, |modes| modes.editor_comes, EDITOR);
    if let Some(modes) = modes.saved.take()
        && let Err(error) = tcsetattr(stdin(), OptionalActions::Now, &modes)
    {
        tracing::debug!(%error, "the terminal keeps its modes");
    }
}

/// Any panic ends the machine: at once where it cannot unwind (in a hart), else by the machine's own hand. Either way what it says
/// should not be said to a raw terminal.
fn restore_on_panic() {
    static HOOK: Once = Once::new();
    HOOK.call_once(|| {
        let next = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |info| {
            restore_terminal();
            next(info);
        }));
    });
}

#[cfg(test)]
mod tests {
    use std::time::Instant;

    use rustix::fs::{Mode, OFlags, open};
    use rustix::pty::{OpenptFlags, openpt, ptsname, unlockpt};

    use super::*;

    /// Standard input's own modes, where it has any; else some that it cannot take.
    fn modes() -> Termios {
        tcgetattr(stdin()).unwrap_or_else(|_| {
            let person = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY).unwrap();
            unlockpt(&person).unwrap();
            let name = ptsname(&person, Vec::new()).unwrap();
            tcgetattr(open(&*name, OFlags::RDWR | OFlags::NOCTTY, Mode::empty()).unwrap()).unwrap()
        })
    }

    /// The one test of this state, which a process has once.
    #[test]
    fn a_terminal_is_put_back_after_an_editor_that_is_coming_and_none_comes_later() {
        assert!(!editor_may_come(), "there is nothing to edit on");
        MODES.lock().saved = Some(modes());
        let since = Instant::now();
        assert!(editor_may_come());
        let restores = std::thread::spawn(restore_terminal);
        std::thread::sleep(Duration::from_millis(50));
        let is_back = MODES.lock().saved.is_none();
        assert!(!is_back || since.elapsed() >= EDITOR, "it waits for the editor");
        editor_came();
        restores.join().unwrap();
        assert!(MODES.lock().saved.is_none() && !editor_may_come(), "the end has come");
    }
}
