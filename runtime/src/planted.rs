//! Deliberate defects, to show that the checks can fail. Each is one cfg'd line in the production code that asks
//! `planted::is(Bug::X)`; without the feature (or loom) this module and those lines are not compiled at all.
#![cfg(any(manyhart_loom, feature = "planted-bugs"))]

/// A defect that can be armed, named after what the code then does wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u64)]
pub enum Bug {
    /// A commit is published in two halves (C1, C3).
    Tear,
    /// A reader acknowledges a generation and keeps the pointers that it cached of an older one: its writes go to memory that is no longer
    /// mapped (C5).
    LostWrite,
    /// `Retired` completes without waiting for any reader (C5).
    NoGrace,
    /// The superseded snapshot is dropped at once (C5).
    DropSuperseded,
    /// The grace scan reads the readers' words with plain loads (C5).
    ScanByLoad,
    /// A reader acknowledges before it has resynced (C5).
    AcknowledgeFirst,
    /// A reader polls before the fence that the poll belongs after (C4).
    PollBeforeFence,
    /// A reader takes the generation word for the generation of the view it loaded (C4, C5).
    IntervalsByWord,
    /// The generation word is stored before the snapshot (C2, C4).
    WordBeforeView,
    /// A sender takes an actor's run-state although mail is waiting (C7).
    OvertakeMail,
    /// A runner gives the run-state back without looking for mail that came meanwhile (C8).
    ForgetMail,
    /// What a bounded drain leaves is given to nobody (C8).
    ForgetLeftover,
    /// A reply wakes its caller before it is there (C8).
    WakeBeforeReply,
    /// A virtual CPU is woken before the word says why (C8).
    WakeBeforeFlag,
    /// A virtual CPU takes its interrupts without Acquire (C4).
    TakeRelaxed,
    /// A message that arrives after the close is thrown away unanswered (C6).
    DropAfterClose,
    /// A pause looks at the readers before it closes the gate (C12).
    ScanBeforeGate,
    /// A handler's call into another actor is not refused (C11).
    CallInHandler,
    /// A pause takes a reader that waits inside a call for one at a boundary (C12).
    InCallIsBoundary,
    /// A commit reads the number of listeners with a plain load (R10).
    CountByLoad,
    /// A pause closes the door on handlers before the calls that need them have ended (C12).
    ClosePassesFirst,
    /// A logged store marks its page before it stores (C9).
    MarkBeforeStore,
    /// A mark is left out where a plain test says that it is there already (C9).
    TestBeforeMark,
    /// What was collected of a dirty log is handed out while readers still store unmarked (C9).
    CopyBeforeAcknowledge,
    /// A reader keeps "marked already" over a collection (C9).
    KeepMarks,
    /// A reader keeps what it has cached of an address space that was closed (C5).
    KeepClosed,
    /// Who has changed an interrupt file drives its level by one look, and does not look again (C8).
    LookOnce,
    /// A guest's fence is none on the host (C4).
    GuestFenceDropped,
    /// No fence of a guest keeps a store before a later load (C4).
    StorePassesGuestFence,
    /// A guest's acquire and release are ignored where they are an atomic's (C4).
    AtomicUnordered,
    /// A guest's ordered atomic has no fences around it on a host whose atomics are none (C4).
    AtomicWithoutFences,
    /// A load-reserved does not wait for what it releases (C4).
    ReservedTooEarly,
    /// What follows a load-reserved that acquires does not wait for it (C4).
    ReservedTooLate,
    /// A coalesced write is queued, and the mailbox does not say so (C10).
    CoalesceUnannounced,
    /// A thread is let run handlers although the machine is paused (C12).
    PassWhileClosed,
    /// A shadow register is read without a look at the mailbox's word (C7, C10).
    PeekUnasked,
    /// A shadow register is read before the look at the mailbox's word (C7, C10).
    PeekBeforeWord,
    /// Shadow registers are stored after the run-state has been given back (C7).
    PublishLate,
    /// Shadow registers are stored without Release (C7).
    ShadowRelaxed,
    /// A reader keeps the range that it found last over a change of its snapshot (C1).
    KeepNear,
    /// A grace period does not wait for pins (C5).
    IgnorePins,
    /// A grace period does not wait for holds (C5).
    IgnoreHolds,
    /// A reader that has waited inside an access goes on with the snapshot of before (C4, C5).
    KeepViewOverWait,
    /// A commit is answered before it is published (C4).
    AnswerBeforePublish,
    /// `Retired` completes before what was removed is dropped (C5).
    CompleteBeforeDrop,
    /// Who waits for a `Retired` is woken before it is complete (C8).
    WakeBeforeComplete,
    /// Listeners count as told before they are (C5).
    HeardBeforeTold,
    /// `Retired` does not wait for messages that were sent before (C5, C6).
    NoFence,
    /// An actor is run by a second thread while one runs it (C7).
    ShareRunState,
    /// Work for the helper is announced only to a helper that sleeps already (C8).
    KnockUnflagged,
    /// Readers are woken before the machine is resumed (C8, C12).
    WakeBeforeResume,
    /// A sleeper is woken without its lock, while it falls asleep (C8).
    NotifyUnlocked,
    /// A virtual CPU is told of a moved deadline before it is moved (C8).
    RaiseBeforeDeadline,
    /// A store by somebody whom no grace period waits for looks for logs before it can be seen (C9).
    StoreWithoutFence,
    /// A collector takes a dirty log's upper bit after what is below it (C9).
    TakeUpperLast,
    /// Who asks a device while the machine is paused leaves it to others to run it (C12).
    WaitWhilePaused,
    /// A pause does not wait until coalesced writes are handled (C10, C12).
    PauseBeforeCoalesced,
}

