#!/bin/bash
# A container engine of our own, for tests: `engine.sh start FOLDER`, `engine.sh stop FOLDER`. FOLDER must be short (a socket's path is),
# and belongs to this engine alone. Stopping takes away what the engine leaves on the machine: its bridge, its rules, its mount.
set -euo pipefail

start() {
  mkdir -p "$folder"
  iptables -S > "$folder/rules-before" 2>/dev/null || true
  dockerd --data-root "$folder/data" --exec-root "$folder/exec" --pidfile "$folder/pid" --host "unix://$folder/docker.sock" \
    > "$folder/log" 2>&1 < /dev/null &
  for _ in $(seq 150); do
    if docker --host "unix://$folder/docker.sock" version > /dev/null 2>&1; then
      # Others on this machine forward packets, too.
      iptables -P FORWARD ACCEPT
      return
    fi
    sleep 0.2
  done
  cat "$folder/log" >&2
  exit 1
}

stop() {
  if [ -s "$folder/pid" ]; then
    pid="$(cat "$folder/pid")"
    kill "$pid" 2>/dev/null || true
    for _ in $(seq 150); do
      kill -0 "$pid" 2>/dev/null || break
      sleep 0.2
    done
  fi
  iptables -P FORWARD ACCEPT || true
  # Only where nobody had rules before us.
  if [ -f "$folder/rules-before" ] && ! grep -qv '^-P' "$folder/rules-before"; then
    for table in filter nat; do
      iptables -t "$table" -F || true
      iptables -t "$table" -X || true
    done
  fi
  ip link delete docker0 2>/dev/null || true
  umount "$folder/exec/netns/default" 2>/dev/null || true
}

folder="$2"
# The one of Debian's package; another client may come first on PATH.
PATH="/usr/bin:/usr/sbin:$PATH"
"$1"
