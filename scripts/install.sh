#!/usr/bin/env bash
# Installs what Daybook needs and this machine lacks, and says nothing when it lacks nothing.
#
#   scripts/install.sh          everything: build, embedded Postgres, the Kafka, the stripe-mock and the OIDC server of the tests
#   scripts/install.sh run      only what building and running needs (no JDK, no Maven, no Go, no Node)
#
# Debian and its relatives, as root or with sudo. Elsewhere it names the packages and leaves the rest to you.
set -euo pipefail

purpose=${1:-all}
missing=()

have() { command -v "$1" >/dev/null 2>&1; }
need_command() { have "$1" || missing+=("$2"); }
have_postgres() { compgen -G '/usr/lib/postgresql/*/bin/initdb' >/dev/null || { have pg_config && [ -x "$(pg_config --bindir)/initdb" ]; } || [ -x "${DAYBOOK_POSTGRES_BIN:-/nowhere}/initdb" ]; }
# A JRE without `java -version` working (a dangling alternative) counts as missing.
have_java() { have java && java -version >/dev/null 2>&1; }

if ! have cargo; then
  echo "install: cargo is not on the PATH. Install Rust 1.95 or newer with rustup, then try again." >&2
  exit 1
fi

# librdkafka's own build falls apart in the middle over a blank; better to say so at the start.
case ${CARGO_TARGET_DIR:-$PWD} in
  *[[:space:]]*)
    echo "install: librdkafka cannot be built in a folder with a blank in its path (${CARGO_TARGET_DIR:-$PWD})." >&2
    echo "install: move the checkout, or set CARGO_TARGET_DIR to a folder without one, then try again." >&2
    exit 1
    ;;
esac

# librdkafka is compiled from its C sources: that is what gcc, g++, make, zlib and pkg-config are for.
need_command gcc gcc
need_command g++ g++
need_command make make
need_command pkg-config pkg-config
[ -f /usr/include/zlib.h ] || missing+=(zlib1g-dev)
need_command curl curl
have_postgres || missing+=(postgresql postgresql-contrib)
if [ "$purpose" = all ]; then
  have_java || missing+=(default-jdk-headless)
  need_command mvn maven
  # stripe-mock needs Go 1.22: where Debian's is older, install a newer one by hand.
  need_command go golang-go
  need_command node nodejs
  need_command npm npm
  # docs/tour.md, which a test follows, computes with it.
  need_command openssl openssl
fi

[ ${#missing[@]} -eq 0 ] && exit 0

if ! have apt-get; then
  echo "install: not a Debian machine; please install what these packages hold: ${missing[*]}" >&2
  exit 1
fi
as_root=()
if [ "$(id -u)" != 0 ]; then
  have sudo || { echo "install: needs root or sudo to install: ${missing[*]}" >&2; exit 1; }
  as_root=(sudo)
fi

export DEBIAN_FRONTEND=noninteractive
apt() { "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -y -q -o Dpkg::Use-Pty=0 "$@"; }

echo "install: installing ${missing[*]}" >&2
apt update >&2
if ! have_postgres; then
  # Debian's package would start a server of its own on port 5432. Daybook starts private ones, so that stays off,
  # unless the machine already had Postgres packages and with them an owner's decision.
  if [ ! -e /etc/postgresql-common/createcluster.conf ]; then
    apt install --no-install-recommends postgresql-common >&2
    "${as_root[@]}" sed -ri 's/^#?(create_main_cluster) .*$/\1 = false/' /etc/postgresql-common/createcluster.conf
  fi
fi
apt install --no-install-recommends "${missing[@]}" >&2
