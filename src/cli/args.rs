//! The command line as clap sees it. Doc comments here are the text of `--help`.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};

use super::values::{
    AcceleratorOption, CpuOption, DeviceOption, MachineOption, MonitorOption, Nothing, SmpOption, memory_size, number,
    signature_granularity,
};
use crate::console::Serial;
use crate::control::Place;
use crate::load::Firmware;
use crate::plug::{BlockdevSpec, ChardevSpec, DriveSpec, NetdevSpec, ObjectSpec};

/// A concurrent multi-hart RISC-V emulator: real SMP guests on a live, lock-free memory topology.
///
/// Without a subcommand it runs the built-in stress guest: every hart works while regions come, go and move under it, and
/// what they see is checked.
#[derive(Debug, Parser)]
#[command(name = "manyhart", version, args_conflicts_with_subcommands = true, after_help = EXAMPLES)]
pub struct Cli {
    /// Options of the built-in guest.
    #[command(flatten)]
    pub builtin: BuiltinArgs,
    /// What to do instead.
    #[command(subcommand)]
    pub command: Option<Command>,
}

const EXAMPLES: &str = "\
Examples:
  manyhart                          the built-in stress guest on four harts
  manyhart --harts 8 --seconds 60   longer and wider
  manyhart stress --harts 8         storms of PCI hot-plug under harts that check every access
  manyhart litmus                   memory-model tests on the harts
  manyhart run debian               fetch and boot Debian's kernel
  manyhart run -smp 4 -m 512M -kernel Image -initrd initramfs.cpio.gz -append console=ttyS0 -nographic
  manyhart mtree -smp 4             the region tree and the flat view of the board";

const RUN_EXAMPLES: &str = "\
Options may be written with one dash or two, so that a command line for qemu-system-riscv64 works as it is; \
what is not there yet is refused by name.

Keys on a terminal (--serial mon:stdio): Ctrl-A x leaves, Ctrl-A c leads to the monitor and back, Ctrl-A h lists the others; Ctrl-C goes to the guest.

Exit status: what the guest passes to the test finisher or to HTIF (0 for a power-off), 1 when the machine failed, \
2 for a wrong command line, image or console, 130 when a second Ctrl-C ended it. MANYHART_LOG=debug says more on the way.

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
  The device tree of a board:
    manyhart run -smp 4 -m 1G --dump-dtb virt.dtb";

const MTREE_EXAMPLES: &str = "\
Examples:
  manyhart mtree -smp 4                    the region tree and the flat view
  manyhart mtree --svg map.svg             a picture: nesting, priorities, what is visible and what is obscured
  manyhart mtree --why 0x10000005          what decodes an address
  manyhart mtree --json --tree --flat      for tools";

const STRESS_EXAMPLES: &str = "\
Exit status: 0 when no value was wrong, nothing hung and memory stayed flat; 1 otherwise. A failure prints the command that \
repeats its operations.

Examples:
  manyhart stress                                          ten seconds, four harts, 64 functions
  manyhart stress --harts 8 --seconds 60 --html storm.html a longer one, with a page to look at
  manyhart stress --inject panic,slow=4,refuse=4           with devices that fail and answer late
  manyhart stress --mix many --rate 500                    only transactions of many changes, 500 a second
  manyhart stress --guest debian                           under processes of Debian's kernel";

const LITMUS_EXAMPLES: &str = "\
A histogram marks by *> the outcomes that the shape is about; an observation says whether they were seen. \
docs/litmus.md explains the shapes, and which outcomes no host of total store order shows.

Exit status: 0 when nothing was seen that is forbidden; 1 otherwise; 2 for a wrong command line.

Examples:
  manyhart litmus                                          every shape
  manyhart litmus --shape SB --shape 'MP+bar*'             some, by name or by how names begin
  manyhart litmus --iterations 1000000 --json litmus.json  a longer run, and a report for tools";

/// The subcommands.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Runs a guest from image files.
    Run(Box<RunArgs>),
    /// Plugs, moves and removes PCI functions under harts that check every access, and says what they saw.
    Stress(StressArgs),
    /// Runs the shapes of memory-model tests on the harts, changes of the map among them, and counts what comes out.
    Litmus(LitmusArgs),
    /// Prints the region tree and the flat view of a board, or what else can be asked of its memory map.
    Mtree(MtreeArgs),
}

