#!/usr/bin/env bash
# install.sh: builds k6, the load generator, where it is missing, and prints its path.
#
# It lies in .tools/k6 of the checkout, or in DAYBOOK_TOOLS_DIR, so that several clones can share it.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
version=v1.8.1

tools=${DAYBOOK_TOOLS_DIR:-$here/../../.tools}/k6
mkdir -p "$tools"
tools=$(cd "$tools" && pwd -P)
program=$tools/k6-$version

# Two clones may build at once: one does, the other waits; a broken-off build is never mistaken for a whole one.
(
  flock 9
  if [ ! -x "$program" ]; then
    command -v go >/dev/null || { echo "k6/install: no Go; run scripts/install.sh (1.24 or newer is needed)" >&2; exit 1; }
    echo "k6/install: building k6 $version with Go (once, some minutes)" >&2
    rm -rf "$tools/bin.part"
    GOBIN=$tools/bin.part GOFLAGS=-buildvcs=false go install "go.k6.io/k6@$version" >&2
    mv "$tools/bin.part/k6" "$program"
    rm -rf "$tools/bin.part"
  fi
) 9>"$tools/lock"
echo "$program"
