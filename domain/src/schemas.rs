//! JSON Schemas (draft 2020-12) of every event, for those who read events without this crate.
//!
//! `schemas/{aggregate}/{Event}.v{version}.json` describes the whole payload as it is written.
//! Its `$id` is the event's CloudEvents type. Those of today's versions are generated from the
//! Rust types and compared here; `UPDATE_SCHEMAS=1 cargo test -p domain schemas` writes those that
//! differ. Those of older versions stay as they were released, beside their golden files (see
//! `golden.rs`).
//!
//! What the schemas promise is less than what `decide` keeps: shapes, alphabets and limits, not
//! `net = gross − discount`. Unknown fields are allowed, because optional ones may be added; only
//! where the type itself denies them (`PaymentChoice`) they are not.

mod generate;
mod values;

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Once;

use jsonschema::Validator;
use serde_json::Value;

use crate::{CATALOG, Event, EventKind};

fn root(folder: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(folder)
}

/// `{aggregate}/{Event}.v{version}.json`, under both `golden` and `schemas`.
fn file_of(kind: &EventKind) -> PathBuf {
    let name = format!("{}.v{}.json", kind.event_type, kind.version);
    Path::new(kind.aggregate_type).join(name)
}

/// Every file of `folder`, as [`file_of`] names it.
fn files(folder: &str) -> Vec<PathBuf> {
    let root = root(folder);
    let entries = |path: &Path| {
        let entries = fs::read_dir(path).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
        entries.map(|entry| entry.unwrap().path())
    };
    let mut files: Vec<_> = entries(&root).flat_map(|path| entries(&path)).collect();
    files.sort_unstable();
    let relative = |file: PathBuf| file.strip_prefix(&root).unwrap().to_owned();
    files.into_iter().map(relative).collect()
}

fn read(folder: &str, file: &Path) -> Value {
    let path = root(folder).join(file);
    let text = fs::read_to_string(&path).unwrap_or_else(|error| {
        panic!(
            "{}: {error}; every kind and every golden file has a schema: run \
             `UPDATE_SCHEMAS=1 cargo test -p domain schemas` and commit what it writes",
            path.display()
        )
    });
    serde_json::from_str(&text).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// The committed schema. Where it is asked for, those that differ are written before the first is
/// read: tests run side by side.
fn committed(file: &Path) -> Value {
    static UPDATED: Once = Once::new();
    if std::env::var_os("UPDATE_SCHEMAS").is_some() {
        UPDATED.call_once(|| CATALOG.iter().for_each(update));
    }
    read("schemas", file)
}

fn update(kind: &EventKind) {
    let (file, generated) = (file_of(kind), generate::schema_of(kind));
    let path = root("schemas").join(&file);
    if path.exists() && read("schemas", &file) == generated {
        return;
    }
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    let pretty = serde_json::to_string_pretty(&generated).unwrap();
    fs::write(path, pretty + "\n").unwrap();
}

fn validator(schema: &Value) -> Validator {
    let options = jsonschema::draft202012::options().should_validate_formats(true);
    options.build(schema).unwrap()
}

#[test]
fn the_committed_schema_of_every_kind_is_the_generated_one() {
    let differs = |file: &PathBuf, kind| committed(file) != generate::schema_of(kind);
    let files = CATALOG.iter().map(|kind| (file_of(kind), kind));
    let differ: Vec<_> = files
        .filter(|(file, kind)| differs(file, kind))
        .map(|(file, _)| format!("schemas/{}", file.display()))
        .collect();
    assert!(
        differ.is_empty(),
        "these are not what the Rust types say any more:\n  {}\n\
         If only a description changed, a field was added that readers can do without, or the \
         version was never released: run `UPDATE_SCHEMAS=1 cargo test -p domain schemas` and \
         commit what it writes. Anything else needs a new version and an upcaster: see upcast.rs.",
        differ.join("\n  ")
    );
}

#[test]
fn no_schema_is_stale() {
    let kinds: Vec<_> = CATALOG.iter().map(file_of).collect();
    let golden = files("golden");
    let mut stale = files("schemas");
    stale.retain(|file| !kinds.contains(file) && !golden.contains(file));
    assert!(
        stale.is_empty(),
        "of no kind in the catalogue and of no golden file; delete from schemas/, or give back \
         the golden file of a released version: {stale:?}"
    );
}

#[test]
fn every_golden_file_of_any_version_is_valid() {
    for file in files("golden") {
        let (schema, golden) = (committed(&file), read("golden", &file));
        let validator = validator(&schema);
        let errors: Vec<_> = validator
            .iter_errors(&golden)
            .map(|error| format!("{} at {}", error, error.instance_path()))
            .collect();
        assert!(errors.is_empty(), "golden/{}: {errors:#?}", file.display());
    }
}

/// The two were derived from the same types by different crates, so they are held together here.
#[test]
fn schemas_refuse_what_decoding_refuses() {
    for kind in CATALOG {
        let validator = validator(&generate::schema_of(kind));
        let (mut valid, mut refused) = (0, 0);
        for payload in damaged(&read("golden", &file_of(kind))) {
            let decoded = Event::decode(kind.aggregate_type, &payload.to_string());
            let is_valid = validator.is_valid(&payload);
            assert_eq!(is_valid, decoded.is_ok(), "{payload}: {decoded:?}");
            *(if is_valid { &mut valid } else { &mut refused }) += 1;
        }
        assert!(refused > 0, "{kind:?}: {valid} were valid and none refused");
    }
}

/// `whole` with one field left out or one value of another type, in every place.
fn damaged(whole: &Value) -> Vec<Value> {
    let mut all = vec![Value::Bool(false)];
    match whole {
        Value::Object(fields) => {
            for (name, value) in fields {
                let mut without = fields.clone();
                without.remove(name);
                all.push(without.into());
                for other in damaged(value) {
                    let mut changed = fields.clone();
                    changed.insert(name.clone(), other);
                    all.push(changed.into());
                }
            }
        }
        Value::Array(items) => {
            for (at, value) in items.iter().enumerate() {
                for other in damaged(value) {
                    let mut changed = items.clone();
                    changed[at] = other;
                    all.push(changed.into());
                }
            }
        }
        _ => {}
    }
    all
}
