#!/bin/bash
# A backup by `lgdl backup`, its drill, and its restore into an empty database, timed; with the store as large as LOAD seconds make it.
# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"
make_cluster primary
settings
origin="$(free_port)"
start_origin one "$origin"
ready "$origin"
publish
start_edge "$origin"
export LGDL_TOMBSTONES="$work/tombstones-one.jsonl"
grown() { sql "$database_port" "SELECT pg_database_size('lgdl') || ' ' || (pg_current_wal_lsn() - '0/0')::bigint"; }
read -r size_before log_before <<< "$(grown)"
begin_load "${LOAD:-5}"
wait "$load" || fail "the load: $(cat load.log)"
balance
read -r size_after log_after <<< "$(grown)"
turns="$(wc -l < ledger.jsonl)"
saw "$(((size_after - size_before) / turns)) bytes of the database and $(((log_after - log_before) / turns)) bytes of its log a turn"
saw "memory: origin $(awk '/VmRSS/ { print $2 }' "/proc/${origins[one]}/status") kB, node $(awk '/VmRSS/ { print $2 }' "/proc/$edge/status") kB"
begun="$(now)"
"$LGDL" backup monday.backup > /dev/null
saw "a backup while it runs in $(since "$begun") s, $(stat -c %s monday.backup) bytes"
begun="$(now)"
"$LGDL" restore monday.backup --drill > drilled || fail "the drill: $(cat drilled)"
saw "the drill in $(since "$begun") s: $(head -1 drilled)"
"$LGDL" doctor --json > doctor.json || true
python3 - <<'PY' || fail "doctor does not know of the backup"
import json
lines = [line for line in json.load(open("doctor.json"))["lines"] if line["check"] == "backups"]
assert [line["level"] for line in lines] == ["ok"], lines
PY
stop "${origins[one]}"
begun="$(now)"
as_postgres createdb -h 127.0.0.1 -p "$database_port" -U lgdl restored
sed -i 's,/lgdl$,/restored,' secrets/postgres_url
"$LGDL" restore monday.backup > restored 2>&1 || {
  # Nobody was erased yet, so there is no file of tombstones.
  "$LGDL" restore monday.backup --without-tombstones > restored
}
start_origin two "$origin"
ready "$origin"
saw "an origin serves on the restored store $(since "$begun") s after the restore began"
"$LGDL" audit verify > /dev/null || fail "the audit log has faults"
balance
