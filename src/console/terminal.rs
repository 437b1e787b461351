//! The terminal's modes: raw while the guest has it, and as it was on every way out.

use std::io;
use std::sync::Once;

use parking_lot::Mutex;
use rustix::stdio::stdin;
use rustix::termios::{
    InputModes, LocalModes, OptionalActions, SpecialCodeIndex, Termios, isatty, tcgetattr, tcsetattr,
};

/// The modes to go back to. One for the process, because a second signal and a panic must find them without help.
static SAVED: Mutex<Option<Termios>> = Mutex::new(None);

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
        *SAVED.lock() = Some(before.clone());
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
        let old = SAVED.lock().clone()?;
        let now = tcgetattr(stdin()).ok()?;
        tcsetattr(stdin(), OptionalActions::Now, &old).ok()?;
        Some(now)
    };
    let raw = modes();
    let result = what();
    let saved = SAVED.lock();
    // Under the lock: who puts the terminal back for good comes before this, and then it stays, or after it.
    if let (Some(raw), Some(_)) = (raw, &*saved)
        && let Err(error) = tcsetattr(stdin(), OptionalActions::Now, &raw)
    {
        tracing::debug!(%error, "the terminal keeps its modes");
    }
    result
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
    if let Some(modes) = SAVED.lock().take()
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
