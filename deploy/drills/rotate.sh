#!/bin/bash
# Every secret changed while people talk: the key that encrypts, the edge's key, the node's state key, the site's key, the audit key, the database's
# password, the certificate. No turn is lost, and none is refused for good.
# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"
make_cluster primary
settings
origin="$(free_port)"
start_origin one "$origin"
ready "$origin"
publish
start_edge "$origin"
restart_origin() {
  stop "${origins[one]}"
  start_origin one "$origin"
  ready "$origin"
}
restart_edge() {
  stop "$edge"
  start_edge "$origin"
}
# Settings that may change are read while the program runs.
reload() { # process, its log
  local before
  before="$(times_read "$2")"
  kill -HUP "$1"
  until_true 20 was_read "$2" "$before" || fail "$2 does not say that the settings were read"
}
times_read() { grep -c 'the settings were read anew' "$1" || true; }
was_read() { [ "$(times_read "$1")" -gt "$2" ]; }
begin_load "${LOAD:-45}"
sleep 4

before="$(cat secrets/encryption_key)"
printf 'k2:%s,%s' "$(openssl rand -base64 32)" "$before" > secrets/encryption_key.new
mv secrets/encryption_key.new secrets/encryption_key
restart_origin
"$LGDL" keys rotate > rotated
cut -d, -f1 secrets/encryption_key > secrets/encryption_key.new
mv secrets/encryption_key.new secrets/encryption_key
restart_origin
grep -q ' [1-9][0-9]* wrapped anew' rotated || fail "no key was wrapped anew: $(cat rotated)"
saw "the key that encrypts: $(head -1 rotated)"

secret="$(openssl rand -hex 32)"
printf '%s,edge-2:%s' "$(cat secrets/edge_keys)" "$secret" > secrets/edge_keys.new
mv secrets/edge_keys.new secrets/edge_keys
reload "${origins[one]}" origin-one.log
printf '%s' "$secret" > secrets/edge_key
sed -i 's/^origin_key_id = .*/origin_key_id = "edge-2"/' lgdl.toml
reload "$edge" edge.log
printf 'edge-2:%s' "$secret" > secrets/edge_keys
reload "${origins[one]}" origin-one.log
saw "the edge's key, without a restart"

# What waits is sealed with the old one: the node goes on only when nothing waits.
until_true 60 drained || fail "turns still wait"
openssl rand -hex 32 > secrets/state_key
restart_edge
# Its copies of conversations can't be read any more: the origin should be there until they are fetched anew.
sleep 4
saw "the node's state key"

openssl rand -hex 32 > secrets/audit_key
restart_origin
saw "the key that signs checkpoints"

new="$(openssl rand -hex 24)"
sql "$database_port" "ALTER ROLE lgdl PASSWORD '$new'" > /dev/null
export PGPASSWORD="$new"
sed -i "s,lgdl:[0-9a-f]*@,lgdl:$new@," secrets/postgres_url
restart_origin
saw "the database's password"
wait "$load" || fail "the load: $(cat load.log)"
stateless="$(python3 "$drills/ledger.py" count ledger.jsonl stateless)"
[ "$stateless" = 0 ] || fail "$stateless turns were answered without state"
balance

"$LGDL" keys create --name second --scope turns > key.new 2> /dev/null
mv key.new key
first="$("$LGDL" keys list --json | python3 -c 'import json, sys; print(next(key["id"] for key in json.load(sys.stdin)["keys"] if key["name"] == "drill"))')"
"$LGDL" keys revoke "$first" > /dev/null
begin_load 3
wait "$load" || fail "the load: $(cat load.log)"
balance
saw "the site's key"

# A certificate is changed while somebody asks, who trusts both.
certificate() { # name, serial
  openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -set_serial "$2" -keyout "$1.key" -out "$1.crt" \
    -subj /CN=localhost -addext subjectAltName=DNS:localhost 2> /dev/null
}
serial() { openssl s_client -connect "127.0.0.1:$1" -servername localhost < /dev/null 2> /dev/null | openssl x509 -noout -serial; }
is_served() { [ "$(serial "$1")" = "serial=$2" ]; }
change_certificate() { # port, process
  local asking
  certificate new 2
  cat tls.crt new.crt > trusted.pem
  until_true 60 is_served "$1" 01 || fail "TLS: $(serial "$1")"
  (for _ in $(seq 60); do
    curl -fsS --cacert trusted.pem -o /dev/null "https://localhost:$1/health/live" 2>> curl.log || echo failed >> failures
    sleep 0.05
  done) &
  asking=$!
  sleep 1
  mv new.crt tls.crt
  mv new.key tls.key
  kill -HUP "$2"
  until_true 20 is_served "$1" 02 || fail "the new certificate is not served: $(serial "$1")"
  wait "$asking"
  [ ! -f failures ] || fail "$(wc -l < failures) requests failed while the certificate was changed: $(tail -1 curl.log)"
}

# By a node that serves TLS itself.
certificate tls 1
tls="$(free_port)"
LGDL_TLS_CERTIFICATE="$work/tls.crt" LGDL_TLS_KEY="$work/tls.key" LGDL_ORIGIN_URL="http://127.0.0.1:$origin" \
  "$LGDL" edge --listen "127.0.0.1:$tls" --data edge-tls >> edge-tls.log 2>&1 &
started+=("$!")
change_certificate "$tls" "$!"
saw "the certificate of a node, with 60 requests meanwhile and none that failed"

# By what ends TLS in front of one.
certificate tls 1
tls="$(free_port)"
cat > nginx.conf <<END
worker_processes 1;
pid $work/nginx.pid;
error_log $work/nginx.log;
events { worker_connections 1024; }
http {
  access_log off;
  client_body_temp_path $work/b; proxy_temp_path $work/p; fastcgi_temp_path $work/f; uwsgi_temp_path $work/u; scgi_temp_path $work/s;
  server {
    listen 127.0.0.1:$tls ssl;
    ssl_certificate $work/tls.crt;
    ssl_certificate_key $work/tls.key;
    location / { proxy_pass http://127.0.0.1:$edge_port; }
  }
}
END
[ "$(id -u)" = 0 ] && sed -i '1i user root;' nginx.conf
nginx -c "$work/nginx.conf" -e "$work/nginx.log" -g 'daemon off;' &
started+=("$!")
change_certificate "$tls" "$!"
saw "the certificate of an nginx in front, with 60 requests meanwhile and none that failed"
