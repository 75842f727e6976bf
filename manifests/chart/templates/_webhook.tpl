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
{{- if .completes }}
  # A new TrainJob with no patch to put a time on, no word for its processes and no fraction is complete as it is.
  - name: incomplete
    expression: >-
      request.operation == 'UPDATE' || !has(object.spec) || type(object.spec) != map
      || ['runtimePatches', 'podTemplateOverrides', 'podSpecOverrides'].exists(field, field in object.spec)
      || has(object.spec.workspace) && [object.spec.workspace].exists(volume, type(volume) != map
      || has(volume.size) && type(volume.size) == double)
      || has(object.spec.initializer) && [object.spec.initializer].exists(steps, type(steps) != map
      || steps.exists(step, type(steps[step]) != map || has(steps[step].env) && (type(steps[step].env) != list
      || steps[step].env.exists(variable, type(variable) != map || has(variable.valueFrom)))))
      || has(object.spec.trainer) && [object.spec.trainer].exists(trainer, type(trainer) != map
      || has(trainer.numProcPerNode) && type(trainer.numProcPerNode) != int
      || has(trainer.env) && (type(trainer.env) != list
      || trainer.env.exists(variable, type(variable) != map || has(variable.valueFrom)))
      || has(trainer.resourcesPerNode) && [trainer.resourcesPerNode].exists(needs, type(needs) != map
      || needs.exists(amounts, type(needs[amounts]) != map || needs[amounts].exists(resource,
      type(needs[amounts][resource]) == double && string(needs[amounts][resource]).matches('[.]|e-')))))
{{- end }}
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
