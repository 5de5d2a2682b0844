#!/usr/bin/env bash
# overload.sh: how a server behaves that is asked for ten times what it can do.
#
#   DAYBOOK_BIN     the executable (default: target/release/daybook of this checkout)
#   DATABASE_URL    a Postgres whose role may create databases, on whatever cores it has (default: a private one, with fsync)
#   SECONDS_MAX     how long the overload lasts (default 60)
#   TIMES           how many times the capacity is asked for (default 10)
#
# The load has a core of its own, and the server and a private Postgres have the others, as if it came from another machine: what the
# load takes to ask ten times as much is not the server's to lose.
#
# Finds the capacity with customers who wait for each answer, then asks in an open loop for ten times as much, then looks how
# long it takes until the shop is as before. Prints what it found, and exits 1 where that falls short of: goodput at least 90 %
# of the peak; refusals of 429 or 503 with Retry-After, half of them within 5 ms; as before within 10 s.
set -euo pipefail
cd "$(dirname "$0")/../.."
seconds=${SECONDS_MAX:-60}
times=${TIMES:-10}
daybook=${DAYBOOK_BIN:-target/release/daybook}
[ -x "$daybook" ] || { echo "overload: there is no $daybook; cargo build --release -p daybook" >&2; exit 1; }
k6=$(scripts/k6/install.sh)
work=$(mktemp -d "${TMPDIR:-/tmp}/daybook-overload.XXXXXX")
chmod 711 "$work"

last=$(($(nproc) - 1))
if [ "$last" -eq 0 ]; then ours=0; else ours=0-$((last - 1)); fi

server=
stop() {
  local code=$?
  trap - EXIT
  if [ -n "$server" ]; then kill -TERM "$server" 2>/dev/null || true; wait "$server" 2>/dev/null || true; fi
  if [ -n "${own_postgres:-}" ]; then
    scripts/postgres/down.sh "$work/postgres" immediate || true
  elif [ -n "${database:-}" ]; then
    psql -q "$admin" -c "drop database if exists $database with (force)" || true
  fi
  rm -rf "$work"
  exit "$code"
}
trap stop EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

if [ -z "${DATABASE_URL:-}" ]; then
  own_postgres=yes
  port=$(taskset -c "$ours" scripts/postgres/up.sh "$work/postgres")
  DATABASE_URL=postgres://postgres@127.0.0.1:$port/postgres
fi
admin=$DATABASE_URL
database=overload_$$
psql -q "$admin" -c "create database $database"

export TOKEN=overload-token-0123456789abcdef
DATABASE_URL=${admin%/*}/$database DAYBOOK_TOKEN=$TOKEN DAYBOOK_LISTEN=127.0.0.1:0 \
  taskset -c "$ours" "$daybook" serve >"$work/server.out" 2>"$work/server.log" &
server=$!
for _ in $(seq 600); do
  URL=$(sed -n 's/.*listening on //p' "$work/server.out")
  if [ -n "$URL" ] && curl -fs -o /dev/null "$URL/readyz"; then break; fi
  kill -0 "$server" 2>/dev/null || { tail -20 "$work/server.log" >&2; exit 1; }
  sleep 0.1
done
export URL SKU=OVERLOAD K6_NO_USAGE_REPORT=true

tell() {
  curl -fsS -o /dev/null -X POST "$URL$1" -H "Authorization: Bearer $TOKEN" -H 'Content-Type: application/json' \
    -H "Idempotency-Key: $1" -d "$2"
}
tell /v1/products '{"name":"Overload","slug":"overload","published":true,
  "variants":[{"sku":"OVERLOAD","prices":[{"minor":100,"currency":"USD"}]}]}'
tell /v1/stock/OVERLOAD/receipts '{"quantity":100000000}'

# phase seconds [rate]
run() {
  taskset -c "$last" "$k6" run -q --address '' -e PHASE="$1" -e SECONDS="$2" -e RATE="${3:-1}" -e OUT="$work/$1.json" \
    scripts/k6/overload.js >"$work/$1.log" 2>&1 || { tail -5 "$work/$1.log" >&2; exit 1; }
}
memory() { awk '/^VmRSS/ { printf "%d", $2 / 1024 }' "/proc/$server/status"; }

run capacity 5
run capacity 15
peak=$(python3 -c "import json; f=json.load(open('$work/capacity.json')); print(f['sold']/f['seconds'])")
before=$(memory)
run overload "$seconds" "$(python3 -c "print($peak * $times)")"
over=$(date +%s.%N)
run after 10 "$(python3 -c "print($peak / 2)")"
scripts/k6/report.py "$work" "$peak" "$before" "$(memory)"
