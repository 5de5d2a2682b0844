#!/usr/bin/env bash
# What `make check` runs: everything that needs no server. A test that needs one says so and fails here; it belongs in a
# crate's tests/ folder, which only `make test` runs.
set -euo pipefail
cd "$(dirname "$0")/.."
scripts/install.sh run
cargo fmt --all --check
cargo clippy --workspace --all-targets -- -D warnings
cargo test --workspace --lib --bins
cargo test -p daybook-tests --test architecture
