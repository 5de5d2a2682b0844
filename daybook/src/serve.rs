//! `daybook serve`: the parts that the roles ask for, in one process, and an end that loses nothing.
//!
//! HTTP answers from the first moment: with 503 while Postgres is not there yet, so that an
//! absent database is an outage and not a crash. At the end, HTTP finishes what it took, then the executor commits
//! what it was given, then the workers stop, then the private Postgres.

use std::io::ErrorKind;
use std::net::SocketAddr;

use anyhow::{Context, Result, bail};
use api::{Api, ApiOptions, Routes};
use commands::{Executor, ExecutorOptions};
use futures::FutureExt;
use futures::future::BoxFuture;
use journal::{FeedSource, Journal, TailSource};
use projections::{Board, Queries, Runner};
use relay::{KafkaSource, Relay, RelayOptions};
use tokio::net::{TcpListener, TcpSocket};
use tokio::runtime::Handle;
use tokio::signal::unix::{SignalKind, signal};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use uuid::Uuid;

use crate::backstage::Backstage;
use crate::cli::{Role, Serve};
use crate::config::Config;
use crate::database::Database;
use crate::identities;
use crate::processes::Processes;

/// How many connections may wait to be accepted: many come at once when a sale begins.
const BACKLOG: u32 = 4_096;

/// Runs until SIGTERM or SIGINT.
pub async fn run(config: &Config, roles: &Serve) -> Result<()> {
    if roles.names(Role::Relay) && config.kafka.is_none() {
        bail!("--role relay publishes to Kafka: set KAFKA_BROKERS to host:port of its brokers");
    }
    let shutdown = shutdown_on_signal()?;
    let backstage = Backstage::open()?;
    let listener = bind(config, roles.has(Role::Api))?;
    let config = &match &listener {
        Some(listener) => config.clone().bound_to(listener.local_addr()?),
        None => config.clone(),
    };
    let routes = if roles.has(Role::Api) {
        Routes::All
    } else {
        Routes::Watchers
    };
    let api = Api::closed(ApiOptions {
        routes,
        token: config.token.clone(),
        support_refund_max: config.support_refund_max,
        order_hold: config.payments.order_hold,
        edge: config.edge.clone(),
        ..ApiOptions::default()
    });
    let http = tokio::spawn(serve_http(api.clone(), listener, shutdown.clone()));
    let outcome = run_on_database(config, roles, &api, http, &backstage, &shutdown).await;
    tracing::info!("stopped");
    outcome
}

async fn serve_http(
    api: Api,
    listener: Option<TcpListener>,
    shutdown: CancellationToken,
) -> Result<()> {
    match listener {
        Some(listener) => api.serve(listener, shutdown).await.context("HTTP failed"),
        None => {
            shutdown.cancelled().await;
            Ok(())
        }
    }
}

/// Finds the database, opens the books, and runs the parts until `shutdown`.
async fn run_on_database(
    config: &Config,
    roles: &Serve,
    api: &Api,
    http: JoinHandle<Result<()>>,
    backstage: &Backstage,
    shutdown: &CancellationToken,
) -> Result<()> {
    let database = Database::find(config).await?;
    let running = async {
        match database.open_when_there(config, shutdown).await? {
            Some(journal) => {
                let workers = Workers::start(config, roles, &journal, backstage.handle());
                run_parts(config, roles, api, http, &journal, workers, shutdown).await
            }
            None => Ok(()),
        }
    };
    let served = tokio::select! {
        served = running => served,
        () = database.keep_up() => Ok(()),
    };
    let closed = database.close().await;
    served.and(closed)
}

async fn run_parts(
    config: &Config,
    roles: &Serve,
    api: &Api,
    mut http: JoinHandle<Result<()>>,
    journal: &Journal,
    workers: Workers,
    shutdown: &CancellationToken,
) -> Result<()> {
    let options = ExecutorOptions {
        queue_max: config.commands_waiting_max,
        states_max: config.states_max,
        ..ExecutorOptions::default()
    };
    let (executor, commands) = Executor::new(journal.clone(), workers.tail.clone(), &options);
    let deciding = CancellationToken::new();
    let mut executor = tokio::spawn(executor.run(deciding.clone()));
    let queries = Queries::new(journal.clone(), workers.board.clone());
    let processes = Processes::open(config, commands.clone()).await?;
    api.receive_webhooks(processes.webhooks());
    if let Some(page) = processes.sandbox_page() {
        api.show_sandbox(page);
    }
    let working = CancellationToken::new();
    let identity = if roles.has(Role::Api) {
        let identity = identities::open(config, commands.clone(), Some(queries.clone())).await?;
        api.let_in(identity.clone());
        tokio::spawn(identity.run(workers.tail.clone(), working.clone()))
    } else {
        tokio::spawn(std::future::ready(()))
    };
    api.open(commands, queries.clone());
    let processes = if roles.has(Role::Processes) {
        let process = workers.process(processes, journal, queries, working.clone());
        workers.backstage.spawn(process)
    } else {
        tokio::spawn(std::future::ready(()))
    };
    let served = tokio::select! {
        served = &mut http => served.context("HTTP failed")?,
        // Without it nothing can be decided: better to end, and be started again, than to stand there.
        ended = &mut executor => {
            shutdown.cancel();
            ended.context("the executor failed")?;
            bail!("the executor ended before its time");
        }
    };
    // HTTP has finished what it took; what follows on it needs the executor, so that ends next, and then the others.
    shutdown.cancel();
    working.cancel();
    processes.await.context("the processes failed")?;
    identity.await.context("looking after accounts failed")?;
    deciding.cancel();
    executor.await.context("the executor failed")?;
    workers.stop().await;
    journal.pool().close().await;
    served
}

