{{/* The pod of a one-off `corral` command: dict root, component, values, args, deadline. */}}
{{- define "corral.jobPod" -}}
{{- $root := .root -}}
{{- $pods := $root.Values.pods -}}
metadata:
  labels:
    {{- include "corral.labels" . | nindent 4 }}
    {{- with $pods.labels }}
    {{- toYaml . | nindent 4 }}
    {{- end }}
  {{- with $pods.annotations }}
  annotations:
    {{- toYaml . | nindent 4 }}
  {{- end }}
spec:
  {{- with include "corral.pullSecrets" $root }}
  {{- . | trim | nindent 2 }}
  {{- end }}
  serviceAccountName: {{ include "corral.serviceAccountName" . | quote }}
  automountServiceAccountToken: false
  enableServiceLinks: false
  {{- if not $pods.hostUsers }}
  hostUsers: false
  {{- end }}
  restartPolicy: Never
  terminationGracePeriodSeconds: 30
  securityContext:
    {{- include "corral.podSecurityContext" $root | nindent 4 }}
  {{- with $pods.priorityClassName }}
  priorityClassName: {{ . | quote }}
  {{- end }}
  {{- with $pods.runtimeClassName }}
  runtimeClassName: {{ . | quote }}
  {{- end }}
  {{- with $pods.nodeSelector }}
  nodeSelector:
    {{- toYaml . | nindent 4 }}
  {{- end }}
  {{- with $pods.tolerations }}
  tolerations:
    {{- toYaml . | nindent 4 }}
  {{- end }}
  containers:
    - name: {{ .component }}
      image: {{ include "corral.image" (dict "root" $root "app" "corral") | quote }}
      imagePullPolicy: {{ $root.Values.image.pullPolicy }}
      args:
        {{- toYaml .args | nindent 8 }}
      env:
        {{- include "corral.env" (merge (dict "inline" true) .) | trim | nindent 8 }}
      resources:
        {{- toYaml .values.resources | nindent 8 }}
      securityContext:
        {{- include "corral.containerSecurityContext" $root | nindent 8 }}
      terminationMessagePolicy: FallbackToLogsOnError
      volumeMounts:
        {{- include "corral.volumeMounts" . | nindent 8 }}
  volumes:
    {{- include "corral.volumes" . | nindent 4 }}
{{- end }}

{{/* What makes an object of the migrations a hook, at a weight. */}}
{{- define "corral.hook" -}}
helm.sh/hook: pre-install,pre-upgrade
helm.sh/hook-weight: {{ .weight | quote }}
helm.sh/hook-delete-policy: before-hook-creation,hook-succeeded
{{- end }}
