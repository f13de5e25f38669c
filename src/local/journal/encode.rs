//! A record as bytes: its length, its checksum, whose ledger it is, and the ledger as the fields of a status.

use std::io;
use std::sync::Arc;

use crate::domain::ledger::Ledger;
use crate::domain::mark::mix_bytes;
use crate::domain::policy::Key;
use crate::engine::ports::Version;
use crate::host::codec::Writer;
use crate::status::ledger::to_json;

/// A record: its length, its checksum, its body.
pub(super) fn record(key: &Key, uid: &Arc<str>, version: Version, ledger: &Ledger) -> io::Result<Vec<u8>> {
    let mut body = Writer::default();
    body.put(key).put(uid).put(&version);
    body.0.extend(to_json(ledger, &key.name, uid)?);
    Ok(framed(&body.0))
}

/// A body behind its length and its checksum.
pub(super) fn framed(body: &[u8]) -> Vec<u8> {
    let length = u32::try_from(body.len()).unwrap_or(u32::MAX);
    let mut out = length.to_le_bytes().to_vec();
    out.extend(mix_bytes(0, body).to_le_bytes());
    out.extend(body);
    out
}
