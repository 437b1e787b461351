//! Bytes of images: from a file, never more than the machine could hold, unpacked where they are gzip.

use std::fs::File;
use std::io::Read;
use std::path::PathBuf;
use std::sync::Arc;

use flate2::read::MultiGzDecoder;

use super::LoadError;

/// Where an image comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Source {
    /// A file.
    File(PathBuf),
    /// Bytes that the command brings along.
    Memory {
        /// What messages call it.
        name: &'static str,
        /// The image.
        bytes: Arc<[u8]>,
    },
}

impl Source {
    /// What messages call it.
    pub fn name(&self) -> String {
        match self {
            Source::File(path) => path.display().to_string(),
            Source::Memory { name, .. } => (*name).to_owned(),
        }
    }

    /// All of its bytes, at most `limit`, and at least one.
    pub fn read(&self, limit: u64) -> Result<Vec<u8>, LoadError> {
        let bytes = match self {
            Source::File(path) => {
                let failed = |error| LoadError::Read { file: self.name(), error };
                read_up_to(File::open(path).map_err(failed)?, limit).map_err(failed)?
            }
            Source::Memory { bytes, .. } => (bytes.len() as u64 <= limit).then(|| bytes.to_vec()),
        };
        match bytes {
            None => Err(LoadError::TooLong { file: self.name() }),
            Some(bytes) if bytes.is_empty() => Err(LoadError::Empty { file: self.name() }),
            Some(bytes) => Ok(bytes),
        }
    }

    /// As [`Source::read`], unpacked where the bytes are gzip; `limit` holds for both forms.
    pub fn read_unpacked(&self, limit: u64) -> Result<Vec<u8>, LoadError> {
        let packed = self.read(limit)?;
        if !packed.starts_with(&[0x1f, 0x8b]) {
            return Ok(packed);
        }
        read_up_to(MultiGzDecoder::new(&packed[..]), limit)
            .map_err(|error| LoadError::Gzip { file: self.name(), error })?
            .ok_or_else(|| LoadError::TooLong { file: self.name() })
    }
}

/// Everything, or `None` where it is more than `limit` bytes (which an endless device is).
fn read_up_to(from: impl Read, limit: u64) -> std::io::Result<Option<Vec<u8>>> {
    let mut bytes = Vec::new();
    let read = from.take(limit.saturating_add(1)).read_to_end(&mut bytes)?;
    Ok((read as u64 <= limit).then_some(bytes))
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;

    fn memory(bytes: &[u8]) -> Source {
        Source::Memory { name: "it", bytes: bytes.into() }
    }

    fn gzip(bytes: &[u8]) -> Vec<u8> {
        let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        encoder.write_all(bytes).unwrap();
        encoder.finish().unwrap()
    }

    #[test]
    fn gzip_is_unpacked_and_bounded() {
        let zeroes = gzip(&[0; 100_000]);
        assert_eq!(memory(&zeroes).read_unpacked(100_000).unwrap(), [0; 100_000]);
        assert_eq!(memory(b"plain").read_unpacked(5).unwrap(), b"plain");
        assert_eq!(memory(&zeroes).read(1000).unwrap(), zeroes, "read leaves it packed");
        let errors = [
            (memory(&zeroes).read_unpacked(99_999), "it: does not fit the machine's memory"),
            (memory(&zeroes[..zeroes.len() / 2]).read_unpacked(1 << 20), "it: broken gzip file: "),
            (memory(b"").read(5), "it: is empty"),
            (Source::File("/nonexistent".into()).read(5), "/nonexistent: cannot read: No such file"),
            (Source::File("/".into()).read(5), "/: cannot read: Is a directory"),
            (Source::File("/dev/zero".into()).read(5000), "/dev/zero: does not fit the machine's memory"),
        ];
        for (got, want) in errors {
            let got = got.unwrap_err().to_string();
            assert!(got.starts_with(want), "{got}");
        }
    }
}
