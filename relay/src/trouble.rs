//! Trouble that lasts is said twice: when it begins, and when it is over.

use std::time::{Duration, Instant};

const BACK_OFF_MIN: Duration = Duration::from_millis(100);
const BACK_OFF_MAX: Duration = Duration::from_secs(5);

/// Who has to do something about it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Gravity {
    /// Nobody: it passes, or is tried again.
    Passing,
    /// A person: it does not pass by itself.
    Lasting,
}

/// Whether things go badly, since when, and how long to wait before the next try.
pub(crate) struct Trouble {
    /// What does not work while there is trouble: the beginning of both lines.
    what: &'static str,
    topic: String,
    began: Option<(Instant, Gravity)>,
    back_off: Duration,
}

impl Trouble {
    pub fn new(what: &'static str, topic: &str) -> Self {
        Self {
            what,
            topic: topic.to_owned(),
            began: None,
            back_off: BACK_OFF_MIN,
        }
    }

    /// It failed (again). Returns how long to wait before the next try.
    pub fn failed(&mut self, gravity: Gravity, error: &dyn std::fmt::Display) -> Duration {
        let (what, topic) = (self.what, &self.topic);
        match (self.began, gravity) {
            (Some((_, said)), _) if said >= gravity => {
                tracing::debug!(topic, %error, "{what} still stands still");
            }
            (_, Gravity::Passing) => {
                tracing::warn!(topic, %error, "{what} stands still and tries again");
            }
            (_, Gravity::Lasting) => {
                tracing::error!(topic, %error, "{what} stands still until this is put right");
            }
        }
        let (since, said) = self.began.unwrap_or((Instant::now(), gravity));
        self.began = Some((since, said.max(gravity)));
        let pause = self.back_off;
        self.back_off = (pause * 2).min(BACK_OFF_MAX);
        pause
    }

    /// It works.
    pub fn over(&mut self) {
        self.back_off = BACK_OFF_MIN;
        if let Some((since, _)) = self.began.take() {
            let (what, topic) = (self.what, &self.topic);
            tracing::info!(topic, after = ?since.elapsed(), "{what} goes on");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_grow_to_a_limit_and_begin_anew_after_success() {
        let mut trouble = Trouble::new("a test", "topic");
        let pauses: Vec<_> = (0..9)
            .map(|_| trouble.failed(Gravity::Passing, &"no"))
            .collect();
        assert_eq!(pauses[..2], [BACK_OFF_MIN, BACK_OFF_MIN * 2]);
        assert_eq!(pauses[8], BACK_OFF_MAX);
        trouble.over();
        assert_eq!(trouble.failed(Gravity::Lasting, &"no"), BACK_OFF_MIN);
    }
}
