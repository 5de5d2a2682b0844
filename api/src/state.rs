//! The API as a value: its settings, and the handles once the books are open.

use std::sync::{Arc, OnceLock};

use axum::Router;
use commands::Commands;
use identity::Identity;
use projections::Queries;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use crate::ApiOptions;
use crate::layers::Rates;
use crate::problem::{Code, Problem};
use crate::{SandboxPage, Webhooks};

/// The HTTP API. Cheap to clone: all clones are the same one.
///
/// It can be served before the database can be reached: [`Api::closed`] answers what needs no database, and 503 to everything
/// else, until [`Api::open`] is called.
#[derive(Clone)]
pub struct Api(Arc<Inner>);

struct Inner {
    options: ApiOptions,
    rates: Rates,
    handles: OnceLock<(Commands, Queries)>,
    webhooks: OnceLock<Arc<dyn Webhooks>>,
    identity: OnceLock<Identity>,
    sandbox: OnceLock<Arc<dyn SandboxPage>>,
}

impl Api {
    /// An API on open books.
    #[must_use]
    pub fn new(commands: Commands, queries: Queries, options: ApiOptions) -> Self {
        let api = Self::closed(options);
        api.open(commands, queries);
        api
    }

    /// An API whose books are not open yet.
    #[must_use]
    pub fn closed(options: ApiOptions) -> Self {
        crate::metrics::install();
        Self(Arc::new(Inner {
            rates: Rates::new(&options.edge),
            options,
            handles: OnceLock::new(),
            webhooks: OnceLock::new(),
            identity: OnceLock::new(),
            sandbox: OnceLock::new(),
        }))
    }

    /// Opens the books; from now on every route answers. A second call changes nothing.
    pub fn open(&self, commands: Commands, queries: Queries) {
        if self.0.handles.set((commands, queries)).is_err() {
            tracing::warn!("the API was opened twice; the first handles stay");
        }
    }

    /// Takes gateways' webhooks from now on, which are unknown before. A second call changes nothing.
    pub fn receive_webhooks(&self, webhooks: Arc<dyn Webhooks>) {
        if self.0.webhooks.set(webhooks).is_err() {
            tracing::warn!("the API was given webhooks twice; the first handle stays");
        }
    }

    /// Shows the built-in gateway's page from now on; before, there is none. A second call changes nothing.
    pub fn show_sandbox(&self, sandbox: Arc<dyn SandboxPage>) {
        if self.0.sandbox.set(sandbox).is_err() {
            tracing::warn!("the API was given a sandbox twice; the first handle stays");
        }
    }

    /// Lets people and programs in from now on; before, only the configured token is known. A second call changes nothing.
    pub fn let_in(&self, identity: Identity) {
        if self.0.identity.set(identity).is_err() {
            tracing::warn!("the API was given identities twice; the first handle stays");
        }
    }

    /// The routes, for a server of somebody else's; [`Api::serve`] is ours.
    pub fn router(&self) -> Router {
        crate::router::router(self)
    }

    /// Serves until `shutdown`, then finishes what runs, bounded by [`ApiOptions::drain_timeout`].
    ///
    /// # Errors
    /// The certificate or its key cannot be used. What goes wrong with a connection ends that connection.
    pub async fn serve(
        self,
        listener: TcpListener,
        shutdown: CancellationToken,
    ) -> std::io::Result<()> {
        crate::serve::serve(self.router(), listener, self.options(), shutdown).await
    }

    pub(crate) fn options(&self) -> &ApiOptions {
        &self.0.options
    }

    /// How often anybody may ask.
    pub(crate) fn rates(&self) -> &Rates {
        &self.0.rates
    }

    /// The handle for commands.
    pub(crate) fn commands(&self) -> Result<&Commands, Problem> {
        self.handles().map(|(commands, _)| commands)
    }

    /// The handle for queries.
    pub(crate) fn queries(&self) -> Result<&Queries, Problem> {
        self.handles().map(|(_, queries)| queries)
    }

    /// The handle for gateways' webhooks.
    pub(crate) fn webhooks(&self) -> Result<&Arc<dyn Webhooks>, Problem> {
        self.handles()?;
        let none = || Problem::not_found("this server has no gateway that sends webhooks");
        self.0.webhooks.get().ok_or_else(none)
    }

    /// The built-in gateway's page.
    pub(crate) fn sandbox(&self) -> Result<&Arc<dyn SandboxPage>, Problem> {
        let none = || Problem::not_found("this server has no built-in gateway");
        self.0.sandbox.get().ok_or_else(none)
    }

    /// The handle for people and programs; none where only the configured token is known.
    pub(crate) fn identity(&self) -> Result<Option<&Identity>, Problem> {
        self.handles()?;
        Ok(self.0.identity.get())
    }

    /// The handle for people, for routes that are nothing without it.
    pub(crate) fn people(&self) -> Result<&Identity, Problem> {
        let none = || Problem::not_found("this server keeps no accounts");
        self.identity()?.ok_or_else(none)
    }

    fn handles(&self) -> Result<&(Commands, Queries), Problem> {
        self.0.handles.get().ok_or_else(|| {
            Problem::new(
                Code::Unavailable,
                "the server is starting and has not reached its database yet; try again shortly",
            )
        })
    }
}
