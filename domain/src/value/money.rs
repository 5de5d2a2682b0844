//! Money: whole minor units of one currency. No float ever touches it.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::{Currency, ValueError};

/// A tax rate in basis points: 1900 is 19 %. From 0 to 10,000.
#[derive(
    Debug, Clone, Copy, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize,
)]
#[serde(try_from = "u64", into = "u16")]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[cfg_attr(test, schemars(extend("maximum" = TAX_BP_MAX)))]
pub struct TaxRate(u16);

/// Highest tax rate, in basis points.
const TAX_BP_MAX: u16 = 10_000;

impl TaxRate {
    /// No tax.
    pub const ZERO: Self = Self(0);

    /// A rate of `basis_points`.
    pub fn new(basis_points: u16) -> Result<Self, ValueError> {
        Self::try_from(u64::from(basis_points))
    }

    /// The rate in basis points.
    #[must_use]
    pub const fn basis_points(self) -> u16 {
        self.0
    }

    /// The tax on `net_minor`, rounded half away from zero to the minor unit.
    #[must_use]
    pub fn on(self, net_minor: i64) -> i64 {
        let scaled = i128::from(net_minor) * i128::from(self.0);
        let half = if scaled < 0 { -5_000 } else { 5_000 };
        // At most the amount itself (the rate is at most 100 %), so it fits.
        i64::try_from((scaled + half) / 10_000).unwrap_or(net_minor)
    }
}

impl TryFrom<u64> for TaxRate {
    type Error = ValueError;

    fn try_from(basis_points: u64) -> Result<Self, ValueError> {
        match u16::try_from(basis_points) {
            Ok(rate) if rate <= TAX_BP_MAX => Ok(Self(rate)),
            _ => Err(ValueError::new(
                "tax rate",
                &basis_points.to_string(),
                "it is out of range",
                "a tax rate is 0 to 10000 basis points; 1900 is 19 %",
            )),
        }
    }
}

impl From<TaxRate> for u16 {
    fn from(rate: TaxRate) -> Self {
        rate.0
    }
}

/// An amount of one currency, in minor units (cents for `EUR`, yen for `JPY`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Money {
    /// How many minor units; negative where money goes the other way.
    pub minor: i64,
    /// Of which currency.
    pub currency: Currency,
}

/// Arithmetic that has no answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum MoneyError {
    /// The result does not fit 64 bits.
    #[error("the amount is too large; the largest is {} minor units", i64::MAX)]
    Overflow,
    /// Two currencies met.
    #[error("amounts in {left} and {right} cannot be reckoned together; use one currency")]
    CurrencyMismatch {
        /// The currency of the left side.
        left: Currency,
        /// The currency of the right side.
        right: Currency,
    },
    /// A split by weights that are all zero, or that are none.
    #[error("an amount cannot be split by no weight; give at least one weight above zero")]
    NoWeight,
}

impl Money {
    /// `minor` units of `currency`.
    #[must_use]
    pub const fn new(minor: i64, currency: Currency) -> Self {
        Self { minor, currency }
    }

    /// Nothing of `currency`.
    #[must_use]
    pub const fn zero(currency: Currency) -> Self {
        Self::new(0, currency)
    }

    /// The sum, if both are of one currency and it fits.
    pub fn checked_add(self, other: Self) -> Result<Self, MoneyError> {
        self.same_currency(other)?;
        self.with(self.minor.checked_add(other.minor))
    }

    /// The difference, if both are of one currency and it fits.
    pub fn checked_sub(self, other: Self) -> Result<Self, MoneyError> {
        self.same_currency(other)?;
        self.with(self.minor.checked_sub(other.minor))
    }

    /// This amount `times` over, if it fits.
    pub fn checked_mul(self, times: u64) -> Result<Self, MoneyError> {
        let times = i64::try_from(times).map_err(|_| MoneyError::Overflow)?;
        self.with(self.minor.checked_mul(times))
    }

    /// The tax on this amount, rounded half up to the minor unit.
    #[must_use]
    pub fn tax(self, rate: TaxRate) -> Self {
        Self::new(rate.on(self.minor), self.currency)
    }

