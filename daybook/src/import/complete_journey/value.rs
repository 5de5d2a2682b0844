//! Single values of the files: cents, prices, times, names. Money never passes through a float.

use time::PrimitiveDateTime;
use time::macros::format_description;

/// More digits than any amount of the files has, fewer than `i64` overflows at when amounts are summed.
const AMOUNT_DIGITS_MAX: usize = 12;
/// As long as a SKU may be.
const TOKEN_LEN_MAX: usize = 64;
const SLUG_STEM_MAX: usize = 80;

/// `1.5` → 150. At most two decimals, not negative.
pub(super) fn cents(text: &str) -> Result<i64, &'static str> {
    const NOT_A_NUMBER: &str = "is not a decimal number such as 1.99";
    if text.starts_with('-') {
        return Err("must not be negative");
    }
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    let all_digits = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
    if whole.is_empty() || !all_digits(whole) || !all_digits(fraction) {
        return Err(NOT_A_NUMBER);
    }
    // `0.500` is fifty cents; `0.505` is none that exist.
    let fraction = fraction.trim_end_matches('0');
    if fraction.len() > 2 {
        return Err("has more than two decimals");
    }
    if whole.len() > AMOUNT_DIGITS_MAX {
        return Err("is too large an amount");
    }
    format!("{whole}{fraction:0<2}")
        .parse()
        .map_err(|_| NOT_A_NUMBER)
}

/// A quantity of at least one.
pub(super) fn quantity(text: &str) -> Result<u32, &'static str> {
    match text.parse() {
        Ok(0) => Err("must be at least 1"),
        Ok(quantity) => Ok(quantity),
        Err(_) => Err("is not a whole number from 1 to 4294967295"),
    }
}

/// `amount / quantity`, rounded half up.
pub(super) fn unit_price(amount: i64, quantity: u32) -> i64 {
    let (amount, quantity) = (i128::from(amount), i128::from(quantity));
    let rounded = (2 * amount + quantity) / (2 * quantity);
    i64::try_from(rounded).unwrap_or(i64::MAX)
}

/// `2017-01-01 11:53:26` → `2017-01-01T11:53:26Z`.
pub(super) fn timestamp(text: &str) -> Result<String, &'static str> {
    let format = format_description!("[year]-[month]-[day] [hour]:[minute]:[second]");
    PrimitiveDateTime::parse(text, format)
        .map(|_| format!("{}Z", text.replacen(' ', "T", 1)))
        .map_err(|_| "is not a time such as 2017-01-31 18:45:00")
}

/// An id of the files: what may be part of a SKU, a channel's and a customer's name.
pub(super) fn token(text: &str) -> Result<&str, &'static str> {
    let allowed = |byte: u8| {
        byte.is_ascii_uppercase() || byte.is_ascii_digit() || matches!(byte, b'.' | b'_' | b'-')
    };
    if text.is_empty() {
        Err("is empty")
    } else if text.len() > TOKEN_LEN_MAX || !text.bytes().all(allowed) {
        Err("is not an id of 1 to 64 characters A-Z 0-9 . _ -")
    } else {
        Ok(text)
    }
}

/// `ICE - CRUSHED/CUBED`, `25671` → `ice-crushed-cubed-25671`.
pub(super) fn slug(name: &str, id: &str) -> String {
    let mut slug = String::new();
    for character in name.chars() {
        if character.is_ascii_alphanumeric() {
            slug.push(character.to_ascii_lowercase());
        } else if !slug.is_empty() && !slug.ends_with('-') {
            slug.push('-');
        }
        if slug.len() >= SLUG_STEM_MAX {
            break;
        }
    }
    let stem = slug.trim_end_matches('-');
    let stem = if stem.is_empty() { "product" } else { stem };
    let id: String = id
        .chars()
        .map(|it| {
            if it.is_ascii_alphanumeric() {
                it.to_ascii_lowercase()
            } else {
                '-'
            }
        })
        .collect();
    format!("{stem}-{id}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn decimals_become_cents_exactly() {
        for (text, expected) in [
            ("0.0", 0),
            ("0.5", 50),
            ("1.43", 143),
            ("12", 1200),
            ("7.", 700),
            ("0.290", 29),
        ] {
            assert_eq!(cents(text), Ok(expected), "{text}");
        }
        for text in [
            "",
            ".5",
            "-1.0",
            "1.005",
            "1e3",
            "1,5",
            "NaN",
            "1.2.3",
            "9999999999999",
            " 1",
        ] {
            assert!(cents(text).is_err(), "{text}");
        }
    }

    #[test]
    fn prices_round_half_up() {
        assert_eq!(unit_price(100, 3), 33);
        assert_eq!(unit_price(5, 2), 3);
        assert_eq!(unit_price(2_164_387, 9_838_437), 0);
        assert_eq!(unit_price(i64::MAX, 1), i64::MAX);
    }

    #[test]
    fn quantities_are_positive() {
        assert_eq!(quantity("30580"), Ok(30_580));
        assert!(
            quantity("0").is_err() && quantity("-1").is_err() && quantity("4294967296").is_err()
        );
    }

    #[test]
    fn times_are_read_as_utc() {
        assert_eq!(
            timestamp("2017-01-01 11:53:26").as_deref(),
            Ok("2017-01-01T11:53:26Z")
        );
        assert!(timestamp("2017-02-30 11:53:26").is_err() && timestamp("yesterday").is_err());
    }

    #[test]
    fn slugs_are_plain_and_distinct() {
        assert_eq!(
            slug("ICE - CRUSHED/CUBED", "25671"),
            "ice-crushed-cubed-25671"
        );
        assert_eq!(slug("", "26081"), "product-26081");
        assert_eq!(slug("<=", "1.A"), "product-1-a");
    }
}
