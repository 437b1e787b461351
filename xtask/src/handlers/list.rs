//! Which handlers are hot, and which functions are not. A handler is one or the other.

/// Fused pairs: the table's parts have a function each.
pub const PAIRS: &str = "fused::table::pair";

/// Hot handlers, by the path of their function. There are no exceptions among them.
pub const HOT: [&str; 27] = [
    PAIRS,
    "exec::alu::rr",
    "exec::alu::ri",
    "exec::alu::rr_spilled",
    "exec::alu::ri_spilled",
    "exec::alu::constant",
    "exec::mem::load",
    "exec::mem::store",
    "exec::mem::load_float",
    "exec::mem::store_float",
    "exec::flow::branch",
    "exec::flow::goto_link",
    "exec::flow::goto_far",
    "exec::flow::jump_register",
    "exec::flow::call_register",
    "exec::amo::amo",
    "exec::reserved::lr",
    "exec::reserved::sc",
    "exec::fp::float",
    "exec::fp::multiply_add",
    "exec::csr::read_plain",
    "exec::csr::write_plain",
    "exec::csr::swap_plain",
    "exec::csr::status",
    "exec::csr::switch_rights",
    "exec::csr::read_counter",
    "exec::traps::resume",
];

/// All other handlers, and the functions that take over where a hot handler cannot go on, with the reason.
pub const COLD: [(&str, &str); 19] = [
    ("exec::mem::load_slow", "a page that the TLB does not have, a device, a fault, a trace"),
    ("exec::mem::store_slow", "the same"),
    ("exec::mem::load_float_slow", "the same, or FS is not Dirty"),
    ("exec::mem::store_float_slow", "the same, or FS is Off"),
    ("exec::amo::amo_slow", "as for a load"),
    ("exec::amo::leave_after", "a newer map is to be adopted"),
    ("exec::reserved::lr_slow", "as for a load, or a million reservations are used up"),
    ("exec::reserved::sc_slow", "as for a load"),
    ("exec::reserved::sc_lost", "somebody else is to have the line for a while"),
    ("exec::fp::float_slow", "a flag is to be raised, FS is not Dirty, or the host does it otherwise"),
    ("exec::csr::select_rights", "a context of which nothing is remembered yet"),
    ("exec::csr::read_time", "a call of the host's clock"),
    ("exec::system::system", "all other CSRs, fences, waiting"),
    ("exec::flow::leave", "back to the hart's loop"),
    ("exec::flow::leave_by_link", "the same"),
    ("exec::flow::unlinked", "a place that code has not gone to before"),
    ("exec::traps::ecall", "everything changes: the mode, its contexts, what is pending"),
    ("exec::traps::mret", "the same"),
    ("exec::traps::sret", "the same"),
];

/// Whether a hot handler may end in a jump to this function.
pub fn may_be_jumped_to(path: &str) -> bool {
    HOT.contains(&path) || COLD.iter().any(|(name, _)| *name == path)
}
