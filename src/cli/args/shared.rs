//! Groups of options that more than one command takes.

use std::path::PathBuf;

use clap::Args;

use crate::cli::doors::{ChardevOption, MonOption};
use crate::cli::values::{
    AcceleratorOption, CpuOption, DeviceOption, MachineOption, MonitorOption, SmpOption, memory_size,
};
use crate::control::Place;
use crate::gdb::GdbPlace;
use crate::plug::{BlockdevSpec, DriveSpec, NetdevSpec, ObjectSpec};

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
    /// Names an end for consoles, `file,id=I,path=F`, `stdio,id=I[,mux=on]` or `null,id=I`, or a place for `--mon`: `socket,id=I,path=P,server=on,wait=off`.
    #[arg(long, value_name = "END")]
    pub chardev: Vec<ChardevOption>,
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
    /// Serves one of both at a socket of `--chardev`: `chardev=I[,mode=readline|control]`.
    #[arg(long, value_name = "SOCKET")]
    pub mon: Vec<MonOption>,
    /// Serves GDB: `tcp::PORT` (of this host alone), `tcp:HOST:PORT` or `unix:PATH`. The machine stops when GDB comes.
    #[arg(long, value_name = "WHERE")]
    pub gdb: Vec<GdbPlace>,
    /// The same as `--gdb tcp::1234`.
    #[arg(short = 's')]
    pub gdb_at_1234: bool,
    /// Starts stopped: `cont`, by QMP or at the monitor, or GDB's `continue`, lets the harts run.
    #[arg(short = 'S', long = "stopped")]
    pub stopped: bool,
}

/// Where its time goes.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Profile")]
pub struct ProfileArgs {
    /// At the end, writes where the guest's time went, as folded stacks for flame graphs: `hart;mode[;process];caller;…;function SAMPLES`.
    #[arg(long, value_name = "FILE")]
    pub profile: Option<PathBuf>,
    /// At the end, writes a table of functions too, by how many samples are in each and in what it calls.
    #[arg(long, value_name = "FILE", requires = "profile")]
    pub profile_report: Option<PathBuf>,
    /// The functions' names, besides those in ELF images and in Linux' own tables: an ELF file, a System.map, or the guest's /proc/kallsyms. May be
    /// given more than once.
    #[arg(long, value_name = "FILE", requires = "profile")]
    pub symbols: Vec<PathBuf>,
    /// How many instructions a hart executes between two samples, on the average (100 to 2^40).
    #[arg(long, value_name = "N", default_value = "1000000", requires = "profile",
        value_parser = clap::value_parser!(u64).range(100..=1 << 40))]
    pub profile_every: u64,
}
