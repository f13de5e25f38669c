//! How kubectl reads a plain scalar. It turns YAML into JSON by rules of YAML 1.1, where `no` is false and `010` is eight;
//! a person, and YAML 1.2, read them as they look. Where the two differ a value would change on its way to the API server.

use serde_json::Value;

/// A scalar that does not arrive as it looks.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Odd {
    /// What the API server gets.
    pub arrives: Value,
    /// It was read as it arrives: a field that takes it means it.
    pub is_read_alike: bool,
    /// What is wrong, and what would be right.
    pub message: String,
}

/// A value that kubectl reads otherwise than it looks.
pub(super) fn odd_value(text: &str) -> Option<Odd> {
    if !is_suspect(text) {
        return None;
    }
    let (arrives, looks) = (read(text), looks(text)?);
    let is_read_alike = looks == arrives;
    if has_leading_zeros(text) {
        let octal = if is_read_alike { String::new() } else { format!(", and kubectl reads {arrives}") };
        let message = format!(
            "`{text}` has leading zeros{octal}; put it in quotes if it is a text, otherwise write the number without them"
        );
        return Some(Odd { arrives, is_read_alike: false, message });
    }
    let is_word = arrives.is_boolean() && !matches!(text, "true" | "false");
    (!is_read_alike || is_word).then(|| Odd {
        message: format!(
            "`{text}` without quotes is {arrives} to kubectl; put it in quotes if it is a text, otherwise write {arrives}"
        ),
        is_read_alike,
        arrives,
    })
}

/// A key that kubectl reads otherwise than it looks: `NO: NOP` would be an alias of `false`.
pub(super) fn odd_key(text: &str) -> Option<Odd> {
    if !is_suspect(text) {
        return None;
    }
    let arrives = match read(text) {
        Value::String(key) => key,
        other => other.to_string(),
    };
    (arrives != text).then(|| Odd {
        message: format!("the key `{text}` without quotes is {arrives} to kubectl; put it in quotes"),
        is_read_alike: false,
        arrives: arrives.into(),
    })
}

/// Whether a text holds a word that could be odd: most hold none, and need not be read twice.
pub(super) fn may_hold_odd(text: &str) -> bool {
    text.split([' ', '\n', '\r', '\t', ',', ':', '[', ']', '{', '}'])
        .any(|word| odd_value(word).is_some() || odd_key(word).is_some())
}

/// Numbers that are not written as every reader writes them, and the few words that are no text.
fn is_suspect(text: &str) -> bool {
    let is_usual = text == "0" || !text.starts_with('0') && text.bytes().all(|b| b.is_ascii_digit());
    let first = text.as_bytes().first();
    let is_number = !is_usual && first.is_some_and(|b| b.is_ascii_digit() || b"+-.".contains(b));
    is_number || word(text).or_else(|| word(&text.to_ascii_lowercase())).is_some()
}

/// How it looks: as YAML 1.2 reads it.
fn looks(text: &str) -> Option<Value> {
    serde_saphyr::from_str(text).ok().map(as_json)
}

fn has_leading_zeros(text: &str) -> bool {
    let digits = text.strip_prefix(['+', '-']).unwrap_or(text);
    let whole = digits.split(['.', 'e', 'E']).next().unwrap_or_default();
    let is_number = digits.bytes().all(|b| b.is_ascii_digit() || b"._eE+-".contains(&b)) && is_decimal(&plain(text));
    whole.len() > 1 && whole.starts_with('0') && is_number
}

fn plain(text: &str) -> String {
    text.replace('_', "")
}

/// How the API server gets a plain scalar.
fn read(text: &str) -> Value {
    if let Some(value) = word(text) {
        return value;
    }
    let number = text.as_bytes().first().is_some_and(|b| b.is_ascii_digit() || b"+-".contains(b));
    let plain = if number { plain(text) } else { text.to_string() };
    if let Some(whole) = integer(&plain).filter(|_| number) {
        return whole;
    }
    let float = plain.parse::<f64>().ok().filter(|f| f.is_finite() && is_decimal(&plain));
    float.map_or_else(|| text.into(), |float| as_json(float.into()))
}

/// The words of YAML 1.1 that are no text.
fn word(text: &str) -> Option<Value> {
    match text {
        "y" | "Y" | "yes" | "Yes" | "YES" | "true" | "True" | "TRUE" | "on" | "On" | "ON" => Some(true.into()),
        "n" | "N" | "no" | "No" | "NO" | "false" | "False" | "FALSE" | "off" | "Off" | "OFF" => Some(false.into()),
        "~" | "null" | "Null" | "NULL" => Some(Value::Null),
        _ => None,
    }
}

