# serve.sh PROGRAMS FOLDER PORT ADDRESS: runs the server of FOLDER/data until standard input ends, which it does however the
# test process ends. Then nothing is left of it.
trap '' INT TERM HUP
"$1/postgres" -D "$2/data" -k "$2" -p "$3" -c listen_addresses="$4" -c ssl=on -c ssl_cert_file="$2/server.crt" \
  -c ssl_key_file="$2/server.key" -c fsync=off -c full_page_writes=off -c max_connections=40 \
  -c shared_buffers=16MB -c log_statement=all >"$2/log" 2>&1 &
server=$!
cat >/dev/null
kill -QUIT "$server" 2>/dev/null
wait "$server" 2>/dev/null
rm -rf "$2"
