#!/bin/bash
# Goes back to the revision before. KUBECONFIG_TEXT. After a migration the older program refuses the store: then restore first
# (docs/deploy/upgrade.md).
set -euo pipefail
folder="$(mktemp -d)"
trap 'rm -rf "$folder"' EXIT
umask 077
printf '%s' "${KUBECONFIG_TEXT:?}" > "$folder/kubeconfig"
export KUBECONFIG="$folder/kubeconfig"
helm rollback lgdl --namespace lgdl --wait --timeout 15m
helm test lgdl --namespace lgdl --timeout 5m
