#!/usr/bin/env bash
# up.sh DATA_DIR [PORT]: a real OIDC server on 127.0.0.1 (see server.js); prints its port. Its issuer is
# http://127.0.0.1:PORT. Stop it with down.sh DATA_DIR.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
. "$here/../lib/free-port.sh"

[ $# -ge 1 ] || { echo "usage: up.sh DATA_DIR [PORT]" >&2; exit 2; }
mkdir -p "$1"
data=$(cd "$1" && pwd -P)
port=${2:-}
modules=$("$here/install.sh")
node=$modules/node/node_modules/.bin/node
[ -x "$node" ] || node=node

# 0: up; 1: gave up or died. The port is asked, not the log.
start() {
  setsid "$node" "$here/server.js" "$modules" "$1" </dev/null >>"$data/oidc.log" 2>&1 &
  local pid=$!
  echo "$pid" >"$data/oidc.pid"
  for _ in $(seq 600); do
    kill -0 "$pid" 2>/dev/null || return 1
    if (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null; then return 0; fi
    sleep 0.05
  done
  kill -9 "$pid" 2>/dev/null || true
  return 1
}

attempts=1
if [ -z "$port" ]; then attempts=3; fi
for ((attempt = 1; attempt <= attempts; attempt++)); do
  if [ $attempts -gt 1 ]; then port=$(free_port 1); fi
  if start "$port"; then
    echo "$port"
    exit 0
  fi
done
echo "oidc/up: it did not come up on port $port; the end of $data/oidc.log:" >&2
tail -20 "$data/oidc.log" >&2
exit 1
