//! `daybook import complete-journey`: a year of real baskets through the HTTP API, as an ordinary client of it.
//!
//! 84.51°'s *The Complete Journey* comes as two CSV files, plain or gzipped. What becomes what:
//!
//! | theirs | ours |
//! |---|---|
//! | a row of the products file | a product with one variant, SKU = `product_id`; category = department, category, type |
//! | `sales_value`, `retail_disc + coupon_match_disc` | a line's net and discount; gross = net + discount |
//! | `coupon_disc` | the manufacturer's coupon, kept beside them |
//! | the last gross price per unit in the file | the variant's price, rounded half up; published when there is one |
//! | `basket_id` | an order; its id is derived from it |
//! | `store_id`, `household_id`, `transaction_timestamp` (UTC) | channel `store-…`, customer `household-…`, `placed_at` |
//!
//! Three phases: products; opening stock, as much of each SKU as the baskets will take; orders. What must hold:
//!
//! - **Safe to stop and start again.** Every id and every `Idempotency-Key` comes from the data, never from the run.
//! - **Nothing is lost in silence.** A line that cannot be imported is named in the rejects file with file, line, field and
//!   reason; the rest of its basket goes on. What is neither imported nor named makes the exit code non-zero.
//! - **A server that goes away and comes back** costs time only; see `client`.

mod baskets;
mod catalogue;
mod client;
mod ids;
mod rejects;
mod send;
mod table;
#[cfg(test)]
mod tests;
mod value;

use std::fmt;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};

use baskets::Journey;
use catalogue::Catalogue;
use client::Client;
use rejects::{Files, Rejects};

/// What `daybook import complete-journey` takes on the command line.
#[derive(Clone, Debug, clap::Args)]
pub struct Args {
    /// Where Daybook listens
    #[arg(long, default_value = "http://127.0.0.1:8080")]
    url: String,
    /// The bearer token of the sales channel; better given in the environment than where `ps` shows it
    #[arg(long, env = "DAYBOOK_TOKEN", hide_env_values = true)]
    token: Option<String>,
    /// The products file, plain or gzipped CSV
    #[arg(long, value_name = "FILE")]
    products: PathBuf,
    /// The transactions file, plain or gzipped CSV
    #[arg(long, value_name = "FILE")]
    transactions: PathBuf,
    /// Only the first N baskets, in the order of the file
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
    limit: Option<u64>,
    /// Where to name the lines that could not be imported
    #[arg(
        long,
        value_name = "FILE",
        default_value = "complete-journey.rejects.csv"
    )]
    rejects: PathBuf,
    /// How many requests are in flight at once
    #[arg(long, value_name = "N", default_value_t = 64, value_parser = clap::value_parser!(u16).range(1..=1024))]
    concurrency: u16,
}

/// The same, complete.
#[derive(Clone, Debug)]
pub struct Options {
    /// Where Daybook listens.
    pub url: String,
    /// The bearer token.
    pub token: String,
    /// The products file.
    pub products: PathBuf,
    /// The transactions file.
    pub transactions: PathBuf,
    /// Only the first so many baskets.
    pub limit: Option<usize>,
    /// The rejects file, replaced as a whole at the end.
    pub rejects: PathBuf,
    /// Requests in flight.
    pub concurrency: usize,
}

impl Args {
    /// With the configured token when none was given.
    ///
    /// # Errors
    /// When there is neither.
    pub fn into_options(self, configured_token: Option<&str>) -> Result<Options> {
        let token = self.token.or_else(|| configured_token.map(str::to_owned));
        Ok(Options {
            url: self.url,
            token: token.context("give the token of a sales channel in DAYBOOK_TOKEN")?,
            products: self.products,
            transactions: self.transactions,
            limit: self
                .limit
                .map(|limit| usize::try_from(limit).unwrap_or(usize::MAX)),
            rejects: self.rejects,
            concurrency: usize::from(self.concurrency),
        })
    }
}

/// What was imported. Amounts in cents of all accepted orders; its `Display` is the command's last line.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Summary {
    /// Orders accepted, now or in an earlier run.
    pub orders: u64,
    /// Their lines.
    pub lines: u64,
    /// Lines of the transactions file that were rejected.
    pub rejected_lines: u64,
    /// Products created, or there already.
    pub products: u64,
    /// Distinct SKUs in the orders.
    pub skus: u64,
    /// Σ net.
    pub net: i64,
    /// Σ discount.
    pub discount: i64,
    /// Σ manufacturers' coupons.
    pub coupons: i64,
    /// Σ quantity.
    pub units: u64,
    /// How long it took.
    pub took: Duration,
    /// What could be neither imported nor named in the rejects file.
    pub failures: Vec<String>,
}

impl fmt::Display for Summary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "orders={} lines={} rejected_lines={} products={} skus={} net={} discount={} coupons={} units={} seconds={:.1}",
            self.orders,
            self.lines,
            self.rejected_lines,
            self.products,
            self.skus,
            self.net,
            self.discount,
            self.coupons,
            self.units,
            self.took.as_secs_f64()
        )
    }
}

/// The whole command: imports, and prints the counts as the last line of standard output. The exit code says whether every
/// basket was accepted or named.
pub async fn main(args: Args, configured_token: Option<&str>) -> Result<ExitCode> {
    let summary = run(args.into_options(configured_token)?).await?;
    for failure in &summary.failures {
        eprintln!("not imported: {failure}");
    }
    println!("{summary}");
    if summary.failures.is_empty() {
        return Ok(ExitCode::SUCCESS);
    }
    eprintln!(
        "{} things could not be imported; start the import again, nothing will be imported twice",
        summary.failures.len()
    );
    Ok(ExitCode::FAILURE)
}

/// Imports, and writes the rejects file. An error means that the import broke off; it can be started again.
pub async fn run(options: Options) -> Result<Summary> {
    let started = Instant::now();
    let files = Files {
        products: options.products.display().to_string(),
        transactions: options.transactions.display().to_string(),
    };
    let client = Client::new(&options.url, &options.token)?;
    let mut rejects = Rejects::create(&options.rejects, files)?;

    let mut catalogue = Catalogue::read(&options.products, &mut rejects)?;
    let journey = Journey::read(
        &options.transactions,
        options.limit,
        &mut catalogue,
        &mut rejects,
    )?;
    if options.limit.is_some() {
        catalogue.keep_only_needed();
    }

    let mut summary = Summary::default();
    let sender = send::Sender {
        client: &client,
        journey: &journey,
        concurrency: options.concurrency,
    };
    sender
        .products(&mut catalogue, &mut rejects, &mut summary)
        .await?;
    sender.opening_stock(&catalogue, &mut summary).await?;
    sender
        .orders(&catalogue, &mut rejects, &mut summary)
        .await?;

    summary.rejected_lines = rejects.lines();
    rejects.finish()?;
    summary.took = started.elapsed();
    Ok(summary)
}
