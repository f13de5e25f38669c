//! The bytes of a Parquet part: a small one is read whole, of a large one what is asked for. Every page passes here, and
//! what it says that it holds is counted before it is decoded.

use std::fs::File;
use std::io::{self, BufReader, Read};
use std::os::unix::fs::FileExt;
use std::sync::Arc;

use bytes::Bytes;
use parquet::errors::{ParquetError, Result};
use parquet::file::reader::{ChunkReader, Length};

use super::meter::Meter;

/// A part up to this size is read whole: one call of the system costs less than a handful for each of its columns.
/// What is told of bytes read, and limited, is the needed columns' share all the same.
const WHOLE: u64 = 1 << 20;
/// What is read of a large part to learn what a page is: most headers are shorter.
const HEADER: usize = 512;

/// A part that is open.
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

    /// A page begins here: it is counted, and none is decoded that would not fit.
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

/// The bytes in which the size of a page stands.
const HEAD: usize = 12;

/// What a page says that it takes when it is decoded: the second field of its header, a number as Thrift writes it.
fn decoded_size(head: &[u8; HEAD]) -> Option<u64> {
    const INT_AFTER_ONE: u8 = 0x15;
    let rest = head.strip_prefix(&[INT_AFTER_ONE])?;
    let after_type = 1 + rest.iter().position(|byte| byte & 0x80 == 0)?;
    let size = rest[after_type..].strip_prefix(&[INT_AFTER_ONE])?;
    let len = 1 + size.iter().position(|byte| byte & 0x80 == 0)?;
    let zigzag = size[..len].iter().rev().fold(0_u64, |n, byte| n << 7 | u64::from(byte & 0x7f));
    // A negative size is the decoder's to refuse.
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
        // What a damaged part says of its own length is not believed: room for it is not made.
        if start.checked_add(length as u64).is_none_or(|end| end > len) {
            return Err(ParquetError::EOF(format!("{length} bytes from {start} on, of {len}")));
        }
        Ok(exactly(Stretch { file: file.clone(), at: start, meter: self.meter.clone() }, length)?)
    }
}

/// So many bytes, no fewer. Room is not filled with zeros first.
fn exactly(from: impl Read, length: usize) -> io::Result<Bytes> {
    let mut read = Vec::with_capacity(length);
    match from.take(length as u64).read_to_end(&mut read)? {
        all if all == length => Ok(read.into()),
        _ => Err(io::ErrorKind::UnexpectedEof.into()),
    }
}

/// The bytes of a file from a place on.
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
        // A file that is open for writing alone refuses every read, as a disk that fails does.
        let file = File::create(folder.path().join("a.parquet")).unwrap();
        let meter = Meter::unbounded();
        let source = Source { bytes: Held::Large(Arc::new(file), 100), meter: meter.clone() };
        assert!(source.get_bytes(0, 10).is_err());
        assert!(meter.io_failed() && !meter.io_failed());
        assert!(source.get_bytes(95, 10).is_err(), "beyond the end");
        assert!(!meter.io_failed(), "that is the footer's fault");
    }
}
