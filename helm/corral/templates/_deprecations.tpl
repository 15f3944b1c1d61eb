{{/* Values that are no more, or that people bring along from other charts: files/moved-values.json says where each went. */}}
{{- define "corral.refuseMoved" -}}
{{- $moved := .Files.Get "files/moved-values.json" | fromJson -}}
{{- range $path, $where := $moved -}}
{{- $at := $.Values -}}
{{- $there := true -}}
{{- range splitList "." $path -}}
{{- if and $there (kindIs "map" $at) (hasKey $at .) -}}{{- $at = index $at . -}}{{- else -}}{{- $there = false -}}{{- end -}}
{{- end -}}
{{- if $there -}}{{- fail (printf "%s is no value of this chart: %s" $path $where) -}}{{- end -}}
{{- end -}}
{{- end }}
