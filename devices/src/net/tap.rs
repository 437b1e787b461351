//! A tap interface of the host: frames go to and come from its network stack.
#![allow(unsafe_code)] // One ioctl names the interface; no crate that is kept well wraps it.

use std::fs::File;
use std::io::{self, ErrorKind, Read, Write};
use std::os::fd::{AsFd, BorrowedFd};
use std::os::unix::fs::OpenOptionsExt;

use rustix::fs::OFlags;
use rustix::ioctl::{Opcode, Updater, ioctl, opcode};

use super::{LONGEST_FRAME, NetBackend};

/// `TUNSETIFF` of linux/if_tun.h.
const SET_INTERFACE: Opcode = opcode::write::<std::ffi::c_int>(b'T', 202);
/// `IFF_TAP | IFF_NO_PI`: Ethernet frames, nothing before them.
const FRAMES_ALONE: u16 = 0x0002 | 0x1000;
/// With the zero that ends it.
const NAME: usize = 16;

/// `struct ifreq`, as this request uses it.
#[repr(C)]
struct InterfaceRequest {
    name: [u8; NAME],
    flags: u16,
    rest: [u8; 22],
}

/// A tap interface.
#[derive(Debug)]
pub struct Tap {
    file: File,
    name: String,
    is_gone: bool,
}

impl Tap {
    /// The interface `name`; the host makes it if it is not there, and chooses a name where none is given or it ends in `%d`. Its address and whether it is up are for the
    /// host's administrator.
    pub fn open(name: &str) -> io::Result<Tap> {
        let mut request = InterfaceRequest { name: [0; NAME], flags: FRAMES_ALONE, rest: [0; 22] };
        if name.len() >= NAME {
            return Err(io::Error::new(ErrorKind::InvalidInput, "an interface's name has at most 15 bytes"));
        }
        request.name[..name.len()].copy_from_slice(name.as_bytes());
        let flags = OFlags::NONBLOCK.bits() as i32;
        let file = File::options().read(true).write(true).custom_flags(flags).open("/dev/net/tun")?;
        // SAFETY: `TUNSETIFF` reads and writes one `struct ifreq`, 40 bytes, which `InterfaceRequest` is laid out as.
        unsafe { ioctl(&file, Updater::<SET_INTERFACE, InterfaceRequest>::new(&mut request)) }?;
        let end = request.name.iter().position(|byte| *byte == 0).unwrap_or(NAME);
        let name = String::from_utf8_lossy(&request.name[..end]).into_owned();
        Ok(Tap { file, name, is_gone: false })
    }

    /// What the host calls it.
    pub fn name(&self) -> &str {
        &self.name
    }
}

impl NetBackend for Tap {
    fn is_up(&self) -> bool {
        !self.is_gone
    }

    fn fd(&self) -> Option<BorrowedFd<'_>> {
        (!self.is_gone).then(|| self.file.as_fd())
    }

    fn receive(&mut self, frame: &mut Vec<u8>) -> bool {
        if self.is_gone {
            return false;
        }
        frame.resize(LONGEST_FRAME, 0);
        loop {
            match self.file.read(frame) {
                Ok(len) => {
                    frame.truncate(len);
                    return len > 0;
                }
                Err(error) if error.kind() == ErrorKind::WouldBlock => return false,
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => {
                    tracing::warn!("the interface {} is gone: {error}", self.name);
                    self.is_gone = true;
                    return false;
                }
            }
        }
    }

    fn send(&mut self, frame: &[u8]) -> bool {
        // An interface that is down refuses, as a wire that is not plugged in: the frame is lost.
        !self.file.write(frame).is_err_and(|error| error.kind() == ErrorKind::WouldBlock)
    }
}
