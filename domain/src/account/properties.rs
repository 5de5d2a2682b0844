//! Whatever is asked of an account, in whatever order and at whatever time.

use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;

use super::tests::{passing_lock, staff_lock, when};
use super::*;
use crate::testing::*;
use crate::value::*;

const DAY: u64 = 86_400;

fn any_command() -> impl Strategy<Value = AccountCommand> {
    let session = || 2_u128..5;
    let factor = || 1_u128..3;
    let role = prop::sample::select(Role::ALL.as_slice());
    let shown = prop::option::weighted(0.2, Just(SecondFactor::Totp));
    prop_oneof![
        6 => (session(), shown).prop_map(|(number, shown)| log_in(number, shown)),
        24 => (session(), 0_u32..4).prop_map(|(number, generation)| refresh(number, generation)),
        2 => session().prop_map(|number| AccountCommand::EndSession {
            session_id: session_id(number),
            reason: SessionEnd::LoggedOut,
        }),
        1 => Just(AccountCommand::EndAllSessions { reason: SessionEnd::ByStaff }),
        1 => Just(AccountCommand::ChangePassword),
        1 => Just(AccountCommand::ResetPassword),
        1 => factor().prop_map(|number| AccountCommand::EnrolTotp { factor_id: factor_id(number) }),
        1 => factor().prop_map(|number| AccountCommand::ConfirmTotp { factor_id: factor_id(number) }),
        1 => Just(AccountCommand::RemoveTotp),
        2 => role.clone().prop_map(|role| AccountCommand::GrantRole { role }),
        2 => role.prop_map(|role| AccountCommand::RevokeRole { role }),
        1 => Just(staff_lock()),
        1 => (1_u64..20 * DAY).prop_map(passing_lock),
        2 => Just(AccountCommand::UnlockAccount { reason: UnlockReason::Mistake }),
        1 => Just(AccountCommand::EraseAccount),
    ]
}

/// What a test remembers of every session that ever was.
#[derive(Default)]
struct Seen {
    generations: BTreeMap<SessionId, u32>,
    ended: BTreeSet<SessionId>,
}

impl Seen {
    /// Tokens only grow newer, and what ended stays ended.
    fn check(&mut self, account: &Account) {
        let live = account.sessions().live();
        for (id, session) in live {
            assert!(!self.ended.contains(id), "{id} came back");
            let known = self.generations.insert(*id, session.generation);
            assert!(known.is_none_or(|known| known <= session.generation));
        }
        let known = self.generations.keys();
        self.ended.extend(known.filter(|id| !live.contains_key(id)));
        for id in &self.ended {
            assert_eq!(account.sessions().status(*id), SessionStatus::Ended);
        }
    }
}

/// The generations whose token is taken for the next one.
fn accepted(account: &Account, number: u128, now: u64) -> Vec<u32> {
    let is_rotation = |generation: &u32| {
        let decided = when(account, refresh(number, *generation), now);
        decided.is_ok_and(|events| matches!(events[..], [AccountEvent::SessionRefreshed { .. }]))
    };
    (0..10).filter(is_rotation).collect()
}

fn is_repeatable(command: &AccountCommand) -> bool {
    !matches!(
        command,
        AccountCommand::StartSession(_)
            | AccountCommand::RefreshSession { .. }
            | AccountCommand::ChangePassword
            | AccountCommand::ResetPassword
    )
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(192))]

    #[test]
    fn one_token_of_a_session_is_current_and_what_is_revoked_stays_revoked(
        steps in prop::collection::vec((any_command(), 0..DAY / 2), 1..60),
    ) {
        let (mut world, mut seen, mut now) = (World::with_accounts(2), Seen::default(), 0);
        // Another owner, so that this one may go.
        world.account_command(2, GRANT_OWNER, &at(0)).unwrap();
        for (command, seconds) in steps {
            now += seconds;
            let outcome = world.account_command(1, command.clone(), &at(now));
            let account = world.account(1);
            seen.check(&account);
            for number in 2..5 {
                let accepted = accepted(&account, number, now);
                let session = account.sessions().get(session_id(number));
                let current = session.map(|session| session.generation);
                prop_assert!(accepted.iter().all(|one| Some(*one) == current), "{accepted:?}");
            }
            if outcome.is_ok() && is_repeatable(&command) {
                prop_assert_eq!(world.account_command(1, command, &at(now)), Ok(0));
            }
            if account.is_erased() {
                prop_assert!(account.sessions().live().is_empty());
            }
            let json = serde_json::to_string(&account).unwrap();
            prop_assert_eq!(&serde_json::from_str::<Account>(&json).unwrap(), &account);
        }
        prop_assert_eq!(world.verify().breaches, []);
    }

    #[test]
    fn however_many_sessions_begin_and_end_they_stay_few_and_none_comes_back(
        ends in prop::collection::vec(prop::option::of(0_u128..400), 100..400),
    ) {
        let (mut account, mut seen) = (super::tests::registered(&[]), Seen::default());
        for (number, ends) in (0_u128..).zip(ends) {
            let end = ends.map(|ends| AccountCommand::EndSession {
                session_id: session_id(ends),
                reason: SessionEnd::LoggedOut,
            });
            for command in std::iter::once(log_in(number, None)).chain(end) {
                let events = when(&account, command, u64::try_from(number).unwrap());
                events.into_iter().flatten().for_each(|event| account.evolve(&event));
            }
            seen.check(&account);
            prop_assert!(account.sessions().live().len() <= SESSIONS_PER_ACCOUNT_MAX);
        }
    }
}
