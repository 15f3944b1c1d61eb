{{/* What cannot work is refused before anything is installed, with a sentence that says what to do. */}}
{{- define "corral.validate" -}}
{{- $values := .Values -}}
{{- $kafka := $values.kafka -}}
{{- $strimzi := $kafka.strimzi -}}
{{- include "corral.refuseMoved" . -}}
{{- if not $values.database.existingSecret -}}
{{- fail "database.existingSecret is not set: make a Secret with the URL of PostgreSQL (kubectl create secret generic corral-database --from-literal=uri=postgres://…) and name it there." -}}
{{- end -}}
{{- if not $values.auth.existingSecret -}}
{{- fail "auth.existingSecret is not set: make a Secret with a token secret of 32 characters or more (kubectl create secret generic corral-auth --from-literal=token-secret=$(openssl rand -base64 48)) and name it there." -}}
{{- end -}}
{{- if eq ($values.image.tag | toString) "latest" -}}
{{- fail "image.tag is latest, which is another image tomorrow: name a version, or leave it empty for the chart's own." -}}
{{- end -}}
{{- if $kafka.enabled -}}
{{- if not $kafka.brokers -}}
{{- fail "kafka.brokers is empty: list the brokers as host:port, or set kafka.enabled=false to keep the log in PostgreSQL." -}}
{{- end -}}
{{- if and $kafka.sasl.mechanism (not $kafka.sasl.existingSecret) (not (and $strimzi.enabled $strimzi.users.enabled)) -}}
{{- fail "kafka.sasl.mechanism is set without kafka.sasl.existingSecret: name the Secret with user and password, or let Strimzi make users with kafka.strimzi.enabled=true." -}}
{{- end -}}
{{- if $strimzi.enabled -}}
{{- if not $strimzi.cluster -}}
{{- fail "kafka.strimzi.enabled needs kafka.strimzi.cluster: the name of the Kafka object that shall own the topics and users." -}}
{{- end -}}
{{- if gt ($strimzi.minInSyncReplicas | int) ($strimzi.replicas | int) -}}
{{- fail (printf "kafka.strimzi.minInSyncReplicas (%d) is more than kafka.strimzi.replicas (%d): nothing could ever be appended; lower the first or raise the second." ($strimzi.minInSyncReplicas | int) ($strimzi.replicas | int)) -}}
{{- end -}}
{{- if and $strimzi.users.enabled (eq $values.migrations.mode "hook") -}}
{{- fail "migrations.mode=hook runs before Strimzi has made the users it logs in as: set migrations.mode=job." -}}
{{- end -}}
{{- if and (eq $strimzi.users.authentication "tls") $strimzi.users.enabled (not $kafka.tls.enabled) -}}
{{- fail "kafka.strimzi.users.authentication=tls needs kafka.tls.enabled=true: the certificate is the login." -}}
{{- end -}}
{{- end -}}
{{- else if $strimzi.enabled -}}
{{- fail "kafka.strimzi.enabled without kafka.enabled: there is no Kafka to make topics in; set kafka.enabled=true, or kafka.strimzi.enabled=false." -}}
{{- end -}}
{{- range $component, $facts := include "corral.components" . | fromYaml -}}
{{- $own := index $values $component -}}
{{- $scaling := $own.autoscaling -}}
{{- $keda := and $facts.group $scaling.keda.enabled -}}
{{- if and $keda $scaling.hpa.enabled -}}
{{- fail (printf "%s.autoscaling has both hpa and keda enabled: two scalers would fight over one Deployment; disable one of them." $component) -}}
{{- end -}}
{{- if and $keda (not $kafka.enabled) -}}
{{- fail (printf "%s.autoscaling.keda scales on the lag of Kafka, and kafka.enabled is false: use %s.autoscaling.hpa, or fixed replicas." $component $component) -}}
{{- end -}}
{{- if gt ($scaling.minReplicas | int) ($scaling.maxReplicas | int) -}}
{{- fail (printf "%s.autoscaling.minReplicas (%d) is more than its maxReplicas (%d): lower the first or raise the second." $component ($scaling.minReplicas | int) ($scaling.maxReplicas | int)) -}}
{{- end -}}
{{- if $facts.group -}}
{{- if and (or $keda $scaling.hpa.enabled) (gt ($scaling.maxReplicas | int) ($kafka.partitions | int)) -}}
{{- fail (printf "%s.autoscaling.maxReplicas (%d) is more than kafka.partitions (%d): a partition has one owner, the others would idle; lower maxReplicas to %d." $component ($scaling.maxReplicas | int) ($kafka.partitions | int) ($kafka.partitions | int)) -}}
{{- end -}}
{{- if gt ($own.replicas | int) ($kafka.partitions | int) -}}
{{- fail (printf "%s.replicas (%d) is more than kafka.partitions (%d): a partition has one owner, the others would idle; lower replicas to %d." $component ($own.replicas | int) ($kafka.partitions | int) ($kafka.partitions | int)) -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- $stop := (.Files.Get "files/settings.json" | fromJson).exitWithinSeconds | int -}}
{{- $needed := add ($values.pods.preStopSleepSeconds | int) $stop -}}
{{- if le ($values.pods.terminationGracePeriodSeconds | int) ($needed | int) -}}
{{- fail (printf "pods.terminationGracePeriodSeconds (%d) must be more than pods.preStopSleepSeconds and the %d s in which a program stops (%d): raise it, or pods would be killed while they finish." ($values.pods.terminationGracePeriodSeconds | int) $stop ($needed | int)) -}}
{{- end -}}
{{- if $values.ingress.enabled -}}
{{- if not $values.ingress.hosts -}}{{- fail "ingress.enabled needs ingress.hosts: list the host names under which Corral is reached." -}}{{- end -}}
{{- if not $values.ingress.className -}}{{- fail "ingress.enabled needs ingress.className: the name of an IngressClass (kubectl get ingressclass)." -}}{{- end -}}
{{- end -}}
{{- if and $values.httpRoute.enabled (not $values.httpRoute.parentRefs) -}}
{{- fail "httpRoute.enabled needs httpRoute.parentRefs: the Gateways that shall take the route, as [{name: …, namespace: …}]." -}}
{{- end -}}
{{- if and $values.externalSecrets.enabled (not $values.externalSecrets.storeRef.name) -}}
{{- fail "externalSecrets.enabled needs externalSecrets.storeRef.name: the SecretStore or ClusterSecretStore to read from." -}}
{{- end -}}
{{- include "corral.refuseMissingOperators" . -}}
{{- include "corral.refuseDataLoss" . -}}
{{- end }}

