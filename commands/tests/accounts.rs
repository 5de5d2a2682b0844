//! Accounts through the executor: one address, one owner at least, one current token, whichever
//! process is asked.

use std::collections::BTreeSet;

use commands::account::{Address, Refreshed};
use commands::{Beside, CommandError, Commands};
use domain::account::{
    AccountCommand, RegisterAccount, SessionEnd, SessionMethod, SessionStatus, StartSession,
};
use domain::client::{ClientCommand, ClientKind, ClientStatus, RegisterClient};
use domain::value::{
    AccountId, Ciphertext, ClientId, EmailHash, KeyId, Role, Scope, Sealed, SessionId, Timestamp,
};
use uuid::Uuid;

use crate::world::{Shop, code, context};

fn register(id: AccountId, hash: u8, succeeds: Option<AccountId>) -> AccountCommand {
    let sealed = Ciphertext::new("c2VhbGVk").unwrap();
    AccountCommand::RegisterAccount(
        RegisterAccount {
            account_id: id,
            email_hash: EmailHash::from([hash; 32]),
            email: Sealed::new(KeyId::new("data-1").unwrap(), sealed),
            name: None,
            succeeds,
        }
        .into(),
    )
}

async fn registered(commands: &Commands, hash: u8) -> AccountId {
    let id = AccountId::from(Uuid::now_v7());
    for command in [register(id, hash, None), AccountCommand::VerifyEmail] {
        commands.account(id, command, context()).await.unwrap();
    }
    id
}

async fn logged_in(commands: &Commands, id: AccountId) -> SessionId {
    let session_id = SessionId::from(Uuid::now_v7());
    let start = AccountCommand::StartSession(StartSession {
        session_id,
        method: SessionMethod::Password,
        second_factor: None,
        password_changed_at: None,
        expires_at: Timestamp::parse("9999-01-01T00:00:00Z").unwrap(),
    });
    commands.account(id, start, context()).await.unwrap();
    session_id
}

#[tokio::test]
async fn an_address_belongs_to_one_account_until_that_is_erased() {
    let shop = Shop::open().await;
    let (here, there) = (shop.executor().await, shop.executor().await);
    let hash = EmailHash::from([1; 32]);
    let free = here.account_of_address(hash).await.unwrap();
    assert_eq!(free, Address::Free { succeeds: None });

    let ids = [(); 2].map(|()| AccountId::from(Uuid::now_v7()));
    let (one, other) = tokio::join!(
        here.account(ids[0], register(ids[0], 1, None), context()),
        there.account(ids[1], register(ids[1], 1, None), context()),
    );
    let (first, second, lost) = if one.is_ok() {
        (ids[0], ids[1], other)
    } else {
        (ids[1], ids[0], one)
    };
    assert_eq!(code(&lost), "email-taken");
    let Address::Taken { id, version, .. } = there.account_of_address(hash).await.unwrap() else {
        panic!("nobody's")
    };
    assert_eq!((id, version), (first, 1));
    let early = here.account(second, register(second, 1, Some(first)), context());
    assert_eq!(code(&early.await), "email-taken");

    let erase = AccountCommand::EraseAccount;
    here.account(first, erase, context()).await.unwrap();
    let free = there.account_of_address(hash).await.unwrap();
    let succeeds = Some(first);
    assert_eq!(free, Address::Free { succeeds });
    let command = register(second, 1, succeeds);
    there.account(second, command, context()).await.unwrap();
    let third = AccountId::from(Uuid::now_v7());
    for succeeds in [None, succeeds] {
        let late = here.account(third, register(third, 1, succeeds), context());
        assert_eq!(code(&late.await), "email-taken");
    }
    shop.verify().await;
}

