//! From the Rust types to one schema per kind of event.
//!
//! schemars describes an enum of events as `oneOf` its variants. Here the variant of one kind is
//! cut out, with the definitions that it needs and no others, and given its name.

use std::collections::BTreeSet;

use schemars::generate::SchemaSettings;
use schemars::{JsonSchema, transform::transform_subschemas};
use serde_json::{Map, Value, json};

use crate::EventKind;
use crate::account::{self, AccountEvent};
use crate::client::{self, ClientEvent};
use crate::order::{self, OrderEvent};
use crate::owners::{self, OwnersEvent};
use crate::payment::{self, PaymentEvent};
use crate::product::{self, ProductEvent};
use crate::security::{self, SecurityEvent};
use crate::stock::{self, StockEvent};

/// The schema of the whole payload of `kind`, the outer name included.
pub(super) fn schema_of(kind: &EventKind) -> Value {
    let events = match kind.aggregate_type {
        product::TYPE => schema_of_all::<ProductEvent>(),
        stock::TYPE => schema_of_all::<StockEvent>(),
        order::TYPE => schema_of_all::<OrderEvent>(),
        payment::TYPE => schema_of_all::<PaymentEvent>(),
        account::TYPE => schema_of_all::<AccountEvent>(),
        client::TYPE => schema_of_all::<ClientEvent>(),
        owners::TYPE => schema_of_all::<OwnersEvent>(),
        security::TYPE => schema_of_all::<SecurityEvent>(),
        unknown => panic!("schemas/generate.rs does not know the events of {unknown:?}: add them"),
    };
    let mut schema = variant(&events, kind.event_type);
    let definitions = definitions_of(&schema, &events["$defs"]);
    schema.insert("$schema".into(), events["$schema"].clone());
    schema.insert("$id".into(), cloud_event_type(kind).into());
    schema.insert("title".into(), kind.event_type.into());
    if !definitions.is_empty() {
        schema.insert("$defs".into(), definitions.into());
    }
    schema.into()
}

/// What is *written*: a field that is skipped when it is empty is not required, and never null.
fn schema_of_all<E: JsonSchema>() -> Value {
    let settings = SchemaSettings::draft2020_12()
        .for_serialize()
        .with_transform(absent_is_not_null)
        .with_transform(sort_required);
    settings
        .into_generator()
        .into_root_schema_for::<E>()
        .to_value()
}

/// Readers take null for an `Option` too; it is never written, see `skip_serializing_if`.
fn absent_is_not_null(schema: &mut schemars::Schema) {
    transform_subschemas(&mut absent_is_not_null, schema);
    let Some(mut choices) = schema.get("anyOf").and_then(Value::as_array).cloned() else {
        return;
    };
    choices.retain(|choice| *choice != json!({"type": "null"}));
    if let [Value::Object(only)] = &choices[..] {
        schema.remove("anyOf");
        for (keyword, value) in only {
            schema.insert(keyword.clone(), value.clone());
        }
    }
}

/// The order of the fields in Rust means nothing.
fn sort_required(schema: &mut schemars::Schema) {
    transform_subschemas(&mut sort_required, schema);
    if let Some(Value::Array(names)) = schema.get_mut("required") {
        names.sort_by(|a, b| a.as_str().cmp(&b.as_str()));
    }
}

fn variant(events: &Value, event_type: &str) -> Map<String, Value> {
    let variants = events["oneOf"].as_array().unwrap();
    let found = variants
        .iter()
        .find(|variant| variant["required"] == json!([event_type]));
    found.and_then(Value::as_object).unwrap().clone()
}

/// Those of `all` that `schema` refers to, and those that they refer to.
fn definitions_of(schema: &Map<String, Value>, all: &Value) -> Map<String, Value> {
    let mut names = BTreeSet::new();
    refer(&Value::Object(schema.clone()), all, &mut names);
    let definition = |name: String| (name.clone(), all[&name].clone());
    names.into_iter().map(definition).collect()
}

fn refer(schema: &Value, all: &Value, names: &mut BTreeSet<String>) {
    match schema {
        Value::Object(fields) => {
            if let Some(Value::String(target)) = fields.get("$ref") {
                let name = target.strip_prefix("#/$defs/").unwrap();
                if names.insert(name.to_owned()) {
                    refer(&all[name], all, names);
                }
            }
            fields.values().for_each(|field| refer(field, all, names));
        }
        Value::Array(items) => items.iter().for_each(|item| refer(item, all, names)),
        _ => {}
    }
}

/// The CloudEvents type that the journal publishes the kind under: `daybook.order.placed.v1`.
fn cloud_event_type(kind: &EventKind) -> String {
    let mut name = String::new();
    for letter in kind.event_type.chars() {
        if letter.is_ascii_uppercase() && !name.is_empty() {
            name.push('-');
        }
        name.push(letter.to_ascii_lowercase());
    }
    let aggregate_type = kind.aggregate_type;
    let own = name.strip_prefix(&format!("{aggregate_type}-"));
    let own = own.unwrap_or(&name);
    format!("daybook.{aggregate_type}.{own}.v{}", kind.version)
}
