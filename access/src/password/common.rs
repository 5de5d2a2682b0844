//! The passwords that are tried first, none of which may be chosen.
//!
//! `common.txt` holds the 8,343 of Django 5.2's `common-passwords.txt` (Royce Williams's list of the commonest in real breaches;
//! BSD-3-Clause, `common.LICENSE`) that have at least eight characters, all of them ASCII; shorter ones are refused for their
//! length. Lower case, one a line, sorted by bytes: the test below holds it to that, and the search relies on it.

use std::sync::LazyLock;

use zeroize::Zeroizing;

static COMMON: LazyLock<Vec<&str>> = LazyLock::new(|| include_str!("common.txt").lines().collect());

/// Whether `password` is a common one, in whatever case.
pub(super) fn contains(password: &str) -> bool {
    let lower = Zeroizing::new(password.to_lowercase());
    COMMON.binary_search(&lower.as_str()).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_list_is_whole_sorted_and_in_lower_case() {
        assert_eq!(COMMON.len(), 8_343);
        assert!(COMMON.is_sorted());
        for line in COMMON.iter() {
            assert!(line.len() >= super::super::CHARACTERS_MIN, "{line}");
            assert_eq!(*line, line.to_ascii_lowercase());
            assert!(line.is_ascii() && line.trim() == *line, "{line}");
        }
    }
}