    /// Splits by largest remainder: the parts are proportional to `weights` to within one minor
    /// unit and sum to the whole. Equal remainders go to the earlier part.
    pub fn split(self, weights: &[u64]) -> Result<Vec<Self>, MoneyError> {
        let parts = split_minor(self.minor, weights)?;
        let of = |minor| Self::new(minor, self.currency);
        Ok(parts.into_iter().map(of).collect())
    }

    fn same_currency(self, other: Self) -> Result<(), MoneyError> {
        if self.currency == other.currency {
            return Ok(());
        }
        Err(MoneyError::CurrencyMismatch {
            left: self.currency,
            right: other.currency,
        })
    }

    fn with(self, minor: Option<i64>) -> Result<Self, MoneyError> {
        minor
            .map(|minor| Self::new(minor, self.currency))
            .ok_or(MoneyError::Overflow)
    }
}

impl fmt::Display for Money {
    /// Major units with the currency's decimals: `19.99 EUR`, `-0.05 EUR`, `120 JPY`.
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let exponent = self.currency.exponent();
        let one = 10_u64.pow(exponent);
        let sign = if self.minor < 0 { "-" } else { "" };
        let amount = self.minor.unsigned_abs();
        let (major, rest) = (amount / one, amount % one);
        if exponent == 0 {
            write!(out, "{sign}{major} {}", self.currency)
        } else {
            let width = exponent as usize;
            write!(out, "{sign}{major}.{rest:0width$} {}", self.currency)
        }
    }
}

/// [`Money::split`] on bare minor units.
pub fn split_minor(whole: i64, weights: &[u64]) -> Result<Vec<i64>, MoneyError> {
    let weight: u128 = weights.iter().map(|w| u128::from(*w)).sum();
    if weight == 0 {
        return Err(MoneyError::NoWeight);
    }
    let amount = u128::from(whole.unsigned_abs());
    // Below 2^63 · 2^64, and each floor is at most the whole: nothing overflows.
    let scaled = |part: &u64| amount * u128::from(*part);
    let mut parts: Vec<u128> = weights.iter().map(|w| scaled(w) / weight).collect();
    let mut by_remainder: Vec<usize> = (0..weights.len()).collect();
    by_remainder.sort_by_key(|at| std::cmp::Reverse(weights.get(*at).map_or(0, scaled) % weight));
    let given: u128 = parts.iter().sum();
    let missing = usize::try_from(amount - given).unwrap_or(0);
    for at in by_remainder.into_iter().take(missing) {
        if let Some(part) = parts.get_mut(at) {
            *part += 1;
        }
    }
    let signed = |part: u128| {
        let part = i128::try_from(part).unwrap_or(i128::MAX);
        i64::try_from(if whole < 0 { -part } else { part }).map_err(|_| MoneyError::Overflow)
    };
    parts.into_iter().map(signed).collect()
}

