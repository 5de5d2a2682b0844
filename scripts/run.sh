#!/usr/bin/env bash
# What `make run` runs: Daybook on its embedded Postgres with the sample imported, and five things to try.
# Every setting of the server can be given in the environment, for example DAYBOOK_LISTEN=127.0.0.1:9000 make run.
# A trickle of customers keeps it busy; make run DEMO=off does without.
set -euo pipefail
cd "$(dirname "$0")/.."

scripts/install.sh run
cargo build --release --locked -p daybook
daybook=${CARGO_TARGET_DIR:-target}/release/daybook

export DAYBOOK_LISTEN=${DAYBOOK_LISTEN:-127.0.0.1:8080}
url=http://$DAYBOOK_LISTEN
# The import and the demo come in by a token. Without one of the caller's own it is the README's, which the server takes on
# loopback only. The examples show the caller's by name.
if [ -n "${DAYBOOK_TOKEN:-}" ]; then
  token='$DAYBOOK_TOKEN'
else
  token=daybook-development-token
fi
export DAYBOOK_TOKEN=${DAYBOOK_TOKEN:-$token}
auth="-H \"authorization: Bearer $token\""

# In a session of its own, so that Ctrl-C reaches this script alone, which then asks the server once to stop.
setsid "$daybook" serve &
server=$!
import=
demo=
stop() {
  trap '' INT TERM HUP
  # It would wait minutes for the server to come back.
  [ -z "$import" ] || kill -TERM "$import" 2>/dev/null || true
  [ -z "$demo" ] || kill -TERM "$demo" 2>/dev/null || true
  kill -TERM "$server" 2>/dev/null || true
  wait "$server" || true
  exit 0
}
trap stop INT TERM HUP

for _ in $(seq 1200); do
  if curl -fsS -o /dev/null "$url/readyz" 2>/dev/null; then break; fi
  # It has said why itself.
  kill -0 "$server" 2>/dev/null || { wait "$server"; exit 1; }
  sleep 0.1
done
# Ready, says somebody on this address; is it ours? Another Daybook may hold it, and its shop is not to be touched.
sleep 0.2
kill -0 "$server" 2>/dev/null || { wait "$server"; exit 1; }
curl -fsS -o /dev/null "$url/readyz" || { echo "run: the server is not ready after two minutes" >&2; stop; }

# Keys come from the data, so a second run changes nothing. Nothing waits for it but this script.
"$daybook" import complete-journey --url "$url" \
  --products sample/products.csv.gz --transactions sample/transactions.csv.gz --rejects sample.rejects.csv &
import=$!
wait "$import" || echo "run: the sample was not imported whole; the server runs on" >&2

if [ "${DEMO:-on}" != off ]; then
  # What the customers do is in the shop; only what goes wrong is told here.
  "$daybook" demo --url "$url" >/dev/null &
  demo=$!
fi

# The sample's first basket, as `scripts/sample.py` noted it.
order=$(sed -n 's/.*"first_order": *"\([^"]*\)".*/\1/p' sample/expected.json)
cat <<TRY

Daybook listens on $url. Five things to try:

  curl -s $url/healthz
  curl -s $auth '$url/v1/products?q=ice+cream&limit=3'
  curl -s $auth $url/v1/orders/$order
  curl -s $auth '$url/v1/sales?from=2017-01-01&to=2017-02-01&by=department'
  curl -s $auth '$url/v1/events?after=0&limit=3'

The executable is $daybook; run it in this folder. Ctrl-C stops the server; what it holds stays.
TRY

code=0
wait "$server" || code=$?
[ -z "$demo" ] || kill -TERM "$demo" 2>/dev/null || true
exit "$code"