/// The address that was asked for; without the API a port that is taken is no reason not to work.
fn bind(config: &Config, needed: bool) -> Result<Option<TcpListener>> {
    let listen = config.listen;
    let listener = match listen_on(listen) {
        Ok(listener) => listener,
        Err(error) if !needed && error.kind() == ErrorKind::AddrInUse => {
            tracing::warn!(%listen, "the address is taken; running without health and metrics over HTTP");
            return Ok(None);
        }
        Err(error) => {
            return Err(error).with_context(|| {
                format!("cannot listen on {listen}; DAYBOOK_LISTEN names another address, such as 127.0.0.1:9000")
            });
        }
    };
    // Scripts wait for this line; it is all that is written to standard output.
    let scheme = config.edge.tls.as_ref().map_or("http", |_| "https");
    println!("listening on {scheme}://{}", listener.local_addr()?);
    Ok(Some(listener))
}

fn listen_on(listen: SocketAddr) -> std::io::Result<TcpListener> {
    let socket = if listen.is_ipv4() {
        TcpSocket::new_v4()?
    } else {
        TcpSocket::new_v6()?
    };
    // A restart must not wait for the last run's connections to be forgotten.
    socket.set_reuseaddr(true)?;
    socket.bind(listen)?;
    socket.listen(BACKLOG)
}

/// The parts that run beside HTTP.
struct Workers {
    tail: TailSource,
    /// What Kafka carries, if it is used.
    kafka: Option<KafkaSource>,
    board: Board,
    backstage: Handle,
    tasks: TaskTracker,
    shutdown: CancellationToken,
}

impl Workers {
    fn start(config: &Config, roles: &Serve, journal: &Journal, backstage: &Handle) -> Self {
        let tail = TailSource::new(journal.clone());
        let source = |kafka: &RelayOptions| KafkaSource::new(tail.clone(), kafka.clone());
        let workers = Self {
            kafka: config.kafka.as_ref().map(source),
            tail,
            board: Board::new(),
            backstage: backstage.clone(),
            tasks: TaskTracker::new(),
            shutdown: CancellationToken::new(),
        };
        if let (true, Some(kafka)) = (roles.has(Role::Relay), &config.kafka) {
            let relay = Relay::new(journal.clone(), kafka.clone());
            let relaying = relay.run(workers.shutdown.clone());
            workers.tasks.spawn_on(relaying, &workers.backstage);
        }
        if roles.has(Role::Projections) {
            match &workers.kafka {
                Some(kafka) => workers.post_from(journal, kafka),
                None => workers.post_from(journal, &workers.tail),
            }
        }
        workers
    }

    /// Starts a runner of every projection over this feed.
    fn post_from(&self, journal: &Journal, source: &impl FeedSource) {
        let holder = Uuid::now_v7();
        for projection in projections::projection::ALL {
            let runner = Runner::new(
                journal.clone(),
                projection,
                source.clone(),
                holder,
                &self.board,
            );
            self.tasks
                .spawn_on(runner.run(self.shutdown.clone()), &self.backstage);
        }
    }

    /// What happens by itself, over this feed, until `shutdown`.
    fn process(
        &self,
        processes: Processes,
        journal: &Journal,
        queries: Queries,
        shutdown: CancellationToken,
    ) -> BoxFuture<'static, ()> {
        let (journal, tail) = (journal.clone(), self.tail.clone());
        match self.kafka.clone() {
            Some(kafka) => processes.run(journal, kafka, queries, shutdown).boxed(),
            None => processes.run(journal, tail, queries, shutdown).boxed(),
        }
    }

    async fn stop(self) {
        self.shutdown.cancel();
        self.tasks.close();
        self.tasks.wait().await;
    }
}

/// Cancelled at the first SIGTERM or SIGINT; a second one ends the process at once.
fn shutdown_on_signal() -> Result<CancellationToken> {
    let (mut terminate, mut interrupt) = (
        signal(SignalKind::terminate())?,
        signal(SignalKind::interrupt())?,
    );
    let shutdown = CancellationToken::new();
    let token = shutdown.clone();
    tokio::spawn(async move {
        for attempt in 0.. {
            tokio::select! {
                _ = terminate.recv() => {}
                _ = interrupt.recv() => {}
            }
            if attempt > 0 {
                tracing::warn!("asked twice: ending at once");
                std::process::exit(130);
            }
            tracing::info!("stopping: finishing what was accepted");
            token.cancel();
        }
    });
    Ok(shutdown)
}
