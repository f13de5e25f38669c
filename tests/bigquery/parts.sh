#!/bin/sh
# Provides the tests' BigQuery server: prints the path of a program that starts it. It is built once, by Maven, and kept
# outside the clone, keyed by its sources. As root on Debian it installs a JDK and Maven if they are missing; elsewhere it
# says what to install. It fails if a part is missing.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
fail() {
  printf 'the tests'"'"' BigQuery server is not available: %s\n' "$1" >&2
  printf 'make test-fast runs the tests that do not need it.\n' >&2
  exit 1
}
have() { command -v "$1" >/dev/null 2>&1; }

# The Debian packages whose commands are missing. A runtime without a compiler is not enough.
missing() {
  have javac || echo openjdk-17-jdk-headless
  have mvn || echo maven
}

key=$(cd "$here" && find pom.xml parts.sh src -type f | LC_ALL=C sort | xargs sha256sum | sha256sum | cut -c1-16)
place="${XDG_CACHE_HOME:-$HOME/.cache}/gapless/bigquery-$key"
mkdir -p "$place"
exec 9>"$place/lock"
flock 9 # several test processes may ask at once; one builds

if [ ! -x "$place/serve" ]; then
  packages=$(missing | tr '\n' ' ')
  if [ -n "$packages" ]; then
    have apt-get && [ "$(id -u)" = 0 ] || fail "install a JDK (17 or later) and Maven"
    echo "installing $packages" >&2
    { apt-get update && DEBIAN_FRONTEND=noninteractive apt-get install --yes --no-install-recommends $packages; } >&2 ||
      fail "apt-get could not install $packages"
    packages=$(missing | tr '\n' ' ')
    [ -z "$packages" ] || fail "still missing after the installation: $packages"
  fi
  echo "building the BigQuery server for the tests into $place: half a minute, once" >&2
  mvn --batch-mode --quiet -Dstyle.color=never --file "$here/pom.xml" -DbuildDirectory="$place/build" -DincludeScope=runtime \
    -DoutputDirectory="$place/build/lib" compile dependency:copy-dependencies >&2 ||
    fail "Maven could not build it; it needs JDK 17 or later and Maven Central, or a mirror in ~/.m2/settings.xml"
  cat >"$place/serve.new" <<END
#!/bin/sh
# Starts the server. It prints its port, and ends when its standard input ends.
exec java -Xmx2g -XX:+ExitOnOutOfMemoryError -XX:+UseSerialGC -XX:TieredStopAtLevel=1 -cp "$place/build/classes:$place/build/lib/*" gapless.bigquery.Main
END
  chmod +x "$place/serve.new"
  mv "$place/serve.new" "$place/serve" # last, so that a build which was interrupted is repeated
fi
have java || fail "install a Java runtime (17 or later)" # a cache that outlived its JDK
echo "$place/serve"
