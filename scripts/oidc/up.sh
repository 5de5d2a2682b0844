#!/usr/bin/env bash
# up.sh DATA_DIR [PORT]: a real OIDC server on 127.0.0.1 (see server.js); prints its port. Its issuer is
# http://127.0.0.1:PORT. Stop it with down.sh DATA_DIR.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
. "$here/../lib/free-port.sh"
. "$here/../lib/come-up.sh"

[ $# -ge 1 ] || { echo "usage: up.sh DATA_DIR [PORT]" >&2; exit 2; }
mkdir -p "$1"
data=$(cd "$1" && pwd -P)
port=${2:-}
modules=$("$here/install.sh")
node=$modules/node/node_modules/.bin/node
[ -x "$node" ] || node=node

prepare() { :; }
launch() { exec setsid "$node" "$here/server.js" "$modules" "$1"; }
come_up oidc "$data" 1 "$port"
