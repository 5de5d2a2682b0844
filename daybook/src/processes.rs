//! The processes' part of the wiring: gateways from the configuration, the worker behind the API's webhooks, the runner,
//! and the sandbox's own webhooks.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result};
use api::{WebhookError, WebhookOutcome};
use commands::Commands;
use domain::timer::Timer;
use domain::value::Timestamp;
use futures::FutureExt;
use futures::future::BoxFuture;
use journal::{FeedSource, Journal};
use processes::gateway::external::External;
use processes::gateway::sandbox::{self, CustomerAnswer, Plan, Rates, Sandbox};
use processes::gateway::stripe::Stripe;
use processes::gateway::{Gateway, NoticeError, Secret};
use processes::{DueList, Gateways, NoticeOutcome, ProcessOptions, ProcessRunner, Worker};
use projections::Queries;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use crate::config::Config;
use crate::config::payments;
use crate::database::data_dir;

/// The sandbox's memory in the data folder.
const SANDBOX_FILE: &str = "sandbox.jsonl";

/// Where the sandbox's customers approve a payment.
const SANDBOX_PAGE: &str = "/sandbox/payments";

/// How often it is looked whether the sandbox has a webhook to deliver, and how often one is delivered that is not taken.
const WEBHOOKS_EVERY: Duration = Duration::from_millis(100);
const DELIVERIES_MAX: u32 = 5;
const DELIVER_AGAIN_AFTER: Duration = Duration::from_secs(2);

/// How long a late webhook of a sandbox with faults is late at most.
const LATE_MAX: Duration = Duration::from_secs(20);

/// The worker with its gateways.
pub struct Processes {
    worker: Worker,
    sandbox: Option<Sandbox>,
}

impl Processes {
    /// The worker of this shop, with the gateways that are configured.
    pub async fn open(config: &Config, commands: Commands) -> Result<Self> {
        let payments = &config.payments;
        let sandbox = match &payments.sandbox {
            Some(settings) => Some(open_sandbox(config, settings).await?),
            None => None,
        };
        let mut gateways: Vec<Arc<dyn Gateway>> = vec![Arc::new(External)];
        if let Some(sandbox) = &sandbox {
            gateways.push(Arc::new(sandbox.clone()));
        }
        if let Some(settings) = &payments.stripe {
            let stripe = Stripe::new(settings.clone());
            gateways.push(Arc::new(stripe.context("Stripe cannot be set up")?));
        }
        let options = ProcessOptions {
            capture: payments.capture,
            extension: payments.extension,
            return_url: payments.return_url.clone(),
            ..ProcessOptions::default()
        };
        let worker = Worker::new(Arc::new(commands), Gateways::new(gateways), options);
        Ok(Self { worker, sandbox })
    }

    /// What the API hands webhooks to.
    pub fn webhooks(&self) -> Arc<dyn api::Webhooks> {
        Arc::new(Webhooks(self.worker.clone()))
    }

    /// The page of the sandbox, if there is one.
    pub fn sandbox_page(&self) -> Option<Arc<dyn api::SandboxPage>> {
        let page = SandboxPage(self.sandbox.clone()?, self.worker.clone());
        Some(Arc::new(page))
    }

    /// Runs until `shutdown`.
    pub async fn run(
        self,
        journal: Journal,
        source: impl FeedSource,
        queries: Queries,
        shutdown: CancellationToken,
    ) {
        let due = Arc::new(Due(queries));
        let holder = Uuid::now_v7();
        let runner = ProcessRunner::new(journal, source, self.worker.clone(), due, holder);
        let delivering = async {
            if let Some(sandbox) = &self.sandbox {
                deliver(sandbox, &self.worker, &shutdown).await;
            }
        };
        futures::join!(runner.run(shutdown.clone()), delivering);
    }
}

/// The sandbox on its file. One that is only in memory would forget, at the next start, money that the journal says it
/// holds; so without a data folder that is said aloud.
async fn open_sandbox(config: &Config, settings: &payments::Sandbox) -> Result<Sandbox> {
    // Two of them are random enough: each has 74 random bits.
    let random = || Uuid::now_v7().simple();
    let made = || Secret::new(format!("whsec_{}{}", random(), random()));
    let sandbox_settings = sandbox::Settings {
        webhook_secret: settings.webhook_secret.clone().unwrap_or_else(made),
        page: config.public_url() + SANDBOX_PAGE,
        ..sandbox::Settings::default()
    };
    let plan = match settings.faults_per_mille {
        0 => Plan::none(),
        faults => {
            let rates = Rates {
                late_max: LATE_MAX,
                ..Rates::all(faults)
            };
            let (_, seed) = Uuid::now_v7().as_u64_pair();
            Plan::seeded(seed, rates)
        }
    };
    let has_folder = config.data_dir.is_some() || config.database.is_none();
    let file = match (&settings.file, has_folder) {
        (Some(file), _) => Some(file.clone()),
        (None, true) => Some(in_data_dir(config).await?),
        (None, false) => None,
    };
    let sandbox = match file {
        Some(file) => Sandbox::open(&file, sandbox_settings, plan)
            .with_context(|| format!("the sandbox's memory cannot be read: {}", file.display()))?,
        None => {
            tracing::info!(
                "the gateway `sandbox` keeps its payments in memory and forgets them at the end; \
                 DAYBOOK_SANDBOX_FILE or DAYBOOK_DATA_DIR names a place for them"
            );
            Sandbox::new(sandbox_settings, plan)
        }
    };
    Ok(sandbox.waiting(Arc::new(|pause| tokio::time::sleep(pause).boxed())))
}