#[tokio::test]
async fn two_owners_who_remove_each_other_at_the_same_time_leave_one() {
    let shop = Shop::open().await;
    let (here, there) = (shop.executor().await, shop.executor().await);
    let role = Role::Owner;
    let ids = [registered(&here, 1).await, registered(&here, 2).await];
    for id in ids {
        let grant = AccountCommand::GrantRole { role };
        let receipt = here.account(id, grant, context()).await.unwrap();
        assert_eq!((receipt.events, receipt.streams.len()), (2, 2));
    }
    let revoke = AccountCommand::RevokeRole { role };
    let (one, other) = tokio::join!(
        here.account(ids[0], revoke.clone(), context()),
        there.account(ids[1], AccountCommand::EraseAccount, context()),
    );
    let lost = match (one, other) {
        (Ok(_), lost @ Err(_)) | (lost @ Err(_), Ok(_)) => lost,
        both => panic!("{both:?}"),
    };
    assert_eq!(code(&lost), "validation-failed");
    let Err(CommandError::Rejected(rejection)) = lost else {
        panic!()
    };
    assert_eq!(rejection.fields[0].code, "last-owner");
    shop.verify().await;
}

#[tokio::test]
async fn one_of_two_who_show_the_same_token_gets_the_next_and_the_other_ends_the_session() {
    let shop = Shop::open().await;
    let (here, there) = (shop.executor().await, shop.executor().await);
    let id = registered(&here, 1).await;
    let session = logged_in(&here, id).await;
    let (one, other) = tokio::join!(
        here.refresh_session(id, session, 1, None, Beside::default(), context()),
        there.refresh_session(id, session, 1, None, Beside::default(), context()),
    );
    let (mut rotated, mut reused) = (0, 0);
    for refreshed in [one.unwrap(), other.unwrap()] {
        match refreshed {
            Refreshed::Rotated { generation, .. } => {
                assert_eq!(generation, 2);
                rotated += 1;
            }
            Refreshed::Reused { .. } => reused += 1,
        }
    }
    assert_eq!((rotated, reused), (1, 1));
    let late = here
        .refresh_session(id, session, 2, None, Beside::default(), context())
        .await;
    let Err(CommandError::Rejected(rejection)) = late else {
        panic!("{late:?}")
    };
    assert_eq!(rejection.code(), "token-revoked");
    let (account, _) = there.account_state(id).await.unwrap();
    assert_eq!(account.sessions().status(session), SessionStatus::Ended);
    shop.verify().await;
}

#[tokio::test]
async fn logging_out_everywhere_on_one_node_counts_on_the_other() {
    let shop = Shop::open().await;
    let (here, there) = (shop.executor().await, shop.executor().await);
    let id = registered(&here, 1).await;
    let session = logged_in(&there, id).await;
    logged_in(&here, id).await;
    let reason = SessionEnd::LoggedOut;
    let everywhere = AccountCommand::EndAllSessions { reason };
    here.account(id, everywhere, context()).await.unwrap();
    let late = there
        .refresh_session(id, session, 1, None, Beside::default(), context())
        .await;
    let Err(CommandError::Rejected(rejection)) = late else {
        panic!("{late:?}")
    };
    assert_eq!(rejection.code(), "token-revoked");
    shop.verify().await;
}

#[tokio::test]
async fn a_client_is_registered_once_and_disabled_for_good() {
    let shop = Shop::open().await;
    let commands = shop.executor().await;
    let client_id = ClientId::from(Uuid::now_v7());
    let register = ClientCommand::RegisterClient(RegisterClient {
        client_id,
        name: "A till".parse().unwrap(),
        kind: ClientKind::Confidential,
        redirect_uris: vec![],
        scopes: BTreeSet::from([Scope::OrdersChannel]),
    });
    let command = register.clone();
    commands
        .client(client_id, command, context())
        .await
        .unwrap();
    let again = commands.client(client_id, register, context()).await;
    assert_eq!(code(&again), "validation-failed");
    let disable = ClientCommand::DisableClient;
    commands
        .client(client_id, disable, context())
        .await
        .unwrap();
    let rotate = ClientCommand::RotateClientSecret;
    let late = commands.client(client_id, rotate, context()).await;
    assert_eq!(code(&late), "validation-failed");
    let client = commands.client_state(client_id).await.unwrap();
    assert_eq!(client.status(), ClientStatus::Disabled);
    shop.verify().await;
}
