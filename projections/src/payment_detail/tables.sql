-- One document per payment. The body is the answer to GET /v1/payments/{id}, and at the same time
-- all that is needed to post the payment's next event.
create table payment_detail (
    payment_id uuid   not null,
    version    bigint not null,
    body       text   not null,
    constraint payment_detail_payment primary key (payment_id)
);
