#!/bin/bash
# The whole of deploy/docker/compose.yaml, run: `compose.sh FOLDER`. Needs DOCKER_HOST, the images lgdl-origin and lgdl-edge, and those of
# stand-ins.sh. Says what it saw, line by line, and leaves nothing.
set -euo pipefail
folder="$1"
root="$(cd "$(dirname "$0")/../.." && pwd)"
PATH="/usr/bin:$PATH"
port="$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')"
watch="$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')"
alerts="$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')"
export PORT="127.0.0.1:$port" PROMETHEUS_PORT="$watch" ALERTMANAGER_PORT="$alerts" COMPOSE_PROJECT_NAME=lgdltest
export COMPOSE_PROFILES=monitoring

rm -rf "$folder"
mkdir -p "$folder"
cp -r "$root/deploy" "$root/games" "$folder/"
cd "$folder/deploy/docker"
compose() {
  if docker compose version > /dev/null 2>&1; then docker compose "$@"; else docker-compose "$@"; fi
}
# What fails says what the services said.
finish() {
  status=$?
  if [ "$status" != 0 ]; then
    compose ps >&2 || true
    compose logs --tail 20 >&2 || true
  fi
  compose down --volumes --timeout 10 > /dev/null 2>&1 || true
  rm -rf "$folder"
  exit "$status"
}
trap finish EXIT
lgdl() { compose exec -T origin /usr/local/bin/lgdl "$@"; }
saw() { echo "seen: $*"; }
fail() {
  echo "FAILED: $*" >&2
  exit 1
}

./secrets.sh
begun="$(date +%s)"
compose up -d > "$folder/up.log" 2>&1 || { cat "$folder/up.log" >&2; fail "compose up"; }
healthy() { docker inspect --format '{{.State.Health.Status}}' "$(compose ps -q "$1")" 2>/dev/null; }
for service in postgres origin edge-1 edge-2; do
  for _ in $(seq 240); do
    # An edge without a game is not ready yet.
    [ "$(healthy "$service")" = healthy ] && break
    [ "$service" = edge-1 ] && lgdl games publish clinic /games/clinic_triage > /dev/null 2>&1 || true
    sleep 0.5
  done
  [ "$(healthy "$service")" = healthy ] || fail "$service is $(healthy "$service")"
done
saw "all healthy $(($(date +%s) - begun)) s after compose up"

lgdl keys create --name test --scope turns > "$folder/key"
say() { # conversation, text, person
  jq -n --arg conversation "$1" --arg input "$2" --arg person "${3:-u}" '{user_id: $person, conversation_id: $conversation, input: $input}' |
    curl -fsS --cacert secrets/tls.crt --resolve "localhost:$port:127.0.0.1" "https://localhost:$port/games/clinic/move" \
      -H "authorization: Bearer $(cat "$folder/key")" -H 'content-type: application/json' -d @-
}
say first 'my knee hurts' | jq -e '.durable' > /dev/null || fail "the turn is not durable"
saw "a durable turn, client → TLS → edge → origin → PostgreSQL"
for path in /metrics /internal/journal; do
  status="$(curl -s -o /dev/null -w '%{http_code}' --cacert secrets/tls.crt "https://localhost:$port$path")"
  [ "$status" = 404 ] || fail "$path answers $status to the world"
done
saw "what is for operators is not answered to the world"

for service in origin edge-1 edge-2; do
  id="$(compose ps -q "$service")"
  status="/proc/$(docker inspect --format '{{.State.Pid}}' "$id")/status"
  for line in 'Uid:.10001.10001.10001.10001' 'CapEff:.0000000000000000' 'NoNewPrivs:.1' 'Seccomp:.2'; do
    grep -q "$line" "$status" || fail "$service: not $line"
  done
  docker exec "$id" /bin/sh -c true > /dev/null 2>&1 && fail "$service has a shell"
done
lgdl compile /games/clinic_triage -o /x > /dev/null 2>&1 && fail "the root can be written"
saw "user 10001, no capability, no new privileges, seccomp, no shell, a root that can't be written"

lgdl doctor --json > "$folder/doctor.json" || { jq . "$folder/doctor.json" >&2; fail "doctor"; }
[ "$(jq '[.lines[] | select(.level == "fail" or .level == "not_seen")] | length' "$folder/doctor.json")" = 0 ] || fail "doctor: $(cat "$folder/doctor.json")"
saw "doctor: $(jq -c '[.lines[].level] | group_by(.) | map({(.[0]): length}) | add' "$folder/doctor.json")"

