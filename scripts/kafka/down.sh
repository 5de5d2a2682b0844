#!/usr/bin/env bash
# down.sh DATA_DIR: stops the broker that up.sh started there, by its process id, and keeps the class-data archive that a
# first clean stop writes.
set -euo pipefail
[ $# -ge 1 ] || { echo "usage: down.sh DATA_DIR" >&2; exit 2; }
data=$1
[ -f "$data/broker.pid" ] || exit 0
pid=$(cat "$data/broker.pid")
tools=$(cat "$data/broker.tools")

# The number may have gone to another process since: a broker has this folder's configuration on its command line.
ours() { tr '\0' ' ' 2>/dev/null <"/proc/$pid/cmdline" | grep -qF "$data/server.properties"; }

if ours; then
  kill -TERM "$pid" 2>/dev/null || true
  for _ in $(seq 300); do
    ours || break
    sleep 0.1
  done
  if ours; then kill -9 "$pid" 2>/dev/null || true; fi
  if [ -f "$data/broker.jsa" ]; then mv "$data/broker.jsa" "$tools/broker.jsa"; fi
fi
rm -f "$data/broker.pid"
