#!/usr/bin/env bash
# What `make bench` and `make bench-quick` run: builds for release, measures, writes docs/benchmarks.{md,json} and pictures.
#
#   Arguments go to `daybook-bench run`, for example: scripts/bench.sh --rows 1,2 --rounds 5
set -euo pipefail
cd "$(dirname "$0")/.."

scripts/install.sh
cargo build --release --locked -p daybook -p daybook-bench
release=${CARGO_TARGET_DIR:-target}/release
export DAYBOOK_BIN=${DAYBOOK_BIN:-$(realpath "$release/daybook")}
exec "$release/daybook-bench" run "$@"
