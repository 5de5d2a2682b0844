//! Moments: UTC, microseconds, always passed in, never read from a clock here.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use serde::de::{Deserialize, Deserializer, Visitor};
use serde::ser::{Serialize, Serializer};
use time::format_description::well_known::Rfc3339;
use time::{Date, OffsetDateTime, UtcOffset};

use super::ValueError;

/// 0001-01-01T00:00:00Z, the first moment that RFC 3339 and `time` both write with four digits.
const MICROS_MIN: i64 = -62_135_596_800_000_000;
/// 9999-12-31T23:59:59.999999Z.
const MICROS_MAX: i64 = 253_402_300_799_999_999;
const RIGHT: &str =
    "a timestamp is RFC 3339 such as 2017-01-31T17:00:00.000000Z, in the years 0001 to 9999";
/// What is written, for the JSON Schemas of events.
#[cfg(test)]
const PATTERN: &str = r"^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\.[0-9]{6}Z$";

/// A moment in UTC with microseconds. Serialises as RFC 3339, always with six decimals and `Z`,
/// so that texts sort as moments do. Finer input is truncated to the microsecond.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[cfg_attr(test, schemars(with = "String", extend("format" = "date-time", "pattern" = PATTERN)))]
pub struct Timestamp(i64);

impl Timestamp {
    /// 1970-01-01T00:00:00Z.
    pub const EPOCH: Self = Self(0);

    /// The moment `micros` microseconds after 1970-01-01T00:00:00Z.
    pub fn from_micros(micros: i64) -> Result<Self, ValueError> {
        if (MICROS_MIN..=MICROS_MAX).contains(&micros) {
            Ok(Self(micros))
        } else {
            let wrong = "it is out of range (microseconds since 1970)";
            Err(ValueError::new(
                "timestamp",
                &micros.to_string(),
                wrong,
                RIGHT,
            ))
        }
    }

    /// Microseconds since 1970-01-01T00:00:00Z.
    #[must_use]
    pub const fn as_micros(self) -> i64 {
        self.0
    }

    /// Reads RFC 3339 with any offset.
    pub fn parse(text: &str) -> Result<Self, ValueError> {
        let moment = OffsetDateTime::parse(text, &Rfc3339)
            .map_err(|error| ValueError::new("timestamp", text, error.to_string(), RIGHT))?;
        Self::try_from(moment)
    }

    /// The day that it falls on, in UTC.
    #[must_use]
    pub fn day(self) -> Date {
        self.to_offset_date_time().date()
    }

    /// The full hour that it falls in, in UTC.
    #[must_use]
    pub const fn hour(self) -> Self {
        Self(self.0 - self.0.rem_euclid(3_600_000_000))
    }

    /// The moment `after` later; the last representable moment if that is past it.
    #[must_use]
    pub fn saturating_add(self, after: Duration) -> Self {
        let micros = i64::try_from(after.as_micros()).unwrap_or(i64::MAX);
        Self(self.0.saturating_add(micros).min(MICROS_MAX))
    }

    /// How long after `earlier` this is; nothing if it is not after.
    #[must_use]
    pub fn saturating_since(self, earlier: Self) -> Duration {
        Duration::from_micros(u64::try_from(self.0.saturating_sub(earlier.0)).unwrap_or(0))
    }

    /// The same moment as `time` has it.
    #[must_use]
    pub fn to_offset_date_time(self) -> OffsetDateTime {
        // The constructor's range is inside time's, so the fallback is never taken.
        OffsetDateTime::from_unix_timestamp_nanos(i128::from(self.0) * 1_000)
            .unwrap_or(OffsetDateTime::UNIX_EPOCH)
    }
}

impl TryFrom<OffsetDateTime> for Timestamp {
    type Error = ValueError;

    fn try_from(moment: OffsetDateTime) -> Result<Self, ValueError> {
        let micros = moment
            .to_offset(UtcOffset::UTC)
            .unix_timestamp_nanos()
            .div_euclid(1_000);
        Self::from_micros(i64::try_from(micros).unwrap_or(i64::MAX))
    }
}

impl FromStr for Timestamp {
    type Err = ValueError;

    fn from_str(text: &str) -> Result<Self, ValueError> {
        Self::parse(text)
    }
}

impl fmt::Display for Timestamp {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let moment = self.to_offset_date_time();
        let (hour, minute, second, micro) = moment.to_hms_micro();
        let (year, month, day) = (moment.year(), u8::from(moment.month()), moment.day());
        write!(
            out,
            "{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}.{micro:06}Z"
        )
    }
}

impl Serialize for Timestamp {
    fn serialize<S: Serializer>(&self, out: S) -> Result<S::Ok, S::Error> {
        out.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Timestamp {
    fn deserialize<D: Deserializer<'de>>(input: D) -> Result<Self, D::Error> {
        struct Moment;
        impl Visitor<'_> for Moment {
            type Value = Timestamp;

            fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
                out.write_str("a timestamp of RFC 3339")
            }

            fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<Timestamp, E> {
                Timestamp::parse(text).map_err(E::custom)
            }
        }
        input.deserialize_str(Moment)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_written_with_microseconds_and_read_with_any_offset() {
        let moment = Timestamp::parse("2017-01-31T18:00:00.5+01:00").unwrap();
        assert_eq!(moment.to_string(), "2017-01-31T17:00:00.500000Z");
        assert_eq!(moment.day(), time::macros::date!(2017 - 01 - 31));
        assert_eq!(moment.hour().to_string(), "2017-01-31T17:00:00.000000Z");
        let json = serde_json::to_string(&moment).unwrap();
        assert_eq!(serde_json::from_str::<Timestamp>(&json).unwrap(), moment);
    }

    #[test]
    fn the_ends_of_the_range_round_trip_and_what_is_past_them_is_refused() {
        for micros in [MICROS_MIN, -1, 0, MICROS_MAX] {
            let moment = Timestamp::from_micros(micros).unwrap();
            assert_eq!(Timestamp::parse(&moment.to_string()), Ok(moment));
        }
        assert!(Timestamp::from_micros(MICROS_MAX + 1).is_err());
        assert!(Timestamp::from_micros(MICROS_MIN - 1).is_err());
        assert!(Timestamp::parse("2017-01-31").is_err());
        let last = Timestamp::from_micros(MICROS_MAX).unwrap();
        assert_eq!(last.saturating_add(Duration::MAX), last);
    }
}
