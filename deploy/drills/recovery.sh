#!/bin/bash
# The database is lost and recovered to a point in time, out of a base backup and the archive of its log. Whoever was erased after that point
# comes back with it, and is erased again before anything is served. Then the replica: the primary dies, and the replica takes over.
# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"
make_cluster primary
settings
origin="$(free_port)"
start_origin one "$origin"
ready "$origin"
publish
start_edge "$origin"

begun="$(now)"
new_folder "$work/backups"
server() { PGHOST=127.0.0.1 PGPORT="$database_port" PGUSER=lgdl as_postgres "$@"; }
server "$root/deploy/postgres/base-backup.sh" "$work/backups" "$work/archive" > /dev/null
saw "a verified base backup in $(since "$begun") s"
begin_load 5
wait "$load" || fail "the load: $(cat load.log)"
balance
say() { # person, text
  curl -fsS "http://127.0.0.1:$edge_port/games/clinic/move" -H "authorization: Bearer $(cat key)" -H 'content-type: application/json' \
    -d "{\"user_id\": \"$1\", \"conversation_id\": \"$1\", \"input\": \"$2\"}" > answer.json
  grep -q '"durable":true' answer.json || fail "not durable: $(cat answer.json)"
}
say zoe 'my back hurts'
target="$(sql "$database_port" "SELECT clock_timestamp()")"
sleep 0.2
export LGDL_TOMBSTONES="$work/tombstones-one.jsonl"
"$LGDL" gdpr erase zoe > /dev/null
say late 'this is after the point'
archived() { [ "$(sql "$database_port" 'SELECT last_archived_wal >= (SELECT pg_walfile_name(pg_current_wal_lsn() - 1)) FROM pg_stat_archiver' | head -1)" = t ]; }
sql "$database_port" 'SELECT pg_switch_wal()' > /dev/null
until_true 30 archived || true
behind="$(sql "$database_port" 'SELECT round(extract(epoch FROM now() - last_archived_time))::int FROM pg_stat_archiver')"
saw "the archive was $behind s behind when the database was lost (archive_timeout bounds it)"

# Lost: the machine, with its disk.
stop "${origins[one]}"
kill "$edge" && wait "$edge" || true
as_postgres pg_ctl -D "$work/primary" stop -m immediate > /dev/null
rm -rf "$work/primary"

begun="$(now)"
new_folder "$work/recovered"
as_postgres "$root/deploy/postgres/recover.sh" "$work/backups" "$work/archive" "$work/recovered" "$target"
start_cluster "$work/recovered" "$database_port"
server "$root/deploy/postgres/recovered.sh" 120 || fail "recovery does not end"
saw "recovered to the point in time in $(since "$begun") s"
"$LGDL" gdpr reapply "$LGDL_TOMBSTONES" > reapplied
grep -q ' [1-9][0-9]* tombstones applied' reapplied || fail "reapply: $(cat reapplied)"
start_origin one "$origin"
ready "$origin"
saw "an origin serves on it $(since "$begun") s after the recovery began"
"$LGDL" gdpr export zoe --reason drill > zoe.json
python3 -c 'import json, sys; sys.exit(bool(json.load(open("zoe.json"))["conversations"]))' || fail "who was erased is back"
"$LGDL" gdpr export late --reason drill > late.json
python3 -c 'import json, sys; sys.exit(bool(json.load(open("late.json"))["conversations"]))' || fail "what came after the point is there"
start_edge "$origin"
balance
saw "everything until the point, nothing after it, and who was erased stays erased"
"$LGDL" audit verify > /dev/null || fail "the audit log has faults"

# A replica, that every commit waits for; then its primary dies.
replica_port="$(free_port)"
new_folder "$work/replica"
as_postgres pg_basebackup -h 127.0.0.1 -p "$database_port" -U lgdl -D "$work/replica" -c fast -X stream -R -C -S replica
sed -i '/primary_conninfo/d' "$work/replica/postgresql.auto.conf"
echo "primary_conninfo = 'host=127.0.0.1 port=$database_port user=lgdl password=$password application_name=replica'" >> "$work/replica/postgresql.auto.conf"
start_cluster "$work/replica" "$replica_port"
sql "$database_port" "ALTER SYSTEM SET synchronous_standby_names = 'replica'" > /dev/null
sql "$database_port" 'SELECT pg_reload_conf()' > /dev/null
in_step() { [ "$(sql "$database_port" "SELECT count(*) FROM pg_stat_replication WHERE sync_state = 'sync'")" = 1 ]; }
until_true 30 in_step || fail "the replica is not in step"
printf 'postgres://lgdl:%s@127.0.0.1:%s,127.0.0.1:%s/lgdl?target_session_attrs=read-write' "$password" "$database_port" "$replica_port" > secrets/postgres_url
stop "${origins[one]}"
start_origin one "$origin"
ready "$origin"
rm -f ledger.jsonl
begin_load 20
sleep 4
begun="$(now)"
as_postgres pg_ctl -D "$work/recovered" stop -m immediate > /dev/null
as_postgres pg_ctl -D "$work/replica" -w promote > /dev/null
sql "$replica_port" 'ALTER SYSTEM RESET synchronous_standby_names' > /dev/null
sql "$replica_port" 'SELECT pg_reload_conf()' > /dev/null
saw "the replica was promoted in $(since "$begun") s"
ready "$origin"
saw "the origin commits again $(since "$begun") s after the primary died"
wait "$load" || fail "the load: $(cat load.log)"
database_port="$replica_port"
balance
