#!/bin/bash
# What drills share: a PostgreSQL cluster, origins, a node, a load with a ledger; all in one folder, on loopback, ended with the drill.
# LGDL names the program, LGDL_COMPONENT the component where it is not beside it.
# shellcheck disable=SC2034 # others read what is set here
set -euo pipefail

drills="$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)"
root="$(cd "$drills/../.." && pwd)"
LGDL="${LGDL:-$root/target/debug/lgdl}"
[ -x "$LGDL" ] || {
  echo "LGDL names no program: $LGDL" >&2
  exit 2
}
work="$(mktemp -d "${TMPDIR:-/tmp}/lgdl-drill.XXXXXX")"
chmod 755 "$work"
# Nothing of the caller's deployment is touched.
for variable in $(compgen -e LGDL_ || true); do
  [ "$variable" = LGDL_COMPONENT ] || unset "$variable"
done
for folder in /usr/lib/postgresql/*/bin; do
  [ -d "$folder" ] && PATH="$folder:$PATH"
done
export PATH HOME="$work"
cd "$work"

started=()
clusters=()
# The processes of origins by name.
declare -A origins
leave() {
  status=$?
  if [ "$status" != 0 ]; then
    for log in "$work"/*.log; do
      [ -f "$log" ] && { echo "--- $log" >&2; tail -n 15 "$log" >&2; }
    done
  fi
  # What can end by itself takes its own processes along.
  for pid in "${started[@]}"; do kill "$pid" 2> /dev/null || true; done
  sleep 1
  for pid in "${started[@]}"; do kill -KILL "$pid" 2> /dev/null || true; done
  for cluster in "${clusters[@]}"; do as_postgres pg_ctl -D "$cluster" stop -m immediate > /dev/null 2>&1 || true; done
  rm -rf "$work"
  exit "$status"
}
trap leave EXIT

fail() {
  echo "FAILED: $*" >&2
  exit 1
}
saw() { echo "seen: $*"; }
now() { date +%s.%N; }
since() { awk -v from="$1" -v to="$(now)" 'BEGIN { printf "%.1f", to - from }'; }
free_port() { python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'; }
until_true() { # seconds, command…
  local tries=$(($1 * 10))
  shift
  for _ in $(seq "$tries"); do
    "$@" > /dev/null 2>&1 && return 0
    sleep 0.1
  done
  return 1
}

# PostgreSQL refuses to run as root.
as_postgres() {
  if [ "$(id -u)" = 0 ]; then runuser -u postgres -- "$@"; else "$@"; fi
}
new_folder() {
  mkdir -p "$1"
  if [ "$(id -u)" = 0 ]; then chown postgres "$1"; fi
  chmod 700 "$1"
}

# A cluster whose log is archived to $work/archive.
make_cluster() { # name
  database_port="$(free_port)"
  password="$(openssl rand -hex 24)"
  new_folder "$work/$1"
  new_folder "$work/archive"
  printf '%s' "$password" > "$work/password"
  chmod 644 "$work/password"
  as_postgres initdb -D "$work/$1" -U lgdl -A scram-sha-256 --pwfile="$work/password" -E UTF8 --locale=C.UTF-8 --data-checksums > initdb.log
  cat >> "$work/$1/postgresql.conf" <<END
listen_addresses = '127.0.0.1'
unix_socket_directories = ''
archive_mode = on
archive_timeout = 10
archive_command = '$root/deploy/postgres/archive.sh %p $work/archive/%f'
max_wal_senders = 5
wal_level = replica
END
  # A replica logs in with the same password.
  echo "host replication all 127.0.0.1/32 scram-sha-256" >> "$work/$1/pg_hba.conf"
  export PGPASSWORD="$password"
  start_cluster "$work/$1" "$database_port"
  as_postgres createdb -h 127.0.0.1 -p "$database_port" -U lgdl lgdl
}
start_cluster() { # folder, port
  as_postgres pg_ctl -D "$1" -l "$1/server.log" -w -t 60 -o "-p $2" start > /dev/null
  clusters+=("$1")
}
sql() { # port, statement
  psql -h 127.0.0.1 -p "$1" -U lgdl -d "${3:-lgdl}" -qAtc "$2"
}

# Settings of origin and node, in one lgdl.toml.
settings() {
  mkdir -p secrets
  umask 077
  printf 'postgres://lgdl:%s@127.0.0.1:%s/lgdl' "$password" "$database_port" > secrets/postgres_url
  printf 'edge:%s' "$(openssl rand -hex 32)" > secrets/edge_keys
  cut -d: -f2 secrets/edge_keys > secrets/edge_key
  openssl rand -hex 32 > secrets/state_key
  openssl rand -hex 32 > secrets/audit_key
  printf 'k1:%s' "$(openssl rand -base64 32)" > secrets/encryption_key
  cat > lgdl.toml <<END
postgres_url = "@$work/secrets/postgres_url"
edge_keys = "@$work/secrets/edge_keys"
encryption_key = "@$work/secrets/encryption_key"
audit_key = "@$work/secrets/audit_key"
origin_key_id = "edge"
origin_key = "@$work/secrets/edge_key"
state_key = "@$work/secrets/state_key"
conversation_ttl_days = 365
rate_limit_user = "off"
rate_limit_conversation = "off"
rate_limit_global = "off"
END
}

start_origin() { # name, port
  LGDL_LISTEN="127.0.0.1:$2" LGDL_ADMIN_LISTEN=127.0.0.1:0 LGDL_TOMBSTONES="$work/tombstones-$1.jsonl" \
    "$LGDL" serve >> "origin-$1.log" 2>&1 &
  origins[$1]=$!
  started+=($!)
}
ready() { until_true 60 "$LGDL" health "http://127.0.0.1:$1/health/ready" || fail "not ready: $1"; }
stop() { # pid
  kill "$1"
  wait "$1" || fail "it ended with $?"
}
start_edge() { # origin's port
  edge_port="${edge_port:-$(free_port)}"
  LGDL_ORIGIN_URL="http://127.0.0.1:$1" "$LGDL" edge --listen "127.0.0.1:$edge_port" --data edge >> edge.log 2>&1 &
  edge=$!
  started+=($!)
  ready "$edge_port"
}
publish() {
  "$LGDL" games publish clinic "$root/games/clinic_triage" > /dev/null
  "$LGDL" keys create --name drill --scope turns > key 2> /dev/null
}
metric() { # name, of the node
  curl -fsS "http://127.0.0.1:$edge_port/metrics" | awk -v name="$1" '$1 == name { print $2 }'
}
begin_load() { # seconds
  python3 "$drills/ledger.py" run "http://127.0.0.1:$edge_port/games/clinic/move" key ledger.jsonl "$1" > load.log 2>&1 &
  load=$!
  started+=($!)
}
# Every turn that was answered is there once, and none that was not said.
balance() {
  until_true 60 drained || fail "turns still wait at the node: $(metric lgdl_journal_depth)"
  rm -f export.jsonl
  "$LGDL" export --reason drill export.jsonl > /dev/null
  python3 "$drills/ledger.py" check ledger.jsonl export.jsonl || fail "the ledger is not balanced"
}
drained() { [ "$(metric lgdl_journal_depth)" = 0 ]; }