{{/* On a cluster (an install, an upgrade, `--api-versions`) an operator that is not there is named, before half of the release exists. */}}
{{- define "corral.refuseMissingOperators" -}}
{{- $values := .Values -}}
{{- $keda := false -}}
{{- range list "history" "geofence" "notification" -}}
{{- if ((index $values .).autoscaling.keda).enabled -}}{{- $keda = true -}}{{- end -}}
{{- end -}}
{{- $wanted := list
  (list $keda "keda.sh/v1alpha1" "autoscaling.keda" "KEDA (https://keda.sh)")
  (list (and $values.kafka.enabled $values.kafka.strimzi.enabled) "kafka.strimzi.io/v1" "kafka.strimzi" "Strimzi 0.49 or later (https://strimzi.io)")
  (list $values.externalSecrets.enabled "external-secrets.io/v1" "externalSecrets" "the External Secrets operator (https://external-secrets.io)")
  (list $values.httpRoute.enabled "gateway.networking.k8s.io/v1" "httpRoute" "the CRDs of the Gateway API (https://gateway-api.sigs.k8s.io)")
  (list (or $values.monitoring.podMonitor.enabled $values.monitoring.rules.enabled) "monitoring.coreos.com/v1" "monitoring" "the Prometheus operator (https://prometheus-operator.dev)") -}}
{{- /* `helm template` knows no cluster: only a list that has some API beyond Kubernetes' own says something about one. */}}
{{- $knows := or (.Capabilities.APIVersions.Has "apiextensions.k8s.io/v1/CustomResourceDefinition") (.Capabilities.APIVersions.Has "corral.test/cluster") -}}
{{- if $knows -}}
{{- range $wanted -}}
{{- if and (index . 0) (not ($.Capabilities.APIVersions.Has (index . 1))) -}}
{{- fail (printf "%s is enabled, but this cluster has no %s: install %s first, or turn %s off." (index . 2) (index . 1) (index . 3) (index . 2)) -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- end }}

{{/* What would lose or move data is refused while the release before it is still there to be looked at. */}}
{{- define "corral.refuseDataLoss" -}}
{{- if .Release.IsUpgrade -}}
{{- $name := include "corral.nameOf" (dict "root" . "component" "ingestion") -}}
{{- $before := (lookup "v1" "ConfigMap" .Release.Namespace $name) | default dict -}}
{{- $data := $before.data | default dict -}}
{{- with $data.CORRAL_PARTITIONS -}}
{{- if ne . (include "corral.envValue" $.Values.kafka.partitions) -}}
{{- fail (printf "kafka.partitions is %s, and this release was installed with %s: another number would move vehicles to other partitions; set kafka.partitions=%s." (include "corral.envValue" $.Values.kafka.partitions) . .) -}}
{{- end -}}
{{- end -}}
{{- if and $data.CORRAL_PARTITIONS $data.KAFKA_BROKERS (not .Values.kafka.enabled) -}}
{{- fail "kafka.enabled=false would leave this release's log in Kafka behind, with what nobody has read yet: keep kafka.enabled=true, or install a second release and drain this one." -}}
{{- end -}}
{{- end -}}
{{- end }}
