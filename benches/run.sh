#!/usr/bin/env bash
# How fast, measured: brings DuckDB and the bench's world into the cache, builds, and hands over to measure.py.
#   benches/run.sh            everything but the cold build
#   benches/run.sh --build    the cold build too: a new target folder, minutes of both cores
set -euo pipefail
cd "$(dirname "$0")/.."

cache="${XDG_CACHE_HOME:-$HOME/.cache}/gapless/bench"
export CARGO_TARGET_DIR="${CARGO_TARGET_DIR:-${XDG_CACHE_HOME:-$HOME/.cache}/gapless/target}"
mkdir -p "$cache"

python="$cache/venv/bin/python"
if ! "$python" -c 'import duckdb' 2>/dev/null; then
  python3 -m venv "$cache/venv"
  "$cache/venv/bin/pip" install --quiet 'duckdb==2.0.*'
fi

# The world is made once: the same generator gives the same rows. Its checksum says when it is another generator.
made="$(sha256sum benches/generate.py | cut -c1-16)"
for scale in S M shuffled; do
  if [ "$(cat "$cache/$scale/made" 2>/dev/null)" != "$made" ]; then
    rm -rf "${cache:?}/$scale"
    mkdir -p "$cache/$scale"
    "$python" benches/generate.py "$cache/$scale/data" "$scale"
    echo "$made" >"$cache/$scale/made"
  fi
done

cargo build --release --locked --bin gapless
built="$(cargo bench --locked --bench kernel --bench pass --no-run --message-format json)"
executable() { grep -o "\"executable\":\"[^\"]*/$1-[^\"]*\"" <<<"$built" | cut -d'"' -f4; }

"$python" benches/measure.py "$cache" "$CARGO_TARGET_DIR/release/gapless" "$(executable kernel)" "$(executable pass)"

# What reads the pages of BigQuery is private to the library, so its measurement is one of the library's own tests.
cargo test --release --locked --lib -- --ignored --nocapture strict_reading_costs 2>&1 | grep '^strict reading'

if [ "${1:-}" = --build ]; then
  cold="$(mktemp -d)"
  trap 'rm -rf "$cold"' EXIT
  TIMEFORMAT='cold release build of the default features: %U s user + %S s system, %R s by the clock'
  time CARGO_TARGET_DIR="$cold" CARGO_INCREMENTAL=0 cargo build --release --locked --quiet
fi
