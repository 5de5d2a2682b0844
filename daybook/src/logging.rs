//! Logs: to standard error, for people or for machines, as much as `RUST_LOG` says.

use std::io::IsTerminal;

use tracing_subscriber::EnvFilter;

use crate::config::LogFormat;

/// Starts logging; `default_level` holds where `RUST_LOG` says nothing.
pub fn start(format: LogFormat, default_level: &str) {
    // librdkafka says on its own what the relay says once at a change of state.
    // Postgres' notices are about migrations that have nothing to do.
    let quiet = format!("{default_level},rdkafka=off,librdkafka=off,sqlx::postgres::notice=off");
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new(quiet));
    let subscriber = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr);
    match format {
        LogFormat::Text => subscriber
            .with_target(false)
            .with_ansi(std::io::stderr().is_terminal())
            .init(),
        LogFormat::Json => subscriber.json().flatten_event(true).init(),
    }
}
