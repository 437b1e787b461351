use std::io::{Read, Write};
use std::os::unix::net::{UnixDatagram, UnixStream};
use std::path::PathBuf;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Instant;

use super::pump::Pump;
use super::*;

const PATIENCE: Duration = Duration::from_secs(120);

fn scratch(what: &str) -> PathBuf {
    static COUNT: AtomicU32 = AtomicU32::new(0);
    let count = COUNT.fetch_add(1, Ordering::Relaxed);
    std::env::temp_dir().join(format!("manyhart-net-{}-{count}-{what}", std::process::id()))
}

fn frame(tag: u8, len: usize) -> Vec<u8> {
    vec![tag; len]
}

fn pump(netdev: &Netdev) -> Pump {
    Pump::start(netdev, || {}).expect("a thread")
}

fn eventually<R>(mut look: impl FnMut() -> Option<R>) -> R {
    let end = Instant::now() + PATIENCE;
    loop {
        if let Some(found) = look() {
            return found;
        }
        assert!(Instant::now() < end, "it does not come to that");
        std::thread::sleep(Duration::from_millis(1));
    }
}

/// The thread of a pump that is gone gives the wire back in its own time.
fn is_given_back(netdev: &Netdev) {
    eventually(|| netdev.is_free().then_some(()));
}

fn received(pump: &Pump) -> Vec<u8> {
    eventually(|| pump.receive())
}

fn send(pump: &Pump, frame: Vec<u8>) {
    eventually(|| pump.has_room().then_some(()));
    pump.send(frame);
    pump.kick();
}

/// Frames of all lengths cross in both directions, in order.
fn talk(left: &Netdev, right: &Netdev, longest: usize) {
    [left, right].into_iter().for_each(is_given_back);
    let (left, right) = (pump(left), pump(right));
    eventually(|| (left.is_up() && right.is_up()).then_some(()));
    for (index, len) in [14, 60, 1514, 9000, longest].into_iter().enumerate() {
        send(&left, frame(index as u8, len));
        assert_eq!(received(&right), frame(index as u8, len));
        send(&right, frame(!index as u8, len));
        assert_eq!(received(&left), frame(!index as u8, len));
    }
}

#[test]
fn streams_carry_frames() {
    let (left, right) = UnixStream::pair().expect("a pair");
    let ends = [left, right].map(|end| Netdev::new(Stream::over(end).expect("an end")));
    talk(&ends[0], &ends[1], LONGEST_FRAME);
    // The pumps have given them back.
    talk(&ends[1], &ends[0], LONGEST_FRAME);
}

#[test]
fn streams_find_each_other_in_the_file_system_and_at_ports() {
    let path = scratch("stream");
    let server = Stream::listen(&StreamAddress::Unix(path.clone())).expect("a listener");
    let client = Stream::connect(&StreamAddress::Unix(path.clone()), None).expect("a connection");
    talk(&Netdev::new(server), &Netdev::new(client), LONGEST_FRAME);
    assert!(!path.exists(), "the socket is taken away");
    let server = Stream::listen(&StreamAddress::Inet("127.0.0.1".to_owned(), 0)).expect("a listener");
    let address = StreamAddress::Inet("127.0.0.1".to_owned(), server.port().expect("a port"));
    let client = Stream::connect(&address, None).expect("a connection");
    talk(&Netdev::new(server), &Netdev::new(client), LONGEST_FRAME);
}

#[test]
fn datagrams_carry_frames() {
    let (left, right) = UnixDatagram::pair().expect("a pair");
    let ends = [left, right].map(|end| Netdev::new(Datagrams::over(end).expect("an end")));
    talk(&ends[0], &ends[1], 65_000);
    let (a, b) = (DatagramAddress::Unix(scratch("a")), DatagramAddress::Unix(scratch("b")));
    let ends = [(&a, &b), (&b, &a)].map(|(from, to)| Netdev::new(Datagrams::open(from, to).expect("an end")));
    talk(&ends[0], &ends[1], 65_000);
    let home = |port| DatagramAddress::Inet("127.0.0.1".to_owned(), port);
    // A port that was free a moment ago may be another process's by now: then with another.
    let (left, right) = eventually(|| {
        let port = Datagrams::open(&home(0), &home(9)).expect("a port").port().expect("a port");
        let left = Datagrams::open(&home(0), &home(port)).expect("an end");
        let right = Datagrams::open(&home(port), &home(left.port().expect("a port"))).ok()?;
        Some((left, right))
    });
    talk(&Netdev::new(left), &Netdev::new(right), 65_000);
    assert!(Datagrams::open(&a, &home(1)).is_err());
}

#[test]
fn what_nobody_receives_is_lost_and_holds_nobody_up() {
    let (a, b) = (DatagramAddress::Unix(scratch("lone")), DatagramAddress::Unix(scratch("nobody")));
    let netdev = Netdev::new(Datagrams::open(&a, &b).expect("an end"));
    let alone = pump(&netdev);
    for tag in 0..100 {
        send(&alone, frame(tag, 100));
    }
    // Somebody comes: from then on frames arrive.
    let other = Netdev::new(Datagrams::open(&b, &a).expect("an end"));
    let other = pump(&other);
    eventually(|| {
        send(&alone, frame(0xaa, 100));
        other.receive()
    });
}

