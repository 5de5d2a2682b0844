//! The schemas of values allow what their constructors allow.

use std::fmt::Display;
use std::str::FromStr;

use proptest::prelude::*;
use schemars::JsonSchema;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use super::validator;
use crate::value::*;

fn schema_allows<V: JsonSchema>(value: &Value) -> bool {
    validator(schemars::schema_for!(V).as_value()).is_valid(value)
}

fn assert_agree<V: JsonSchema + DeserializeOwned>(value: &Value) {
    let read = serde_json::from_value::<V>(value.clone()).is_ok();
    assert_eq!(
        schema_allows::<V>(value),
        read,
        "{} {value}",
        V::schema_name()
    );
}

fn assert_all_texts_agree(text: &str) {
    let value = Value::from(text);
    assert_agree::<Sku>(&value);
    assert_agree::<Slug>(&value);
    assert_agree::<Location>(&value);
    assert_agree::<Text>(&value);
    assert_agree::<Prose>(&value);
    assert_agree::<KeyId>(&value);
    assert_agree::<Ciphertext>(&value);
    assert_agree::<EmailHash>(&value);
}

#[test]
fn texts_agree_on_alphabets_blanks_and_lengths() {
    let chosen = [
        "",
        " ",
        "\u{3000}\u{a0}",
        "a\u{85}",
        "\n",
        "\t ",
        "a\nb",
        "a\rb",
        "a\0",
        "\u{7f}",
        "é",
        " é ",
        "AB-1.2_C",
        "ab-1",
        "ab.1",
        "a b",
        "a\n",
        "🦀",
    ];
    chosen.into_iter().for_each(assert_all_texts_agree);
    for chars in [64, 65, 200, 201, 10_000, 10_001] {
        for letter in ["a", "A", "🦀"] {
            assert_all_texts_agree(&letter.repeat(chars));
        }
    }
}

#[test]
fn numbers_agree_on_their_limits() {
    for number in [-1, 0, 1, 10_000, 10_001, i64::from(u32::MAX), 1 << 32] {
        assert_agree::<Quantity>(&json!(number));
        assert_agree::<TaxRate>(&json!(number));
    }
}

/// Ids and moments are read in more forms than the one in which they are written.
#[test]
fn what_is_written_is_allowed_and_other_forms_are_not() {
    fn assert_only_written<V>(written: &str, other: &str)
    where
        V: JsonSchema + FromStr<Err = ValueError> + Display,
    {
        assert_eq!(other.parse::<V>().unwrap().to_string(), written);
        assert!(schema_allows::<V>(&written.into()), "{written}");
        assert!(!schema_allows::<V>(&other.into()), "{other}");
    }
    let upper = "01890A5D-AC96-774B-BCCE-B302099A8057";
    assert_only_written::<OrderId>(&upper.to_lowercase(), upper);
    let local = "2017-01-31T18:00:00.5+01:00";
    assert_only_written::<Timestamp>("2017-01-31T17:00:00.500000Z", local);
    for currency in Currency::KNOWN {
        assert!(schema_allows::<Currency>(&currency.code().into()));
    }
    assert!(!schema_allows::<Currency>(&"eur".into()));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    /// Where the controls and the blanks are; but U+FEFF is a blank to ECMA 262 and none to Unicode.
    #[test]
    fn any_text_agrees(text in "[\\x00-\\xff\\x{1680}\\x{2000}-\\x{2060}\\x{3000}]{0,4}") {
        assert_all_texts_agree(&text);
    }
}
