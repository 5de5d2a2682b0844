#!/usr/bin/env bash
# down.sh DATA_DIR: stops the OIDC server that up.sh started there, by its process id. It keeps nothing.
set -euo pipefail
[ $# -ge 1 ] || { echo "usage: down.sh DATA_DIR" >&2; exit 2; }
data=$1
[ -f "$data/oidc.pid" ] || exit 0
pid=$(cat "$data/oidc.pid")

# The number may have gone to another process since.
ours() { tr '\0' ' ' 2>/dev/null <"/proc/$pid/cmdline" | grep -qF "oidc/server.js"; }

if ours; then
  kill -TERM "$pid" 2>/dev/null || true
  for _ in $(seq 50); do
    ours || break
    sleep 0.1
  done
  if ours; then kill -9 "$pid" 2>/dev/null || true; fi
fi
rm -f "$data/oidc.pid"
