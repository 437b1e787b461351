//! `manyhart run`: a guest from image files, or one that is fetched.

use std::path::PathBuf;

use clap::{Args, Subcommand};

#[cfg(feature = "planted-bugs")]
use super::PlantedDefect;
use super::{BoardArgs, PlugArgs, ProfileArgs, ServeArgs};
use crate::cli::values::{Nothing, signature_granularity};
use crate::console::Serial;
use crate::load::Firmware;

const RUN_EXAMPLES: &str = "\
Options may be written with one dash or two, so that a command line for qemu-system-riscv64 works as it is; \
what is not there yet is refused by name.

Keys on a terminal (--serial mon:stdio): Ctrl-A x leaves, Ctrl-A c leads to the monitor and back, Ctrl-A h lists the others; Ctrl-C goes to the guest.

Exit status: what the guest passes to the test finisher or to HTIF (0 for a power-off), 1 when the machine failed, \
2 for a wrong command line, an image that cannot be used or an output that cannot be written, 130 when a second Ctrl-C ended it. MANYHART_LOG=debug says more on the way.

Examples:
  Linux, with OpenSBI from where Debian's package puts it:
    manyhart run -M virt -smp 4 -m 512M -kernel Image -initrd initramfs.cpio.gz -append \"console=ttyS0\" -nographic
  A bare-metal program, with a log of every retired instruction:
    manyhart run --bios none --kernel test.elf --log-commits commits.log
  An architectural test's signature:
    manyhart run --bios none --kernel add-01.elf --signature add-01.sig --signature-granularity 4
  A disk, an empty slot, and QMP:
    manyhart run -kernel Image -append \"console=ttyS0\" -drive file=disk.img,format=raw -device pcie-root-port,id=rp0 \\
        -qmp unix:/tmp/qmp,server=on,wait=off
  GDB, from the first instruction (gdb-multiarch -ex 'target remote :1234'):
    manyhart run debian -s -S
  The device tree of a board:
    manyhart run -smp 4 -m 1G --dump-dtb virt.dtb";

/// Options of `manyhart run`.
#[derive(Debug, Args)]
#[command(
    args_conflicts_with_subcommands = true,
    after_help = RUN_EXAMPLES,
    override_usage = "manyhart run [OPTIONS]\n       manyhart run debian [OPTIONS]"
)]
pub struct RunArgs {
    /// A guest that is fetched instead of given by files.
    #[command(subcommand)]
    pub guest: Option<Guest>,
    /// The board.
    #[command(flatten)]
    pub board: BoardArgs,
    /// What is loaded.
    #[command(flatten)]
    pub images: ImageArgs,
    /// What is plugged in.
    #[command(flatten)]
    pub plug: PlugArgs,
    /// The console.
    #[command(flatten)]
    pub console: ConsoleArgs,
    /// What is done with the run.
    #[command(flatten)]
    pub control: ControlArgs,
    /// Where its time goes.
    #[command(flatten)]
    pub profile: ProfileArgs,
    /// Arms a deliberate defect, to show that a guest finds it.
    #[cfg(feature = "planted-bugs")]
    #[arg(long, value_name = "DEFECT")]
    pub plant: Option<PlantedDefect>,
}

/// Guests that are fetched.
#[derive(Debug, Subcommand)]
pub enum Guest {
    /// Debian's unmodified kernel, OpenSBI and a busybox initramfs, fetched once from Debian's archive.
    Debian(DebianArgs),
}

/// Options of `manyhart run debian`.
#[derive(Debug, Clone, Args)]
pub struct DebianArgs {
    /// Where the fetched files are kept [default: the user's cache directory]
    #[arg(long, value_name = "DIR")]
    pub dir: Option<PathBuf>,
    /// The board.
    #[command(flatten)]
    pub board: BoardArgs,
    /// More for the kernel command line.
    #[arg(long, value_name = "TEXT", allow_hyphen_values = true)]
    pub append: Option<String>,
    /// What is plugged in.
    #[command(flatten)]
    pub plug: PlugArgs,
    /// How it is commanded.
    #[command(flatten)]
    pub serve: ServeArgs,
    /// Where its time goes.
    #[command(flatten)]
    pub profile: ProfileArgs,
}

/// What is loaded.
#[derive(Debug, Args)]
#[command(next_help_heading = "Images")]
pub struct ImageArgs {
    /// The firmware: a file (raw or ELF), `none`, or `default` (OpenSBI from where packages put it).
    #[arg(long, value_name = "FILE", default_value = "default")]
    pub bios: Firmware,
    /// The kernel: a Linux boot image, an ELF or raw bytes, each also compressed by gzip.
    #[arg(long, value_name = "FILE")]
    pub kernel: Option<PathBuf>,
    /// The initial RAM disk.
    #[arg(long, value_name = "FILE", requires = "kernel")]
    pub initrd: Option<PathBuf>,
    /// The kernel's command line.
    #[arg(long, value_name = "TEXT", allow_hyphen_values = true)]
    pub append: Option<String>,
    /// A device tree to pass instead of the board's own.
    #[arg(long, value_name = "FILE")]
    pub dtb: Option<PathBuf>,
    /// Writes the device tree that the guest would get, and ends.
    #[arg(long, value_name = "FILE")]
    pub dump_dtb: Option<PathBuf>,
}

/// The console.
#[derive(Debug, Args)]
#[command(next_help_heading = "Console")]
pub struct ConsoleArgs {
    /// Where the serial port ends: `mon:stdio`, `stdio`, `file:F`, `null` or `none`.
    #[arg(long, value_name = "WHERE", default_value = "mon:stdio")]
    pub serial: Serial,
    /// No window: there is never one.
    #[arg(long, hide = true)]
    pub nographic: bool,
    /// Only `none`.
    #[arg(long, value_name = "NAME", hide = true)]
    pub display: Option<Nothing>,
    /// Only `none`.
    #[arg(long, value_name = "NAME", hide = true)]
    pub parallel: Option<Nothing>,
    /// Only `none`.
    #[arg(long, value_name = "NAME", hide = true)]
    pub vga: Option<Nothing>,
    /// Only `none`.
    #[arg(long, value_name = "NAME", hide = true)]
    pub nic: Option<Nothing>,
    /// Only `none`.
    #[arg(long, value_name = "NAME", hide = true)]
    pub net: Option<Nothing>,
}

/// What is done with the run.
#[derive(Debug, Args)]
#[command(next_help_heading = "Run")]
pub struct ControlArgs {
    /// How it is commanded.
    #[command(flatten)]
    pub serve: ServeArgs,
    /// Ends where the guest asks for a reboot.
    #[arg(long)]
    pub no_reboot: bool,
    /// Ends, cleanly, once a hart has retired this many instructions.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
    pub limit: Option<u64>,
    /// Logs every retired instruction of every hart, in Spike's format.
    #[arg(long, value_name = "FILE")]
    pub log_commits: Option<PathBuf>,
    /// At the end, writes the memory from `begin_signature` to `end_signature` of the kernel's ELF.
    #[arg(long, value_name = "FILE", requires = "kernel")]
    pub signature: Option<PathBuf>,
    /// Bytes a line of the signature, most significant first.
    #[arg(long, value_name = "BYTES", default_value = "16", value_parser = signature_granularity)]
    pub signature_granularity: usize,
    /// No summary at the end.
    #[arg(long)]
    pub quiet: bool,
}