/// Options of the built-in guest.
#[derive(Debug, Clone, Args)]
pub struct BuiltinArgs {
    /// How many harts (1 to 64).
    #[arg(long, value_name = "N", default_value = "4", value_parser = clap::value_parser!(u32).range(1..=crate::builtin::MAX_HARTS))]
    pub harts: u32,
    /// How long to run, in seconds.
    #[arg(long, value_name = "S", default_value = "5", value_parser = clap::value_parser!(u64).range(1..=1_000_000))]
    pub seconds: u64,
    /// The seed of everything random.
    #[arg(long, value_name = "N", default_value = "1")]
    pub seed: u64,
    /// Arms a deliberate defect, to show that the checks find it.
    #[cfg(feature = "planted-bugs")]
    #[arg(long, value_name = "DEFECT")]
    pub plant: Option<PlantedDefect>,
}

/// Options of `manyhart stress`.
#[derive(Debug, Clone, Args)]
#[command(after_help = STRESS_EXAMPLES)]
pub struct StressArgs {
    /// How many harts (1 to 64).
    #[arg(long, value_name = "N", default_value = "4", value_parser = clap::value_parser!(u32).range(1..=crate::stress::MAX_HARTS))]
    pub harts: u32,
    /// How many PCI functions the storm plays with (1 to 160); each hart has one more, which it moves itself.
    #[arg(long, value_name = "N", default_value = "64", value_parser = clap::value_parser!(u32).range(1..=crate::stress::MAX_FUNCTIONS))]
    pub functions: u32,
    /// How long to run, in seconds.
    #[arg(long, value_name = "S", default_value = "10", value_parser = clap::value_parser!(u64).range(1..=1_000_000))]
    pub seconds: u64,
    /// How many changes of the map to run for, instead of for a time.
    #[arg(long, value_name = "N", conflicts_with = "seconds", value_parser = clap::value_parser!(u64).range(1..))]
    pub commits: Option<u64>,
    /// The seed of everything random: with the same options it makes the same operations in the same order.
    #[arg(long, value_name = "N", default_value = "1")]
    pub seed: u64,
    /// Operations a second; 0: as many as it can.
    #[arg(long, value_name = "N", default_value = "0", value_parser = clap::value_parser!(u64).range(0..=1_000_000))]
    pub rate: u64,
    /// How often each kind of operation is drawn, by weight: `move`, `swap`, `resize`, `disable`, `add`, `remove` (of BARs), `plug`, `unplug` (of
    /// functions, by surprise), `many` (of the first six, in one transaction).
    #[arg(long, value_name = "KIND=WEIGHT,...")]
    pub mix: Option<crate::stress::Mix>,
    /// Faults, by weight beside those of `--mix`: `panic` (of the device behind a function), `slow` (answers that come late), `refuse`
    /// (transactions with a fault in them, of which nothing may happen).
    #[arg(long, value_name = "FAULT=WEIGHT,...")]
    pub inject: Option<crate::stress::Faults>,
    /// Who checks: the bare program of this repository, or processes of Debian's unmodified kernel, which is fetched where it is not there.
    #[arg(long, value_name = "GUEST", value_enum, default_value_t)]
    pub guest: crate::stress::Who,
    /// Where Debian's guest is, as for `manyhart run debian`.
    #[arg(long, value_name = "DIR")]
    pub dir: Option<PathBuf>,
    /// Writes the report as JSON.
    #[arg(long, value_name = "FILE")]
    pub json: Option<PathBuf>,
    /// Writes the report as one page with plots, which needs nothing else.
    #[arg(long, value_name = "FILE")]
    pub html: Option<PathBuf>,
    /// Arms a deliberate defect, to show that the checks find it.
    #[cfg(feature = "planted-bugs")]
    #[arg(long, value_name = "DEFECT")]
    pub plant: Option<PlantedDefect>,
}

