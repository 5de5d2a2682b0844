//! One event of each kind of accounts, clients and the owners.

use std::collections::BTreeSet;
use std::sync::Arc;

use crate::Event;
use crate::account::*;
use crate::client::*;
use crate::owners::OwnersEvent;
use crate::security::{Refusal, RefusalReason, SecurityEvent};
use crate::testing::*;
use crate::value::*;

pub(super) fn samples() -> Vec<Event> {
    let account = account_samples().into_iter().chain(session_samples());
    let account = account.map(Event::Account);
    let client = client_samples().into_iter().map(Event::Client);
    let owners = [
        OwnersEvent::OwnerAdded {
            account_id: account_id(20),
        },
        OwnersEvent::OwnerRemoved {
            account_id: account_id(20),
        },
    ];
    let owners = owners.into_iter().map(Event::Owners);
    let refused = SecurityEvent::AccessRefused(Refusal {
        reason: RefusalReason::ClientSecret,
        times: 12,
        client_id: Some(ClientId(uuid(30))),
    });
    let refused = std::iter::once(Event::Security(refused));
    account.chain(client).chain(owners).chain(refused).collect()
}

fn account_samples() -> Vec<AccountEvent> {
    let factor_id = factor_id(22);
    vec![
        AccountEvent::AccountRegistered(Arc::new(AccountRegistered {
            account_id: account_id(20),
            email_hash: email_hash(0xa7),
            email: sealed("c2VhbGVkIGFkZHJlc3M"),
            name: Some(sealed("c2VhbGVkIG5hbWU")),
            succeeds: Some(account_id(19)),
        })),
        AccountEvent::AccountRevised {
            name: Some(sealed("c2VhbGVkIG5hbWU")),
            phone: Some(sealed("c2VhbGVkIG51bWJlcg")),
            address: Some(sealed("c2VhbGVkIHN0cmVldA")),
        },
        AccountEvent::EmailVerified {},
        AccountEvent::PasswordChanged {
            cause: PasswordCause::Reset,
            changed_at: at(60).now,
        },
        AccountEvent::TotpEnrolled { factor_id },
        AccountEvent::TotpConfirmed { factor_id },
        AccountEvent::TotpRemoved { factor_id },
        AccountEvent::RoleGranted {
            role: Role::Merchandiser,
        },
        AccountEvent::RoleRevoked {
            role: Role::Merchandiser,
        },
        AccountEvent::AccountLocked {
            reason: LockReason::FailedLogins,
            until: Some(at(900).now),
        },
        AccountEvent::AccountUnlocked {
            reason: UnlockReason::Identified,
        },
        AccountEvent::AccountErased {
            erased_at: at(3_600).now,
        },
    ]
}

fn session_samples() -> Vec<AccountEvent> {
    let session_id = session_id(21);
    let family = session_id.family();
    vec![
        AccountEvent::SessionStarted(Arc::new(SessionStarted {
            session_id,
            family,
            method: SessionMethod::AuthorizationCode {
                client_id: ClientId(uuid(30)),
                scopes: BTreeSet::from([Scope::OrdersRead, Scope::OrdersWrite]),
            },
            second_factor: Some(SecondFactor::Totp),
            started_at: at(0).now,
            expires_at: at(86_400).now,
        })),
        AccountEvent::SessionRefreshed {
            session_id,
            family,
            generation: 3,
        },
        AccountEvent::RefreshTokenReuseDetected {
            session_id,
            family,
            presented: 1,
            current: 3,
        },
        AccountEvent::SessionRevoked {
            session_id,
            family,
            reason: SessionEnd::TokenReused,
        },
        AccountEvent::SessionsRevoked {
            sessions: vec![session_id],
            reason: SessionEnd::PasswordChanged,
        },
    ]
}

fn client_samples() -> Vec<ClientEvent> {
    let scopes = BTreeSet::from([Scope::OrdersChannel, Scope::StockRead]);
    vec![
        ClientEvent::ClientRegistered(Arc::new(ClientRegistered {
            client_id: ClientId(uuid(30)),
            name: text("A marketplace"),
            kind: ClientKind::Confidential,
            redirect_uris: vec![RedirectUri::new("https://market.example/back").unwrap()],
            scopes: scopes.clone(),
        })),
        ClientEvent::ClientSecretRotated {
            rotated_at: at(60).now,
        },
        ClientEvent::ClientScopesChanged { scopes },
        ClientEvent::ClientDisabled {},
    ]
}
