//! Numbers as plain decimal digits: no exponent, no redundant zero. Equal numbers have equal digits to the last place,
//! whatever their type: `7`, `7.0` and `7.00` are `7`.

use std::borrow::Cow;
use std::cmp::Ordering;

/// The digits of a text that is a number as people and programs write it: `7`, `-0.50`, `.5`, and `1.5e-05` as data frames
/// write small and large numbers. `None` if the text has a sign `+`, a leading zero, or an exponent without a sign: `+7`,
/// `007` and `1e3` are texts.
pub(in crate::warehouse) fn plain(text: &str) -> Option<Cow<'_, str>> {
    match text.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => shifted(&plain(mantissa)?, exponent).map(Cow::Owned),
        None => without_exponent(text),
    }
}

fn without_exponent(text: &str) -> Option<Cow<'_, str>> {
    let unsigned = text.strip_prefix('-').unwrap_or(text);
    let (whole, fraction) = unsigned.split_once('.').map_or((unsigned, None), |(w, f)| (w, Some(f)));
    let digits = |t: &str| !t.is_empty() && t.bytes().all(|b| b.is_ascii_digit());
    let is_whole = digits(whole) && (whole == "0" || !whole.starts_with('0'));
    let is_number = match fraction {
        None => is_whole,
        Some(fraction) => digits(fraction) && (is_whole || whole.is_empty()),
    };
    is_number.then(|| shortest(text, whole, fraction.unwrap_or("")))
}

/// No float has more digits than this.
const MAX_EXPONENT: usize = 400;

/// Digits with the point moved by a signed exponent.
fn shifted(digits: &str, exponent: &str) -> Option<String> {
    let is_signed = exponent.starts_with(['+', '-']) && exponent[1..].bytes().all(|b| b.is_ascii_digit());
    let places = exponent.get(1..).filter(|_| is_signed)?.parse::<usize>().ok().filter(|n| *n <= MAX_EXPONENT)?;
    let (sign, unsigned) = digits.strip_prefix('-').map_or(("", digits), |rest| ("-", rest));
    let (whole, fraction) = unsigned.split_once('.').unwrap_or((unsigned, ""));
    let zeros = "0".repeat(places);
    // The point is at the end of the first part, or before the second.
    let all = if exponent.starts_with('-') {
        format!("{zeros}{whole}{fraction}")
    } else {
        format!("{whole}{fraction}{zeros}")
    };
    let point = if exponent.starts_with('-') { whole.len() } else { whole.len() + places };
    let (whole, fraction) = all.split_at(point);
    let whole = whole.trim_start_matches('0');
    let fraction = fraction.trim_end_matches('0');
    let point = if fraction.is_empty() { "" } else { "." };
    let whole = if whole.is_empty() { "0" } else { whole };
    Some(if whole == "0" && fraction.is_empty() { "0".into() } else { format!("{sign}{whole}{point}{fraction}") })
}

fn shortest<'a>(text: &'a str, whole: &str, fraction: &str) -> Cow<'a, str> {
    let kept = fraction.trim_end_matches('0');
    let is_zero = kept.is_empty() && matches!(whole, "0" | "");
    if is_zero {
        return if text == "0" { text.into() } else { "0".into() };
    }
    let whole_given = !whole.is_empty();
    if whole_given {
        let dropped = if kept.is_empty() {
            text.len() - text.find('.').unwrap_or(text.len())
        } else {
            fraction.len() - kept.len()
        };
        return Cow::Borrowed(&text[..text.len() - dropped]);
    }
    format!("{}0.{kept}", if text.starts_with('-') { "-" } else { "" }).into()
}

/// The digits of a float: the fewest that read back as the same float of its width.
pub(in crate::warehouse) fn of_float(value: impl std::fmt::Display) -> String {
    let text = value.to_string();
    if text == "-0" { "0".into() } else { text }
}

/// The digits of an unscaled value with its scale.
pub(in crate::warehouse) fn of_decimal(unscaled: i128, scale: i8) -> String {
    let Ok(places @ 1..) = usize::try_from(scale) else {
        let zeros = "0".repeat(usize::from(scale.unsigned_abs()) * usize::from(scale < 0 && unscaled != 0));
        return format!("{unscaled}{zeros}");
    };
    let digits = format!("{:0>width$}", unscaled.unsigned_abs(), width = places + 1);
    let (whole, fraction) = digits.split_at(digits.len() - places);
    let fraction = fraction.trim_end_matches('0');
    let (sign, point) = (if unscaled < 0 { "-" } else { "" }, if fraction.is_empty() { "" } else { "." });
    format!("{sign}{whole}{point}{fraction}")
}

