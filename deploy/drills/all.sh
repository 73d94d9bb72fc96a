#!/bin/bash
# Every drill, one after the other: `LGDL=target/debug/lgdl deploy/drills/all.sh`. Says what each saw, and how long it took.
set -uo pipefail
cd "$(dirname "$0")" || exit 2
status=0
for drill in rolling recovery restore rotate; do
  begun="$(date +%s)"
  echo "== $drill"
  "./$drill.sh" 2>&1 | grep -E '^(seen|FAILED)' || true
  if [ "${PIPESTATUS[0]}" = 0 ]; then
    echo "== $drill holds, $(($(date +%s) - begun)) s"
  else
    echo "== $drill FAILED"
    status=1
  fi
done
exit "$status"
