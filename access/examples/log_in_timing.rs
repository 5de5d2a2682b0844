//! What a log-in takes for a known and for an unknown user: `cargo run --release -p access --example log_in_timing`.
//!
//! It prints the ratio within each round, and the median and the tenth percentile of each with theirs, and judges nothing: on a
//! loaded machine times say what else was running. The two are measured in turn and each goes first in every other round, so that what disturbs
//! one disturbs the other.

use std::time::{Duration, Instant};

use access::password::{Cost, Hasher, Password, PasswordHash};

const ROUNDS: usize = 300;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let hasher = Hasher::new(Cost::default(), 1, 1)?;
    let hash = hasher
        .hash(Password::chosen("a known user's password")?)
        .await?;
    let (mut known, mut unknown) = (Vec::new(), Vec::new());
    for round in 0..ROUNDS {
        if round % 2 == 0 {
            known.push(log_in(&hasher, Some(&hash)).await?);
            unknown.push(log_in(&hasher, None).await?);
        } else {
            unknown.push(log_in(&hasher, None).await?);
            known.push(log_in(&hasher, Some(&hash)).await?);
        }
    }
    let mut ratios: Vec<_> = std::iter::zip(&known, &unknown)
        .map(|(known, unknown)| unknown.as_secs_f64() / known.as_secs_f64())
        .collect();
    ratios.sort_unstable_by(f64::total_cmp);
    println!(
        "median of each round's unknown / known: {:.4}",
        ratios[ROUNDS / 2]
    );
    known.sort_unstable();
    unknown.sort_unstable();
    for (name, at) in [("median", ROUNDS / 2), ("tenth percentile", ROUNDS / 10)] {
        let (known, unknown) = (known[at], unknown[at]);
        let ratio = unknown.as_secs_f64() / known.as_secs_f64();
        println!("{name}: known {known:?}, unknown {unknown:?}, unknown / known {ratio:.4}");
    }
    Ok(())
}

async fn log_in(
    hasher: &Hasher,
    hash: Option<&PasswordHash>,
) -> Result<Duration, Box<dyn std::error::Error>> {
    let start = Instant::now();
    let password = Password::presented("a wrong password")?;
    match hash {
        Some(hash) => hasher.verify(password, hash).await?,
        None => hasher.verify_nobody(password).await?,
    };
    Ok(start.elapsed())
}
