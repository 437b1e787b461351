use super::*;

fn wire(text: &str) -> Result<WireSpec, String> {
    text.parse().map(|spec: NetdevSpec| spec.wire).map_err(|error: NetdevError| error.to_string())
}

fn inet(port: u16) -> StreamAddress {
    StreamAddress::Inet("h".to_owned(), port)
}

#[test]
fn wires_are_read_as_users_write_them() {
    let unix = || StreamAddress::Unix("/s".into());
    let home = |port| DatagramAddress::Inet("h".to_owned(), port);
    let cases = [
        ("tap,id=n", WireSpec::Tap(String::new())),
        ("tap,id=n,ifname=tap7,script=no,downscript=no,vhost=off", WireSpec::Tap("tap7".to_owned())),
        ("stream,id=n,server=on,addr.type=unix,addr.path=/s", WireSpec::Listen(unix())),
        ("type=stream,id=n,server=off,addr.type=unix,addr.path=/s", WireSpec::Connect(unix(), None)),
        (
            "stream,id=n,addr.type=inet,addr.host=h,addr.port=7,reconnect=2",
            WireSpec::Connect(inet(7), Some(Duration::from_secs(2))),
        ),
        (
            r#"{"type":"stream","id":"n","addr":{"type":"inet","host":"h","port":"7"},"reconnect-ms":5}"#,
            WireSpec::Connect(inet(7), Some(Duration::from_millis(5))),
        ),
        (
            "dgram,id=n,local.type=inet,local.host=h,local.port=1,remote.type=inet,remote.host=h,remote.port=2",
            WireSpec::Datagrams { local: home(1), remote: home(2) },
        ),
        (
            "dgram,id=n,local.type=unix,local.path=/a,remote.type=unix,remote.path=/b",
            WireSpec::Datagrams {
                local: DatagramAddress::Unix("/a".into()),
                remote: DatagramAddress::Unix("/b".into()),
            },
        ),
        ("socket,id=n,listen=:9", WireSpec::Listen(StreamAddress::Inet("0.0.0.0".to_owned(), 9))),
        ("socket,id=n,connect=h:9", WireSpec::Connect(inet(9), None)),
        ("socket,id=n,udp=h:2,localaddr=h:1", WireSpec::Datagrams { local: home(1), remote: home(2) }),
    ];
    for (text, want) in cases {
        assert_eq!(wire(text), Ok(want), "{text}");
    }
}

#[test]
fn wires_that_cannot_be_had_are_refused_by_name() {
    let cases = [
        ("tap", "Parameter 'id' is missing"),
        ("tap,id=n,script=/bin/x", "script=/bin/x: scripts are not run: say 'no', and set the interface up before"),
        ("user,id=n", "type=user: there is no user-mode network inside: run passt and use 'stream'"),
        ("vde,id=n", "type=vde: the kinds are 'tap', 'stream', 'dgram' and 'socket'"),
        ("stream,id=n,server=on", "Parameter 'addr.type' is missing"),
        ("stream,id=n,addr.type=inet,addr.host=h", "Parameter 'addr.port' is missing"),
        ("stream,id=n,addr.type=inet,addr.host=h,addr.port=65536", "Parameter 'addr.port' expects a smaller number"),
        ("stream,id=n,addr.type=fd,addr.str=3", "addr.type=fd: 'unix' or 'inet'"),
        ("socket,id=n", "socket=: exactly one of 'listen', 'connect' and 'udp'"),
        ("socket,id=n,connect=h", "connect=h: a host and a port, with ':' between"),
        ("tap,id=n,colour=red", "Property 'tap.colour' not found"),
    ];
    for (text, want) in cases {
        assert_eq!(wire(text), Err(want.to_owned()), "{text}");
    }
}

#[test]
fn a_wire_belongs_to_one_device_at_a_time() {
    let path = std::env::temp_dir().join(format!("manyhart-netdevs-{}", std::process::id()));
    let text = format!("stream,id=n,server=on,addr.type=unix,addr.path={}", path.display());
    let spec: NetdevSpec = text.parse().expect("a wire");
    let netdevs = Netdevs::default();
    netdevs.add(&spec).expect("it opens");
    let say = |error: NetdevError| error.to_string();
    assert_eq!(netdevs.add(&spec).map_err(say), Err("Duplicate ID 'n' for netdev".to_owned()));
    assert!(netdevs.take("n", "a").is_ok());
    assert_eq!(netdevs.take("n", "b").err().map(say), Some("Device 'n' is in use by 'a'".to_owned()));
    assert_eq!(netdevs.remove("n").map_err(say), Err("Device 'n' is in use by 'a'".to_owned()));
    assert_eq!(netdevs.list(), [("n".to_owned(), Some("a".to_owned()))]);
    netdevs.release("a");
    assert!(netdevs.remove("n").is_ok());
    assert_eq!(netdevs.take("n", "a").err().map(say), Some("Device 'n' not found".to_owned()));
    assert!(!path.exists());
    let nowhere = "stream,id=n,addr.type=unix,addr.path=/nonexistent/socket".parse().map(|spec| netdevs.add(&spec));
    assert!(matches!(nowhere, Ok(Err(NetdevError::Host { .. }))));
}

#[test]
fn addresses_of_interfaces() {
    assert_eq!(parse_mac("52:54:00:12:34:56"), Some(default_mac(0)));
    assert_eq!(parse_mac("52-54-00-12-34-57"), Some(default_mac(1)));
    for text in
        ["", "52:54:00:12:34", "52:54:00:12:34:56:78", "5:54:00:12:34:56", "53:54:00:12:34:56", "x2:54:00:12:34:56"]
    {
        assert_eq!(parse_mac(text), None, "{text}");
    }
}