/// What the units `from..from + count` of a line carry of `whole`, an amount for all its `units`.
///
/// This is the split by largest remainder over equal units, without making the parts: every unit
/// carries the floor, and the first `whole mod units` of them one more. Whatever way a line's
/// units leave it, one by one or many at once, their shares sum to the whole.
#[must_use]
pub fn share_of_units(whole: i64, units: u64, from: u64, count: u64) -> i64 {
    let up_to = |end: u64| -> i128 {
        let (whole, units) = (i128::from(whole), i128::from(units.max(1)));
        let end = i128::from(end).min(units);
        (whole.div_euclid(units)) * end + end.min(whole.rem_euclid(units))
    };
    let share = up_to(from.saturating_add(count)) - up_to(from);
    // A part of an i64, so it fits.
    i64::try_from(share).unwrap_or(whole)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn it_is_written_as_shops_write_it() {
        assert_eq!(Money::new(1_999, Currency::EUR).to_string(), "19.99 EUR");
        assert_eq!(Money::new(-5, Currency::EUR).to_string(), "-0.05 EUR");
        assert_eq!(Money::new(120, Currency::JPY).to_string(), "120 JPY");
        assert_eq!(Money::new(1_005, Currency::KWD).to_string(), "1.005 KWD");
        let json = serde_json::to_string(&Money::new(1_999, Currency::EUR)).unwrap();
        assert_eq!(json, r#"{"minor":1999,"currency":"EUR"}"#);
    }

    #[test]
    fn arithmetic_says_why_it_has_no_answer() {
        let (euro, yen) = (Money::new(1, Currency::EUR), Money::new(1, Currency::JPY));
        let error = euro.checked_add(yen).unwrap_err().to_string();
        assert!(error.contains("EUR") && error.contains("JPY"), "{error}");
        let most = Money::new(i64::MAX, Currency::EUR);
        assert_eq!(most.checked_add(euro), Err(MoneyError::Overflow));
        assert_eq!(most.checked_mul(2), Err(MoneyError::Overflow));
        assert_eq!(most.split(&[]), Err(MoneyError::NoWeight));
        assert_eq!(most.split(&[0, 0]), Err(MoneyError::NoWeight));
    }

    #[test]
    fn tax_is_rounded_half_up() {
        let rate = |bp| TaxRate::new(bp).unwrap();
        assert_eq!(rate(1_900).on(1_000), 190);
        assert_eq!(rate(1_900).on(50), 10); // 9.5
        assert_eq!(rate(700).on(7), 0); // 0.49
        assert_eq!(rate(5_000).on(1), 1); // 0.5
        assert_eq!(rate(5_000).on(-1), -1);
        assert_eq!(rate(10_000).on(i64::MAX), i64::MAX);
        assert!(TaxRate::new(10_001).is_err());
    }

    #[test]
    fn a_split_gives_the_rest_to_the_largest_remainder() {
        assert_eq!(split_minor(100, &[1, 1, 1]).unwrap(), [34, 33, 33]);
        assert_eq!(split_minor(10, &[5, 3, 1]).unwrap(), [6, 3, 1]);
        assert_eq!(split_minor(-100, &[1, 1, 1]).unwrap(), [-34, -33, -33]);
        assert_eq!(split_minor(5, &[0, 1, 0]).unwrap(), [0, 5, 0]);
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(256))]

        #[test]
        fn parts_sum_to_the_whole_and_are_within_one_of_their_share(
            whole in any::<i64>(),
            weights in prop::collection::vec(any::<u32>().prop_map(u64::from), 1..40),
        ) {
            prop_assume!(weights.iter().any(|weight| *weight > 0));
            let parts = split_minor(whole, &weights).unwrap();
            let sum: i128 = parts.iter().map(|part| i128::from(*part)).sum();
            prop_assert_eq!(sum, i128::from(whole));
            let weight: i128 = weights.iter().map(|w| i128::from(*w)).sum();
            for (part, of) in parts.iter().zip(&weights) {
                let off = i128::from(*part) * weight - i128::from(whole) * i128::from(*of);
                prop_assert!(off.abs() < weight, "{part} for {of}/{weight} of {whole}");
            }
        }

        #[test]
        fn shares_of_units_sum_to_the_line_whatever_way_they_leave(
            whole in any::<i64>(),
            steps in prop::collection::vec(1_u64..1_000, 1..40),
        ) {
            let units: u64 = steps.iter().sum();
            let (mut from, mut sum) = (0, 0_i128);
            for count in steps {
                sum += i128::from(share_of_units(whole, units, from, count));
                from += count;
            }
            prop_assert_eq!(sum, i128::from(whole));
        }

        #[test]
        fn a_share_of_units_is_the_split_by_largest_remainder(
            whole in 0_i64..1_000_000, units in 1_u64..60,
        ) {
            let parts = split_minor(whole, &vec![1; units as usize]).unwrap();
            for (unit, part) in (0..).zip(parts) {
                prop_assert_eq!(share_of_units(whole, units, unit, 1), part);
            }
        }

        #[test]
        fn tax_is_within_half_a_unit(net in 0..=i64::MAX, bp in 0_u16..=10_000) {
            let tax = i128::from(TaxRate::new(bp).unwrap().on(net));
            let off = tax * 10_000 - i128::from(net) * i128::from(bp);
            prop_assert!((-4_999..=5_000).contains(&off));
        }
    }
}
