//! A value that must not be seen and must not stay in memory: keys, one-time secrets, opened personal data.

use std::fmt;

use zeroize::{Zeroize, Zeroizing};

/// A secret value. It is overwritten when dropped, printed as `Secret(…)`, not serialisable, and cannot be compared with `==`,
/// which would tell by its time how much was right.
#[derive(Clone)]
pub struct Secret<T: Zeroize>(Zeroizing<T>);

impl<T: Zeroize> Secret<T> {
    /// Keeps `value` from being seen.
    pub fn new(value: T) -> Self {
        Self(Zeroizing::new(value))
    }

    /// The value itself, for the one place that computes with it or sends it. Never log it.
    pub fn expose(&self) -> &T {
        &self.0
    }
}

impl<T: Zeroize> fmt::Debug for Secret<T> {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("Secret(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_printed_nowhere() {
        let secret = Secret::new(String::from("correct horse"));
        assert_eq!(format!("{secret:?}{secret:#?}"), "Secret(…)Secret(…)");
        assert_eq!(secret.expose(), "correct horse");
    }
}