/// Options of `manyhart litmus`.
#[derive(Debug, Clone, Args)]
#[command(after_help = LITMUS_EXAMPLES)]
pub struct LitmusArgs {
    /// Runs this shape alone, or all whose names begin so (`MP*`); may be given more than once.
    #[arg(long, value_name = "NAME")]
    pub shape: Vec<String>,
    /// How often each shape is run (rounded up to whole batches of 64).
    #[arg(long, value_name = "N", default_value = "20000", value_parser = clap::value_parser!(u64).range(1..=1_000_000_000_000))]
    pub iterations: u64,
    /// How many harts (2 to 64): shapes take two to four, and as many groups run side by side as the host has processors for.
    #[arg(long, value_name = "N", default_value = "4", value_parser = clap::value_parser!(u32).range(2..=crate::litmus::MAX_HARTS))]
    pub harts: u32,
    /// The seed of the harts' random delays.
    #[arg(long, value_name = "N", default_value = "1")]
    pub seed: u64,
    /// Writes the report as JSON.
    #[arg(long, value_name = "FILE")]
    pub json: Option<PathBuf>,
    /// Names the shapes, and runs nothing.
    #[arg(long)]
    pub list: bool,
    /// Arms a deliberate defect, to show that the shapes find it.
    #[cfg(feature = "planted-bugs")]
    #[arg(long, value_name = "DEFECT")]
    pub plant: Option<PlantedDefect>,
}

/// The defects that `--plant` arms.
#[cfg(feature = "planted-bugs")]
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum PlantedDefect {
    /// A reader sees one range of a new view beside another of the old one.
    Tear,
    /// A write disappears.
    LostWrite,
    /// A hart looks for a newer topology before its fence, not after.
    PollBeforeFence,
    /// A fence does not look for a newer topology.
    FenceUnpolled,
    /// An ordered atomic does not look for a newer topology.
    AtomicUnpolled,
    /// No fence orders a store before a load.
    StorePassesFence,
    /// A store-conditional stores whatever has become of the reservation.
    ScUnwatched,
    /// `fence.i` compares no page with what was decoded.
    CodeKept,
    /// `sfence.vma` forgets no translation.
    TranslationsKept,
}

#[cfg(feature = "planted-bugs")]
impl PlantedDefect {
    /// From now on it happens.
    pub fn arm(self) {
        use manyhart_runtime::planted::Bug as Runtime;
        use manyhart_vcpu::planted::Bug as Vcpu;
        use {manyhart_runtime::planted as runtime, manyhart_vcpu::planted as vcpu};
        match self {
            PlantedDefect::Tear => runtime::arm(Runtime::Tear),
            PlantedDefect::LostWrite => runtime::arm(Runtime::LostWrite),
            PlantedDefect::PollBeforeFence => runtime::arm(Runtime::PollBeforeFence),
            PlantedDefect::FenceUnpolled => vcpu::arm(Vcpu::FenceUnpolled),
            PlantedDefect::AtomicUnpolled => vcpu::arm(Vcpu::AtomicUnpolled),
            PlantedDefect::StorePassesFence => runtime::arm(Runtime::StorePassesGuestFence),
            PlantedDefect::ScUnwatched => vcpu::arm(Vcpu::ScUnwatched),
            PlantedDefect::CodeKept => vcpu::arm(Vcpu::CodeKept),
            PlantedDefect::TranslationsKept => vcpu::arm(Vcpu::TranslationsKept),
        }
    }
}

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

/// Options of `manyhart mtree`.
#[derive(Debug, Args)]
#[command(after_help = MTREE_EXAMPLES)]
pub struct MtreeArgs {
    /// Prints the region tree.
    #[arg(long)]
    pub tree: bool,
    /// Prints the flat view of each address space.
    #[arg(long)]
    pub flat: bool,
    /// Prints what is lawful in the tree and probably not meant: overlaps at one priority, regions that no space leads to, aliases
    /// longer than what they show.
    #[arg(long)]
    pub lint: bool,
    /// Prints, for each generation that is kept, what it changed.
    #[arg(long)]
    pub history: bool,
    /// Says what decodes an address, and what would if it could.
    #[arg(long, value_name = "ADDR", value_parser = number)]
    pub why: Option<u64>,
    /// Prints all that as JSON; addresses and sizes are text, in hexadecimal.
    #[arg(long)]
    pub json: bool,
    /// Draws an address space into a file.
    #[arg(long, value_name = "FILE")]
    pub svg: Option<PathBuf>,
    /// The address space that `--why` and `--svg` look at.
    #[arg(long, value_name = "NAME", default_value = "memory")]
    pub space: String,
    /// The generation to look at [default: the newest]
    #[arg(long, value_name = "N")]
    pub generation: Option<u64>,
    /// The board.
    #[command(flatten)]
    pub board: BoardArgs,
    /// What is plugged in.
    #[command(flatten)]
    pub plug: PlugArgs,
}

