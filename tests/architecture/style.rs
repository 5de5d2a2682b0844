//! The few rules of style that a machine can judge.

use std::path::{Path, PathBuf};

/// Past this, a file no longer fits in a head; most stay under 400.
const LINES_MAX: usize = 600;

/// Folders that hold no source of ours.
const NOT_OURS: &[&str] = &["target", ".tools", ".git", "daybook-data", "node_modules"];

fn sources() -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut folders = vec![daybook_tests::checkout()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder).unwrap().flatten() {
            let (path, name) = (entry.path(), entry.file_name());
            let is_ours = !NOT_OURS.contains(&name.to_string_lossy().as_ref());
            match entry.file_type() {
                Ok(kind) if kind.is_dir() && is_ours => folders.push(path),
                Ok(kind) if kind.is_file() && path.extension().is_some_and(|e| e == "rs") => {
                    found.push(path)
                }
                _ => {}
            }
        }
    }
    assert!(found.len() > 10, "the sources were not found");
    found
}

fn faults(rule: impl Fn(&str) -> Option<String>) -> Vec<String> {
    let checkout = daybook_tests::checkout();
    let judge = |path: &PathBuf| {
        let text = std::fs::read_to_string(path).unwrap();
        rule(&text).map(|fault| format!("{}: {fault}", shorten(path, &checkout)))
    };
    sources().iter().filter_map(judge).collect()
}

fn shorten(path: &Path, checkout: &Path) -> String {
    path.strip_prefix(checkout)
        .unwrap_or(path)
        .display()
        .to_string()
}

#[test]
fn every_file_opens_with_what_it_is() {
    let faults =
        faults(|text| (!text.starts_with("//!")).then(|| "does not start with `//!`".to_owned()));
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

#[test]
fn files_fit_in_a_head() {
    let faults = faults(|text| {
        let lines = text.lines().count();
        (lines > LINES_MAX).then(|| format!("{lines} lines, at most {LINES_MAX}"))
    });
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

#[test]
fn no_test_is_switched_off() {
    // In two halves, or this file would be the first to be found.
    let attribute = concat!("#[", "ignore");
    let faults = faults(|text| {
        text.contains(attribute)
            .then(|| format!("contains `{attribute}`: mend or delete the test"))
    });
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}
