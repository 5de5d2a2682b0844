#!/usr/bin/env bash
# up.sh DATA_DIR [PORT]: one real Kafka broker on 127.0.0.1, formatted when DATA_DIR is new; prints its port.
# PORT + 1 is its controller's. Stop it with down.sh DATA_DIR.
#
# More listeners: DATA_DIR/more.properties.in is put behind the configuration, with the same @PLACES@ and @SASL_PORT@ (PORT + 2) and
# @TLS_PORT@ (PORT + 3), and what comes later counts; DATA_DIR/format.args has more arguments for formatting, one a line.
#
# Jars and class-data archives (which halve the start) lie in .tools/kafka of the checkout, or in DAYBOOK_TOOLS_DIR, so that
# several clones can share them. An archive is bound to the jars' paths and to the JDK; the JVM ignores one that does not fit.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
. "$here/../lib/free-port.sh"
. "$here/../lib/come-up.sh"

[ $# -ge 1 ] || { echo "usage: up.sh DATA_DIR [PORT]" >&2; exit 2; }
mkdir -p "$1"
data=$(cd "$1" && pwd -P)
port=${2:-}
tools=${DAYBOOK_TOOLS_DIR:-$here/../../.tools}/kafka
mkdir -p "$tools"
tools=$(cd "$tools" && pwd -P)

# Two clones may fetch at once: one does, the other waits; a broken-off copy is never mistaken for a whole one.
(
  flock 9
  if [ ! -d "$tools/libs" ]; then
    echo "kafka/up: fetching the broker's jars with Maven (once)" >&2
    rm -rf "$tools/libs.part"
    mvn -q -B -Dstyle.color=never -f "$here/pom.xml" dependency:copy-dependencies -DoutputDirectory="$tools/libs.part" >&2
    mv "$tools/libs.part" "$tools/libs"
  fi
) 9>"$tools/lock"

class_path=$(printf '%s:' "$tools"/libs/*.jar) # spelt out: an archive needs a literal class path, no wildcard
jvm=(-XX:+UseSerialGC -XX:TieredStopAtLevel=1 -Xshare:auto -Xlog:disable -Xlog:all=error:stderr -Dorg.slf4j.simpleLogger.defaultLogLevel=warn)

# A JVM writes its archive at its clean end, under a name of its own; whoever sees it finished gives it its real name.
archive() {
  if [ -f "$tools/$1.jsa" ]; then echo "-XX:SharedArchiveFile=$tools/$1.jsa"; else echo "-XX:ArchiveClassesAtExit=$data/$1.jsa"; fi
}

configure() {
  local more="$data/more.properties.in"
  [ -f "$more" ] || more=/dev/null
  sed "s#@PORT@#$1#g; s#@CONTROLLER_PORT@#$(($1 + 1))#g; s#@SASL_PORT@#$(($1 + 2))#g; s#@TLS_PORT@#$(($1 + 3))#g; s#@DATA@#$data#g" \
    "$here/server.properties.in" "$more" >"$data/server.properties"
}

format() {
  local more=()
  if [ -f "$data/format.args" ]; then mapfile -t more <"$data/format.args"; fi
  java -Xmx128m "${jvm[@]}" "$(archive format)" -cp "$class_path" kafka.tools.StorageTool \
    format -t AAAAAAAAAAAAAAAAAAAAAQ -c "$data/server.properties" ${more[@]+"${more[@]}"} >"$data/format.log" 2>&1 || { tail -20 "$data/format.log" >&2; return 1; }
  if [ -f "$data/format.jsa" ]; then mv "$data/format.jsa" "$tools/format.jsa"; fi
}

prepare() {
  configure "$1"
  [ -f "$data/log/meta.properties" ] || format
}
launch() {
  exec setsid java -Xmx256m -Xms64m "${jvm[@]}" "$(archive broker)" -cp "$class_path" kafka.Kafka "$data/server.properties"
}
echo "$tools" >"$data/broker.tools"
come_up broker "$data" 4 "$port"
