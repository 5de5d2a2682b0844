//! Parts of bodies that several routes share.

use std::collections::BTreeMap;
use std::fmt;

use domain::value::{Currency, Money, Text};
use serde::Deserialize;
use serde::de::{self, Deserializer, MapAccess, Visitor};

use super::json::escaped;
use super::{Faults, Given};

/// A body without fields.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Nothing {}

/// An amount: `{"minor":1999,"currency":"EUR"}`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MoneyBody {
    minor: i64,
    currency: Given<Currency>,
}

impl MoneyBody {
    /// The amount given at `pointer`.
    pub fn money(self, pointer: &str, faults: &mut Faults) -> Option<Money> {
        let currency = faults.take(&format!("{pointer}/currency"), self.currency)?;
        Some(Money::new(self.minor, currency))
    }
}

/// Names and values, each name once.
#[derive(Debug, Default)]
pub struct Pairs(Vec<(String, String)>);

impl Pairs {
    /// The attributes given at `pointer`.
    pub fn attributes(self, pointer: &str, faults: &mut Faults) -> Option<BTreeMap<Text, Text>> {
        let mut attributes = Some(BTreeMap::new());
        for (name, value) in self.0 {
            let pointer = format!("{pointer}/{}", escaped(&name));
            let mut text = |text: &str| {
                Text::new(text)
                    .map_err(|error| faults.add(&pointer, "invalid-value", error.to_string()))
                    .ok()
            };
            match (text(&name), text(&value), &mut attributes) {
                (Some(name), Some(value), Some(attributes)) => {
                    attributes.insert(name, value);
                }
                _ => attributes = None,
            }
        }
        attributes
    }
}

impl<'de> Deserialize<'de> for Pairs {
    fn deserialize<D: Deserializer<'de>>(input: D) -> Result<Self, D::Error> {
        struct Each;
        impl<'de> Visitor<'de> for Each {
            type Value = Pairs;

            fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
                out.write_str("an object of names and texts")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Pairs, A::Error> {
                let mut pairs: BTreeMap<String, String> = BTreeMap::new();
                while let Some(name) = map.next_key::<String>()? {
                    if pairs.contains_key(&name) {
                        return Err(de::Error::custom(format!("duplicate name {name:?}")));
                    }
                    pairs.insert(name, map.next_value()?);
                }
                Ok(Pairs(pairs.into_iter().collect()))
            }
        }
        input.deserialize_map(Each)
    }
}
