{{/* What cannot work is refused before anything is installed, with a sentence that says what to do. */}}
{{- define "corral.validate" -}}
{{- $values := .Values -}}
{{- if and (not $values.database.existingSecret) -}}
{{- fail "database.existingSecret is not set: make a Secret with the URL of PostgreSQL (kubectl create secret generic corral-database --from-literal=uri=postgres://…) and name it there." -}}
{{- end -}}
{{- if not $values.auth.existingSecret -}}
{{- fail "auth.existingSecret is not set: make a Secret with a token secret of 32 characters or more (kubectl create secret generic corral-auth --from-literal=token-secret=$(openssl rand -base64 48)) and name it there." -}}
{{- end -}}
{{- if and $values.kafka.enabled (not $values.kafka.brokers) -}}
{{- fail "kafka.brokers is empty: list the brokers as host:port, or set kafka.enabled=false to keep the log in PostgreSQL." -}}
{{- end -}}
{{- end }}
