#!/usr/bin/env bash
# down.sh DATA_DIR [fast|immediate]: stops the Postgres that up.sh started there, by the process id in its own pid file.
# `immediate` is a crash on purpose: the next start recovers from the write-ahead log.
set -euo pipefail
[ $# -ge 1 ] || { echo "usage: down.sh DATA_DIR [fast|immediate]" >&2; exit 2; }
data=$1
signal=INT
if [ "${2:-fast}" = immediate ]; then signal=QUIT; fi
[ -f "$data/postmaster.pid" ] || exit 0
pid=$(head -1 "$data/postmaster.pid")
kill -"$signal" "$pid" 2>/dev/null || exit 0
for _ in $(seq 300); do
  kill -0 "$pid" 2>/dev/null || exit 0
  sleep 0.1
done
echo "postgres/down: process $pid of $data did not stop within 30 s" >&2
exit 1
