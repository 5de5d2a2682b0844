//! Given, when, then; and that an owner remains, whoever does what at the same time.

use std::collections::BTreeMap;

use cqrs_es::test::TestFramework;
use proptest::prelude::*;

use super::*;
use crate::account::{Account, AccountCommand, LockReason, Others, decide_with};
use crate::testing::*;
use crate::value::Role;
use crate::{FactSource, Rejection};

fn refusal(outcome: Result<usize, Rejection>) -> String {
    let rejection = outcome.unwrap_err();
    assert_eq!(rejection.code(), "validation-failed");
    rejection.fields[0].code.clone()
}

#[test]
fn the_role_and_the_list_change_together() {
    let mut world = World::with_accounts(2);
    for number in [1, 2] {
        assert_eq!(world.account_command(number, GRANT_OWNER, &at(0)), Ok(2));
        assert_eq!(world.account_command(number, GRANT_OWNER, &at(0)), Ok(0));
    }
    assert_eq!(world.owners.accounts().len(), 2);
    assert_eq!(world.account_command(1, REVOKE_OWNER, &at(0)), Ok(2));
    assert!(!world.owners.accounts().contains(&account_id(1)));
    assert!(!world.account(1).has_role(Role::Owner));
    assert_eq!(world.account_command(1, REVOKE_OWNER, &at(0)), Ok(0));
    assert_eq!(world.verify().breaches, []);
}

#[test]
fn the_last_owner_stays() {
    let mut world = World::with_accounts(2);
    world.account_command(1, GRANT_OWNER, &at(0)).unwrap();
    for command in [REVOKE_OWNER, AccountCommand::EraseAccount] {
        let outcome = world.account_command(1, command, &at(0));
        assert_eq!(refusal(outcome), "last-owner");
    }
    assert!(world.account(1).has_role(Role::Owner));
    world.account_command(2, GRANT_OWNER, &at(0)).unwrap();
    let erase = AccountCommand::EraseAccount;
    assert_eq!(world.account_command(1, erase, &at(0)), Ok(2));
    assert_eq!(
        world
            .account_command(2, REVOKE_OWNER, &at(0))
            .map_err(|_| ()),
        Err(())
    );
    assert_eq!(world.verify().breaches, []);
}

#[test]
fn who_is_no_owner_goes_without_asking_the_owners() {
    let mut world = World::with_accounts(1);
    let erase = AccountCommand::EraseAccount;
    assert_eq!(world.account_command(1, erase, &at(0)), Ok(1));
    assert!(world.owners.accounts().is_empty());
}

#[test]
fn there_are_so_many_owners_and_no_more() {
    let mut owners = Owners::default();
    for number in 0..OWNERS_MAX as u128 {
        let account_id = account_id(number);
        owners.evolve(&OwnersEvent::OwnerAdded { account_id });
    }
    let add = |number| OwnersCommand::AddOwner {
        account_id: account_id(number),
    };
    assert_eq!(decide(&owners, add(0)), Ok(vec![]));
    let rejection = decide(&owners, add(1_000)).unwrap_err();
    assert_eq!(rejection.fields[0].code, "too-many");
}

#[test]
fn it_runs_in_the_framework_of_cqrs_es() {
    let account_id = account_id(1);
    TestFramework::<Owners>::with(FactSource::fixed(at(0)))
        .given_no_previous_events()
        .when(OwnersCommand::AddOwner { account_id })
        .then_expect_events(vec![OwnersEvent::OwnerAdded { account_id }]);
    TestFramework::<Owners>::with(FactSource::fixed(at(0)))
        .given(vec![OwnersEvent::OwnerAdded { account_id }])
        .when(OwnersCommand::RemoveOwner { account_id })
        .then_expect_error_message("this is the last owner; make another account an owner first");
}

/// Streams with their versions, as one process saw them at some time.
#[derive(Debug, Clone, Default)]
struct Streams {
    accounts: BTreeMap<u128, (Account, u64)>,
    owners: (Owners, u64),
}

const ACCOUNTS: u128 = 4;

impl Streams {
    fn new() -> Self {
        let world = World::with_accounts(ACCOUNTS as u8);
        let accounts = (1..=ACCOUNTS).map(|number| (number, (world.account(number), 0)));
        Self {
            accounts: accounts.collect(),
            owners: Default::default(),
        }
    }

    /// Appends what was decided on `seen`, if the streams that are written to are still as they
    /// were: what the journal does.
    fn append(&mut self, seen: &Self, number: u128, command: AccountCommand) -> bool {
        let others = Others {
            owners: &seen.owners.0,
            predecessor: None,
        };
        let decided = decide_with(&seen.accounts[&number].0, &others, command, &at(0));
        let Ok(outcome) = decided else { return false };
        let (account, version) = self.accounts.get_mut(&number).unwrap();
        let is_stale = !outcome.account.is_empty() && *version != seen.accounts[&number].1
            || !outcome.owners.is_empty() && self.owners.1 != seen.owners.1;
        if is_stale {
            return false;
        }
        for event in &outcome.account {
            account.evolve(event);
            *version += 1;
        }
        for event in &outcome.owners {
            self.owners.0.evolve(event);
            self.owners.1 += 1;
        }
        true
    }

    fn who_can_act(&self) -> Vec<u128> {
        let can_act = |account: &Account| {
            let lock = account.lock(at(0).now);
            account.has_role(Role::Owner) && lock.is_none_or(|lock| lock.passes())
        };
        let all = self.accounts.iter();
        all.filter(|(_, (account, _))| can_act(account))
            .map(|(number, _)| *number)
            .collect()
    }
}

fn any_command() -> impl Strategy<Value = AccountCommand> {
    prop_oneof![
        4 => Just(GRANT_OWNER),
        4 => Just(REVOKE_OWNER),
        1 => Just(AccountCommand::EraseAccount),
        2 => Just(AccountCommand::LockAccount { reason: LockReason::Abuse, until: None }),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    /// Each command is decided on what some process saw up to five appends ago.
    #[test]
    fn an_owner_who_can_act_remains_however_commands_interleave(
        steps in prop::collection::vec((any_command(), 1..=ACCOUNTS, 0_usize..5), 1..60),
    ) {
        let mut history = vec![Streams::new()];
        let mut had_owner = false;
        for (command, number, age) in steps {
            let seen = &history[history.len().saturating_sub(age + 1)];
            let mut now = history.last().unwrap().clone();
            if !now.append(seen, number, command) {
                continue;
            }
            let owners = now.who_can_act();
            let listed: Vec<_> = now.owners.0.accounts().iter().copied().collect();
            let expected: Vec<_> = owners.iter().map(|number| account_id(*number)).collect();
            prop_assert_eq!(listed, expected);
            had_owner |= !owners.is_empty();
            prop_assert!(!had_owner || !owners.is_empty());
            history.push(now);
        }
    }
}
