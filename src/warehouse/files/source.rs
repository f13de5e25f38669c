//! The bytes of a Parquet part: a small one is read whole, of a large one what is asked for.

use std::fs::File;
use std::io::{self, BufReader, Read};
use std::os::unix::fs::FileExt;
use std::path::Path;
use std::sync::Arc;

use bytes::Bytes;
use parquet::errors::{ParquetError, Result};
use parquet::file::reader::{ChunkReader, Length};

/// A part up to this size is read whole: one call of the system costs less than a handful for each of its columns.
/// What is told of bytes read, and limited, is the needed columns' share all the same.
const WHOLE: u64 = 1 << 20;
/// What is read of a large part to learn what a page is: most headers are shorter.
const HEADER: usize = 512;

/// A part that is open.
#[derive(Clone)]
pub(super) enum Source {
    Whole(Bytes),
    Large(Arc<File>, u64),
}

impl Source {
    pub fn open(path: &Path) -> io::Result<Self> {
        let file = File::open(path)?;
        let len = file.metadata()?.len();
        if len > WHOLE {
            return Ok(Self::Large(Arc::new(file), len));
        }
        Ok(Self::Whole(exactly(&file, len as usize)?))
    }
}

impl Length for Source {
    fn len(&self) -> u64 {
        match self {
            Self::Whole(bytes) => Length::len(bytes),
            Self::Large(_, len) => *len,
        }
    }
}

impl ChunkReader for Source {
    type T = Box<dyn Read>;

    fn get_read(&self, start: u64) -> Result<Box<dyn Read>> {
        Ok(match self {
            Self::Whole(bytes) => Box::new(bytes.get_read(start)?),
            Self::Large(file, _) => {
                Box::new(BufReader::with_capacity(HEADER, Stretch { file: file.clone(), at: start }))
            }
        })
    }

    fn get_bytes(&self, start: u64, length: usize) -> Result<Bytes> {
        let (file, len) = match self {
            Self::Whole(bytes) => return bytes.get_bytes(start, length),
            Self::Large(file, len) => (file, *len),
        };
        // What a damaged part says of its own length is not believed: room for it is not made.
        if start.checked_add(length as u64).is_none_or(|end| end > len) {
            return Err(ParquetError::EOF(format!("{length} bytes from {start} on, of {len}")));
        }
        Ok(exactly(Stretch { file: file.clone(), at: start }, length)?)
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
}

impl Read for Stretch {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let read = self.file.read_at(into, self.at)?;
        self.at += read as u64;
        Ok(read)
    }
}
