//! Amounts in Stripe's minor units, which for three currencies are not ISO 4217's.
//!
//! Source: Stripe, "Supported currencies", zero-decimal currencies and special cases: MGA has no
//! decimals there, ISK and UGX have two that must be zero.

use domain::value::{Currency, Money};

use super::Unreadable;

/// Decimals that Stripe's API reckons with.
const fn exponent(currency: Currency) -> u32 {
    match currency {
        Currency::MGA => 0,
        Currency::ISK | Currency::UGX => 2,
        other => other.exponent(),
    }
}

/// The amount as Stripe takes it; none if Stripe has no unit that small (or it does not fit).
pub(in crate::gateway) fn to_wire(money: Money) -> Option<i64> {
    let (ours, theirs) = (money.currency.exponent(), exponent(money.currency));
    if theirs >= ours {
        return money.minor.checked_mul(10_i64.pow(theirs - ours));
    }
    let unit = 10_i64.pow(ours - theirs);
    (money.minor % unit == 0).then_some(money.minor / unit)
}

/// The amount that Stripe means; `currency` in lower case, as Stripe writes it.
pub(in crate::gateway) fn from_wire(amount: i64, currency: &str) -> Result<Money, Unreadable> {
    let currency: Currency = currency
        .to_ascii_uppercase()
        .parse()
        .map_err(|error| Unreadable(format!("{error}")))?;
    let (ours, theirs) = (currency.exponent(), exponent(currency));
    let minor = if ours >= theirs {
        amount.checked_mul(10_i64.pow(ours - theirs))
    } else {
        let unit = 10_i64.pow(theirs - ours);
        (amount % unit == 0).then_some(amount / unit)
    };
    minor
        .map(|minor| Money::new(minor, currency))
        .ok_or_else(|| Unreadable(format!("{amount} is no amount of {currency}")))
}

/// The currency as Stripe writes it.
pub(in crate::gateway) fn currency_code(currency: Currency) -> String {
    currency.code().to_ascii_lowercase()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn most_currencies_are_as_iso_has_them() {
        for (minor, currency) in [
            (1_999, Currency::EUR),
            (120, Currency::JPY),
            (5_120, Currency::KWD),
        ] {
            assert_eq!(to_wire(Money::new(minor, currency)), Some(minor));
        }
    }

    #[test]
    fn three_are_not() {
        assert_eq!(to_wire(Money::new(5, Currency::ISK)), Some(500));
        assert_eq!(to_wire(Money::new(5, Currency::UGX)), Some(500));
        assert_eq!(to_wire(Money::new(500, Currency::MGA)), Some(5));
        assert_eq!(to_wire(Money::new(505, Currency::MGA)), None);
        assert_eq!(from_wire(500, "isk"), Ok(Money::new(5, Currency::ISK)));
        assert!(from_wire(550, "isk").is_err());
        assert!(from_wire(550, "€").is_err());
    }

    #[test]
    fn what_is_sent_is_read_back() {
        for currency in Currency::KNOWN {
            let money = Money::new(123_400, *currency);
            let wire = to_wire(money).unwrap();
            assert_eq!(from_wire(wire, &currency_code(*currency)), Ok(money));
        }
        assert_eq!(to_wire(Money::new(i64::MAX, Currency::ISK)), None);
    }
}
