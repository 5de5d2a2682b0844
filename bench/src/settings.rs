//! How long, how often and how large: one run's settings.

use std::path::PathBuf;
use std::time::Duration;

/// The settings of a run.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Less of everything, for a look in under three minutes.
    pub quick: bool,
    /// How often each side is measured, alternately.
    pub rounds: usize,
    /// How long a rate is measured.
    pub measure: Duration,
    /// How long a side runs before that.
    pub warm_up: Duration,
    /// Which rows to run.
    pub rows: Vec<u8>,
    /// Where the pages go.
    pub out: PathBuf,
}

impl Settings {
    /// One of two sizes: the whole run's, or the quick one's.
    pub fn size<T>(&self, whole: T, quick: T) -> T {
        if self.quick { quick } else { whole }
    }
}
