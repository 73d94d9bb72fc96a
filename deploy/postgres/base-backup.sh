#!/bin/bash
# `base-backup.sh BACKUPS ARCHIVE [KEEP]`: a verified base backup of the server that PGHOST, PGPORT and PGUSER name, in a folder of BACKUPS
# that has the time of its end as its name. The newest KEEP stay (7), and of the ARCHIVE of the log what they need.
set -euo pipefail
backups="$1"
archive="$2"
keep="${3:-7}"
making="$backups/.making"
rm -rf "$making"
# With the pieces of the log that it needs itself: it can be started without the archive.
pg_basebackup --pgdata="$making" --checkpoint=fast --wal-method=stream --manifest-checksums=SHA256
pg_verifybackup "$making" > /dev/null
name="$(date -u +%Y%m%dT%H%M%SZ)"
mv "$making" "$backups/$name"
sync

all=("$backups"/[0-9]*Z)
while [ "${#all[@]}" -gt "$keep" ]; do
  rm -rf "${all[0]}"
  all=("${all[@]:1}")
done
start="$(sed -n 's/^START WAL LOCATION: .*(file \([0-9A-F]*\))$/\1/p' "${all[0]}/backup_label")"
pg_archivecleanup "$archive" "$start"
echo "$backups/$name"
