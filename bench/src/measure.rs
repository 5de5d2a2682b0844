//! What was measured: cases, each of several rounds, ours and the peer's by turns.

use anyhow::Result;
use serde::{Deserialize, Serialize};

/// Which way a figure is better.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Bar {
    /// The ratio ours ÷ peer is to be at least this: rates.
    AtLeast,
    /// The ratio ours ÷ peer, or without a peer the figure itself, is to be at most this: times, memory.
    AtMost,
}

/// One line of the table.
#[derive(Clone, Debug)]
pub struct Case {
    /// The row of the plan.
    pub row: u8,
    /// Which case of it: `64`, `spread`, `order_detail`.
    pub case: String,
    /// What is counted: `commands/s`, `ms`.
    pub unit: &'static str,
    /// What it is compared with, in a few words; empty when a figure stands alone.
    pub against: &'static str,
    /// Ours, a figure for each round.
    pub ours: Vec<f64>,
    /// The peer's, a figure for each round; empty when a figure stands alone.
    pub peer: Vec<f64>,
    /// What is asked of the ratio (without a peer: of the figure); `None` for what is only told.
    pub bar: Option<(Bar, f64)>,
    /// What else a reader should know, in a sentence.
    pub note: String,
}

impl Case {
    /// The rounds' ratios, ours ÷ peer.
    pub fn ratios(&self) -> Vec<f64> {
        self.ours
            .iter()
            .zip(&self.peer)
            .map(|(ours, peer)| ours / peer)
            .collect()
    }

    /// Whether the median meets the bar.
    pub fn met(&self) -> Option<bool> {
        let judged = if self.peer.is_empty() {
            self.ours.clone()
        } else {
            self.ratios()
        };
        let median = spread(&judged)?.median;
        self.bar.map(|(bar, limit)| match bar {
            Bar::AtLeast => median >= limit,
            Bar::AtMost => median <= limit,
        })
    }
}

/// Median, minimum and maximum.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Spread {
    /// The middle one; of an even number the mean of the middle two.
    pub median: f64,
    /// The least.
    pub min: f64,
    /// The greatest.
    pub max: f64,
}

/// The spread of some figures; nothing of none.
pub fn spread(figures: &[f64]) -> Option<Spread> {
    let mut sorted = figures.to_vec();
    sorted.sort_by(f64::total_cmp);
    let (min, max) = (*sorted.first()?, *sorted.last()?);
    let middle = sorted.len() / 2;
    let median = if sorted.len() % 2 == 1 {
        sorted[middle]
    } else {
        f64::midpoint(sorted[middle - 1], sorted[middle])
    };
    Some(Spread { median, min, max })
}

/// Measures both sides `rounds` times by turns, and which goes first changes too: a machine that slows down slows both.
pub async fn by_turns(
    rounds: usize,
    mut ours: impl AsyncFnMut() -> Result<f64>,
    mut peer: impl AsyncFnMut() -> Result<f64>,
) -> Result<(Vec<f64>, Vec<f64>)> {
    let (mut our_figures, mut peer_figures) = (Vec::new(), Vec::new());
    for round in 0..rounds {
        if round % 2 == 0 {
            our_figures.push(ours().await?);
            peer_figures.push(peer().await?);
        } else {
            peer_figures.push(peer().await?);
            our_figures.push(ours().await?);
        }
    }
    Ok((our_figures, peer_figures))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_median_of_an_even_number_lies_between() {
        assert_eq!(
            spread(&[4.0, 1.0, 2.0, 9.0]),
            Some(Spread {
                median: 3.0,
                min: 1.0,
                max: 9.0
            })
        );
        assert_eq!(spread(&[]), None);
    }

    #[test]
    fn a_ratio_is_judged_by_its_median() {
        let mut case = Case {
            row: 1,
            case: "64".into(),
            unit: "commands/s",
            against: "postgres-es",
            ours: vec![60.0, 80.0, 70.0],
            peer: vec![10.0, 10.0, 10.0],
            bar: Some((Bar::AtLeast, 7.0)),
            note: String::new(),
        };
        assert_eq!(case.met(), Some(true));
        case.bar = Some((Bar::AtMost, 6.9));
        assert_eq!(case.met(), Some(false));
    }
}
