delete from payment_ledger_order
where order_id = any($1)