/// Bugs by the names that the command line gives them.
const NAMES: [(&str, Bug); 2] = [("tear", Bug::Tear), ("lost-write", Bug::LostWrite)];

// Under a model checker all threads of a model run on the test's own host thread, and tests run side by side: each test arms its own.
#[cfg(any(manyhart_loom, manyhart_shuttle))]
std::thread_local! {
    static ARMED: std::cell::Cell<u64> = const { std::cell::Cell::new(0) };
}

#[cfg(not(any(manyhart_loom, manyhart_shuttle)))]
static ARMED: std::sync::atomic::AtomicU64 = std::sync::atomic::AtomicU64::new(0);

/// Makes this defect happen from now on: in the whole process, or, in a model, in this test.
pub fn arm(bug: Bug) {
    #[cfg(any(manyhart_loom, manyhart_shuttle))]
    ARMED.with(|armed| armed.set(armed.get() | 1 << bug as u64));
    #[cfg(not(any(manyhart_loom, manyhart_shuttle)))]
    ARMED.fetch_or(1 << bug as u64, std::sync::atomic::Ordering::SeqCst);
}

/// Arms a defect by its name on the command line; `false` when there is none of that name.
pub fn arm_by_name(name: &str) -> bool {
    let found = NAMES.iter().find(|(known, _)| *known == name);
    if let Some((_, bug)) = found {
        arm(*bug);
    }
    found.is_some()
}

/// Disarms everything.
pub fn disarm() {
    #[cfg(any(manyhart_loom, manyhart_shuttle))]
    ARMED.with(|armed| armed.set(0));
    #[cfg(not(any(manyhart_loom, manyhart_shuttle)))]
    ARMED.store(0, std::sync::atomic::Ordering::SeqCst);
}

/// Whether this defect is armed.
#[inline]
pub(crate) fn is(bug: Bug) -> bool {
    #[cfg(any(manyhart_loom, manyhart_shuttle))]
    let armed = ARMED.with(std::cell::Cell::get);
    #[cfg(not(any(manyhart_loom, manyhart_shuttle)))]
    let armed = ARMED.load(std::sync::atomic::Ordering::Relaxed);
    armed & (1 << bug as u64) != 0
}
