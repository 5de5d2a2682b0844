create index payment_ledger_order_id on payment_ledger (order_id, position);
create index payment_ledger_payment_id on payment_ledger (payment_id, position) where payment_id is not null;
