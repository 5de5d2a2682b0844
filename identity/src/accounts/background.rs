//! What is done behind the answer, so that its time tells nothing: a bounded queue, worked off by one task; and the sweep.
//!
//! What is in the queue is lost with the process. It is what somebody can ask for again.

use std::time::Duration;

use access::Secret;
use access::opaque::Opaque;
use access::seal::DataKey;
use commands::Context;
use commands::account::Address;
use domain::account::{Account, AccountCommand, LockReason};
use domain::value::{AccountId, EmailHash, Timestamp};
use journal::{NewSecret, SecretWrite};
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use super::link::{self, Purpose};
use crate::mail::{outbox, texts};
use crate::{Identity, IdentityError, clock, kinds, personal};

/// How many jobs may wait.
pub(crate) const JOBS_MAX: usize = 1_000;
/// How many mails a stranger may have sent to one address within [`MAILS_WITHIN`].
const MAILS_MAX: u32 = 5;
/// How long they are counted.
const MAILS_WITHIN: Duration = Duration::from_secs(3_600);
/// How often what has expired is swept out of the vault.
const SWEEP_EVERY: Duration = Duration::from_secs(60);
/// How much one sweep takes at a time.
const SWEPT_MAX: u32 = 1_000;

/// Something to be done behind the answer.
#[derive(Debug)]
pub(crate) enum Job {
    /// Record that the account is locked for failed log-ins; its address is already.
    Lock { id: AccountId, until: Timestamp },
    /// Mail the link that verifies this address.
    MailVerification(EmailHash),
    /// Mail a link for another password.
    MailReset(EmailHash),
}

/// Works the queue off, until `shutdown`.
pub(crate) async fn run(
    identity: &Identity,
    mut jobs: mpsc::Receiver<Job>,
    shutdown: &CancellationToken,
) {
    loop {
        let job = tokio::select! {
            job = jobs.recv() => job,
            () = shutdown.cancelled() => return,
        };
        let Some(job) = job else {
            return;
        };
        if let Err(error) = identity.work_on(job).await {
            tracing::warn!(%error, "something that was asked for could not be done; whoever asked will ask again");
        }
    }
}

/// Destroys what has expired, until `shutdown`.
pub(crate) async fn sweep(identity: &Identity, shutdown: &CancellationToken) {
    loop {
        match identity.vault().sweep(SWEPT_MAX).await {
            Ok(swept) if swept >= u64::from(SWEPT_MAX) => continue,
            Ok(_) => {}
            Err(error) => tracing::info!(%error, "the vault could not be swept; it is tried again"),
        }
        tokio::select! {
            () = tokio::time::sleep(SWEEP_EVERY) => {}
            () = shutdown.cancelled() => return,
        }
    }
}

impl Identity {
    /// Leaves a job to the task behind the answers.
    pub(super) fn behind_the_answer(&self, job: Job) -> Result<(), IdentityError> {
        let sent = self.0.jobs.try_send(job);
        sent.map_err(|_| IdentityError::overloaded())
    }

    async fn work_on(&self, job: Job) -> Result<(), IdentityError> {
        match job {
            Job::Lock { id, until } => self.lock_for_failures(id, until).await,
            Job::MailVerification(hash) => match self.whose(hash).await? {
                Some(Address::Taken { id, account, .. }) => {
                    self.tell_holder(id, &account, hash, None).await
                }
                _ => Ok(()),
            },
            Job::MailReset(hash) => match self.whose(hash).await? {
                Some(Address::Taken { id, account, .. }) => {
                    self.mail_reset(id, &account, hash).await
                }
                _ => Ok(()),
            },
        }
    }

    async fn lock_for_failures(
        &self,
        id: AccountId,
        until: Timestamp,
    ) -> Result<(), IdentityError> {
        let command = AccountCommand::LockAccount {
            reason: LockReason::FailedLogins,
            until: Some(until),
        };
        let context = Context {
            actor: "service:identity".to_owned(),
            ..Context::default()
        };
        self.commands().account(id, command, context).await?;
        Ok(())
    }

    async fn mail_reset(
        &self,
        id: AccountId,
        account: &Account,
        hash: EmailHash,
    ) -> Result<(), IdentityError> {
        let is_barred = account
            .lock(clock::now())
            .is_some_and(|lock| !lock.passes());
        if is_barred || self.too_many_mails(hash).await? {
            return Ok(());
        }
        let Some((key, to)) = self.mail_address(id, account).await? else {
            return Ok(());
        };
        let token = Opaque::generate()?;
        let mail = texts::reset(&self.0.options.public_url, to.expose(), &token);
        let entries = vec![
            link::entry(id, Purpose::Reset, &token, None)?,
            outbox::entry(id, &key, &mail)?,
        ];
        self.put_while_it_stands(id, entries).await
    }

    /// Whether strangers have had enough mail sent to this address for now; counts one more.
    pub(super) async fn too_many_mails(&self, hash: EmailHash) -> Result<bool, IdentityError> {
        let key = hash.to_string();
        let count = self
            .vault()
            .count(kinds::MAILS_ASKED_FOR, &key, MAILS_WITHIN)
            .await?;
        Ok(count > MAILS_MAX)
    }

    /// The address that an account holds, and the key of its personal data; none if it was erased.
    pub(super) async fn mail_address(
        &self,
        id: AccountId,
        account: &Account,
    ) -> Result<Option<(DataKey, Secret<String>)>, IdentityError> {
        let sealed = account.profile().and_then(|profile| profile.email.as_ref());
        let (Some(sealed), Some(key)) = (sealed, self.data_key(id).await?) else {
            return Ok(None);
        };
        let address = personal::open(&key, id, personal::EMAIL, sealed)?;
        Ok(Some((key, address)))
    }

    /// Puts entries of an account into the vault, unless it was erased meanwhile.
    pub(super) async fn put_while_it_stands(
        &self,
        id: AccountId,
        entries: Vec<NewSecret>,
    ) -> Result<(), IdentityError> {
        let writes: Vec<_> = entries.into_iter().map(SecretWrite::Put).collect();
        self.vault()
            .write_while((kinds::DATA_KEY, &id.to_string()), &writes)
            .await?;
        self.0.mail_waits.notify_one();
        Ok(())
    }
}
