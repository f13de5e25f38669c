#!/bin/sh
# Loads the dates that gapless asks for: each into its own folder, by rename, so that no half of it is ever read.
# TOKEN_FILE names a file with the secret. Its content is never in a manifest.
set -eu
[ -r "$TOKEN_FILE" ] || { echo "no token in $TOKEN_FILE" > "$GAPLESS_TERMINATION_LOG"; exit 1; }
for day in $(echo "$GAPLESS_DATES" | tr , ' '); do
  mkdir -p "data/shop/orders/day=$day"
  printf 'order_id\n1\n2\n' > "data/shop/orders/day=$day/_new"
  mv "data/shop/orders/day=$day/_new" "data/shop/orders/day=$day/part.csv"
done
