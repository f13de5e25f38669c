//! The records of a journal, read back. Every record was synced before the next one was begun: what cannot be read is the
//! last one, torn, where nothing whole follows it, and damage otherwise.

use std::path::Path;
use std::sync::Arc;

use super::error::JournalError;
use super::{Body, MAGIC, Record, Records, older};
use crate::domain::mark::mix_bytes;
use crate::domain::policy::Key;
use crate::engine::ports::Version;
use crate::host::codec::Reader;
use crate::status::ledger::from_json;
use crate::status::source::source_from_json;

/// Length and checksum of a record.
pub(super) const HEAD: usize = 12;
/// A record is never larger: an absurd length is damage.
pub(super) const MAX_RECORD: usize = 64 << 20;

#[derive(Debug)]
pub(super) struct Decoded {
    pub records: Records,
    /// How many bytes of them are whole.
    pub end: usize,
    /// It is of the version before: nothing may be appended to it as it is.
    pub is_older: bool,
}

pub(super) fn decode(bytes: &[u8], path: &Path) -> Result<Decoded, JournalError> {
    let is_older = bytes.starts_with(older::MAGIC);
    if !is_older && is_unbegun(bytes) {
        return Ok(Decoded { records: Records::new(), end: 0, is_older });
    }
    let (mut records, mut end) = (Records::new(), MAGIC.len());
    let damaged = |byte| JournalError::Damaged { path: path.into(), byte };
    if !is_older && !bytes.starts_with(MAGIC) {
        return Err(if is_other_version(bytes) { JournalError::OtherVersion(path.into()) } else { damaged(0) });
    }
    while end < bytes.len() {
        let Some(body) = body(&bytes[end..]) else {
            let is_followed = (end + 1..bytes.len()).any(|from| is_whole(&bytes[from..]));
            return if is_followed { Err(damaged(end)) } else { Ok(Decoded { records, end, is_older }) };
        };
        let mut reader = Reader::new(body);
        let (key, uid, version): (Key, Arc<str>, Version) = reader.get().ok_or_else(|| damaged(end))?;
        let misread = |why| JournalError::Ledger(path.into(), key.clone(), why);
        let stored = if is_older {
            Body::Ledger(Box::new(older::ledger(&mut reader).ok_or_else(|| damaged(end))?))
        } else if &*key.kind == "Source" {
            Body::Source(Box::new(source_from_json(reader.rest()).map_err(misread)?))
        } else {
            Body::Ledger(Box::new(from_json(reader.rest()).map_err(misread)?))
        };
        let size = HEAD + body.len();
        records.insert(key, Record { uid, version, body: stored, size });
        end += size;
    }
    Ok(Decoded { records, end, is_older })
}

/// Nothing was ever acknowledged in it: it is empty, or its first line is torn, or what a power cut left of that. A longer one
/// held records, behind a first line that was synced before them: where that is lost, the disk lost it.
fn is_unbegun(bytes: &[u8]) -> bool {
    let torn = |(byte, magic): (&u8, &u8)| byte == magic || *byte == 0;
    bytes.len() <= MAGIC.len() && bytes != MAGIC && bytes.iter().zip(MAGIC).all(torn)
}

/// Whether the first line names another version.
fn is_other_version(bytes: &[u8]) -> bool {
    let name = MAGIC.split(|byte| *byte == b' ').take(2).collect::<Vec<_>>().join(&b' ');
    let version = bytes.strip_prefix(&*name).and_then(|rest| rest.strip_prefix(b" "));
    let version = version.and_then(|rest| rest.split(|byte| *byte == b'\n').next()).unwrap_or_default();
    (1..10).contains(&version.len()) && version.iter().all(u8::is_ascii_digit)
}

/// The body of the record that begins here, if all of it is there. None is empty: a tail of zeros is no row of records.
fn body(bytes: &[u8]) -> Option<&[u8]> {
    let length = u32::from_le_bytes(bytes.get(..4)?.try_into().ok()?) as usize;
    let sum = u64::from_le_bytes(bytes.get(4..HEAD)?.try_into().ok()?);
    let body = bytes.get(HEAD..HEAD + length).filter(|body| (1..=MAX_RECORD).contains(&body.len()))?;
    (mix_bytes(0, body) == sum).then_some(body)
}

/// Whether a whole record begins here. It begins with a key: that is found out sooner than its checksum.
fn is_whole(bytes: &[u8]) -> bool {
    let key = bytes.get(HEAD..).and_then(|body| Reader::new(body).get::<Key>());
    key.is_some_and(|key| !key.namespace.is_empty() && !key.name.is_empty()) && body(bytes).is_some()
}
