{{/* Who may talk to whom: dict root, component, optional job (it serves nothing), annotations. */}}
{{- define "corral.networkPolicy" -}}
{{- $root := .root -}}
{{- $rules := $root.Values.networkPolicy -}}
{{- if $rules.enabled -}}
{{- $kafka := $root.Values.kafka -}}
{{- $facts := default dict (index (include "corral.components" $root | fromYaml) .component) -}}
{{- $known := $root.Files.Get "files/settings.json" | fromJson -}}
{{- $reads := index $known.programs .component -}}
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata:
  {{- include "corral.metadata" (dict "root" $root "component" .component "annotations" .annotations) | nindent 2 }}
spec:
  podSelector:
    matchLabels:
      {{- include "corral.selector" . | nindent 6 }}
  policyTypes: [Ingress, Egress]
  {{- if .job }}
  ingress: []
  {{- else }}
  ingress:
    {{- if $facts.serves }}
    - ports:
        - port: http
          protocol: TCP
      from:
        {{- if $rules.ingressFrom }}
        {{- toYaml $rules.ingressFrom | nindent 8 }}
        {{- else }}
        - namespaceSelector: {}
        {{- end }}
    {{- end }}
    # Probes come from the node, which no policy stops.
    - ports:
        - port: management
          protocol: TCP
      from:
        {{- if $rules.monitoringFrom }}
        {{- toYaml $rules.monitoringFrom | nindent 8 }}
        {{- else }}
        - namespaceSelector: {}
        {{- end }}
  {{- end }}
  egress:
    - ports:
        - port: 53
          protocol: UDP
        - port: 53
          protocol: TCP
      {{- with $rules.dnsTo }}
      to:
        {{- toYaml . | nindent 8 }}
      {{- end }}
    - ports:
        {{- range $rules.database.ports }}
        - port: {{ . | int }}
          protocol: TCP
        {{- end }}
      {{- with $rules.database.to }}
      to:
        {{- toYaml . | nindent 8 }}
      {{- end }}
    {{- if and $kafka.enabled (has "KAFKA_BROKERS" $reads) }}
    - ports:
        {{- range include "corral.kafkaPorts" $root | fromYamlArray }}
        - port: {{ . | int }}
          protocol: TCP
        {{- end }}
      {{- with $rules.kafka.to }}
      to:
        {{- toYaml . | nindent 8 }}
      {{- end }}
    {{- end }}
    {{- if and (has "OTEL_EXPORTER_OTLP_ENDPOINT" $reads) (hasKey $root.Values.config "OTEL_EXPORTER_OTLP_ENDPOINT") }}
    - ports:
        {{- range $rules.otlp.ports }}
        - port: {{ . | int }}
          protocol: TCP
        {{- end }}
      {{- with $rules.otlp.to }}
      to:
        {{- toYaml . | nindent 8 }}
      {{- end }}
    {{- end }}
    {{- if eq .component "notification" }}
    - ports:
        {{- range $rules.webhooks.ports }}
        - port: {{ . | int }}
          protocol: TCP
        {{- end }}
      to:
        {{- range $cidr := $rules.webhooks.cidrs }}
        {{- $six := contains ":" $cidr }}
        {{- $except := list }}
        {{- range $rules.webhooks.except }}
        {{- if eq (contains ":" .) $six }}{{ $except = append $except . }}{{ end }}
        {{- end }}
        - ipBlock:
            cidr: {{ $cidr | quote }}
            {{- if and $except (hasSuffix "/0" $cidr) }}
            except:
              {{- range $except }}
              - {{ . | quote }}
              {{- end }}
            {{- end }}
        {{- end }}
    {{- end }}
    {{- with $rules.extraEgress }}
    {{- toYaml . | nindent 4 }}
    {{- end }}
{{- end }}
{{- end }}

{{/* The ports of the brokers, each once. */}}
{{- define "corral.kafkaPorts" -}}
{{- $ports := list -}}
{{- range .Values.kafka.brokers -}}{{- $ports = append $ports (regexFind "[0-9]+$" . | int) -}}{{- end -}}
{{- range .Values.networkPolicy.kafka.extraPorts -}}{{- $ports = append $ports (. | int) -}}{{- end -}}
{{- toYaml ($ports | uniq) -}}
{{- end }}

{{/* What goes to ingestion; all else goes to the gateway. */}}
{{- define "corral.ingestionPaths" -}}
- /v1/heartbeats
- /v1/clients
{{- end }}
