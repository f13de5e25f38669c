//! A JSON text as it is held in memory: compressed. A status repeats its words for every coverage and every state; thousands of
//! GameDates are held for as long as the operator runs, and each is rarely read.

use serde_json::Value;

/// A JSON text, packed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Packed(Box<[u8]>);

impl Packed {
    /// Packs a text. The same text gives the same bytes.
    pub fn of(text: &str) -> Self {
        let mut encoder = snap::raw::Encoder::new();
        // It fails only on texts of more than four gigabytes, which no API server sends.
        Self(encoder.compress_vec(text.as_bytes()).unwrap_or_default().into())
    }

    /// Its value; null when it is not JSON.
    pub fn value(&self) -> Value {
        let text = snap::raw::Decoder::new().decompress_vec(&self.0).unwrap_or_default();
        serde_json::from_slice(&text).unwrap_or(Value::Null)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_is_packed_comes_back_and_takes_a_fraction() {
        let row = |n| json!({"kind": "TableCoverage", "name": format!("c{n}"), "state": "Complete", "missing": []});
        let value = Value::from_iter((0..20).map(row));
        let packed = Packed::of(&value.to_string());
        assert_eq!(packed.value(), value);
        assert!(packed.0.len() * 3 < value.to_string().len(), "{} bytes", packed.0.len());
        assert_eq!(packed, Packed::of(&value.to_string()));
    }

    #[test]
    fn every_text_has_a_value() {
        for (text, value) in [("", Value::Null), ("{", Value::Null), ("7", json!(7)), ("null", Value::Null)] {
            assert_eq!(Packed::of(text).value(), value);
        }
    }
}
