#!/bin/sh
# archive_command: `archive.sh %p FOLDER/%f`. A piece of the log is whole and on the disk before it has its name, and one that is there
# already counts only if it is the same.
set -eu
from="$1"
to="$2"
if [ -e "$to" ]; then
  cmp -s "$from" "$to" && exit 0
  echo "$to is there already, and is another" >&2
  exit 1
fi
cp "$from" "$to.tmp"
sync "$to.tmp"
mv "$to.tmp" "$to"
sync "$(dirname "$to")"
