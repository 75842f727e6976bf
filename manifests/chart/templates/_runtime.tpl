{{/*
A bundled runtime with the values of the release in it. Takes a dict: root, runtime (parsed).
Done on the parsed object, so that the files in runtimes/ stay plain manifests.
*/}}
{{- define "trainjob-operator.runtime" -}}
{{- $root := .root }}
{{- $runtime := .runtime }}
{{- $_ := set $runtime.metadata "labels" (merge (dict) $runtime.metadata.labels (include "trainjob-operator.labels" $root | fromYaml)) }}
{{- range $runtime.spec.template.spec.replicatedJobs }}
{{- $pod := .template.spec.template.spec }}
{{- include "trainjob-operator.runtimePod" (dict "root" $root "pod" $pod) }}
{{- range $pod.containers }}
{{- include "trainjob-operator.runtimeContainer" (dict "root" $root "container" .) }}
{{- end }}
{{- end }}
{{- toYaml $runtime }}
{{- end }}

{{/* Writes pull secrets, IDs and the CA's volume into a pod spec. */}}
{{- define "trainjob-operator.runtimePod" -}}
{{- $values := .root.Values }}
{{- $pod := .pod }}
{{- with $values.imagePullSecrets }}
{{- $_ := set $pod "imagePullSecrets" . }}
{{- end }}
{{- range $id := list "runAsUser" "runAsGroup" "fsGroup" }}
{{- $_ := unset $pod.securityContext $id }}
{{- with index $values.podSecurity $id }}
{{- $_ := set $pod.securityContext $id (int64 .) }}
{{- end }}
{{- end }}
{{- with $values.caBundle }}
{{- $items := list (dict "key" .key "path" "ca.crt") }}
{{- if .configMap }}
{{- $_ := set $pod "volumes" (append $pod.volumes (dict "name" "ca-bundle" "configMap" (dict "name" .configMap "items" $items))) }}
{{- else if .secret }}
{{- $_ := set $pod "volumes" (append $pod.volumes (dict "name" "ca-bundle" "secret" (dict "secretName" .secret "items" $items))) }}
{{- end }}
{{- end }}
{{- end }}

{{/* Writes image, accelerator, environment and the CA's mount into a container. */}}
{{- define "trainjob-operator.runtimeContainer" -}}
{{- $root := .root }}
{{- $values := .root.Values }}
{{- $container := .container }}
{{- $isTrainer := eq $container.name "node" }}
{{- $image := ternary $values.runtimes.images.trainer $values.runtimes.images.initializer $isTrainer }}
{{- if not $image.repository }}
{{- $variant := ternary "torchtune-cpu" "torchtune" (eq $values.runtimes.accelerator "cpu") }}
{{- $image = merge (dict "repository" (printf "trainjob-operator/%s" $variant)) $image }}
{{- end }}
{{- $_ := set $container "image" (include "trainjob-operator.image" (dict "root" $root "image" $image)) }}
{{- with $values.image.pullPolicy }}
{{- $_ := set $container "imagePullPolicy" . }}
{{- end }}
{{- if and $isTrainer (eq $values.runtimes.accelerator "cpu") }}
{{- $_ := unset $container "resources" }}
{{- end }}
{{- if not $isTrainer }}
{{- with $values.runtimes.initializerResources }}
{{- $_ := set $container "resources" . }}
{{- end }}
{{- end }}
{{- $env := dict
  "HF_ENDPOINT" $values.hfEndpoint
  "HTTP_PROXY" $values.proxy.httpProxy
  "HTTPS_PROXY" $values.proxy.httpsProxy
  "NO_PROXY" $values.proxy.noProxy
}}
{{- if or $values.caBundle.configMap $values.caBundle.secret }}
{{- $mount := dict "name" "ca-bundle" "mountPath" "/etc/trainjob-operator/ca" "readOnly" true }}
{{- $_ := set $container "volumeMounts" (append $container.volumeMounts $mount) }}
{{- range list "REQUESTS_CA_BUNDLE" "SSL_CERT_FILE" }}
{{- $_ := set $env . "/etc/trainjob-operator/ca/ca.crt" }}
{{- end }}
{{- end }}
{{- range $name, $value := $env }}
{{- if $value }}
{{- $_ := set $container "env" (append $container.env (dict "name" $name "value" $value)) }}
{{- end }}
{{- end }}
{{- end }}
