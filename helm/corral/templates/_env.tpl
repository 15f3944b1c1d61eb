{{/*
What a program is told. files/settings.json is made from the config.ts of the apps (`npm run docs`): which program reads which setting, and of what
kind it is. A setting is either in `config`, or placed here by the chart: ports, PostgreSQL, Kafka, secrets.
*/}}

{{/* A value as it stands in the environment: lists with commas, numbers without exponent, booleans as on and off. */}}
{{- define "corral.envValue" -}}
{{- if kindIs "slice" . -}}{{ join "," . }}
{{- else if kindIs "bool" . -}}{{ ternary "on" "off" . }}
{{- else if kindIs "float64" . -}}{{ if eq . (floor .) }}{{ printf "%.0f" . }}{{ else }}{{ . }}{{ end }}
{{- else -}}{{ . | toString }}
{{- end -}}
{{- end }}

{{/* The plain settings of a program, as YAML of names and texts: dict root, component, values. */}}
{{- define "corral.plainEnv" -}}
{{- $root := .root -}}
{{- $values := .root.Values -}}
{{- $known := $root.Files.Get "files/settings.json" | fromJson -}}
{{- $reads := index $known.programs .component -}}
{{- $given := merge (deepCopy (default dict .values.config)) $values.config -}}
{{- $env := dict -}}
{{- range $name := $reads -}}
{{- if hasKey $given $name -}}{{- $_ := set $env $name (include "corral.envValue" (index $given $name)) -}}{{- end -}}
{{- end -}}
{{- $kafka := $values.kafka -}}
{{- $placed := dict "PORT" "8080" "MANAGEMENT_PORT" "9090" "CORRAL_DATA_DIR" "/var/lib/corral" "CORRAL_PARTITIONS" (include "corral.envValue" $kafka.partitions) -}}
{{- if $kafka.enabled -}}
{{- $_ := set $placed "KAFKA_BROKERS" (join "," $kafka.brokers) -}}
{{- if $kafka.tls.enabled -}}{{- $_ := set $placed "KAFKA_TLS" "on" -}}{{- end -}}
{{- $mechanism := include "corral.saslMechanism" $root -}}
{{- if $mechanism -}}{{- $_ := set $placed "KAFKA_SASL_MECHANISM" $mechanism -}}{{- end -}}
{{- end -}}
{{- range $name, $text := $placed -}}
{{- if has $name $reads -}}{{- $_ := set $env $name $text -}}{{- end -}}
{{- end -}}
{{- toYaml $env -}}
{{- end }}

{{/* How to log in at Kafka: Strimzi's users know best. */}}
{{- define "corral.saslMechanism" -}}
{{- $kafka := .Values.kafka -}}
{{- if and $kafka.strimzi.enabled $kafka.strimzi.users.enabled -}}
{{- if eq $kafka.strimzi.users.authentication "scram-sha-512" }}scram-sha-512{{ end -}}
{{- else -}}
{{- $kafka.sasl.mechanism -}}
{{- end -}}
{{- end }}

{{/* The secret settings of a program, as YAML of name to {secret, key} or {text}: dict root, component, values. */}}
{{- define "corral.secretEnv" -}}
{{- $root := .root -}}
{{- $values := .root.Values -}}
{{- $kafka := $values.kafka -}}
{{- $known := $root.Files.Get "files/settings.json" | fromJson -}}
{{- $reads := index $known.programs .component -}}
{{- $database := include "corral.databaseSecret" . | fromYaml -}}
{{- $placed := dict "DATABASE_URL" $database -}}
{{- $_ := set $placed "CORRAL_TOKEN_SECRET" (dict "secret" $values.auth.existingSecret "key" $values.auth.keys.tokenSecret) -}}
{{- if $values.auth.keys.bootstrapApiKey -}}
{{- $_ := set $placed "CORRAL_BOOTSTRAP_API_KEY" (dict "secret" $values.auth.existingSecret "key" $values.auth.keys.bootstrapApiKey) -}}
{{- end -}}
{{- if $kafka.enabled -}}
{{- $user := include "corral.nameOf" . -}}
{{- $strimzi := and $kafka.strimzi.enabled $kafka.strimzi.users.enabled -}}
{{- $own := default dict .values.kafka -}}
{{- if eq (include "corral.saslMechanism" $root) "" -}}
{{- else if and $strimzi (not $own.existingSecret) -}}
{{- $_ := set $placed "KAFKA_SASL_USERNAME" (dict "text" $user) -}}
{{- $_ := set $placed "KAFKA_SASL_PASSWORD" (dict "secret" $user "key" "password") -}}
{{- else -}}
{{- $secret := default $kafka.sasl.existingSecret $own.existingSecret -}}
{{- $_ := set $placed "KAFKA_SASL_USERNAME" (dict "secret" $secret "key" $kafka.sasl.usernameKey) -}}
{{- $_ := set $placed "KAFKA_SASL_PASSWORD" (dict "secret" $secret "key" $kafka.sasl.passwordKey) -}}
{{- end -}}
{{- if $kafka.tls.enabled -}}
{{- if $kafka.tls.caSecret -}}{{- $_ := set $placed "KAFKA_TLS_CA" (dict "secret" $kafka.tls.caSecret "key" $kafka.tls.caKey) -}}{{- end -}}
{{- $client := $kafka.tls.clientSecret -}}
{{- if and $strimzi (eq $kafka.strimzi.users.authentication "tls") -}}{{- $client = $user -}}{{- end -}}
{{- if $client -}}
{{- $_ := set $placed "KAFKA_TLS_CERT" (dict "secret" $client "key" $kafka.tls.certKey) -}}
{{- $_ := set $placed "KAFKA_TLS_KEY" (dict "secret" $client "key" $kafka.tls.keyKey) -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- $env := dict -}}
{{- range $name, $from := $placed -}}
{{- if has $name $reads -}}{{- $_ := set $env $name $from -}}{{- end -}}
{{- end -}}
{{- toYaml $env -}}
{{- end }}

