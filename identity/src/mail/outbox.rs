//! The outbox: mail that waits in the vault, and the task that sends it.
//!
//! A mail is due at once. Whoever takes it has [`LEASE`] to send it and destroy its entry; one who dies leaves it to another.
//! What did not leave is tried again when as much time has passed as it has waited already, between [`PAUSE_MIN`] and
//! [`PAUSE_MAX`], and given up when it is [`GIVEN_UP_AFTER`] old.

use std::time::Duration;

use access::seal::{Ciphertext, DataKey, Place};
use domain::value::AccountId;
use journal::{NewSecret, StoredSecret};
use time::OffsetDateTime;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use super::{Mail, MailError};
use crate::{Identity, IdentityError, kinds};

/// How long a mail is tried.
const GIVEN_UP_AFTER: Duration = Duration::from_secs(24 * 3_600);
/// How much longer its entry stays, so that it is given up aloud and does not just vanish.
const KEPT_BEYOND: Duration = Duration::from_secs(2 * 3_600);
/// How long one sending may take, after which another may try.
const LEASE: Duration = Duration::from_secs(120);
/// How long the mailer may take; less than the lease.
const SEND_TIMEOUT: Duration = Duration::from_secs(60);
/// Shortest and longest pause between two tries.
const PAUSE_MIN: Duration = Duration::from_secs(30);
const PAUSE_MAX: Duration = Duration::from_secs(3_600);
/// How many are taken at a time.
const TAKEN_MAX: u32 = 16;
/// How often is looked for what others left, when nothing wakes us.
const LOOK_EVERY: Duration = Duration::from_secs(5);
/// The field that a mail is sealed as.
const FIELD: &str = "mail";

/// The entry of a mail to an account, to be put into the vault.
pub(crate) fn entry(
    account: AccountId,
    key: &DataKey,
    mail: &Mail,
) -> Result<NewSecret, IdentityError> {
    let json = zeroize::Zeroizing::new(
        serde_json::to_vec(mail).map_err(|_| IdentityError::defect("a mail cannot be written"))?,
    );
    let sealed = key.seal(place(account), &json)?;
    let now = OffsetDateTime::now_utc();
    Ok(NewSecret {
        kind: kinds::MAIL,
        key: Uuid::now_v7().to_string(),
        owner: kinds::owner_of(account),
        value: sealed.as_bytes().to_vec(),
        expires_at: Some(now + GIVEN_UP_AFTER + KEPT_BEYOND),
        due_at: Some(now),
    })
}

const fn place(account: AccountId) -> Place<'static> {
    Place {
        account: account.0,
        field: FIELD,
    }
}

/// Sends what is due, until `shutdown`.
pub(crate) async fn run(identity: &Identity, shutdown: &CancellationToken) {
    loop {
        let sent = tokio::select! {
            sent = send_due(identity) => sent,
            () = shutdown.cancelled() => return,
        };
        let more = match sent {
            Ok(taken) => taken == TAKEN_MAX as usize,
            Err(error) => {
                tracing::warn!(%error, "the outbox of mail cannot be read; it is tried again");
                false
            }
        };
        if more {
            continue;
        }
        tokio::select! {
            () = identity.0.mail_waits.notified() => {}
            () = tokio::time::sleep(LOOK_EVERY) => {}
            () = shutdown.cancelled() => return,
        }
    }
}

async fn send_due(identity: &Identity) -> Result<usize, IdentityError> {
    let due = identity
        .vault()
        .take_due(kinds::MAIL, TAKEN_MAX, LEASE)
        .await?;
    let taken = due.len();
    futures::future::join_all(due.into_iter().map(|entry| send(identity, entry))).await;
    Ok(taken)
}

async fn send(identity: &Identity, entry: StoredSecret) {
    if let Err(error) = try_to_send(identity, &entry).await {
        tracing::warn!(%error, mail.id = %entry.key, "a mail could not be taken from the outbox; it is tried again");
    }
}

async fn try_to_send(identity: &Identity, entry: &StoredSecret) -> Result<(), IdentityError> {
    let Some(mail) = opened(identity, entry).await? else {
        // The account was erased meanwhile.
        return identity.destroy(kinds::MAIL, &entry.key).await;
    };
    let mailer = &identity.0.options.mailer;
    let sent = tokio::time::timeout(SEND_TIMEOUT, mailer.send(&mail)).await;
    let sent = sent.unwrap_or_else(|_| Err(MailError::Later("it took too long".to_owned())));
    let age = age_of(entry);
    match sent {
        Ok(()) => {
            metrics::counter!("daybook_mails_sent_total").increment(1);
            identity.destroy(kinds::MAIL, &entry.key).await
        }
        Err(MailError::Later(reason)) if age < GIVEN_UP_AFTER => {
            tracing::info!(%reason, mail.id = %entry.key, "a mail did not leave; it is tried again");
            let pause = age.clamp(PAUSE_MIN, PAUSE_MAX);
            Ok(identity
                .vault()
                .postpone(kinds::MAIL, &entry.key, pause)
                .await?)
        }
        Err(error) => {
            metrics::counter!("daybook_mails_given_up_total").increment(1);
            tracing::warn!(%error, mail.id = %entry.key, "a mail is given up");
            identity.destroy(kinds::MAIL, &entry.key).await
        }
    }
}

/// None if nothing opens it any more.
async fn opened(identity: &Identity, entry: &StoredSecret) -> Result<Option<Mail>, IdentityError> {
    let account = entry.owner.strip_prefix("account-");
    let account = account.and_then(|id| id.parse::<AccountId>().ok());
    let Some(account) = account else {
        return Err(IdentityError::defect("a mail belongs to no account"));
    };
    let Some(key) = identity.data_key(account).await? else {
        return Ok(None);
    };
    let sealed = Ciphertext::from_bytes(entry.value.clone())
        .map_err(|_| IdentityError::defect("a mail in the outbox is no ciphertext"))?;
    let opened = key.open(place(account), &sealed)?;
    let mail = serde_json::from_slice(opened.expose());
    mail.map(Some)
        .map_err(|_| IdentityError::defect("a mail in the outbox cannot be read"))
}

fn age_of(entry: &StoredSecret) -> Duration {
    let left = entry
        .expires_at
        .map_or(time::Duration::ZERO, |end| end - OffsetDateTime::now_utc());
    let left = Duration::try_from(left).unwrap_or_default();
    (GIVEN_UP_AFTER + KEPT_BEYOND).saturating_sub(left)
}
