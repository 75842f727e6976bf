{{/* What all webhooks have in common. Takes a dict: root, path, plural, selects (whether a label takes objects out). */}}
{{- define "trainjob-operator.webhook" -}}
admissionReviewVersions: [v1]
clientConfig:
  service:
    name: {{ include "trainjob-operator.fullname" .root }}
    namespace: {{ .root.Release.Namespace }}
    path: {{ .path }}
    port: 443
rules:
  - apiGroups: [trainer.kubeflow.org]
    apiVersions: [v1alpha1]
    operations: [CREATE, UPDATE]
    resources: [{{ .plural }}]
failurePolicy: Fail
sideEffects: None
timeoutSeconds: 5
# What is being deleted, or does not change, must get through even while no operator runs.
matchConditions:
  - name: not-being-deleted
    expression: request.operation == 'CREATE' || !has(object.metadata.deletionTimestamp)
  - name: changed
    expression: >-
      request.operation == 'CREATE' || !has(object.spec) || !has(oldObject.spec) || object.spec != oldObject.spec
{{- if .selects }}
objectSelector:
  matchExpressions:
    - key: trainer.kubeflow.org/webhook-validation
      operator: NotIn
      values: [disabled]
{{- end }}
{{- end }}

{{/* cert-manager writes the CA into what carries this. */}}
{{- define "trainjob-operator.caInjection" -}}
{{- if .Values.certManager.enabled }}
annotations:
  cert-manager.io/inject-ca-from: {{ .Release.Namespace }}/{{ include "trainjob-operator.fullname" . }}
{{- end }}
{{- end }}
