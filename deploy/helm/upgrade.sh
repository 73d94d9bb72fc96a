#!/bin/bash
# Brings a cluster to a release, and waits until it is well. What does not become well fails here and stays, to be looked at: rollback.sh goes
# back. KUBECONFIG_TEXT, VALUES (YAML), VERSION, CHART.
set -euo pipefail
folder="$(mktemp -d)"
trap 'rm -rf "$folder"' EXIT
umask 077
printf '%s' "${KUBECONFIG_TEXT:?}" > "$folder/kubeconfig"
printf '%s' "${VALUES:-}" > "$folder/values.yaml"
export KUBECONFIG="$folder/kubeconfig"
# Not --atomic alone: a schema that a newer program has touched is refused by the older one (docs/deploy/upgrade.md).
helm upgrade --install lgdl "${CHART:?}" --version "${VERSION:?}" --namespace lgdl --values "$folder/values.yaml" --wait --timeout 15m
helm test lgdl --namespace lgdl --timeout 5m
kubectl --namespace lgdl exec lgdl-lgdl-origin-0 --container origin -- /usr/local/bin/lgdl doctor
