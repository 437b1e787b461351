//! A cpio archive in the "newc" format, as a kernel unpacks it into its initial file system (Linux,
//! Documentation/driver-api/early-userspace/buffer-format.rst).

/// Where an archive may begin behind another.
pub const ALIGNMENT: usize = 4;
/// A regular file that all may read and run.
const MODE: u32 = 0o100_755;

/// An archive of these files, which all may read and run.
pub fn archive(files: &[(&str, &[u8])]) -> Vec<u8> {
    let mut bytes = Vec::new();
    for (inode, (name, contents)) in (1..).zip(files) {
        member(&mut bytes, inode, MODE, name, contents);
    }
    member(&mut bytes, 0, 0, "TRAILER!!!", &[]);
    bytes
}

fn member(bytes: &mut Vec<u8>, inode: u32, mode: u32, name: &str, contents: &[u8]) {
    let (size, name_size) = (contents.len() as u32, name.len() as u32 + 1);
    // Inode, mode, user, group, links, time, size, the device's two numbers, the special file's two, the name's size, a check sum of nothing.
    let fields = [inode, mode, 0, 0, 1, 0, size, 0, 0, 0, 0, name_size, 0];
    bytes.extend(b"070701");
    bytes.extend(fields.iter().flat_map(|field| format!("{field:08X}").into_bytes()));
    bytes.extend(name.as_bytes());
    bytes.push(0);
    bytes.resize(bytes.len().next_multiple_of(ALIGNMENT), 0);
    bytes.extend(contents);
    bytes.resize(bytes.len().next_multiple_of(ALIGNMENT), 0);
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The members as a kernel finds them: name, mode, contents.
    fn unpack(mut bytes: &[u8]) -> Vec<(String, u32, Vec<u8>)> {
        let mut members = Vec::new();
        loop {
            let field = |index: usize| {
                let digits = std::str::from_utf8(&bytes[6 + 8 * index..14 + 8 * index]).expect("digits");
                u32::from_str_radix(digits, 16).expect("hexadecimal")
            };
            assert_eq!(&bytes[..6], b"070701");
            let (mode, size, name_size) = (field(1), field(6) as usize, field(11) as usize);
            let contents = (110 + name_size).next_multiple_of(4);
            let name = String::from_utf8(bytes[110..110 + name_size - 1].to_vec()).expect("a name");
            assert_eq!(bytes[110 + name_size - 1], 0);
            if name == "TRAILER!!!" {
                return members;
            }
            members.push((name, mode, bytes[contents..contents + size].to_vec()));
            bytes = &bytes[(contents + size).next_multiple_of(4)..];
        }
    }

    #[test]
    fn an_archive_holds_its_files() {
        let files: [(&str, &[u8]); 3] = [("one", b"1"), ("empty", b""), ("words", b"a few words\n")];
        let expected = files.map(|(name, contents)| (name.to_owned(), MODE, contents.to_vec()));
        assert_eq!(unpack(&archive(&files)), expected);
    }
}
