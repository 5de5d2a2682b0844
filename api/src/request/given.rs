//! Values as they were given: read as plain JSON first, checked by the domain second.
//!
//! Two kinds of error are kept apart: a body that has the wrong shape cannot be read (400), one whose values break a rule
//! can (422), and then every fault is gathered, so that a client mends all of them at once.

use domain::FieldError;
use domain::order::Paid;
use domain::product::Patch;
use domain::value::{
    Currency, Location, OrderId, ProductId, Prose, Quantity, RedirectUri, ReturnId, Scope,
    ShipmentId, Sku, Slug, TaxRate, Text, Timestamp, ValueError,
};
use serde::de::{Deserialize, Deserializer};

use crate::problem::{Code, Problem};

/// A value of the domain, with the plain JSON that it is made from.
pub trait Checked: Sized {
    /// What JSON holds.
    type Plain: for<'de> Deserialize<'de>;

    /// The value, if the domain takes it.
    fn check(plain: Self::Plain) -> Result<Self, ValueError>;
}

macro_rules! checked_texts {
    ($($name:ty),+ $(,)?) => {
        $(impl Checked for $name {
            type Plain = String;

            fn check(plain: String) -> Result<Self, ValueError> {
                plain.parse()
            }
        })+
    };
}

checked_texts!(
    Currency,
    Location,
    OrderId,
    ProductId,
    Prose,
    RedirectUri,
    ReturnId,
    Scope,
    ShipmentId,
    Sku,
    Slug,
    Text,
    Timestamp
);

impl Checked for Quantity {
    type Plain = i64;

    fn check(plain: i64) -> Result<Self, ValueError> {
        Self::try_from(plain)
    }
}

impl Checked for TaxRate {
    type Plain = i64;

    fn check(plain: i64) -> Result<Self, ValueError> {
        Self::try_from(u64::try_from(plain).unwrap_or(u64::MAX)).map_err(|error| ValueError {
            given: plain.to_string(),
            ..error
        })
    }
}

/// A value that was given, checked already; the verdict is asked for with the place that it was given at.
#[derive(Debug)]
pub struct Given<T>(Result<T, ValueError>);

impl<'de, T: Checked> Deserialize<'de> for Given<T> {
    fn deserialize<D: Deserializer<'de>>(input: D) -> Result<Self, D::Error> {
        T::Plain::deserialize(input).map(|plain| Self(T::check(plain)))
    }
}

/// A field of a revision: absent keeps what is there, `null` empties it.
#[derive(Debug, Default)]
pub enum Change<T> {
    /// It was not mentioned.
    #[default]
    Keep,
    /// It was `null`.
    Clear,
    /// It was given.
    Set(Given<T>),
}

impl<'de, T: Checked> Deserialize<'de> for Change<T> {
    fn deserialize<D: Deserializer<'de>>(input: D) -> Result<Self, D::Error> {
        let given = Option::<Given<T>>::deserialize(input)?;
        Ok(given.map_or(Self::Clear, Self::Set))
    }
}

/// Gathers what is wrong with the values of a body.
///
/// Each `take` gives the value, or nothing and remembers why; the command is built of what was taken, and
/// [`Faults::finish`] hands it out if nothing was wrong.
#[derive(Debug, Default)]
pub struct Faults(Vec<FieldError>);

impl Faults {
    /// The value given at `pointer`.
    pub fn take<T>(&mut self, pointer: &str, given: Given<T>) -> Option<T> {
        match given.0 {
            Ok(value) => Some(value),
            Err(error) => {
                self.add(pointer, "invalid-value", error.to_string());
                None
            }
        }
    }

    /// The value given at `pointer`, where one was.
    #[expect(
        clippy::option_option,
        reason = "outside: is it right; inside: was it given"
    )]
    pub fn take_optional<T>(
        &mut self,
        pointer: &str,
        given: Option<Given<T>>,
    ) -> Option<Option<T>> {
        match given {
            None => Some(None),
            Some(given) => self.take(pointer, given).map(Some),
        }
    }

    /// The values given below `pointer`, all or none.
    pub fn take_all<T>(&mut self, pointer: &str, given: Vec<Given<T>>) -> Option<Vec<T>> {
        let values: Vec<Option<T>> = given
            .into_iter()
            .enumerate()
            .map(|(at, given)| self.take(&format!("{pointer}/{at}"), given))
            .collect();
        values.into_iter().collect()
    }

    /// The change given at `pointer`.
    pub fn take_change<T>(&mut self, pointer: &str, change: Change<T>) -> Option<Patch<T>> {
        match change {
            Change::Keep => Some(Patch::Keep),
            Change::Clear => Some(Patch::Clear),
            Change::Set(given) => self.take(pointer, given).map(Patch::Set),
        }
    }

    /// Remembers that something is wrong at `pointer`.
    pub fn add(&mut self, pointer: &str, fault: &'static str, detail: impl Into<String>) {
        self.0.push(FieldError::new(pointer, fault, detail));
    }

    /// What was built, if nothing was wrong.
    pub fn finish<T>(self, built: Option<T>) -> Result<T, Problem> {
        match (built, self.0.as_slice()) {
            (Some(built), []) => Ok(built),
            (None, []) => {
                tracing::error!("a value was not taken and nobody said why");
                Err(Problem::internal())
            }
            (_, [first, rest @ ..]) => {
                let at = &first.pointer;
                let more = match rest.len() {
                    0 => String::new(),
                    more => format!(" (and {more} more)"),
                };
                let detail = format!("{at}: {}{more}", first.detail);
                Err(Problem::new(Code::ValidationFailed, detail).with_errors(self.0))
            }
        }
    }
}

/// How an order was paid, from its name in JSON.
impl Checked for Paid {
    type Plain = String;

    fn check(plain: String) -> Result<Self, ValueError> {
        match plain.as_str() {
            "external" => Ok(Self::External),
            _ => Err(ValueError {
                kind: "way of having paid",
                given: format!("{:?}", plain.chars().take(80).collect::<String>()),
                wrong: "it is not known".to_owned(),
                right: "an order was paid \"external\", or is not paid yet".to_owned(),
            }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn given<T: Checked>(json: &str) -> Given<T> {
        serde_json::from_str(json).unwrap()
    }

    #[test]
    fn every_fault_is_gathered_with_its_place() {
        let mut faults = Faults::default();
        let sku = faults.take::<Sku>("/sku", given(r#""bad one""#));
        let quantity = faults.take::<Quantity>("/quantity", given("-1"));
        let fine = faults.take::<Text>("/reference", given(r#""fine""#));
        assert!(fine.is_some());
        let problem = faults.finish(sku.zip(quantity)).unwrap_err();
        assert_eq!(problem.code(), Code::ValidationFailed);
        let pointers: Vec<&str> = problem.errors().iter().map(|it| &*it.pointer).collect();
        assert_eq!(pointers, ["/sku", "/quantity"]);
        assert!(problem.errors()[1].detail.contains("\"-1\""));
    }

    #[test]
    fn a_change_tells_absent_from_null() {
        #[derive(serde::Deserialize)]
        struct Body {
            #[serde(default)]
            brand: Change<Text>,
        }
        let read = |json| serde_json::from_str::<Body>(json).unwrap().brand;
        assert!(matches!(read("{}"), Change::Keep));
        assert!(matches!(read(r#"{"brand":null}"#), Change::Clear));
        assert!(matches!(read(r#"{"brand":"x"}"#), Change::Set(_)));
    }
}
