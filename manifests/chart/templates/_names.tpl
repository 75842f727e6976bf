{{/* The name of everything in the release: the release's own, or fullnameOverride. */}}
{{- define "trainjob-operator.fullname" -}}
{{- .Values.fullnameOverride | default .Release.Name | trunc 52 | trimSuffix "-" }}
{{- end }}

{{/* What a selector may rest on: it never changes during the life of a release. */}}
{{- define "trainjob-operator.selectorLabels" -}}
app.kubernetes.io/instance: {{ .Release.Name }}
app.kubernetes.io/name: trainjob-operator
{{- end }}

{{- define "trainjob-operator.labels" -}}
{{ include "trainjob-operator.selectorLabels" . }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version }}
{{- end }}

{{/* The full name of an image. Takes a dict: root, image (repository, tag, digest). */}}
{{- define "trainjob-operator.image" -}}
{{- $name := printf "%s/%s" .root.Values.image.registry .image.repository }}
{{- if .image.digest }}
{{- printf "%s@%s" $name .image.digest }}
{{- else }}
{{- printf "%s:%s" $name (.image.tag | default .root.Chart.AppVersion) }}
{{- end }}
{{- end }}

{{/* Before install and upgrade, in the order of the weight; a failed Job stays so that its log can be read. */}}
{{- define "trainjob-operator.crdsHook" -}}
helm.sh/hook: pre-install,pre-upgrade
helm.sh/hook-weight: {{ . | quote }}
helm.sh/hook-delete-policy: before-hook-creation,hook-succeeded
{{- end }}
