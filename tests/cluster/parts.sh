#!/bin/sh
# Provides the programs of the test cluster: parts.sh [node]. Prints the path of the binary with every Kubernetes component,
# which it builds once from kube/ and keeps outside the clone, keyed by its sources. The first build takes five minutes.
# With `node` it also provides the node's parts (containerd, runc, CNI plugins): as root on Debian it installs them,
# elsewhere it says what to install. It fails if a part is missing.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
fail() {
  printf 'the tests'"'"' cluster cannot be had: %s\n' "$1" >&2
  printf 'make test-fast is the test run that needs no cluster.\n' >&2
  exit 1
}
have() { command -v "$1" >/dev/null 2>&1; }

# The Debian packages whose commands are missing.
missing() {
  have containerd && have ctr || echo containerd
  have runc || echo runc
  [ -x /usr/lib/cni/ptp ] || [ -x /opt/cni/bin/ptp ] || echo containernetworking-plugins
  have iptables || echo iptables
  have ip || echo iproute2
  have openssl || echo openssl
  have strip || echo binutils
}

if [ "${1:-}" = node ]; then
  [ "$(id -u)" = 0 ] || fail "it starts containerd and a kubelet, which needs root"
  packages=$(missing | tr '\n' ' ')
  if [ -n "$packages" ]; then
    have apt-get || fail "install $packages"
    echo "installing $packages" >&2
    { apt-get update && DEBIAN_FRONTEND=noninteractive apt-get install --yes --no-install-recommends $packages; } >&2 ||
      fail "apt-get could not install $packages"
    packages=$(missing | tr '\n' ' ')
    [ -z "$packages" ] || fail "still missing after the installation: $packages"
  fi
fi

key=$(cat "$here/kube/go.mod" "$here/kube/go.sum" "$here/kube/main.go" | sha256sum | cut -c1-16)
place="${XDG_CACHE_HOME:-$HOME/.cache}/gapless/kube-$key"
mkdir -p "$place"
exec 9>"$place/lock"
flock 9 # several test processes may ask at once; one builds
if [ ! -x "$place/kube" ]; then
  have go || fail "install Go (see kube/go.mod for the version): Kubernetes is built from its Go modules"
  version=$(sed -n 's/^\tk8s.io\/kubernetes v//p' "$here/kube/go.mod")
  minor=${version#*.}
  echo "building Kubernetes $version for the tests into $place: about five minutes, once" >&2
  flag=k8s.io/component-base/version
  (cd "$here/kube" && CGO_ENABLED=0 go build -mod=readonly -trimpath -o "$place/kube.new" -ldflags \
    "-s -w -X $flag.gitVersion=v$version -X $flag.gitMajor=${version%%.*} -X $flag.gitMinor=${minor%%.*}" .) >&2 ||
    fail "Kubernetes $version could not be built"
  mv "$place/kube.new" "$place/kube"
fi
echo "$place/kube"
