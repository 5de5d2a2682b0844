//! The table in `docs/access.md`.

use std::fmt::Write;
use std::path::PathBuf;

const BEGIN: &str = "<!-- policy: begins -->\n";
const END: &str = "<!-- policy: ends -->\n";

fn file() -> PathBuf {
    daybook_tests::checkout().join("docs/access.md")
}

/// Compares these rows, the first of which is the head, with what is written, or writes them.
pub fn compare(rows: &[Vec<String>]) {
    let text = std::fs::read_to_string(file()).unwrap();
    let (before, rest) = text.split_once(BEGIN).unwrap();
    let (written, after) = rest.split_once(END).unwrap();
    let found = table(rows);
    if std::env::var_os("UPDATE_ACCESS").is_some() {
        std::fs::write(file(), format!("{before}{BEGIN}{found}{END}{after}")).unwrap();
        return;
    }
    let differences: Vec<String> = differences(written, &found).collect();
    assert!(
        differences.is_empty(),
        "docs/access.md says otherwise. If the policy is to change, UPDATE_ACCESS=1 writes it there:\n{}",
        differences.join("\n")
    );
}

fn table(rows: &[Vec<String>]) -> String {
    let mut table = String::new();
    for (at, row) in rows.iter().enumerate() {
        writeln!(table, "| {} |", row.join(" | ")).unwrap();
        if at == 0 {
            writeln!(table, "|{}", "---|".repeat(row.len())).unwrap();
        }
    }
    table
}

fn differences<'a>(written: &'a str, found: &'a str) -> impl Iterator<Item = String> {
    let missing = written.lines().filter(|line| !found.contains(line));
    let new = found.lines().filter(|line| !written.contains(line));
    let missing = missing.map(|line| format!("written: {line}"));
    missing.chain(new.map(|line| format!("found:   {line}")))
}
