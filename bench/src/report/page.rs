//! `benchmarks.md`.

use std::fmt::Write;

use super::entry::Entry;
use super::machine::Machine;
use crate::measure::Bar;
use crate::rows;
use crate::settings::Settings;

/// The part of the page that is made.
pub fn markdown(settings: &Settings, machine: &Machine, entries: &[Entry]) -> String {
    let mut page = String::new();
    let Machine {
        hardware,
        versions,
        durability,
        ..
    } = machine;
    let _ = write!(
        page,
        "# Benchmarks\n\n\
         Daybook beside what its users would otherwise take. `make bench` measures both sides by turns, in one run, on one \
         machine, and writes this page, [the same figures as JSON](benchmarks.json) and the pictures; `make bench-quick` does the \
         same in under three minutes with less of everything (`scripts/bench.sh --rows 1,8 --rounds 5` runs a part). Only \
         the ratios count: they come from the same minutes on the same machine. Figures are medians of the rounds, with least \
         and greatest.\n\n\
         - Machine: {hardware}. The load, the server and Postgres share it.\n\
         - Versions: {versions}.\n\
         - Postgres, the same for both sides: {durability}.\n\
         - The server is the one that users run, with its own defaults.\n\n\
         ![Ratios and bars](benchmarks-ratios.svg)\n\n\
         ![How cost grows](benchmarks-growth.svg)\n"
    );
    if settings.quick {
        page.push_str("\nThis was a quick run: its figures are for a look.\n");
    }
    for row in 1..=rows::ROWS {
        let own: Vec<&Entry> = entries.iter().filter(|entry| entry.row == row).collect();
        if !own.is_empty() {
            table(&mut page, row, &own);
        }
    }
    page.push('\n');
    page
}

fn table(page: &mut String, row: u8, entries: &[&Entry]) {
    let measured = &entries[0].measured;
    let rounds = entries[0].rounds;
    let _ = write!(
        page,
        "\n## {row}. {}\n\nMeasured {measured}; rounds: {rounds}.\n\n\
         | Case | Ours | Against | Peer | Ratio | Bar | |\n|---|---|---|---|---|---|---|\n",
        rows::title(row)
    );
    for entry in entries {
        let Entry {
            case,
            unit,
            against,
            ours,
            ours_min,
            ours_max,
            ..
        } = entry;
        let ours = spread(*ours, *ours_min, *ours_max);
        let peer = match (entry.peer, entry.peer_min, entry.peer_max) {
            (Some(peer), Some(min), Some(max)) => spread(peer, min, max),
            _ => String::new(),
        };
        let ratio = match (entry.ratio, entry.ratio_min, entry.ratio_max) {
            (Some(ratio), Some(min), Some(max)) => {
                format!("**{}x** ({}–{})", figure(ratio), figure(min), figure(max))
            }
            _ => String::new(),
        };
        let bar = match (entry.bar_is, entry.bar) {
            (Some(Bar::AtLeast), Some(bar)) => format!("≥ {}", figure(bar)),
            (Some(Bar::AtMost), Some(bar)) => format!("≤ {}", figure(bar)),
            _ => String::new(),
        };
        let met = match entry.met {
            Some(true) => "met",
            Some(false) => "**missed**",
            None => "",
        };
        let _ = writeln!(
            page,
            "| {case} | {ours} {unit} | {against} | {peer} | {ratio} | {bar} | {met} |"
        );
    }
    let mut told = Vec::new();
    for entry in entries.iter().filter(|entry| !entry.note.is_empty()) {
        if !told.contains(&&entry.note) {
            told.push(&entry.note);
            let _ = write!(page, "\n*{}*: {}\n", entry.case, entry.note);
        }
    }
}

fn spread(median: f64, min: f64, max: f64) -> String {
    if (max - min).abs() < f64::EPSILON {
        return figure(median);
    }
    format!("{} ({}–{})", figure(median), figure(min), figure(max))
}

/// A figure with as many digits as it deserves: three that count, and thousands set apart.
pub fn figure(value: f64) -> String {
    if value.abs() < 10.0 {
        return format!("{value:.2}");
    }
    if value.abs() < 100.0 {
        return format!("{value:.1}");
    }
    let digits = format!("{:.0}", value.abs());
    let mut text = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    if value < 0.0 {
        format!("-{text}")
    } else {
        text
    }
}

#[cfg(test)]
mod tests {
    use super::figure;

    #[test]
    fn figures_have_the_digits_that_count() {
        for (value, text) in [
            (0.8, "0.80"),
            (12.34, "12.3"),
            (123.4, "123"),
            (48_744.2, "48,744"),
            (1_234_567.0, "1,234,567"),
        ] {
            assert_eq!(figure(value), text);
        }
    }
}
