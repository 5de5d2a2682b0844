insert into payment_ledger_balance as balance (currency, account, gateway, debits, credits)
select currency, account, gateway, debits::numeric, credits::numeric
from unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[])
     as added (currency, account, gateway, debits, credits)
on conflict on constraint payment_ledger_balance_account do update
set debits  = balance.debits + excluded.debits,
    credits = balance.credits + excluded.credits
