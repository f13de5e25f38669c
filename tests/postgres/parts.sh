#!/bin/sh
# Provides the PostgreSQL server of the tests: as root on Debian it installs it, elsewhere it says what to install. It fails if
# a part is missing.
set -eu
fail() {
  printf 'the tests'"'"' PostgreSQL cannot be had: %s\n' "$1" >&2
  exit 1
}
have() { command -v "$1" >/dev/null 2>&1; }

# The Debian packages whose commands are missing.
missing() {
  ls /usr/lib/postgresql/*/bin/initdb >/dev/null 2>&1 || have initdb || echo postgresql
  have openssl || echo openssl
  [ "$(id -u)" != 0 ] || have setpriv || echo util-linux
}

packages=$(missing | tr '\n' ' ')
[ -n "$packages" ] || exit 0
[ "$(id -u)" = 0 ] && have apt-get || fail "install $packages"
echo "installing $packages" >&2
# The tests make servers of their own: the package need not make one.
mkdir -p /etc/postgresql-common
[ -e /etc/postgresql-common/createcluster.conf ] || echo 'create_main_cluster = false' >/etc/postgresql-common/createcluster.conf
{ apt-get update && DEBIAN_FRONTEND=noninteractive apt-get install --yes --no-install-recommends $packages; } >&2 ||
  fail "apt-get could not install $packages"
packages=$(missing | tr '\n' ' ')
[ -z "$packages" ] || fail "still missing after the installation: $packages"
