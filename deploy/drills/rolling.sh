#!/bin/bash
# Two origins on one PostgreSQL, restarted one after the other under load: no turn is answered without state, none waits for long, none is lost.
# Then one origin alone: what is said meanwhile is journalled, and arrives.
# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"
make_cluster primary
settings
one="$(free_port)"
two="$(free_port)"
balancer="$(free_port)"
start_origin one "$one"
ready "$one"
start_origin two "$two"
ready "$two"
publish
cat > nginx.conf <<END
worker_processes 1;
pid $work/nginx.pid;
error_log $work/nginx.log;
events { worker_connections 1024; }
http {
  access_log off;
  client_body_temp_path $work/b; proxy_temp_path $work/p; fastcgi_temp_path $work/f; uwsgi_temp_path $work/u; scgi_temp_path $work/s;
  # Commits carry an idempotency key: another origin may be asked the same.
  upstream origins { server 127.0.0.1:$one max_fails=1 fail_timeout=1s; server 127.0.0.1:$two max_fails=1 fail_timeout=1s; keepalive 16; }
  server {
    listen 127.0.0.1:$balancer;
    client_max_body_size 1m;
    location / {
      proxy_pass http://origins;
      proxy_http_version 1.1;
      proxy_set_header Connection "";
      proxy_set_header Host \$http_host;
      proxy_connect_timeout 1s;
      proxy_next_upstream error timeout http_502 http_503 non_idempotent;
      proxy_next_upstream_tries 2;
    }
  }
}
END
[ "$(id -u)" = 0 ] && sed -i '1i user root;' nginx.conf
nginx -c "$work/nginx.conf" -e "$work/nginx.log" -g 'daemon off;' &
started+=($!)
start_edge "$balancer"

begin_load 14
sleep 3
for name in one two; do
  port="$name"
  begun="$(now)"
  stop "${origins[$name]}"
  start_origin "$name" "${!port}"
  ready "${!port}"
  saw "origin $name is back after $(since "$begun") s"
  sleep 2
done
wait "$load" || fail "the load: $(cat load.log)"
stateless="$(python3 "$drills/ledger.py" count ledger.jsonl stateless)"
[ "$stateless" = 0 ] || fail "$stateless turns were answered without state"
balance

# One origin alone.
stop "${origins[two]}"
begin_load 9
sleep 2
begun="$(now)"
stop "${origins[one]}"
sleep 1
start_origin one "$one"
ready "$one"
saw "the only origin was away for $(since "$begun") s"
wait "$load" || fail "the load: $(cat load.log)"
stateless="$(python3 "$drills/ledger.py" count ledger.jsonl stateless)"
[ "$stateless" = 0 ] || fail "$stateless turns were answered without state"
[ "$(python3 "$drills/ledger.py" count ledger.jsonl journalled)" -gt 0 ] || fail "nothing was journalled while no origin was there"
balance
