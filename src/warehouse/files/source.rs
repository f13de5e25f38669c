//! The bytes of a Parquet part. A small part is read whole, a large one as needed. Every page passes here, and its declared
//! size is counted before it is decoded.

use std::fs::File;
use std::io::{self, BufReader, Read};
use std::os::unix::fs::FileExt;
use std::sync::Arc;

use bytes::Bytes;
use parquet::errors::{ParquetError, Result};
use parquet::file::reader::{ChunkReader, Length};

use super::meter::Meter;

/// A part up to this size is read whole: one system call costs less than a handful per column. What is reported and limited
/// is still the share of the needed columns.
const WHOLE: u64 = 1 << 20;
/// How much of a large part is read to find the header of a page. Most headers are shorter.
const HEADER: usize = 512;

#[derive(Clone)]
pub(super) struct Source {
    bytes: Held,
    meter: Meter,
}

#[derive(Clone)]
enum Held {
    Whole(Bytes),
    Large(Arc<File>, u64),
}

impl Source {
    pub fn of(file: File, meter: Meter) -> io::Result<Self> {
        let len = file.metadata()?.len();
        let bytes =
            if len > WHOLE { Held::Large(Arc::new(file), len) } else { Held::Whole(exactly(&file, len as usize)?) };
        Ok(Self { bytes, meter })
    }

    /// Counts the page that begins here. A page that does not fit is never decoded.
    fn begin_page(&self, start: u64) -> Result<()> {
        let decoded = decoded_size(&self.bytes.peek(start)).unwrap_or(0);
        Ok(self.meter.add_page(decoded)?)
    }
}

impl Held {
    fn peek(&self, start: u64) -> [u8; HEAD] {
        let mut head = [0; HEAD];
        match self {
            Self::Whole(bytes) => {
                let rest = usize::try_from(start).ok().and_then(|at| bytes.get(at..)).unwrap_or(&[]);
                let len = rest.len().min(HEAD);
                head[..len].copy_from_slice(&rest[..len]);
            }
            Self::Large(file, _) => _ = file.read_at(&mut head, start),
        }
        head
    }
}

/// The bytes that hold the size of a page.
const HEAD: usize = 12;

/// The declared decoded size of a page: the second field of its header, a Thrift number.
fn decoded_size(head: &[u8; HEAD]) -> Option<u64> {
    const INT_AFTER_ONE: u8 = 0x15;
    let rest = head.strip_prefix(&[INT_AFTER_ONE])?;
    let after_type = 1 + rest.iter().position(|byte| byte & 0x80 == 0)?;
    let size = rest[after_type..].strip_prefix(&[INT_AFTER_ONE])?;
    let len = 1 + size.iter().position(|byte| byte & 0x80 == 0)?;
    let zigzag = size[..len].iter().rev().fold(0_u64, |n, byte| n << 7 | u64::from(byte & 0x7f));
    // The decoder rejects a negative size.
    (zigzag & 1 == 0).then_some(zigzag >> 1)
}

impl Length for Source {
    fn len(&self) -> u64 {
        match &self.bytes {
            Held::Whole(bytes) => Length::len(bytes),
            Held::Large(_, len) => *len,
        }
    }
}

impl ChunkReader for Source {
    type T = Box<dyn Read>;

    fn get_read(&self, start: u64) -> Result<Box<dyn Read>> {
        self.begin_page(start)?;
        Ok(match &self.bytes {
            Held::Whole(bytes) => Box::new(bytes.get_read(start)?),
            Held::Large(file, _) => Box::new(BufReader::with_capacity(
                HEADER,
                Stretch { file: file.clone(), at: start, meter: self.meter.clone() },
            )),
        })
    }

    fn get_bytes(&self, start: u64, length: usize) -> Result<Bytes> {
        self.meter.add(0)?;
        let (file, len) = match &self.bytes {
            Held::Whole(bytes) => return bytes.get_bytes(start, length),
            Held::Large(file, len) => (file, *len),
        };
        // The length that a damaged part declares is not trusted: no memory is allocated for it.
        if start.checked_add(length as u64).is_none_or(|end| end > len) {
            return Err(ParquetError::EOF(format!("{length} bytes from {start} on, of {len}")));
        }
        Ok(exactly(Stretch { file: file.clone(), at: start, meter: self.meter.clone() }, length)?)
    }
}

/// Reads exactly this many bytes. The buffer is not zeroed first.
fn exactly(from: impl Read, length: usize) -> io::Result<Bytes> {
    let mut read = Vec::with_capacity(length);
    match from.take(length as u64).read_to_end(&mut read)? {
        all if all == length => Ok(read.into()),
        _ => Err(io::ErrorKind::UnexpectedEof.into()),
    }
}

/// The bytes of a file from an offset.
struct Stretch {
    file: Arc<File>,
    at: u64,
    meter: Meter,
}

impl Read for Stretch {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let read = self.file.read_at(into, self.at).inspect_err(|_| self.meter.note_io())?;
        self.at += read as u64;
        Ok(read)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_that_cannot_be_read_now_is_not_taken_for_a_damaged_one() {
        let folder = tempfile::tempdir().unwrap();
        // A file that is open only for writing refuses every read, like a failing disk.
        let file = File::create(folder.path().join("a.parquet")).unwrap();
        let meter = Meter::unbounded();
        let source = Source { bytes: Held::Large(Arc::new(file), 100), meter: meter.clone() };
        assert!(source.get_bytes(0, 10).is_err());
        assert!(meter.io_failed() && !meter.io_failed());
        assert!(source.get_bytes(95, 10).is_err(), "beyond the end");
        assert!(!meter.io_failed(), "that is the footer's fault");
    }
}
