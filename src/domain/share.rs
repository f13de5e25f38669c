//! Exact shares of a whole: `99.5%` is 9950 of 10000, never a float.

use core::fmt;
use core::str::FromStr;

/// A share from 0 % to 100 %, in hundredths of a per cent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Share(u16);

/// Everything.
const WHOLE: u16 = 10_000;

impl Share {
    /// 100 %.
    pub const ALL: Self = Self(WHOLE);
    /// 0 %.
    pub const NONE: Self = Self(0);

    /// In hundredths of a per cent.
    pub fn hundredths(self) -> u16 {
        self.0
    }

    /// So much of a whole, rounded up.
    pub fn part_of(self, whole: u64) -> u64 {
        let part = (u128::from(whole) * u128::from(self.0)).div_ceil(u128::from(WHOLE));
        u64::try_from(part).unwrap_or(whole)
    }

    /// Whether `part` of `whole` is at least this share, computed exactly.
    pub fn is_reached_by(self, part: u64, whole: u64) -> bool {
        u128::from(part) * u128::from(WHOLE) >= u128::from(self.0) * u128::from(whole)
    }

    /// Whether `part` of `whole` is more than this share. Always false if `whole` is 0.
    pub fn is_exceeded_by(self, part: u64, whole: u64) -> bool {
        u128::from(part) * u128::from(WHOLE) > u128::from(self.0) * u128::from(whole)
    }
}

impl FromStr for Share {
    type Err = &'static str;

    /// Reads `95%`, `99.5%`, `99.25%`.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        const ERROR: &str = "must be a share from '0%' to '100%', with at most two decimals";
        let number = text.strip_suffix('%').ok_or(ERROR)?;
        let (whole, decimals) = number.split_once('.').unwrap_or((number, ""));
        let plain = |s: &str| s.bytes().all(|b| b.is_ascii_digit());
        if whole.is_empty() || whole.len() > 3 || decimals.len() > 2 || !plain(whole) || !plain(decimals) {
            return Err(ERROR);
        }
        if number.contains('.') && decimals.is_empty() {
            return Err(ERROR);
        }
        let hundredths = match decimals.len() {
            0 => 0,
            1 => decimals.parse::<u32>().map_err(|_| ERROR)? * 10,
            _ => decimals.parse::<u32>().map_err(|_| ERROR)?,
        };
        let value = whole.parse::<u32>().map_err(|_| ERROR)? * 100 + hundredths;
        u16::try_from(value).ok().filter(|value| *value <= WHOLE).map(Self).ok_or(ERROR)
    }
}

impl fmt::Display for Share {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.0 / 100, self.0 % 100) {
            (whole, 0) => write!(f, "{whole}%"),
            (whole, rest) if rest % 10 == 0 => write!(f, "{whole}.{}%", rest / 10),
            (whole, rest) => write!(f, "{whole}.{rest:02}%"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::string::ToString;
    use proptest::prelude::*;

    #[test]
    fn shares_are_read_and_written_exactly() {
        for text in ["0%", "80%", "99.5%", "99.25%", "99.05%", "100%"] {
            assert_eq!(text.parse::<Share>().map(|s| s.to_string()), Ok(text.into()));
        }
        for text in ["", "%", "101%", "-1%", "700%", "999.99%", "1e2%", "99.999%", "95", "1.%", ".5%", "٩%"] {
            assert!(text.parse::<Share>().is_err(), "{text} must be refused");
        }
    }

    #[test]
    fn a_share_is_reached_exactly_at_its_edge() {
        let ninety_five: Share = "95%".parse().unwrap();
        assert!(ninety_five.is_reached_by(19, 20));
        assert!(!ninety_five.is_reached_by(18, 19));
        assert!(Share::ALL.is_reached_by(0, 0), "nothing expected, nothing missing");
        assert!(!Share::NONE.is_exceeded_by(0, 0), "of nothing, nothing is more");
    }

    proptest! {
        #[test]
        fn no_text_makes_the_reader_fall_and_what_is_written_is_read_again(text in "[0-9]{0,4}(\\.[0-9]{0,3})?%?|\\PC{0,10}") {
            if let Ok(share) = text.parse::<Share>() {
                prop_assert_eq!(share.to_string().parse(), Ok(share));
                prop_assert!(share.is_reached_by(1, 1) && !share.is_exceeded_by(0, 1));
            }
        }
    }
}