/// A whole number with a sign, a prefix of its base (`0x`, `0b`, `0o`), or a zero that makes it octal.
fn integer(text: &str) -> Option<Value> {
    let (is_negative, digits) = match text.strip_prefix('-') {
        Some(digits) => (true, digits),
        None => (false, text.strip_prefix('+').unwrap_or(text)),
    };
    let lower = digits.to_ascii_lowercase();
    let (base, digits) = [("0x", 16), ("0b", 2), ("0o", 8)]
        .into_iter()
        .find_map(|(prefix, base)| Some((base, lower.strip_prefix(prefix)?)))
        .unwrap_or(if lower.len() > 1 && lower.starts_with('0') { (8, &lower[1..]) } else { (10, &lower) });
    if !digits.bytes().all(|b| b.is_ascii_alphanumeric()) {
        return None;
    }
    let size = i128::from_str_radix(digits, base).ok()?;
    let number = if is_negative { -size } else { size };
    i64::try_from(number).map(Value::from).or_else(|_| u64::try_from(number).map(Value::from)).ok()
}

/// `-1.5e3`, `.5`, `5.`: the decimals of YAML 1.1.
fn is_decimal(text: &str) -> bool {
    let digits = |t: &str| t.bytes().all(|b| b.is_ascii_digit());
    let unsigned = |t: &'_ str| -> usize { usize::from(t.starts_with(['+', '-'])) };
    let number = &text[unsigned(text)..];
    let (number, exponent) = number.split_once(['e', 'E']).map_or((number, None), |(n, e)| (n, Some(e)));
    let exponent = exponent.is_none_or(|e| e.len() > unsigned(e) && digits(&e[unsigned(e)..]));
    let (whole, part) = number.split_once('.').unwrap_or((number, ""));
    exponent && digits(whole) && digits(part) && !(whole.is_empty() && part.is_empty())
}

/// A whole number is an integer however it is written, as it is for kubectl, which turns YAML into JSON: `1.0`, `1e1`.
pub(super) fn as_json(value: Value) -> Value {
    match value {
        Value::Array(items) => items.into_iter().map(as_json).collect(),
        Value::Object(fields) => Value::Object(fields.into_iter().map(|(k, v)| (k, as_json(v))).collect()),
        Value::Number(n) => n.as_f64().filter(|_| n.is_f64()).and_then(whole).map_or(Value::Number(n), Value::from),
        other => other,
    }
}

fn whole(float: f64) -> Option<i64> {
    // Up to here every whole number has a float of its own.
    const EXACT: f64 = 9_007_199_254_740_992.0;
    #[expect(clippy::cast_possible_truncation, reason = "it is whole and within the bounds")]
    (float.fract() == 0.0 && float.abs() <= EXACT).then_some(float as i64)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    /// What `kubectl apply` sends: as `sigs.k8s.io/yaml` turns each into JSON.
    #[test]
    fn a_scalar_arrives_as_kubectl_sends_it() {
        let rows = [
            ("0022500001", json!(4_882_433)),
            ("010", json!(8)),
            ("08", json!(8)),
            ("-010", json!(-8)),
            ("0o17", json!(15)),
            ("0x1F", json!(31)),
            ("0b11", json!(3)),
            ("1_000", json!(1000)),
            ("+1", json!(1)),
            ("1e1", json!(10)),
            ("1.0", json!(1)),
            (".5", json!(0.5)),
            ("9223372036854775808", json!(9_223_372_036_854_775_808_u64)),
            ("1:30", json!("1:30")),
            ("2025-11-14", json!("2025-11-14")),
            ("0o8", json!("0o8")),
            ("yes", json!(true)),
            ("n", json!(false)),
            ("~", json!(null)),
            ("nope", json!("nope")),
            ("-", json!("-")),
            ("1.2.3", json!("1.2.3")),
            ("+", json!("+")),
        ];
        for (text, arrives) in rows {
            assert_eq!(read(text), arrives, "{text}");
        }
    }

    #[test]
    fn what_does_not_arrive_as_it_looks_is_odd_and_says_what_would_be_right() {
        let odd = |text: &str| odd_value(text).map(|odd| odd.message).unwrap_or_default();
        assert_eq!(
            odd("0022500001"),
            "`0022500001` has leading zeros, and kubectl reads 4882433; put it in quotes if it is a text, otherwise write the \
             number without them"
        );
        assert_eq!(
            odd("08"),
            "`08` has leading zeros; put it in quotes if it is a text, otherwise write the number without them"
        );
        assert_eq!(
            odd("NO"),
            "`NO` without quotes is false to kubectl; put it in quotes if it is a text, otherwise write false"
        );
        for text in ["00.5", "-007", "on", "Y", "off", "0_1", "yEs"] {
            assert_ne!(odd(text), "", "{text}");
        }
        for text in [
            "true",
            "0",
            "0.5",
            "-1",
            "1.0",
            "1e1",
            "1:30",
            "2025-01-01",
            "06:00",
            "~",
            "",
            "v1",
            "90d",
            "-1h30m",
            "100%",
        ] {
            assert_eq!(odd(text), "", "{text}");
        }
    }

    #[test]
    fn a_key_is_odd_where_it_arrives_under_another_name() {
        for (key, arrives) in [("NO", "false"), ("on", "true"), ("007", "7"), ("1.0", "1"), ("~", "null")] {
            assert_eq!(odd_key(key).map(|odd| odd.arrives), Some(arrives.into()), "{key}");
        }
        for key in ["BOS", "7", "true", "false", "null", "None"] {
            assert_eq!(odd_key(key), None, "{key}");
        }
    }
}
