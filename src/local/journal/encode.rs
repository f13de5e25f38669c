//! A record as bytes: its length, its checksum, whose it is, and the ledger, or what is known of a source, as the fields of a status.

use std::io;
use std::sync::Arc;

use super::Body;
use crate::domain::mark::mix_bytes;
use crate::domain::policy::Key;
use crate::engine::ports::Version;
use crate::host::codec::Writer;
use crate::status::ledger::to_json;
use crate::status::source::source_to_json;

/// A record: its length, its checksum, its body.
pub(super) fn record(key: &Key, uid: &Arc<str>, version: Version, body: &Body) -> io::Result<Vec<u8>> {
    let mut bytes = Writer::default();
    bytes.put(key).put(uid).put(&version);
    bytes.0.extend(match body {
        Body::Ledger(ledger) => to_json(ledger, &key.name, uid)?,
        Body::Source(record) => source_to_json(record)?,
    });
    Ok(framed(&bytes.0))
}

/// A body behind its length and its checksum.
pub(super) fn framed(body: &[u8]) -> Vec<u8> {
    let length = u32::try_from(body.len()).unwrap_or(u32::MAX);
    let mut out = length.to_le_bytes().to_vec();
    out.extend(mix_bytes(0, body).to_le_bytes());
    out.extend(body);
    out
}
