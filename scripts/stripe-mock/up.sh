#!/usr/bin/env bash
# up.sh DATA_DIR [PORT]: Stripe's own stand-in for its API on 127.0.0.1; prints its port. PORT + 1 is its HTTPS.
# Stop it with down.sh DATA_DIR.
#
# It checks every request against Stripe's specification, the version header included, and answers with fixtures. The
# program lies in .tools/stripe-mock of the checkout, or in DAYBOOK_TOOLS_DIR, so that several clones can share it.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
. "$here/../lib/free-port.sh"
. "$here/../lib/come-up.sh"

# Its specification is of one version of Stripe's API: raise API_VERSION in processes/src/gateway/stripe/config.rs with it.
version=v0.203.0

[ $# -ge 1 ] || { echo "usage: up.sh DATA_DIR [PORT]" >&2; exit 2; }
mkdir -p "$1"
data=$(cd "$1" && pwd -P)
port=${2:-}
tools=${DAYBOOK_TOOLS_DIR:-$here/../../.tools}/stripe-mock
mkdir -p "$tools"
tools=$(cd "$tools" && pwd -P)
program=$tools/stripe-mock-$version

# Two clones may build at once: one does, the other waits; a broken-off build is never mistaken for a whole one.
(
  flock 9
  if [ ! -x "$program" ]; then
    command -v go >/dev/null || { echo "stripe-mock/up: no Go; run scripts/install.sh (1.22 or newer is needed)" >&2; exit 1; }
    echo "stripe-mock/up: building stripe-mock $version with Go (once, about a minute)" >&2
    rm -rf "$tools/bin.part"
    GOBIN=$tools/bin.part GOFLAGS=-buildvcs=false go install "github.com/stripe/stripe-mock@$version" >&2
    mv "$tools/bin.part/stripe-mock" "$program"
    rm -rf "$tools/bin.part"
  fi
) 9>"$tools/lock"

prepare() { :; }
launch() { exec setsid "$program" -http-addr "127.0.0.1:$1" -https-addr "127.0.0.1:$(($1 + 1))" -strict-version-check; }
come_up stripe-mock "$data" 2 "$port"
