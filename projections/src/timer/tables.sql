-- One row per timer that is set: an order's deadline, or a payment's open request to its gateway.
create table timer (
    kind    text collate "C" not null,
    subject uuid             not null,
    due_at  timestamptz      not null,
    constraint timer_timer primary key (kind, subject)
);
