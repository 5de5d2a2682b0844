-- One row per entry, at the position of its event. The body is the entry with its lines.
create table payment_ledger (
    position   bigint not null,
    entry_id   uuid   not null,
    order_id   uuid   not null,
    payment_id uuid,
    body       text   not null,
    constraint payment_ledger_position primary key (position)
);

-- One row per line of an entry: an account's entries, in their order. A debit is positive.
create table payment_ledger_line (
    account  text collate "C" not null,
    position bigint not null,
    line     int    not null,
    gateway  text collate "C" not null,
    currency text collate "C" not null,
    minor    bigint not null,
    constraint payment_ledger_line_line primary key (account, position, line)
);

-- What was debited and credited in all. Sums may be larger than any single amount.
create table payment_ledger_balance (
    currency text collate "C" not null,
    account  text collate "C" not null,
    gateway  text collate "C" not null,
    debits   numeric not null,
    credits  numeric not null,
    constraint payment_ledger_balance_account primary key (currency, account, gateway)
);

-- What entries of orders need that are neither completed, rejected nor cancelled: others have none any more.
create table payment_ledger_order (
    order_id uuid not null,
    currency text not null,
    constraint payment_ledger_order_order primary key (order_id)
);

-- What entries of payments need. Money may be given back at any time.
create table payment_ledger_payment (
    payment_id uuid not null,
    order_id   uuid not null,
    gateway    text not null,
    constraint payment_ledger_payment_payment primary key (payment_id)
);
