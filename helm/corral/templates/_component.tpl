{{/* The objects that every component has. Each takes: dict root, component. */}}

{{- define "corral.ofComponent" -}}
{{- $facts := index (include "corral.components" .root | fromYaml) .component -}}
{{- toYaml (dict "facts" $facts) -}}
{{- end }}

{{- define "corral.isScaled" -}}
{{- $scaling := .values.autoscaling -}}
{{- if or $scaling.hpa.enabled (and (hasKey $scaling "keda") (($scaling.keda).enabled)) }}true{{ end -}}
{{- end }}

{{- define "corral.deployment" -}}
{{- $root := .root -}}
{{- $values := index .root.Values .component -}}
{{- $facts := index (include "corral.components" .root | fromYaml) .component -}}
{{- $it := dict "root" $root "component" .component "values" $values -}}
{{- $pods := $root.Values.pods -}}
apiVersion: apps/v1
kind: Deployment
metadata:
  {{- include "corral.metadata" $it | nindent 2 }}
spec:
  {{- if not (include "corral.isScaled" $it) }}
  replicas: {{ $values.replicas | int }}
  {{- end }}
  revisionHistoryLimit: 5
  minReadySeconds: {{ $values.minReadySeconds | int }}
  progressDeadlineSeconds: 600
  strategy:
    type: RollingUpdate
    rollingUpdate:
      maxSurge: {{ $values.strategy.maxSurge }}
      maxUnavailable: {{ $values.strategy.maxUnavailable }}
  selector:
    matchLabels:
      {{- include "corral.selector" $it | nindent 6 }}
  template:
    metadata:
      labels:
        {{- include "corral.labels" $it | nindent 8 }}
        {{- with merge (deepCopy $values.podLabels) $pods.labels }}
        {{- toYaml . | nindent 8 }}
        {{- end }}
      annotations:
        checksum/config: {{ include "corral.plainEnv" $it | sha256sum }}
        checksum/secrets: {{ printf "%s %s" (include "corral.secretEnv" $it) $root.Values.secrets.revision | sha256sum }}
        {{- with merge (deepCopy $values.podAnnotations) $pods.annotations }}
        {{- toYaml . | nindent 8 }}
        {{- end }}
    spec:
      {{- with include "corral.pullSecrets" $root }}
      {{- . | trim | nindent 6 }}
      {{- end }}
      serviceAccountName: {{ include "corral.serviceAccountName" $it | quote }}
      automountServiceAccountToken: false
      enableServiceLinks: false
      {{- if not $pods.hostUsers }}
      hostUsers: false
      {{- end }}
      terminationGracePeriodSeconds: {{ $pods.terminationGracePeriodSeconds | int }}
      securityContext:
        {{- include "corral.podSecurityContext" $root | nindent 8 }}
      {{- with default $pods.priorityClassName $values.priorityClassName }}
      priorityClassName: {{ . | quote }}
      {{- end }}
      {{- with $pods.runtimeClassName }}
      runtimeClassName: {{ . | quote }}
      {{- end }}
      {{- with merge (deepCopy $values.nodeSelector) $pods.nodeSelector }}
      nodeSelector:
        {{- toYaml . | nindent 8 }}
      {{- end }}
      {{- with concat $values.tolerations $pods.tolerations }}
      tolerations:
        {{- toYaml . | nindent 8 }}
      {{- end }}
      {{- with default $pods.affinity $values.affinity }}
      affinity:
        {{- toYaml . | nindent 8 }}
      {{- end }}
      {{- with $pods.topologySpread }}
      {{- if .enabled }}
      topologySpreadConstraints:
        {{- $spread := . }}
        {{- range $key := list "topology.kubernetes.io/zone" "kubernetes.io/hostname" }}
        - maxSkew: {{ $spread.maxSkew | int }}
          topologyKey: {{ $key }}
          whenUnsatisfiable: {{ $spread.whenUnsatisfiable }}
          labelSelector:
            matchLabels:
              {{- include "corral.selector" $it | nindent 14 }}
          matchLabelKeys: [pod-template-hash]
        {{- end }}
      {{- end }}
      {{- end }}
      containers:
        - name: {{ $it.component }}
          image: {{ include "corral.image" (dict "root" $root "app" $facts.app) | quote }}
          imagePullPolicy: {{ $root.Values.image.pullPolicy }}
          {{- with $facts.args }}
          args:
            {{- toYaml . | nindent 12 }}
          {{- end }}
          envFrom:
            - configMapRef:
                name: {{ include "corral.nameOf" $it | quote }}
          {{- with include "corral.env" $it | trim }}
          env:
            {{- . | nindent 12 }}
          {{- end }}
          ports:
            {{- if $facts.serves }}
            - name: http
              containerPort: 8080
              protocol: TCP
            {{- end }}
            - name: management
              containerPort: 9090
              protocol: TCP
          # Generous: a start waits for PostgreSQL and the log as long as this says.
          startupProbe:
            httpGet:
              path: /livez
              port: management
            periodSeconds: 2
            timeoutSeconds: 2
            failureThreshold: 60
          readinessProbe:
            httpGet:
              path: /readyz
              port: management
            periodSeconds: 3
            timeoutSeconds: 2
            failureThreshold: 2
            successThreshold: 1
          # Event loop and poll loop alone: a restart would heal neither Kafka nor PostgreSQL.
          livenessProbe:
            httpGet:
              path: /livez
              port: management
            periodSeconds: 10
            timeoutSeconds: 5
            failureThreshold: 6
          lifecycle:
            preStop:
              sleep:
                seconds: {{ $pods.preStopSleepSeconds | int }}
          resources:
            {{- toYaml $values.resources | nindent 12 }}
          {{- with $values.resizePolicy }}
          resizePolicy:
            {{- toYaml . | nindent 12 }}
          {{- end }}
          securityContext:
            {{- include "corral.containerSecurityContext" $root | nindent 12 }}
          terminationMessagePolicy: FallbackToLogsOnError
          volumeMounts:
            {{- include "corral.volumeMounts" $it | nindent 12 }}
      volumes:
        {{- include "corral.volumes" $it | nindent 8 }}
{{- end }}