/// The board.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Board")]
pub struct BoardArgs {
    /// The board; there is one, `virt`. `virt,aia=aplic` and `virt,aia=aplic-imsic` give it an APLIC, or an APLIC and IMSICs, for its PLIC.
    #[arg(short = 'M', long, value_name = "NAME", default_value = "virt")]
    pub machine: MachineOption,
    /// How many harts (1 to 512): `4` or `cpus=4`.
    #[arg(long, visible_alias = "smp", value_name = "N", default_value = "1")]
    pub harts: SmpOption,
    /// How much RAM: `512M`, `1G`; a bare number counts MiB.
    #[arg(short, long, value_name = "SIZE", default_value = "512M", value_parser = memory_size)]
    pub memory: u64,
    /// The harts' kind; there is one, `rv64`.
    #[arg(long, value_name = "NAME", default_value = "rv64", hide = true)]
    pub cpu: CpuOption,
    /// How harts are executed; there is one way, one host thread each (`tcg`, `tcg,thread=multi`).
    #[arg(long, value_name = "NAME", default_value = "tcg", hide = true)]
    pub accel: AcceleratorOption,
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

/// What is plugged in.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Devices")]
pub struct PlugArgs {
    /// Plugs a device in: `DRIVER[,id=I][,bus=B][,addr=A][,…]`, as text or as JSON. `help` lists the drivers, `DRIVER,help` the
    /// properties of one. `loader,file=F[,addr=A][,cpu-num=N][,force-raw=on]` loads one more file.
    #[arg(long, value_name = "DEVICE")]
    pub device: Vec<DeviceOption>,
    /// Opens a disk image: `file=F[,id=I][,if=none|virtio][,format=raw|qcow2|vmdk][,readonly=on][,cache=…]`; without if=none a disk is
    /// made for it.
    #[arg(long, value_name = "DRIVE")]
    pub drive: Vec<DriveSpec>,
    /// Opens a disk image as a node, for a device to name: `driver=D,node-name=N,filename=F`, as text or as JSON.
    #[arg(long, value_name = "NODE")]
    pub blockdev: Vec<BlockdevSpec>,
    /// Wires a network interface: `tap,id=I[,ifname=N]`, `stream,id=I,…`, `dgram,id=I,…` or `socket,id=I,…`, as text or as JSON.
    #[arg(long, value_name = "WIRE")]
    pub netdev: Vec<NetdevSpec>,
    /// Names an end for consoles: `file,id=I,path=F`, `stdio,id=I[,mux=on]` or `null,id=I`.
    #[arg(long, value_name = "END")]
    pub chardev: Vec<ChardevSpec>,
    /// Makes something that devices use: `rng-random,id=I` or `rng-builtin,id=I`.
    #[arg(long, value_name = "OBJECT")]
    pub object: Vec<ObjectSpec>,
}

/// How it is commanded.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Control")]
pub struct ServeArgs {
    /// Serves QMP: `unix:PATH,server=on,wait=off`, `tcp:HOST:PORT,server=on,wait=off` or `stdio`.
    #[arg(long, value_name = "WHERE")]
    pub qmp: Vec<Place>,
    /// Serves the monitor, there as on Ctrl-A c: the places of `--qmp`, or `none`.
    #[arg(long, value_name = "WHERE")]
    pub monitor: Vec<MonitorOption>,
    /// Starts stopped: `cont`, by QMP or at the monitor, lets the harts run.
    #[arg(short = 'S', long = "stopped")]
    pub stopped: bool,
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

/// Where its time goes.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Profile")]
pub struct ProfileArgs {
    /// At the end, writes where the guest's time went, as folded stacks for flame graphs: `hart;mode;caller;…;function SAMPLES`.
    #[arg(long, value_name = "FILE")]
    pub profile: Option<PathBuf>,
    /// The functions' names, besides those in ELF images: an ELF file, a System.map, or the guest's /proc/kallsyms. May be said more than once.
    #[arg(long, value_name = "FILE", requires = "profile")]
    pub symbols: Vec<PathBuf>,
    /// How many instructions a hart executes between two samples, on the average.
    #[arg(long, value_name = "N", default_value = "1000000", requires = "profile",
        value_parser = clap::value_parser!(u64).range(100..=1 << 40))]
    pub profile_every: u64,
}
