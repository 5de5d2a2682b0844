#!/usr/bin/env bash
# install.sh: the modules of the tests' OIDC server, as package-lock.json has them; prints the folder that holds them.
#
# It lies in .tools/oidc of the checkout, or in DAYBOOK_TOOLS_DIR, so that several clones can share it; another lock file is
# another folder. Where Node is older than 20 (Debian 12's is), a newer one is put there, too.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)

node_fallback=node@22.23.3

for command in node npm; do
  command -v $command >/dev/null || { echo "oidc/install: no $command; run scripts/install.sh" >&2; exit 1; }
done
tools=${DAYBOOK_TOOLS_DIR:-$here/../../.tools}/oidc
mkdir -p "$tools"
tools=$(cd "$tools" && pwd -P)
modules=$tools/$(sha256sum "$here/package-lock.json" | cut -c1-16)

# Two clones may fetch at once: one does, the other waits; a broken-off copy is never mistaken for a whole one.
(
  flock 9
  if [ ! -d "$modules" ]; then
    echo "oidc/install: fetching the OIDC server's modules with npm (once)" >&2
    rm -rf "$modules.part"
    mkdir "$modules.part"
    cp "$here/package.json" "$here/package-lock.json" "$modules.part"
    quiet=(--no-audit --no-fund --loglevel=error)
    npm ci --prefix "$modules.part" --ignore-scripts "${quiet[@]}" >&2
    if ! node -e 'process.exit(process.versions.node.split(".")[0] >= 20 ? 0 : 1)'; then
      mkdir "$modules.part/node"
      npm install --prefix "$modules.part/node" "${quiet[@]}" "$node_fallback" >&2
    fi
    mv "$modules.part" "$modules"
  fi
) 9>"$tools/lock"
echo "$modules"
