//! `daybook demo`: a trickle of customers and the people who serve them, so that every screen and report has something
//! to show.
//!
//! An ordinary client of the HTTP API, as the import is: customers order and pay with the sandbox's test cards, some are
//! declined, some have to approve the payment and forget to, some change their minds; the warehouse ships and the
//! carrier delivers; some send things back. What it forgets at its end (its list of open errands is in memory) the shop
//! itself brings to rest, and goods that were sent stay sent.
//!
//! It never invents goods: it sells what is in the catalogue, and lets a delivery arrive when its shelf is empty.

mod errand;
mod shop;

use std::collections::VecDeque;
use std::time::Duration;

use anyhow::{Context, Result};

use errand::Errand;
use shop::{Article, Shop};

/// How many orders are looked after at once; the oldest is left to itself when there is one more.
const ERRANDS_MAX: usize = 64;

/// From how many articles customers choose.
const SHELF_ARTICLES: usize = 40;

/// How long it waits for a server that does not answer.
const AWAY_PAUSE: Duration = Duration::from_secs(5);

/// What `daybook demo` takes on the command line.
#[derive(Clone, Debug, clap::Args)]
pub struct Args {
    /// Where Daybook listens
    #[arg(long, default_value = "http://127.0.0.1:8080")]
    url: String,
    /// The bearer token; better given in the environment than where `ps` shows it
    #[arg(long, env = "DAYBOOK_TOKEN", hide_env_values = true)]
    token: Option<String>,
    /// How long from one thing that happens to the next, on average, in milliseconds
    #[arg(long, value_name = "MS", default_value_t = 2_000, value_parser = clap::value_parser!(u64).range(1..))]
    every_ms: u64,
    /// Stop after so many things have happened; without it, never
    #[arg(long, value_name = "N")]
    steps: Option<u64>,
    /// The same seed makes the same customers
    #[arg(long, value_name = "N")]
    seed: Option<u64>,
}

/// Lets things happen until it is stopped.
///
/// # Errors
/// When the address makes no sense, or there is nothing to sell. A server that is away is waited for.
pub async fn main(args: Args, configured_token: Option<&str>) -> Result<()> {
    let token = args.token.as_deref().or(configured_token);
    let token =
        token.context("customers come in by a token: give the server's in DAYBOOK_TOKEN")?;
    let shop = Shop::new(&args.url, token)?;
    let mut chance = args
        .seed
        .map_or_else(fastrand::Rng::new, fastrand::Rng::with_seed);
    let mut errands: VecDeque<Errand> = VecDeque::new();
    let mut shelf: Vec<Article> = Vec::new();
    let mut done = 0;
    while args.steps.is_none_or(|steps| done < steps) {
        match step(&shop, &mut chance, &mut shelf, &mut errands).await {
            Ok(()) => done += 1,
            Err(error) => {
                eprintln!("daybook demo: {error:#}");
                tokio::time::sleep(AWAY_PAUSE).await;
            }
        }
        let pause = chance.u64(0..=args.every_ms * 2);
        tokio::time::sleep(Duration::from_millis(pause)).await;
    }
    Ok(())
}

/// One thing happens: a customer comes, or an errand goes on.
async fn step(
    shop: &Shop,
    chance: &mut fastrand::Rng,
    shelf: &mut Vec<Article>,
    errands: &mut VecDeque<Errand>,
) -> Result<()> {
    if shelf.is_empty() {
        *shelf = shop.shelf(SHELF_ARTICLES).await?;
    }
    if errands.is_empty() || chance.u8(0..10) < 4 {
        if let Some(errand) = errand::order(shop, chance, shelf).await? {
            errands.push_back(errand);
        }
        if errands.len() > ERRANDS_MAX {
            errands.pop_front();
        }
        return Ok(());
    }
    let Some(errand) = errands.remove(chance.usize(0..errands.len())) else {
        return Ok(());
    };
    if let Some(errand) = errand.go_on(shop, chance).await? {
        errands.push_back(errand);
    }
    Ok(())
}
