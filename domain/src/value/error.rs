//! Why a value was refused.

/// How much of a refused value its message repeats, in characters.
const SHOWN_CHARS_MAX: usize = 80;

/// A value was refused: what was given, and what would be right.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{given} is not a valid {kind}: {wrong}; {right}")]
pub struct ValueError {
    /// The kind of value that was asked for, for example `SKU`.
    pub kind: &'static str,
    /// What was given, quoted and shortened so that it is safe to show.
    pub given: String,
    /// What is wrong with it.
    pub wrong: String,
    /// What would be right.
    pub right: String,
}

impl ValueError {
    /// A refusal of `given`, which is quoted with control characters escaped.
    pub(crate) fn new(
        kind: &'static str,
        given: &str,
        wrong: impl Into<String>,
        right: impl Into<String>,
    ) -> Self {
        let mut shown: String = given.chars().take(SHOWN_CHARS_MAX).collect();
        if shown.len() < given.len() {
            shown.push('…');
        }
        Self {
            kind,
            given: format!("{shown:?}"),
            wrong: wrong.into(),
            right: right.into(),
        }
    }
}
