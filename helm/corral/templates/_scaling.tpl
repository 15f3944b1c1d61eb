{{/* Who decides how many there are. Each takes: dict root, component. */}}

{{- define "corral.hpa" -}}
{{- $values := index .root.Values .component -}}
{{- $scaling := $values.autoscaling -}}
{{- if $scaling.hpa.enabled -}}
{{- $facts := index (include "corral.components" .root | fromYaml) .component -}}
apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata:
  {{- include "corral.metadata" (dict "root" .root "component" .component) | nindent 2 }}
spec:
  scaleTargetRef:
    apiVersion: apps/v1
    kind: Deployment
    name: {{ include "corral.nameOf" . | quote }}
  minReplicas: {{ $scaling.minReplicas | int }}
  maxReplicas: {{ $scaling.maxReplicas | int }}
  metrics:
    - type: Resource
      resource:
        name: cpu
        target:
          type: Utilization
          averageUtilization: {{ $scaling.hpa.cpuPercent | int }}
  behavior:
    {{- if $facts.group }}
    {{- include "corral.slowBehavior" . | nindent 4 }}
    {{- else }}
    scaleUp:
      stabilizationWindowSeconds: 0
      policies:
        - type: Percent
          value: 100
          periodSeconds: 30
    scaleDown:
      stabilizationWindowSeconds: 300
      policies:
        - type: Pods
          value: 1
          periodSeconds: 60
    {{- end }}
{{- end }}
{{- end }}

{{/* Each change of a consumer group stops all of it for a moment: ten minutes between two of them. */}}
{{- define "corral.slowBehavior" -}}
scaleUp:
  stabilizationWindowSeconds: 60
  policies:
    - type: Pods
      value: 1
      periodSeconds: 600
scaleDown:
  stabilizationWindowSeconds: 600
  policies:
    - type: Pods
      value: 1
      periodSeconds: 600
{{- end }}

{{- define "corral.scaledObject" -}}
{{- $root := .root -}}
{{- $values := index .root.Values .component -}}
{{- $scaling := $values.autoscaling -}}
{{- $kafka := $root.Values.kafka -}}
{{- if $scaling.keda.enabled -}}
{{- $facts := index (include "corral.components" .root | fromYaml) .component -}}
{{- $known := $root.Files.Get "files/settings.json" | fromJson -}}
apiVersion: keda.sh/v1alpha1
kind: ScaledObject
metadata:
  {{- include "corral.metadata" (dict "root" .root "component" .component) | nindent 2 }}
spec:
  scaleTargetRef:
    name: {{ include "corral.nameOf" . | quote }}
  # Never to zero: a cold start is a rebalance.
  minReplicaCount: {{ $scaling.minReplicas | int }}
  maxReplicaCount: {{ $scaling.maxReplicas | int }}
  pollingInterval: 30
  # Lag unknown: stay as many as there are.
  fallback:
    failureThreshold: 5
    replicas: {{ $scaling.minReplicas | int }}
    behavior: currentReplicasIfHigher
  advanced:
    horizontalPodAutoscalerConfig:
      behavior:
        {{- include "corral.slowBehavior" . | nindent 8 }}
  triggers:
    - type: kafka
      metadata:
        bootstrapServers: {{ join "," $kafka.brokers | quote }}
        consumerGroup: {{ $facts.group | quote }}
        topic: {{ (index $known.consumers $facts.group) | quote }}
        lagThreshold: {{ printf "%d" ($scaling.keda.lagThreshold | int) | quote }}
        activationLagThreshold: "0"
        offsetResetPolicy: earliest
        allowIdleConsumers: "false"
        # A parked partition waits for a person; more pods would not help it.
        excludePersistentLag: "true"
        {{- if $kafka.tls.enabled }}
        tls: enable
        {{- end }}
        {{- if include "corral.saslMechanism" $root }}
        sasl: {{ include "corral.saslMechanism" $root | replace "-" "_" | replace "plain" "plaintext" | replace "scram_sha_" "scram_sha" | quote }}
        {{- end }}
      {{- if include "corral.kedaNeedsAuth" . }}
      authenticationRef:
        name: {{ include "corral.nameOf" . | quote }}
      {{- end }}
{{- end }}
{{- end }}

{{- define "corral.kedaNeedsAuth" -}}
{{- $kafka := .root.Values.kafka -}}
{{- if or (include "corral.saslMechanism" .root) (and $kafka.tls.enabled (or $kafka.tls.caSecret $kafka.tls.clientSecret (include "corral.tlsUsers" .root))) }}true{{ end -}}
{{- end }}

{{- define "corral.tlsUsers" -}}
{{- $strimzi := .Values.kafka.strimzi -}}
{{- if and $strimzi.enabled $strimzi.users.enabled (eq $strimzi.users.authentication "tls") }}true{{ end -}}
{{- end }}

{{/* The scaler logs in as the component whose lag it reads. */}}
{{- define "corral.triggerAuthentication" -}}
{{- $values := index .root.Values .component -}}
{{- if and $values.autoscaling.keda.enabled (include "corral.kedaNeedsAuth" .) -}}
{{- $secrets := include "corral.secretEnv" (dict "root" .root "component" .component "values" $values) | fromYaml -}}
{{- $names := dict "KAFKA_SASL_USERNAME" "username" "KAFKA_SASL_PASSWORD" "password" "KAFKA_TLS_CA" "ca" "KAFKA_TLS_CERT" "cert" "KAFKA_TLS_KEY" "key" -}}
apiVersion: keda.sh/v1alpha1
kind: TriggerAuthentication
metadata:
  {{- include "corral.metadata" (dict "root" .root "component" .component) | nindent 2 }}
spec:
  {{- $user := index $secrets "KAFKA_SASL_USERNAME" }}
  {{- if and $user (hasKey $user "text") }}
  # Strimzi's secret holds no user name: the container's variable does.
  env:
    - parameter: username
      name: KAFKA_SASL_USERNAME
      containerName: {{ .component }}
  {{- end }}
  secretTargetRef:
    {{- range $name, $parameter := $names }}
    {{- $from := index $secrets $name }}
    {{- if and $from (hasKey $from "secret") }}
    - parameter: {{ $parameter }}
      name: {{ $from.secret | quote }}
      key: {{ $from.key | quote }}
    {{- end }}
    {{- end }}
{{- end }}
{{- end }}
