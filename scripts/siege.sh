#!/usr/bin/env bash
# What `make siege` runs: everything that attacks a server, against a release build, with the bounds of a quiet machine. Prints
# what the attacks cost. For the same with less of everything and generous bounds, see tests/e2e/siege, which `make test` runs.
#
#   DATABASE_URL  a Postgres to use instead of a private one; its role must be able to create databases and roles
#   Arguments     go to the sieges, for example: scripts/siege.sh slow
set -euo pipefail
cd "$(dirname "$0")/.."

scripts/install.sh
cargo build --release --locked -p daybook
release=${CARGO_TARGET_DIR:-target}/release
export DAYBOOK_BIN=${DAYBOOK_BIN:-$(realpath "$release/daybook")}

work=$(mktemp -d "${TMPDIR:-/tmp}/daybook-siege.XXXXXX")
chmod 711 "$work"
stop() {
  local code=$?
  trap - EXIT
  scripts/postgres/down.sh "$work/postgres" immediate || true
  rm -rf "$work"
  exit "$code"
}
trap stop EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

url=${DATABASE_URL:-}
if [ -z "$url" ]; then
  port=$(scripts/postgres/up.sh "$work/postgres")
  url=postgres://postgres@127.0.0.1:$port/postgres
fi
DATABASE_URL=$url DAYBOOK_SIEGE=full cargo test --locked -p daybook-tests --test siege -- --nocapture --test-threads 1 "$@"
# On a Postgres of its own, unless the caller gave one: it says which cores that has.
if [ $# -eq 0 ]; then scripts/k6/overload.sh; fi
