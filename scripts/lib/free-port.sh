# Sourced by the scripts that start servers. No shebang: it is not a command.
#
# free_port COUNT prints the first of COUNT neighbouring ports of 127.0.0.1 that nobody listens on. They lie below Linux'
# ephemeral range (32768 up), where an outgoing connection could otherwise take one between this look and the bind.
# Another process may still be faster, so callers try again with a new number when their server cannot bind.
free_port() {
  local count=$1 port next busy
  while :; do
    port=$((20000 + (RANDOM * 32768 + RANDOM) % 12000))
    busy=0
    for ((next = port; next < port + count; next++)); do
      if (exec 3<>"/dev/tcp/127.0.0.1/$next") 2>/dev/null; then busy=1; fi
    done
    if [ $busy = 0 ]; then echo "$port"; return; fi
  done
}
