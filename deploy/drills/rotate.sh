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
restart_origin
printf '%s' "$secret" > secrets/edge_key
sed -i 's/^origin_key_id = .*/origin_key_id = "edge-2"/' lgdl.toml
restart_edge
printf 'edge-2:%s' "$secret" > secrets/edge_keys
restart_origin
saw "the edge's key"

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

# The certificate, by what ends TLS: a new one is taken without closing a connection.
tls="$(free_port)"
certificate() { # serial
  openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -set_serial "$1" -keyout tls.key -out tls.crt \
    -subj /CN=localhost -addext subjectAltName=DNS:localhost 2> /dev/null
}
certificate 1
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
nginx=$!
started+=("$nginx")
serial() { openssl s_client -connect "127.0.0.1:$tls" -servername localhost < /dev/null 2> /dev/null | openssl x509 -noout -serial; }
is_served() { [ "$(serial)" = "serial=$1" ]; }
until_true 20 is_served 01 || fail "TLS: $(serial)"
failures=0
(for _ in $(seq 60); do
  curl -fsS --cacert tls.crt -o /dev/null "https://localhost:$tls/health/live" 2>> curl.log || echo failed >> failures
  sleep 0.05
done) &
asking=$!
sleep 1
cp tls.crt old.crt
certificate 2
# Who asks trusts both while it is changed.
cat old.crt >> tls.crt
kill -HUP "$nginx"
until_true 20 is_served 02 || fail "the new certificate is not served: $(serial)"
wait "$asking"
[ -f failures ] && failures="$(wc -l < failures)"
[ "$failures" = 0 ] || fail "$failures requests failed while the certificate was changed: $(tail -1 curl.log)"
saw "the certificate, with 60 requests meanwhile and none that failed"
