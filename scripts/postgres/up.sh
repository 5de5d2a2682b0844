#!/usr/bin/env bash
# up.sh DATA_DIR [PORT]: a Postgres for tests on 127.0.0.1, made when DATA_DIR is new; prints its port.
#
# As durable as a production server (fsync, synchronous_commit and full_page_writes stay on): tests that kill servers
# prove nothing without it. As root it runs as user `postgres`, because Postgres refuses root; DATA_DIR's parents must then
# be open to that user (a `mktemp -d` needs chmod 711). Stop it with down.sh DATA_DIR.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
. "$here/../lib/free-port.sh"

[ $# -ge 1 ] || { echo "usage: up.sh DATA_DIR [PORT]" >&2; exit 2; }
mkdir -p "$1"
data=$(cd "$1" && pwd -P)
port=${2:-}

bin=${DAYBOOK_POSTGRES_BIN:-}
if [ -z "$bin" ]; then
  bin=$(command -v pg_config >/dev/null && pg_config --bindir || true)
  [ -x "$bin/initdb" ] || bin=$(compgen -G '/usr/lib/postgresql/*/bin' | sort -V | tail -1 || true)
fi
[ -x "$bin/initdb" ] || { echo "postgres/up: no Postgres server binaries found; run scripts/install.sh, or name their folder in DAYBOOK_POSTGRES_BIN" >&2; exit 1; }

as_owner() {
  if [ "$(id -u)" = 0 ]; then
    setpriv --reuid=postgres --regid=postgres --init-groups env -C / HOME="$data" "$@"
  else
    "$@"
  fi
}

chmod 700 "$data"
if [ "$(id -u)" = 0 ]; then chown postgres: "$data"; fi
if ! as_owner test -w "$data"; then
  echo "postgres/up: user postgres cannot reach $data; open its parent folders with chmod o+x, or use one under /tmp" >&2
  exit 1
fi
[ -f "$data/PG_VERSION" ] || as_owner "$bin/initdb" -D "$data" -U postgres -A trust --no-sync -E UTF8 --locale=C.UTF-8 >/dev/null

# After kill -9: wait for the postmaster's children, who notice and end. In a container whose first process buries nobody the
# dead postmaster stays in the process table, and Postgres would take it for a rival; its lock file goes then.
if [ -f "$data/postmaster.pid" ]; then
  old=$(head -1 "$data/postmaster.pid")
  works_here() { for folder in /proc/[0-9]*/cwd; do [ "$(readlink "$folder" 2>/dev/null)" != "$data" ] || return 0; done; return 1; }
  if grep -qs '^State:.Z' "/proc/$old/status"; then
    for _ in $(seq 300); do works_here || break; sleep 0.1; done
    works_here || rm -f "$data/postmaster.pid"
  fi
fi

# 300 connections: every test has its own database and every server under test its own pools.
start() {
  as_owner "$bin/pg_ctl" -D "$data" -w -s -t 60 -l "$data/server.log" -o "-p $1 -c listen_addresses=127.0.0.1 \
    -c unix_socket_directories='' -c max_connections=300 -c shared_buffers=128MB \
    -c fsync=on -c synchronous_commit=on -c full_page_writes=on" start >&2
}

if [ -n "$port" ]; then
  start "$port" || { tail -20 "$data/server.log" >&2; exit 1; }
else
  for attempt in 1 2 3; do
    port=$(free_port 1)
    if start "$port"; then break; fi
    [ "$attempt" -lt 3 ] || { tail -20 "$data/server.log" >&2; exit 1; }
  done
fi
echo "$port"
