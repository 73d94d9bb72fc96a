#!/bin/bash
# `recovered.sh [SECONDS]`: waits until the server that PGHOST, PGPORT and PGUSER name has recovered and takes writes (an hour at most), and
# takes back what recover.sh set: a replica that is made of this server would stop where it was told to, too.
set -euo pipefail
ask() { psql --no-psqlrc --quiet --tuples-only --no-align --dbname=postgres --command="$1"; }
for _ in $(seq "${1:-3600}"); do
  if [ "$(ask 'SELECT pg_is_in_recovery()' 2> /dev/null)" = f ]; then
    for setting in recovery_target_time recovery_target_action restore_command; do
      ask "ALTER SYSTEM RESET $setting"
    done
    exit 0
  fi
  sleep 1
done
echo "the server has not recovered within ${1:-3600} s: its log says why" >&2
exit 1
