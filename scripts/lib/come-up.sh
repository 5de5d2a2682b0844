# Sourced by the scripts that start servers, after free-port.sh. No shebang: it is not a command.
#
# come_up NAME DATA COUNT PORT brings a server up on PORT of 127.0.0.1 and prints the port; without one (empty) on the first of
# COUNT free ports, three times at most, because somebody may be faster. The caller defines
#
#   prepare PORT   what is to be done before; may do nothing
#   launch PORT    ends with `exec setsid` of the server itself
#
# The server's process id is in DATA/NAME.pid and what it says in DATA/NAME.log. The port is asked, not the log.
come_up() {
  local name=$1 data=$2 count=$3 port=$4 attempts=1 attempt pid
  [ -n "$port" ] || attempts=3
  for ((attempt = 1; attempt <= attempts; attempt++)); do
    if [ $attempts -gt 1 ]; then port=$(free_port "$count"); fi
    prepare "$port" || return 1
    launch "$port" </dev/null >>"$data/$name.log" 2>&1 &
    pid=$!
    echo "$pid" >"$data/$name.pid"
    if answers "$pid" "$port"; then
      echo "$port"
      return 0
    fi
    kill -9 "$pid" 2>/dev/null || true
  done
  echo "$name: it did not come up on port $port; the end of $data/$name.log:" >&2
  tail -20 "$data/$name.log" >&2
  return 1
}

# Whether the process listens on the port within a minute, and lives: one that finds the port taken ends at once, while another
# answers there.
answers() {
  local pid=$1 port=$2 look
  for ((look = 0; look < 1200; look++)); do
    kill -0 "$pid" 2>/dev/null || return 1
    if (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null; then
      sleep 0.2
      kill -0 "$pid" 2>/dev/null
      return
    fi
    sleep 0.05
  done
  return 1
}
