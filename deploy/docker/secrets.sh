#!/bin/sh
# Makes the secrets of compose.yaml in deploy/docker/secrets, each once: what is there stays. Needs openssl.
# As root the files belong to the user of the images; else everybody in a container may read them, and the folder keeps others out.
set -eu
here="$(cd "$(dirname "$0")" && pwd)"
folder="${1:-$here/secrets}"
name="${2:-localhost}"
mkdir -p "$folder"
chmod 700 "$folder"
cd "$folder"
umask 077

make() { # file, command…
  file="$1"
  shift
  [ -s "$file" ] || "$@" > "$file"
}
make postgres_password openssl rand -hex 24
make postgres_url printf 'postgres://lgdl:%s@postgres:5432/lgdl' "$(cat postgres_password)"
make edge_1 openssl rand -hex 32
make edge_2 openssl rand -hex 32
make edge_keys printf 'edge-1:%s,edge-2:%s' "$(cat edge_1)" "$(cat edge_2)"
make state_1 openssl rand -hex 32
make state_2 openssl rand -hex 32
make audit_key openssl rand -hex 32
make encryption_key printf 'k1:%s' "$(openssl rand -base64 32)"
make alertmanager.yml cat "$here/alertmanager.yml"
if [ ! -s tls.crt ]; then
  # For a first try. Put a certificate of your own in its place: tls.crt with the chain, tls.key.
  openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 90 \
    -keyout tls.key -out tls.crt -subj "/CN=$name" -addext "subjectAltName=DNS:$name" 2>/dev/null
fi
if [ "$(id -u)" = 0 ]; then
  chown 10001:10001 ./*
  # The user of PostgreSQL's image.
  chown 999:999 postgres_password
  chmod 0400 ./*
else
  chmod 0444 ./*
fi