#[test]
fn a_listener_takes_the_next_peer_and_a_client_looks_again() {
    let address = StreamAddress::Unix(scratch("again"));
    let client = Stream::connect(&address, Some(Duration::from_millis(5))).expect("it may come later");
    assert!(Stream::connect(&address, None).is_err());
    let client = Netdev::new(client);
    let client = pump(&client);
    assert!(!client.is_up());
    // Without a carrier frames are lost and room stays.
    (0..1000).for_each(|_| send(&client, frame(1, 60)));
    for round in 0..3 {
        let server = Netdev::new(Stream::listen(&address).expect("a listener"));
        let server_pump = pump(&server);
        eventually(|| (client.is_up() && server_pump.is_up()).then_some(()));
        send(&server_pump, frame(round, 60));
        assert_eq!(received(&client), frame(round, 60));
        drop(server_pump);
        drop(server);
        eventually(|| (!client.is_up()).then_some(()));
    }
}

#[test]
fn what_is_no_frame_ends_the_connection() {
    let address = StreamAddress::Unix(scratch("nonsense"));
    let StreamAddress::Unix(path) = &address else { unreachable!("it is one") };
    let server = Netdev::new(Stream::listen(&address).expect("a listener"));
    let server = pump(&server);
    for nonsense in [&b"GET / HTTP/1.1\r\n\r\n"[..], &[0xff; 4], &[0, 1, 0, 0x20]] {
        let mut peer = UnixStream::connect(path).expect("a connection");
        peer.set_read_timeout(Some(PATIENCE)).expect("a timeout");
        peer.write_all(nonsense).expect("written");
        // It hangs up: what is read is the end, or that it was reset.
        assert!(peer.read(&mut [0; 16]).map_or(true, |read| read == 0));
        eventually(|| (!server.is_up()).then_some(()));
    }
    let mut peer = UnixStream::connect(path).expect("a connection");
    peer.write_all(&[0, 0, 0, 14]).expect("written");
    peer.write_all(&[7; 13]).expect("written");
    std::thread::sleep(Duration::from_millis(20));
    assert_eq!(server.receive(), None, "it is not whole yet");
    peer.write_all(&[7, 0, 0]).expect("written");
    assert_eq!(received(&server), [7; 14]);
}

#[test]
fn queues_have_ends_in_both_directions() {
    let (mut peer, end) = UnixStream::pair().expect("a pair");
    let netdev = Netdev::new(Stream::over(end).expect("an end"));
    let pump = pump(&netdev);
    // The peer reads nothing: after some frames there is no more room.
    let (mut sent, mut refused) = (0u32, 0);
    while refused < 200 {
        assert!(sent < 5000, "{sent} frames without a reader");
        if pump.has_room() {
            pump.send([&sent.to_be_bytes()[..], &[0; 8996]].concat());
            (sent, refused) = (sent + 1, 0);
        } else {
            refused += 1;
            std::thread::sleep(Duration::from_millis(1));
        }
        pump.kick();
    }
    assert!(sent >= 100, "no room after {sent} frames");
    let mut bytes = vec![0; 9004];
    for number in 0..sent {
        peer.read_exact(&mut bytes).expect("a frame");
        assert_eq!((&bytes[..4], &bytes[4..8]), (&9000u32.to_be_bytes()[..], &number.to_be_bytes()[..]));
    }
    // The device takes nothing: the peer is held up in its turn.
    peer.set_nonblocking(true).expect("set");
    let one = [&9000u32.to_be_bytes()[..], &[5; 9000]].concat();
    let (mut written, mut refused) = (0, 0);
    while refused < 200 {
        assert!(written < 64 << 20, "{written} bytes without a reader");
        match peer.write(&one[written % 9004..]) {
            Ok(more) => (written, refused) = (written + more, 0),
            Err(_) => {
                refused += 1;
                std::thread::sleep(Duration::from_millis(1));
            }
        }
    }
    for _ in 0..written / 9004 {
        assert_eq!(received(&pump).len(), 9000);
    }
}

#[test]
fn a_wire_has_one_device() {
    let (end, _peer) = UnixStream::pair().expect("a pair");
    let netdev = Netdev::new(Stream::over(end).expect("an end"));
    let first = pump(&netdev);
    assert!(Pump::start(&netdev, || {}).is_err_and(|error| error.kind() == std::io::ErrorKind::ResourceBusy));
    assert!(!netdev.is_free());
    drop(first);
    is_given_back(&netdev);
}

#[test]
fn a_peer_that_is_gone_leaves_the_thread_asleep() {
    let (end, peer) = UnixStream::pair().expect("a pair");
    let netdev = Netdev::new(Stream::over(end).expect("an end"));
    let pump = pump(&netdev);
    drop(peer);
    eventually(|| (!pump.is_up()).then_some(()));
    (0..1000).for_each(|_| send(&pump, frame(1, 60)));
}

/// Where the host lets us: as root, or in a container that has the device.
#[test]
fn a_tap_interface_carries_frames() {
    let tap = match Tap::open("") {
        Ok(tap) => tap,
        Err(error) => {
            assert!(
                matches!(error.kind(), std::io::ErrorKind::PermissionDenied | std::io::ErrorKind::NotFound),
                "{error}"
            );
            return;
        }
    };
    assert!(tap.name().starts_with("tap"), "{}", tap.name());
    assert!(tap.is_up());
    assert!(Tap::open("a name too long for one").is_err());
    let netdev = Netdev::new(tap);
    let pump = pump(&netdev);
    // It is down: frames are lost, and nothing is held up.
    (0..1000).for_each(|_| send(&pump, frame(1, 60)));
}
