#!/bin/bash
# The chart, rendered by the real Helm over the ways it is used, and validated strictly against the schemas of three versions of
# Kubernetes: `helm.sh FOLDER`. HELM, KUBECTL, PYTHON, KUBERNETES_VALIDATE name the programs.
set -euo pipefail
folder="$1"
root="$(cd "$(dirname "$0")/../.." && pwd)"
chart="$root/deploy/helm/lgdl"
: "${HELM:?}" "${KUBECTL:?}" "${PYTHON:?}" "${KUBERNETES_VALIDATE:?}"
mkdir -p "$folder"
export HELM_CACHE_HOME="$folder/cache" HELM_CONFIG_HOME="$folder/config" HELM_DATA_HOME="$folder/data"
fail() {
  echo "FAILED: $*" >&2
  exit 1
}

"$HELM" lint --strict "$chart" > "$folder/lint" 2>&1 || fail "lint: $(cat "$folder/lint")"

render() { # name, version, options…
  name="$1"
  version="$2"
  shift 2
  "$HELM" template lgdl "$chart" --kube-version "$version" "$@" > "$folder/$name-$version.yaml" 2> "$folder/error" || fail "$name: $(cat "$folder/error")"
}
secrets=(--set secrets.values.postgres_url=postgres://u:p@h/d --set secrets.values.edge_keys=edge:0123456789abcdef)
for version in 1.29 1.34 1.37; do
  render defaults "$version"
  render sqlite "$version" --set database.kind=sqlite,origin.replicas=1 "${secrets[@]}"
  render ephemeral "$version" --set origin.persistence.enabled=false,edge.persistence.enabled=false
  render all "$version" --set 'ingress.enabled=true,ingress.host=chat.example.com,ingress.tlsSecret=t,ingress.className=nginx' \
    --set origin.autoscaling.enabled=true,edge.autoscaling.enabled=true,edge.autoscaling.turnsPerSecond=200 \
    --set 'games[0].id=clinic_triage,games[0].configMap=clinic' --set origin.settings.LGDL_LOG=warn \
    --set origin.settings.LGDL_ARCHIVE_URL=s3://kept/archive,origin.settings.AWS_SECRET_ACCESS_KEY=@/run/secrets/lgdl/bucket \
    --set 'origin.secretFiles[0]=bucket,origin.serviceAccountAnnotations.eks\.amazonaws\.com/role-arn=arn:aws:iam::1:role/kept' \
    --set image.originDigest=sha256:"$(printf '%064d' 0)" --set networkPolicy.enabled=true
  for name in defaults sqlite ephemeral all; do
    "$KUBERNETES_VALIDATE" -k "$version" --strict "$folder/$name-$version.yaml" > "$folder/validated" 2>&1 || fail "$name, Kubernetes $version: $(grep -v passed "$folder/validated")"
    "$PYTHON" "$root/tests/operations/restricted.py" "$folder/$name-$version.yaml" || fail "$name is not restricted"
  done
done
echo "seen: four ways × Kubernetes 1.29, 1.34, 1.37: valid and restricted"

# What only a cluster with its operators knows: kinds of others, of which there are no schemas here.
render operators 1.34 --set monitoring.serviceMonitor=true,monitoring.prometheusRule=true,monitoring.dashboards=true \
  --set database.cloudNativePg.enabled=true --set secrets.external.enabled=true,secrets.external.storeName=s,secrets.external.remoteKey=k
"$PYTHON" - "$folder/operators-1.34.yaml" "$root/deploy/monitoring/rules.yml" <<'PY'
import sys, yaml
with open(sys.argv[1]) as text:
    documents = [document for document in yaml.safe_load_all(text) if document]
kinds = [document["kind"] for document in documents]
for kind, count in {"ServiceMonitor": 2, "PrometheusRule": 1, "Cluster": 1, "ExternalSecret": 1}.items():
    assert kinds.count(kind) == count, (kind, kinds)
rules = next(document for document in documents if document["kind"] == "PrometheusRule")["spec"]
with open(sys.argv[2]) as text:
    assert rules == yaml.safe_load(text), "the chart's rules are not those of deploy/monitoring"
PY
echo "seen: ServiceMonitor, PrometheusRule (the very rules), Cluster, ExternalSecret"

# What must be refused, is.
refused() {
  "$HELM" template lgdl "$chart" "$@" > /dev/null 2>&1 && fail "not refused: $*"
  return 0
}
refused --set database.kind=sqlite
refused --set database.kind=mysql
refused --set origin.replcas=3
refused --set origin.settings.RUST_LOG=debug
refused --set ingress.enabled=true
refused --set secrets.values.password=0123456789abcdef
echo "seen: a wrong value is refused"

# Beside the chart: the same for kustomize.
if [ "${UPDATE:-}" = 1 ]; then
  cp "$folder/defaults-1.34.yaml" "$root/deploy/kustomize/base/lgdl.yaml"
fi
cmp "$folder/defaults-1.34.yaml" "$root/deploy/kustomize/base/lgdl.yaml" || fail "deploy/kustomize/base is not what the chart gives: UPDATE=1 $0 $folder"
"$KUBECTL" kustomize "$root/deploy/kustomize/production" > "$folder/kustomized.yaml" || fail "kustomize"
"$KUBERNETES_VALIDATE" -k 1.34 --strict "$folder/kustomized.yaml" > "$folder/validated" 2>&1 || fail "kustomize: $(grep -v passed "$folder/validated")"
"$PYTHON" "$root/tests/operations/restricted.py" "$folder/kustomized.yaml" || fail "the kustomization is not restricted"
echo "seen: kustomize builds what the chart gives, with the changes of production"
"$HELM" package "$chart" --destination "$folder" > /dev/null 2>&1 || fail "package"
tar tzf "$folder"/lgdl-*.tgz | grep -q files/rules.yml || fail "the package lacks the rules"
