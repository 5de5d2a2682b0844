//! How many units: a whole number above zero.

use std::fmt;
use std::num::NonZeroU32;

use serde::{Deserialize, Serialize};

use super::ValueError;

/// A number of units, 1 to 4,294,967,295. No units is not a quantity.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "u64", into = "u32")]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[cfg_attr(test, schemars(extend("minimum" = 1, "maximum" = u32::MAX)))]
pub struct Quantity(NonZeroU32);

impl Quantity {
    /// One unit.
    pub const ONE: Self = Self(NonZeroU32::MIN);

    /// A quantity of `units`, which must be above zero.
    pub fn new(units: u32) -> Result<Self, ValueError> {
        Self::try_from(u64::from(units))
    }

    /// The number of units.
    #[must_use]
    pub const fn get(self) -> u32 {
        self.0.get()
    }

    /// The number of units, wide enough to be summed.
    #[must_use]
    pub const fn units(self) -> u64 {
        // `u64::from` is not const.
        self.0.get() as u64
    }
}

impl TryFrom<u64> for Quantity {
    type Error = ValueError;

    fn try_from(units: u64) -> Result<Self, ValueError> {
        u32::try_from(units)
            .ok()
            .and_then(NonZeroU32::new)
            .map(Self)
            .ok_or_else(|| {
                ValueError::new(
                    "quantity",
                    &units.to_string(),
                    "it is out of range",
                    format!("a quantity is a whole number from 1 to {}", u32::MAX),
                )
            })
    }
}

impl TryFrom<i64> for Quantity {
    type Error = ValueError;

    fn try_from(units: i64) -> Result<Self, ValueError> {
        // Whatever is negative is refused as zero is, with the number that was given.
        Self::try_from(u64::try_from(units).unwrap_or(0)).map_err(|error| ValueError {
            given: format!("\"{units}\""),
            ..error
        })
    }
}

impl From<Quantity> for u32 {
    fn from(quantity: Quantity) -> Self {
        quantity.get()
    }
}

impl fmt::Display for Quantity {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(out)
    }
}

#[cfg(test)]
mod tests {
    use super::Quantity;

    #[test]
    fn zero_negative_and_too_large_are_refused() {
        assert!(Quantity::new(0).is_err());
        let error = Quantity::try_from(-3_i64).unwrap_err();
        assert!(error.to_string().starts_with("\"-3\""), "{error}");
        assert!(Quantity::try_from(u64::from(u32::MAX) + 1).is_err());
        assert!(serde_json::from_str::<Quantity>("0").is_err());
        assert_eq!(serde_json::from_str::<Quantity>("7").unwrap().get(), 7);
        assert_eq!(serde_json::to_string(&Quantity::ONE).unwrap(), "1");
    }
}