{{/* Where a component's PostgreSQL URL is: its own, that of the migrations for maintenance, or everybody's. */}}
{{- define "corral.databaseSecret" -}}
{{- $all := .root.Values.database -}}
{{- $own := .values.database -}}
{{- $base := dict "existingSecret" $all.existingSecret "key" $all.key -}}
{{- if eq .component "maintenance" -}}
{{- $migrations := .root.Values.migrations.database -}}
{{- $base = dict "existingSecret" (default $all.existingSecret $migrations.existingSecret) "key" (default $all.key $migrations.key) -}}
{{- end -}}
secret: {{ default $base.existingSecret $own.existingSecret | quote }}
key: {{ default $base.key $own.key | quote }}
{{- end }}

{{/* `env` of a container: secrets by file or by reference, then what the operator adds: dict root, component, values, inline (true: plain settings too). */}}
{{- define "corral.env" -}}
{{- $root := .root -}}
{{- $files := eq $root.Values.secrets.mountAs "files" -}}
{{- $plain := include "corral.plainEnv" . | fromYaml -}}
{{- if .inline -}}
{{- range $name, $text := $plain }}
- name: {{ $name }}
  value: {{ $text | quote }}
{{- end -}}
{{- end -}}
{{- range $name, $from := include "corral.secretEnv" . | fromYaml }}
{{- if hasKey $from "text" }}
- name: {{ $name }}
  value: {{ $from.text | quote }}
{{- else if $files }}
- name: {{ $name }}_FILE
  value: {{ printf "/etc/corral/secrets/%s" $name | quote }}
{{- else }}
- name: {{ $name }}
  valueFrom:
    secretKeyRef:
      name: {{ $from.secret | quote }}
      key: {{ $from.key | quote }}
{{- end -}}
{{- end -}}
{{- with concat $root.Values.pods.extraEnv (default list .values.extraEnv) }}
{{ toYaml . }}
{{- end -}}
{{- end }}

{{/* The projected volume of secrets, one file per setting. */}}
{{- define "corral.secretSources" -}}
{{- $sources := list -}}
{{- range $name, $from := include "corral.secretEnv" . | fromYaml -}}
{{- if $from.secret -}}
{{- $sources = append $sources (dict "secret" (dict "name" $from.secret "items" (list (dict "key" $from.key "path" $name)))) -}}
{{- end -}}
{{- end -}}
{{- toYaml $sources -}}
{{- end }}

{{- define "corral.volumes" -}}
- name: tmp
  emptyDir:
    sizeLimit: 64Mi
{{- if .values.dataVolumeSize }}
- name: data
  emptyDir:
    sizeLimit: {{ .values.dataVolumeSize | quote }}
{{- end }}
{{- if eq .root.Values.secrets.mountAs "files" }}
- name: secrets
  projected:
    defaultMode: 288 # 0440, in the notation every YAML reader agrees on
    sources:
      {{- include "corral.secretSources" . | nindent 6 }}
{{- end }}
{{- with .root.Values.pods.extraVolumes }}
{{ toYaml . }}
{{- end }}
{{- end }}

{{- define "corral.volumeMounts" -}}
- name: tmp
  mountPath: /tmp
{{- if .values.dataVolumeSize }}
- name: data
  mountPath: /var/lib/corral
{{- end }}
{{- if eq .root.Values.secrets.mountAs "files" }}
- name: secrets
  mountPath: /etc/corral/secrets
  readOnly: true
{{- end }}
{{- with .root.Values.pods.extraVolumeMounts }}
{{ toYaml . }}
{{- end }}
{{- end }}