# The origin goes: its nodes keep what is said, and bring it home.
docker stop --time 45 "$(compose ps -q origin)" > /dev/null
id="$(docker ps -aq --filter label=com.docker.compose.project=lgdltest --filter label=com.docker.compose.service=origin)"
[ "$(docker inspect --format '{{.State.ExitCode}}' "$id")" = 0 ] || fail "the origin did not end with 0"
say first '7 out of 10' | jq -e '.durable == false and .degraded == "journalled"' > /dev/null || fail "the turn is not journalled"
compose start origin > /dev/null 2>&1
for _ in $(seq 120); do
  turns="$(lgdl gdpr export u --reason tested 2>/dev/null | jq '[.conversations[].turns[]] | length' 2>/dev/null || true)"
  [ "$turns" = 2 ] && break
  sleep 0.5
done
[ "$turns" = 2 ] || fail "what was journalled has not arrived: $turns"
saw "an origin that stopped with 0, a turn that waited, and arrived"

for _ in $(seq 120); do
  up="$(curl -fsS "http://127.0.0.1:$watch/api/v1/query?query=up" 2>/dev/null | jq '[.data.result[] | select(.value[1] == "1")] | length' 2>/dev/null || true)"
  [ "$up" = 3 ] && break
  sleep 0.5
done
[ "$up" = 3 ] || fail "Prometheus sees $up targets"
rules="$(curl -fsS "http://127.0.0.1:$watch/api/v1/rules" | jq '[.data.groups[].rules[] | select(.health != "err")] | length')"
[ "$rules" -gt 0 ] || fail "no rules"
curl -fsS "http://127.0.0.1:$alerts/-/healthy" > /dev/null || fail "Alertmanager"
saw "Prometheus scrapes origin and nodes, $rules rules; Alertmanager is well"
pieces="$(docker exec "$(compose ps -q postgres)" sh -c 'psql -qAt -U lgdl -c "SELECT pg_switch_wal()" >/dev/null; for _ in $(seq 50); do ls /archive | grep -q . && break; sleep 0.2; done; ls /archive | wc -l')"
[ "$pieces" -gt 0 ] || fail "nothing was archived"
saw "the database's log is archived"

# The database is lost with its disk, and brought back to a moment as docs/deploy/recovery.md says.
until_true() {
  for _ in $(seq 120); do
    "$@" > /dev/null 2>&1 && return 0
    sleep 0.5
  done
  return 1
}
until_true compose exec -T postgres sh -c 'ls /archive/*.backup' || fail "no base backup: $(compose logs base-backups)"
saw "a base backup made by itself"
say second 'my elbow hurts' | jq -e '.durable' > /dev/null || fail "the turn is not durable"
say third 'my toe hurts' erased | jq -e '.durable' > /dev/null || fail "the turn is not durable"
moment="$(compose exec -T postgres psql -qAt -U lgdl -c 'SELECT clock_timestamp()')"
say late 'my neck hurts' | jq -e '.durable' > /dev/null || fail "the turn is not durable"
lgdl gdpr erase erased > /dev/null || fail "the erasure"
piece="$(compose exec -T postgres psql -qAt -U lgdl -c 'SELECT pg_walfile_name(pg_switch_wal())')"
until_true compose exec -T postgres test -e "/archive/$piece" || fail "the last piece of the log is not archived"
compose stop origin postgres > /dev/null 2>&1
compose run --rm --no-deps --entrypoint sh recover -c 'rm -rf /var/lib/postgresql/data/*' 2> /dev/null
compose run --rm recover "$moment" 2> /dev/null || fail "recover"
compose up -d postgres > /dev/null 2>&1
compose run --rm recovered 120 2> /dev/null || fail "recovered: $(compose logs --tail 20 postgres)"
compose run --rm origin gdpr reapply /data/tombstones.jsonl > "$folder/reapplied" 2>&1 || fail "reapply: $(cat "$folder/reapplied")"
compose up -d > /dev/null 2>&1
begins() { lgdl gdpr export "$1" --reason tested 2> /dev/null | jq -r '[.conversations[].turns[0].user_input] | sort | join(", ")'; }
has_come_back() { [ -n "$(begins u)" ]; }
until_true has_come_back
[ "$(begins u)" = 'my elbow hurts, my knee hurts' ] || fail "after the recovery: $(begins u)"
[ -z "$(begins erased)" ] || fail "who was erased is back"
say second '3' | jq -e '.durable' > /dev/null || fail "the conversation does not go on"
saw "a lost database, back to a moment: what was said until then is there, what came later and who was erased is not, and a conversation goes on"