{{/* Ready-made settings; a change of them changes the checksum above, and so the pods. */}}
{{- define "corral.configMap" -}}
{{- $it := dict "root" .root "component" .component "values" (index .root.Values .component) -}}
apiVersion: v1
kind: ConfigMap
metadata:
  {{- include "corral.metadata" $it | nindent 2 }}
data:
  {{- include "corral.plainEnv" $it | nindent 2 }}
{{- end }}

{{- define "corral.service" -}}
{{- $values := index .root.Values .component -}}
{{- $service := $values.service -}}
apiVersion: v1
kind: Service
metadata:
  {{- include "corral.metadata" (dict "root" .root "component" .component "annotations" $service.annotations) | nindent 2 }}
spec:
  type: {{ $service.type }}
  {{- with $service.ipFamilyPolicy }}
  ipFamilyPolicy: {{ . }}
  {{- end }}
  {{- with $service.trafficDistribution }}
  trafficDistribution: {{ . }}
  {{- end }}
  selector:
    {{- include "corral.selector" . | nindent 4 }}
  ports:
    - name: http
      port: {{ $service.port | int }}
      targetPort: http
      protocol: TCP
      appProtocol: http
{{- end }}

{{- define "corral.serviceAccount" -}}
{{- $values := index .root.Values .component -}}
{{- if $values.serviceAccount.create -}}
{{- $it := dict "root" .root "component" .component "values" $values -}}
apiVersion: v1
kind: ServiceAccount
metadata:
  {{- include "corral.metadata" (merge (dict "name" (include "corral.serviceAccountName" $it) "annotations" (merge (deepCopy $values.serviceAccount.annotations) (default dict .annotations))) $it) | nindent 2 }}
automountServiceAccountToken: false
{{- end }}
{{- end }}

{{- define "corral.pdb" -}}
{{- $values := index .root.Values .component -}}
{{- if $values.pdb.enabled -}}
apiVersion: policy/v1
kind: PodDisruptionBudget
metadata:
  {{- include "corral.metadata" (dict "root" .root "component" .component) | nindent 2 }}
spec:
  maxUnavailable: {{ $values.pdb.maxUnavailable }}
  unhealthyPodEvictionPolicy: AlwaysAllow
  selector:
    matchLabels:
      {{- include "corral.selector" . | nindent 6 }}
{{- end }}
{{- end }}
