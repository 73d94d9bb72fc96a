#!/bin/bash
# Base images under the names of the hub's, made of Debian's packages, for machines that reach no hub: `stand-ins.sh CACHE`. Needs
# DOCKER_HOST, mmdebstrap, and root. What is in CACHE is not made again.
set -euo pipefail
cache="$1"
here="$(cd "$(dirname "$0")" && pwd)"
sources=/etc/apt/sources.list.d/debian.sources
[ -f "$sources" ] || sources=/etc/apt/sources.list
export DOCKER_BUILDKIT=1
PATH="/usr/bin:$PATH"
mkdir -p "$cache"

make() { # file, options…
  file="$1"
  shift
  [ -s "$cache/$file" ] && return
  mmdebstrap --quiet "$@" bookworm "$cache/$file.new" "$sources" --format=tar
  mv "$cache/$file.new" "$cache/$file"
}
has() {
  docker image inspect "$1" > /dev/null 2>&1
}

make runtime.tar --mode=chrootless --variant=custom --include=base-files,netbase,tzdata,libc6,libgcc-s1,ca-certificates
# shellcheck disable=SC2016 # the hooks' own variable
make services.tar --variant=minbase --include=postgresql-15,nginx-light,prometheus,prometheus-alertmanager \
  --dpkgopt='path-exclude=/usr/share/doc/*' --dpkgopt='path-exclude=/usr/share/man/*' --dpkgopt='path-exclude=/usr/share/locale/*' \
  --essential-hook='echo postgres:x:999:999::/var/lib/postgresql:/bin/bash >> "$1/etc/passwd"' \
  --essential-hook='echo postgres:x:999: >> "$1/etc/group"'

has gcr.io/distroless/cc-debian12:nonroot || docker import "$cache/runtime.tar" gcr.io/distroless/cc-debian12:nonroot > /dev/null
has lgdl-services || docker import "$cache/services.tar" lgdl-services > /dev/null
tag() { # stage, name
  has "$2" || docker build --quiet --target "$1" --tag "$2" --file "$here/stand-ins.Dockerfile" "$here" > /dev/null
}
tag postgres postgres:15-bookworm
tag nginx nginxinc/nginx-unprivileged:1.27-bookworm
tag prometheus prom/prometheus:v2.53.4
tag alertmanager prom/alertmanager:v0.27.0
