select account, gateway, currency, debits::text as debits, credits::text as credits
from query.payment_ledger_balance
order by account, gateway, currency
