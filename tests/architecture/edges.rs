//! The flow goes one way (see ARCHITECTURE.md): a crate depends on those that the table lists, and on no other.

use std::collections::{BTreeMap, BTreeSet};

use cargo_metadata::{DependencyKind, Metadata, MetadataCommand, Package};

/// Every crate of the workspace, and the crates of the workspace that it may depend on.
const MAY_DEPEND_ON: &[(&str, &[&str])] = &[
    ("domain", &[]),
    // Passwords, tokens and sealing; docs/decisions/0008-access.md says why on its own.
    ("access", &["domain"]),
    ("journal", &[]),
    ("commands", &["domain", "journal"]),
    ("relay", &["journal"]),
    ("projections", &["domain", "journal"]),
    ("processes", &["domain", "journal", "commands"]),
    ("identity", &["domain", "access", "journal", "commands"]),
    ("audit", &["journal"]),
    (
        "api",
        &[
            "commands",
            "projections",
            "identity",
            "audit",
            "domain",
            "access",
        ],
    ),
    ("console", &["projections", "audit", "api"]),
    (
        "daybook",
        &[
            "domain",
            "access",
            "journal",
            "commands",
            "relay",
            "projections",
            "processes",
            "identity",
            "audit",
            "api",
            "console",
        ],
    ),
    // It measures the parts side by side, from outside the flow; nobody may depend on it.
    (
        "daybook-bench",
        &[
            "domain",
            "journal",
            "commands",
            "projections",
            "daybook-tests",
        ],
    ),
    // The harness is everybody's dev-dependency, so it may know nobody.
    ("daybook-tests", &[]),
];

/// What a crate must never know, as the packages by which it would come to know it.
const MUST_NOT_KNOW: &[(&str, &[&str])] = &[
    (
        "domain",
        &[
            "sqlx",
            "postgres-es",
            "tokio",
            "axum",
            "hyper",
            "http",
            "reqwest",
            "rdkafka",
        ],
    ),
    (
        "access",
        &[
            "sqlx",
            "postgres-es",
            "axum",
            "hyper",
            "http",
            "reqwest",
            "rdkafka",
        ],
    ),
    ("journal", &["axum", "hyper", "http", "reqwest", "rdkafka"]),
    (
        "commands",
        &["sqlx", "axum", "hyper", "http", "reqwest", "rdkafka"],
    ),
    ("relay", &["axum", "hyper", "http", "reqwest"]),
    (
        "projections",
        &["axum", "hyper", "http", "reqwest", "rdkafka"],
    ),
    ("processes", &["sqlx", "axum", "hyper", "rdkafka"]),
    (
        "identity",
        &["sqlx", "postgres-es", "axum", "hyper", "rdkafka"],
    ),
    ("audit", &["axum", "hyper", "http", "rdkafka"]),
    ("api", &["sqlx", "postgres-es", "rdkafka"]),
    ("console", &["sqlx", "postgres-es", "rdkafka"]),
    ("daybook", &["rdkafka"]),
    ("daybook-tests", &["rdkafka"]),
    ("daybook-bench", &["rdkafka"]),
];

fn metadata() -> Metadata {
    MetadataCommand::new()
        .manifest_path(daybook_tests::checkout().join("Cargo.toml"))
        .no_deps()
        .exec()
        .expect("cargo metadata")
}

fn normal_dependencies(package: &Package) -> BTreeSet<String> {
    let dependencies = package.dependencies.iter();
    dependencies
        .filter(|dependency| dependency.kind == DependencyKind::Normal)
        .map(|dependency| dependency.name.to_string())
        .collect()
}

#[test]
fn crates_depend_only_on_those_that_the_table_lists() {
    let metadata = metadata();
    let allowed: BTreeMap<&str, &[&str]> = MAY_DEPEND_ON.iter().copied().collect();
    let workspace: BTreeSet<String> = metadata
        .packages
        .iter()
        .map(|p| p.name.to_string())
        .collect();
    let mut faults = Vec::new();
    for package in &metadata.packages {
        let name = package.name.as_str();
        let Some(allowed) = allowed.get(name) else {
            faults.push(format!("crate {name} is not in the table"));
            continue;
        };
        for dependency in normal_dependencies(package).intersection(&workspace) {
            if !allowed.contains(&dependency.as_str()) {
                faults.push(format!("{name} must not depend on {dependency}"));
            }
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

#[test]
fn crates_do_not_know_what_they_must_not() {
    let metadata = metadata();
    let mut faults = Vec::new();
    for package in &metadata.packages {
        let name = package.name.as_str();
        let Some((_, forbidden)) = MUST_NOT_KNOW.iter().find(|(listed, _)| *listed == name) else {
            faults.push(format!(
                "crate {name} is not in the list of what it must not know"
            ));
            continue;
        };
        let dependencies = normal_dependencies(package);
        let known = forbidden
            .iter()
            .filter(|package| dependencies.contains(**package));
        faults.extend(known.map(|package| format!("{name} must not depend on {package}")));
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

#[test]
fn only_the_relay_speaks_to_kafka() {
    let metadata = metadata();
    let users = metadata
        .packages
        .iter()
        .filter(|package| normal_dependencies(package).contains("rdkafka"));
    let users: Vec<&str> = users.map(|package| package.name.as_str()).collect();
    assert!(
        users.iter().all(|name| *name == "relay"),
        "rdkafka is the relay's alone, used by {users:?}"
    );
}
