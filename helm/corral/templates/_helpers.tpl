{{/* Names and labels. Every name is quoted where it is used: `y`, `null` and `1e3` are release names too. */}}

{{- define "corral.name" -}}
{{- default .Chart.Name .Values.nameOverride | trunc 40 | trimSuffix "-" -}}
{{- end }}

{{- define "corral.fullname" -}}
{{- if .Values.fullnameOverride -}}
{{- .Values.fullnameOverride | trunc 40 | trimSuffix "-" -}}
{{- else if contains (include "corral.name" .) .Release.Name -}}
{{- .Release.Name | trunc 40 | trimSuffix "-" -}}
{{- else -}}
{{- printf "%s-%s" .Release.Name (include "corral.name" .) | trunc 40 | trimSuffix "-" -}}
{{- end -}}
{{- end }}

{{/* Name of an object of a component: dict root, component. */}}
{{- define "corral.nameOf" -}}
{{- printf "%s-%s" (include "corral.fullname" .root) .component -}}
{{- end }}

{{/* What selects the pods of a component; it never changes, for a Deployment's selector cannot. */}}
{{- define "corral.selector" -}}
app.kubernetes.io/name: {{ include "corral.name" .root | quote }}
app.kubernetes.io/instance: {{ .root.Release.Name | quote }}
app.kubernetes.io/component: {{ .component | quote }}
{{- end }}

{{- define "corral.labels" -}}
{{- $own := fromYaml (include "corral.selector" .) -}}
{{- $own = merge $own (dict
  "app.kubernetes.io/version" (.root.Chart.AppVersion | toString)
  "app.kubernetes.io/part-of" "corral"
  "app.kubernetes.io/managed-by" (.root.Release.Service | toString)
  "helm.sh/chart" (printf "%s-%s" .root.Chart.Name .root.Chart.Version | replace "+" "_")) -}}
{{- toYaml (merge $own (deepCopy .root.Values.commonLabels)) -}}
{{- end }}

{{/* metadata of an object: dict root, component, optional name, annotations, namespace, labels. */}}
{{- define "corral.metadata" -}}
name: {{ default (include "corral.nameOf" .) .name | quote }}
namespace: {{ default .root.Release.Namespace .namespace | quote }}
labels:
  {{- include "corral.labels" . | nindent 2 }}
  {{- with .labels }}
  {{- toYaml . | nindent 2 }}
  {{- end }}
{{- with merge (deepCopy (default dict .annotations)) .root.Values.commonAnnotations }}
annotations:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- end }}

{{/* The image of an app: dict root, app. A digest beats the tag. */}}
{{- define "corral.image" -}}
{{- $values := .root.Values -}}
{{- $registry := default $values.image.registry $values.global.imageRegistry -}}
{{- $name := printf "%s/%s" $values.image.repository .app -}}
{{- if $registry }}{{ $name = printf "%s/%s" (trimSuffix "/" $registry) $name }}{{ end -}}
{{- $digest := index $values.image.digests .app -}}
{{- if $digest -}}
{{- printf "%s@%s" $name $digest -}}
{{- else -}}
{{- printf "%s:%s" $name (default .root.Chart.AppVersion $values.image.tag | toString) -}}
{{- end -}}
{{- end }}

{{- define "corral.pullSecrets" -}}
{{- with concat .Values.global.imagePullSecrets .Values.image.pullSecrets | uniq }}
imagePullSecrets:
  {{- range . }}
  - name: {{ . | quote }}
  {{- end }}
{{- end }}
{{- end }}

{{/* The ServiceAccount of a component: dict root, component, values. Hooks before an install need one that is there by then. */}}
{{- define "corral.serviceAccountName" -}}
{{- if .values.serviceAccount.create -}}
{{- default (include "corral.nameOf" .) .values.serviceAccount.name -}}
{{- else -}}
{{- default "default" .values.serviceAccount.name -}}
{{- end -}}
{{- end }}

{{/* The five components: which image, which role, which consumer group of the event log. */}}
{{- define "corral.components" -}}
gateway: {app: gateway, args: [], serves: true, group: ""}
ingestion: {app: ingestion, args: [http], serves: true, group: ""}
history: {app: ingestion, args: [history], serves: false, group: history}
geofence: {app: geofence, args: [], serves: false, group: geofence}
notification: {app: notification, args: [], serves: false, group: notification}
{{- end }}
