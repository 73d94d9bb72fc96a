{{- define "lgdl.labels" -}}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
{{ include "lgdl.selector" . }}
{{- end }}

{{- define "lgdl.selector" -}}
app.kubernetes.io/name: lgdl
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end }}

{{- define "lgdl.secret" -}}
{{ .Values.secrets.name | default (printf "%s-lgdl" .Release.Name) }}
{{- end }}

{{- define "lgdl.name" -}}
{{ printf "%s-lgdl" .Release.Name | trunc 40 | trimSuffix "-" }}
{{- end }}

{{/* (list $ "origin" digest) */}}
{{- define "lgdl.image" -}}
{{- $ := index . 0 }}
{{- $name := printf "%s/lgdl-%s" $.Values.image.registry (index . 1) }}
{{- if index . 2 }}{{ printf "%s@%s" $name (index . 2) }}{{ else }}{{ printf "%s:%s" $name ($.Values.image.tag | default $.Chart.AppVersion) }}{{ end }}
{{- end }}

{{- define "lgdl.podSecurity" -}}
runAsNonRoot: true
runAsUser: 10001
runAsGroup: 10001
fsGroup: 10001
fsGroupChangePolicy: OnRootMismatch
seccompProfile: {type: RuntimeDefault}
{{- end }}

{{- define "lgdl.containerSecurity" -}}
allowPrivilegeEscalation: false
readOnlyRootFilesystem: true
capabilities: {drop: [ALL]}
{{- end }}

{{/* No shell is in the image: the kubelet waits by itself, from Kubernetes 1.30 on. */}}
{{- define "lgdl.lifecycle" -}}
{{- if semverCompare ">=1.30-0" .Capabilities.KubeVersion.Version }}
lifecycle:
  preStop:
    sleep: {seconds: 5}
{{- end }}
{{- end }}

{{- define "lgdl.spread" -}}
topologySpreadConstraints:
  {{- range list "topology.kubernetes.io/zone" "kubernetes.io/hostname" }}
  - maxSkew: 1
    topologyKey: {{ . }}
    whenUnsatisfiable: ScheduleAnyway
    labelSelector:
      matchLabels: {{- include "lgdl.selector" (index $ 0) | nindent 8 }}
        app.kubernetes.io/component: {{ index $ 1 }}
  {{- end }}
{{- end }}

{{- define "lgdl.claim" -}}
volumeClaimTemplates:
  - metadata: {name: data}
    spec:
      accessModes: [ReadWriteOnce]
      {{- with .storageClass }}
      storageClassName: {{ . }}
      {{- end }}
      resources: {requests: {storage: {{ .size }}}}
{{- end }}

{{- define "lgdl.originEnv" -}}
{{- $sqlite := eq .Values.database.kind "sqlite" }}
{{- $cnpg := and (not $sqlite) .Values.database.cloudNativePg.enabled }}
- name: LGDL_EDGE_KEYS
  value: "@/run/secrets/lgdl/edge_keys"
- name: LGDL_ENCRYPTION_KEY
  value: "@/run/secrets/lgdl/encryption_key"
- name: LGDL_AUDIT_KEY
  value: "@/run/secrets/lgdl/audit_key"
{{- if not $sqlite }}
- name: LGDL_POSTGRES_URL
  value: "@/run/secrets/{{ ternary "database/uri" "lgdl/postgres_url" $cnpg }}"
{{- end }}
- name: LGDL_AUDIT_CHECKPOINTS
  value: /data/checkpoints.jsonl
- name: LGDL_TOMBSTONES
  value: /data/tombstones.jsonl
{{- with .Values.games }}
- name: LGDL_GAMES
  value: {{ range $index, $game := . }}{{ if $index }},{{ end }}{{ $game.id }}:/games/{{ $game.id }}/game.lgdl{{ end }}
{{- end }}
{{- range $setting, $value := .Values.origin.settings }}
- name: {{ $setting }}
  value: {{ $value | quote }}
{{- end }}
{{- end }}

{{- define "lgdl.originMounts" -}}
{{- $sqlite := eq .Values.database.kind "sqlite" }}
{{- $cnpg := and (not $sqlite) .Values.database.cloudNativePg.enabled }}
- {name: data, mountPath: /data}
- {name: tmp, mountPath: /tmp}
- {name: secrets, mountPath: /run/secrets/lgdl, readOnly: true}
{{- if $cnpg }}
- {name: database, mountPath: /run/secrets/database, readOnly: true}
{{- end }}
{{- range .Values.games }}
- {name: game-{{ .id | replace "_" "-" | lower }}, mountPath: /games/{{ .id }}, readOnly: true}
{{- end }}
{{- end }}
