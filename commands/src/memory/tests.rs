//! What the executor in memory promises, as the real one does.

use std::time::Duration;

use domain::RejectionCode;
use domain::account::{AccountCommand, RegisterAccount};
use domain::product::{CreateProduct, NewVariant, ProductCommand};
use domain::stock::StockCommand;
use domain::value::{
    AccountId, Ciphertext, Currency, EmailHash, KeyId, Money, ProductId, Quantity, Role, Sealed,
    Slug, StockId, Text,
};

use super::*;
use crate::RequestKey;

fn memory(faults: Vec<Option<MemoryFault>>) -> MemoryCommands {
    let mut faults = faults.into_iter();
    let hook = Box::new(move |_: &'static str| faults.next().flatten());
    MemoryCommands::new(7, Timestamp::EPOCH, hook)
}

fn new_product(number: u128, sku: &str) -> (ProductId, ProductCommand) {
    let id = ProductId(Uuid::from_u128(number));
    let price = Money::new(1_000, Currency::EUR);
    let new = CreateProduct {
        product_id: id,
        slug: Slug::new(format!("product-{number}")).unwrap(),
        name: Text::new("A product").unwrap(),
        category: Vec::new(),
        brand: None,
        description: None,
        variants: vec![NewVariant::new(Sku::new(sku).unwrap(), vec![price])],
        published: true,
    };
    (id, ProductCommand::CreateProduct(new))
}

fn create(memory: &MemoryCommands, number: u128, sku: &str) -> Result<Receipt, CommandError> {
    let (id, command) = new_product(number, sku);
    memory.product(id, command, &Context::default())
}

fn receive(memory: &MemoryCommands, context: &Context) -> Result<Receipt, CommandError> {
    let stock_id: StockId = "AB-1@main".parse().unwrap();
    let command = StockCommand::ReceiveStock {
        stock_id: stock_id.clone(),
        quantity: Quantity::new(5).unwrap(),
        reference: None,
    };
    memory.stock(&stock_id, command, context)
}

fn keyed(body: &str) -> Context {
    Context {
        request: Some(RequestKey::new(&["tests"], "key", body.into())),
        ..Context::default()
    }
}

#[test]
fn positions_and_sequences_are_dense() {
    let memory = memory(Vec::new());
    let created = create(&memory, 1, "AB-1").unwrap();
    let before = created.position;
    assert_eq!((before, created.version()), (created.events as u64, before));
    receive(&memory, &Context::default()).unwrap();
    let receipt = receive(&memory, &Context::default()).unwrap();
    assert_eq!((receipt.position, receipt.version()), (before + 2, 2));
    let events = memory.read_after(0, 10);
    let positions: Vec<u64> = events.iter().map(|event| event.recorded.position).collect();
    assert_eq!(positions, (1..=before + 2).collect::<Vec<_>>());
}

#[test]
fn a_request_key_takes_effect_once() {
    let memory = memory(Vec::new());
    let first = receive(&memory, &keyed("a")).unwrap();
    let again = receive(&memory, &keyed("a")).unwrap();
    assert!(again.replayed && (again.position, &again.streams) == (first.position, &first.streams));
    let reused = receive(&memory, &keyed("b"));
    assert!(matches!(reused, Err(CommandError::KeyReused)), "{reused:?}");
    assert_eq!(memory.head(), 1);
}

#[test]
fn a_claim_of_another_stream_is_refused() {
    let memory = memory(Vec::new());
    create(&memory, 1, "AB-1").unwrap();
    let Err(CommandError::Rejected(taken)) = create(&memory, 2, "AB-1") else {
        panic!("a SKU was taken twice");
    };
    assert_eq!(taken.code, RejectionCode::SkuTaken);
}

#[test]
fn of_a_command_whose_answer_is_lost_only_a_repeat_tells() {
    for (fault, head) in [(MemoryFault::LostBefore, 0), (MemoryFault::LostAfter, 1)] {
        let memory = memory(vec![Some(fault)]);
        let lost = receive(&memory, &keyed("a"));
        assert!(matches!(lost, Err(CommandError::OutcomeUnknown)));
        assert_eq!(memory.head(), head);
        assert_eq!(receive(&memory, &keyed("a")).unwrap().replayed, head == 1);
        assert_eq!(memory.head(), 1);
    }
}

#[test]
fn a_journal_that_is_away_appends_nothing() {
    for fault in [MemoryFault::Unavailable, MemoryFault::Contended] {
        let memory = memory(vec![Some(fault)]);
        receive(&memory, &Context::default()).unwrap_err();
        assert_eq!(memory.head(), 0);
    }
}

#[test]
fn the_same_calls_leave_the_same_journal() {
    let journal = || {
        let memory = memory(Vec::new());
        create(&memory, 1, "AB-1").unwrap();
        memory.set_now(Timestamp::EPOCH.saturating_add(Duration::from_secs(5)));
        receive(&memory, &keyed("a")).unwrap();
        let events = memory.read_after(0, 10);
        events
            .iter()
            .map(|event| (*event.recorded).clone())
            .collect::<Vec<_>>()
    };
    assert_eq!(journal(), journal());
}

fn register(memory: &MemoryCommands, number: u128, address: u8) -> Result<Receipt, CommandError> {
    let id = AccountId(Uuid::from_u128(number));
    let new = RegisterAccount {
        account_id: id,
        email_hash: EmailHash::from([address; 32]),
        email: Sealed::new(
            KeyId::new("data-1").unwrap(),
            Ciphertext::new("c2VhbGVk").unwrap(),
        ),
        name: None,
        succeeds: None,
    };
    let command = AccountCommand::RegisterAccount(new.into());
    memory.account(id, command, &Context::default())
}

#[test]
fn an_address_is_had_once_and_an_owner_remains() {
    let memory = memory(Vec::new());
    register(&memory, 1, 1).unwrap();
    let Err(CommandError::Rejected(taken)) = register(&memory, 2, 1) else {
        panic!("two have one address")
    };
    assert_eq!(taken.code, RejectionCode::EmailTaken);
    register(&memory, 2, 2).unwrap();
    let role = Role::Owner;
    let ask = |number, command| {
        let id = AccountId(Uuid::from_u128(number));
        memory.account(id, command, &Context::default())
    };
    for number in [1, 2] {
        ask(number, AccountCommand::VerifyEmail).unwrap();
        ask(number, AccountCommand::GrantRole { role }).unwrap();
    }
    ask(1, AccountCommand::RevokeRole { role }).unwrap();
    let Err(CommandError::Rejected(last)) = ask(2, AccountCommand::EraseAccount) else {
        panic!("the last owner went")
    };
    assert_eq!(last.fields[0].code, "last-owner");
    let (state, version) = memory.state_of(&crate::streams::owners()).unwrap();
    let owners = state.as_owners().map(|owners| owners.accounts().len());
    assert_eq!((owners, version), (Some(1), 3));
}
