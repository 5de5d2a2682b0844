-- One row per open case, listed by the position of the event that opened it. The body is the list's item.
create table attention (
    payment_id uuid   not null,
    position   bigint not null,
    body       text   not null,
    constraint attention_payment_case primary key (payment_id)
);

-- What a case has to say of its payment beside what is wrong.
create table attention_payment (
    payment_id uuid   not null,
    body       text   not null,
    constraint attention_payment_payment primary key (payment_id)
);