/// Compares two numbers by their digits. `inf` and `-inf` are beyond all others.
pub(in crate::warehouse) fn compare(a: &str, b: &str) -> Ordering {
    match (a.strip_prefix('-'), b.strip_prefix('-')) {
        (None, None) => magnitude(a, b),
        (Some(a), Some(b)) => magnitude(b, a),
        (Some(_), None) => Ordering::Less,
        (None, Some(_)) => Ordering::Greater,
    }
}

fn magnitude(a: &str, b: &str) -> Ordering {
    match (a == "inf", b == "inf") {
        (false, false) => {}
        (a, b) => return a.cmp(&b),
    }
    let split = |n| str::split_once(n, '.').unwrap_or((n, ""));
    let ((whole_a, fraction_a), (whole_b, fraction_b)) = (split(a), split(b));
    // Without leading and trailing zeros, more digits are a larger number, and fractions compare like words.
    (whole_a.len(), whole_a, fraction_a).cmp(&(whole_b.len(), whole_b, fraction_b))
}

/// Whether the digits, with as many zeros after the point as required, begin with a text: 12.5 begins with `12.50`.
pub(in crate::warehouse) fn starts_with(digits: &str, head: &str) -> bool {
    if digits.starts_with(head) {
        return true;
    }
    let Some(rest) = head.strip_prefix(digits) else { return false };
    let zeros = if digits.contains('.') { Some(rest) } else { rest.strip_prefix('.') };
    zeros.is_some_and(|zeros| zeros.bytes().all(|b| b == b'0'))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn equal_numbers_have_equal_digits_and_other_texts_have_none() {
        for (text, digits) in [
            ("7", Some("7")),
            ("7.0", Some("7")),
            ("-7.10", Some("-7.1")),
            ("0.00", Some("0")),
            ("-0", Some("0")),
            ("-0.0", Some("0")),
            (".5", Some("0.5")),
            ("-.50", Some("-0.5")),
            ("9007199254740993", Some("9007199254740993")),
            ("100", Some("100")),
            ("100.00", Some("100")),
            ("01", None),
            ("00.5", None),
            ("1e-05", Some("0.00001")),
            ("-1.5E+3", Some("-1500")),
            ("1.25e+01", Some("12.5")),
            ("0e-7", Some("0")),
            ("1e3", None),
            ("1e-", None),
            ("1e+999", None),
            ("0e12", None),
            ("+7", None),
            ("1.", None),
            (".", None),
            ("-", None),
            ("", None),
            (" 7", None),
            ("1_000", None),
            ("1,5", None),
            ("NaN", None),
        ] {
            assert_eq!(plain(text).as_deref(), digits, "{text}");
        }
        assert_eq!(of_decimal(1250, 2), "12.5");
        assert_eq!(of_decimal(-5, 3), "-0.005");
        assert_eq!(of_decimal(700, 2), "7");
        assert_eq!(of_decimal(7, -2), "700");
        assert_eq!(of_decimal(0, 4), "0");
        assert_eq!(of_decimal(i128::MIN, 0), i128::MIN.to_string());
        assert_eq!(of_float(0.1_f32), "0.1");
        assert_eq!(of_float(-0.0_f64), "0");
        assert_eq!(of_float(1e21_f64), "1000000000000000000000");
    }

    #[test]
    fn a_number_begins_with_its_digits_and_with_zeros_behind_its_point() {
        for (digits, head, holds) in [
            ("12.5", "12.5", true),
            ("12.5", "12.50", true),
            ("12.5", "12.51", false),
            ("12", "12.0", true),
            ("12", "120", false),
            ("12", "1", true),
            ("120", "12", true),
        ] {
            assert_eq!(starts_with(digits, head), holds, "{digits} {head}");
        }
    }

    proptest! {
        #[test]
        fn digits_compare_as_their_numbers_do(a in -1_000_000_000_i64..1_000_000_000, b in -1_000_000_000_i64..1_000_000_000, scale in 0..6_i8) {
            let (x, y) = (of_decimal(a.into(), scale), of_decimal(b.into(), scale));
            prop_assert_eq!(compare(&x, &y), a.cmp(&b), "{} {}", x, y);
            prop_assert!(plain(&x).is_some_and(|own| own == x));
        }

        #[test]
        fn digits_of_floats_compare_as_the_floats_do(a: f64, b: f64) {
            prop_assume!(!a.is_nan() && !b.is_nan());
            prop_assert_eq!(Some(compare(&of_float(a), &of_float(b))), a.partial_cmp(&b));
        }
    }
}
