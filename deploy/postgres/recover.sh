#!/bin/bash
# `recover.sh BACKUPS ARCHIVE DATA [TIME]`: puts the newest base backup that ended before TIME into DATA, so that a server that starts there
# reads the ARCHIVE until TIME (without one: to its end) and then takes writes. The server must be stopped. What lay in DATA is moved to
# BACKUPS/lost-…, never deleted.
set -euo pipefail
backups="$1"
archive="$2"
data="$3"
time="${4:-}"
[ ! -e "$data/postmaster.pid" ] || {
  echo "a server has $data, or had it when it died: stop it, or remove $data/postmaster.pid" >&2
  exit 1
}
latest="$(date -u +%Y%m%dT%H%M%SZ ${time:+-d "$time"})"
chosen=""
for backup in "$backups"/[0-9]*Z; do
  [ -d "$backup" ] && [[ ! "$(basename "$backup")" > "$latest" ]] && chosen="$backup"
done
[ -n "$chosen" ] || {
  echo "$backups has no base backup of before ${time:-now}" >&2
  exit 1
}
pg_verifybackup "$chosen" > /dev/null
shopt -s dotglob nullglob
old=("$data"/*)
if [ "${#old[@]}" -gt 0 ]; then
  lost="$backups/lost-$(date -u +%Y%m%dT%H%M%SZ)"
  mkdir "$lost"
  mv "${old[@]}" "$lost/"
  echo "what was there: $lost"
fi
cp -a "$chosen/." "$data/"
{
  echo "restore_command = 'cp $archive/%f %p'"
  [ -z "$time" ] || echo "recovery_target_time = '$time'"
  echo "recovery_target_action = 'promote'"
} >> "$data/postgresql.auto.conf"
touch "$data/recovery.signal"
chmod 700 "$data"
echo "recovers from $chosen to ${time:-the end of the archive}: start the server"
