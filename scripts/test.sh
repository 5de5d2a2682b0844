#!/usr/bin/env bash
# What `make test` runs: style first (fast to fail), then every test against a real Postgres, a real Kafka,
# Stripe's own stripe-mock and a real OIDC server.
#
#   DATABASE_URL    a Postgres to use instead of a private one; its role must be able to create databases and roles
#   KAFKA_BROKERS   a Kafka to use instead of a private one
#   STRIPE_MOCK_URL a stripe-mock to use instead of a private one
#   OIDC_ISSUER     an OIDC server to use instead of a private one; it must know the clients of scripts/oidc/server.js
#   Arguments       go to `cargo test`, for example: scripts/test.sh -p journal
#
# The last line is `N passed, M failed`, summed over all test executables; the exit code is cargo's.
set -euo pipefail
cd "$(dirname "$0")/.."

scripts/install.sh

cargo fmt --all --check
cargo clippy --workspace --all-targets -- -D warnings
# Tests start the `daybook` executable: `cargo test` alone might leave an older one in place.
cargo build --workspace --all-targets

# A clone may lie where user postgres cannot go; /tmp with a traversable folder is open to it. The folder is named once,
# checked and removed by that name only.
work=$(mktemp -d "${TMPDIR:-/tmp}/daybook-test.XXXXXX")
chmod 711 "$work"
stop_servers() {
  local code=$?
  trap - EXIT
  scripts/kafka/down.sh "$work/kafka" || true
  scripts/stripe-mock/down.sh "$work/stripe-mock" || true
  scripts/oidc/down.sh "$work/oidc" || true
  # `immediate`: nobody needs these tables any more.
  scripts/postgres/down.sh "$work/postgres" immediate || true
  rm -rf "$work"
  exit "$code"
}
trap stop_servers EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

if [ -z "${DATABASE_URL:-}" ]; then
  port=$(scripts/postgres/up.sh "$work/postgres")
  export DATABASE_URL="postgres://postgres@127.0.0.1:$port/postgres"
fi
if [ -z "${KAFKA_BROKERS:-}" ]; then
  port=$(scripts/kafka/up.sh "$work/kafka")
  export KAFKA_BROKERS="127.0.0.1:$port"
fi
if [ -z "${STRIPE_MOCK_URL:-}" ]; then
  port=$(scripts/stripe-mock/up.sh "$work/stripe-mock")
  export STRIPE_MOCK_URL="http://127.0.0.1:$port"
fi
if [ -z "${OIDC_ISSUER:-}" ]; then
  port=$(scripts/oidc/up.sh "$work/oidc")
  export OIDC_ISSUER="http://127.0.0.1:$port"
fi

if [ $# -eq 0 ]; then set -- --workspace; fi
code=0
cargo test --no-fail-fast "$@" 2>&1 | tee "$work/tests.log" || code=$?

awk '/^test result: / {
  for (i = 2; i <= NF; i++) { if ($i == "passed;") passed += $(i - 1); if ($i == "failed;") failed += $(i - 1) }
} END { printf "%d passed, %d failed\n", passed, failed }' "$work/tests.log"
exit "$code"
