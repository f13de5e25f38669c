//! Plausible bounds of a count, from what was seen.

use super::text::count;

/// The bounds that are proposed, and what was seen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Bounds {
    pub min: u64,
    pub max: Option<u64>,
    /// `120 of 28, 20 to 26 of the rest`.
    pub seen: String,
    /// Where the count lies outside, by index.
    pub outside: Vec<usize>,
}

/// Bounds of these counts. Counts that are far from the median are taken for gaps, and no bound is stretched to hold them.
pub(super) fn bounds(counts: &[u64]) -> Option<Bounds> {
    let mut sorted = counts.to_vec();
    sorted.sort_unstable();
    let median = *sorted.get(sorted.len() / 2)?;
    let same = sorted.iter().filter(|n| **n == median).count();
    let (min, max) = if same * 10 >= sorted.len() * 8 {
        (median, Some(median))
    } else {
        let near: Vec<u64> = sorted.iter().copied().filter(|n| *n * 2 >= median && *n <= median * 2).collect();
        let (low, high) = (*near.first()?, *near.last()?);
        if near.len() * 10 >= sorted.len() * 9 {
            (rounded(low * 4 / 5, false), Some(rounded(high * 5 / 4, true)))
        } else {
            // They vary too much for an upper bound.
            (rounded(sorted[sorted.len() / 20] / 2, false), None)
        }
    };
    let min = min.max(1);
    let is_outside = |n: &u64| *n < min || max.is_some_and(|max| *n > max);
    let outside = (0..counts.len()).filter(|at| is_outside(&counts[*at])).collect();
    let inside: Vec<u64> = sorted.iter().copied().filter(|n| !is_outside(n)).collect();
    let seen = match (inside.first(), inside.last()) {
        (Some(low), Some(high)) if low == high => count(*low),
        (Some(low), Some(high)) => format!("{} to {}, median {}", count(*low), count(*high), count(median)),
        _ => count(median),
    };
    Some(Bounds { min, max, seen, outside })
}

/// Two digits are enough for a bound.
fn rounded(n: u64, up: bool) -> u64 {
    let step = 10_u64.pow(n.checked_ilog10().unwrap_or(0).saturating_sub(1));
    if up { n.div_ceil(step) * step } else { n / step * step }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(counts: &[u64]) -> (u64, Option<u64>, usize) {
        let bounds = bounds(counts).unwrap();
        (bounds.min, bounds.max, bounds.outside.len())
    }

    #[test]
    fn bounds_hold_what_is_usual_and_leave_out_what_is_far_away() {
        assert_eq!(of(&[120, 120, 120, 120, 96]), (120, Some(120), 1));
        assert_eq!(of(&[20, 22, 24, 26, 21, 23, 22, 25, 24, 3]), (16, Some(32), 1));
        assert_eq!(of(&[1000, 1100, 1200, 900, 1050, 980, 1010, 2400, 990, 1020]), (720, Some(1500), 1));
        assert_eq!(of(&[1, 5, 40, 300, 2, 90, 7]), (1, None, 0));
        assert_eq!(bounds(&[]), None);
    }
}
