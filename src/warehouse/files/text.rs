//! The text of a CSV part: decompressed, decoded by its byte order mark, with the delimiter that its header shows.

use std::io::{self, BufRead, BufReader, Cursor, Read};

use encoding_rs_io::DecodeReaderBytesBuilder;
use flate2::read::MultiGzDecoder;

use super::meter::{Meter, Metered};
use super::parts::Part;
use super::quotes::Quotes;

/// A header is shorter.
const MAX_HEADER: u64 = 1 << 20;
const DELIMITERS: [u8; 4] = [b',', b'\t', b';', b'|'];

/// The text of a part.
pub(super) struct Text {
    pub reader: Box<dyn Read>,
    pub delimiter: u8,
    pub is_empty: bool,
    /// NUL bytes between letters: another encoding without a byte order mark, or not a text at all.
    pub has_nul: bool,
}

/// Opens a part. Its bytes are counted after decoding.
pub(super) fn open(part: &Part, gzip: bool, latin1: bool, meter: &Meter) -> io::Result<Text> {
    let file = BufReader::new(part.open()?);
    let unpacked: Box<dyn Read> = if gzip { Box::new(MultiGzDecoder::new(file)) } else { Box::new(file) };
    let metered = Metered { inner: unpacked, meter: meter.clone() };
    let decoded = DecodeReaderBytesBuilder::new()
        .encoding(latin1.then_some(encoding_rs::WINDOWS_1252))
        .bom_override(true)
        .strip_bom(true)
        .build(metered);
    let mut decoded = BufReader::new(decoded);
    let mut header = Vec::new();
    decoded.by_ref().take(MAX_HEADER).read_until(b'\n', &mut header)?;
    let (delimiter, is_empty, has_nul) = (delimiter(&header), header.is_empty(), header.contains(&0));
    let reader = Box::new(Quotes::new(Cursor::new(header).chain(decoded), delimiter));
    Ok(Text { reader, delimiter, is_empty, has_nul })
}

/// The delimiter that occurs most often in a header outside quotes. A comma if there is none.
fn delimiter(header: &[u8]) -> u8 {
    let mut quoted = false;
    let mut counts = [0_usize; DELIMITERS.len()];
    for byte in header {
        quoted ^= *byte == b'"';
        if let Some(at) = DELIMITERS.iter().position(|d| d == byte).filter(|_| !quoted) {
            counts[at] += 1;
        }
    }
    let most = counts.iter().copied().max().unwrap_or(0);
    let at = counts.iter().position(|count| *count == most).unwrap_or(0);
    DELIMITERS[at]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_header_tells_its_delimiter() {
        for (header, found) in [
            ("a,b,c\n", b','),
            ("a\tb\n", b'\t'),
            ("a;b;c,d\n", b';'),
            ("a|b\n", b'|'),
            ("a\n", b','),
            ("\"x;y;z\",b\n", b','),
            ("", b','),
        ] {
            assert_eq!(delimiter(header.as_bytes()), found, "{header}");
        }
    }
}