async fn in_data_dir(config: &Config) -> Result<PathBuf> {
    let folder = data_dir(config).await;
    std::fs::create_dir_all(&folder)
        .with_context(|| format!("the data folder {} cannot be made", folder.display()))?;
    Ok(folder.join(SANDBOX_FILE))
}

/// Delivers the sandbox's webhooks, as a real gateway would post them.
async fn deliver(sandbox: &Sandbox, worker: &Worker, shutdown: &CancellationToken) {
    while tokio::time::timeout(WEBHOOKS_EVERY, shutdown.cancelled())
        .await
        .is_err()
    {
        while let Some(webhook) = sandbox.next_webhook(worker.now()) {
            for delivery in 1..=DELIVERIES_MAX {
                let taken = worker.notice(sandbox.name(), &webhook.signature, &webhook.body);
                let Err(error) = taken.await else { break };
                tracing::debug!(%error, delivery, "a webhook was not taken");
                let pause = tokio::time::timeout(DELIVER_AGAIN_AFTER, shutdown.cancelled());
                if pause.await.is_ok() {
                    return;
                }
            }
        }
    }
}

/// The list of what is due, from its query table.
struct Due(Queries);

impl DueList for Due {
    fn due(
        &self,
        now: Timestamp,
        limit: usize,
    ) -> BoxFuture<'_, Result<Vec<(Timer, Timestamp)>, String>> {
        async move {
            let limit = u32::try_from(limit).unwrap_or(u32::MAX);
            self.0
                .due(now, limit)
                .await
                .map_err(|error| error.to_string())
        }
        .boxed()
    }
}

/// The sandbox as its customers see it, at the worker's time.
struct SandboxPage(Sandbox, Worker);

impl api::SandboxPage for SandboxPage {
    fn awaits_customer(&self, reference: &str) -> Option<String> {
        let amount = self.0.awaits_customer(reference)?;
        Some(amount.to_string())
    }

    fn answer(&self, reference: &str, answer: api::CustomerAnswer) -> bool {
        let answer = match answer {
            api::CustomerAnswer::Approves => CustomerAnswer::Approves,
            api::CustomerAnswer::Refuses => CustomerAnswer::Refuses,
        };
        let taken = self.0.customer(reference, answer, self.1.now());
        if let Err(refusal) = &taken {
            tracing::debug!(code = refusal.code, "a customer's answer was not taken");
        }
        taken.is_ok()
    }
}

/// The worker as the API sees it.
struct Webhooks(Worker);

impl api::Webhooks for Webhooks {
    fn take<'a>(
        &'a self,
        gateway: &'a str,
        signature: &'a str,
        body: &'a [u8],
    ) -> BoxFuture<'a, Result<WebhookOutcome, WebhookError>> {
        async move {
            match self.0.notice(gateway, signature, body).await {
                Ok(NoticeOutcome::Recorded) => Ok(WebhookOutcome::Recorded),
                Ok(NoticeOutcome::Known) => Ok(WebhookOutcome::Known),
                Ok(NoticeOutcome::Ignored) => Ok(WebhookOutcome::Ignored),
                Err(error) => Err(refused(error)),
            }
        }
        .boxed()
    }
}

fn refused(error: processes::WebhookError) -> WebhookError {
    match error {
        processes::WebhookError::UnknownGateway
        | processes::WebhookError::Notice(NoticeError::NotSent) => WebhookError::UnknownGateway,
        processes::WebhookError::Notice(error) => match error {
            NoticeError::Signature(_) => WebhookError::InvalidSignature(error.to_string()),
            NoticeError::TooLarge => WebhookError::TooLarge(error.to_string()),
            NoticeError::Unreadable(_) | NoticeError::NotSent => {
                WebhookError::Unreadable(error.to_string())
            }
        },
        processes::WebhookError::NotRecorded(error) => WebhookError::NotRecorded(error),
    }
}
