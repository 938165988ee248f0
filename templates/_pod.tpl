{#- What the pods of controller and webhook have in common. `c` is values.controller or values.webhook. #}

{#- The first arguments: the subcommand, logging, namespaces (none where all are watched). #}
{%- macro firstArgs(c, command) -%}
- {{ command }}
- start
{%- if c.logLevel %}
- --zap-log-level={{ logLevel(c.logLevel) }}
{%- endif %}
{%- if c.logEncoder %}
- --zap-encoder={{ c.logEncoder }}
{%- endif %}
{%- if not watchesAll() %}
{%- if values.spark.jobNamespaces %}
- {{ printf("--namespaces=%s", values.spark.jobNamespaces | join(",")) | quote }}
{%- endif %}
{%- if values.spark.jobNamespaceSelector %}
- {{ printf("--namespace-selector=%s", values.spark.jobNamespaceSelector) | quote }}
{%- endif %}
{%- endif %}
{%- endmacro %}

{#- Arguments of the metrics endpoint, where it is on. #}
{%- macro metricsArgs() -%}
{%- set metrics = values.prometheus.metrics -%}
- --enable-metrics=true
- --metrics-bind-address=:{{ metrics.port | int64 }}
- {{ printf("--metrics-endpoint=%s", metrics.endpoint) | quote }}
- {{ printf("--metrics-prefix=%s", metrics.prefix | default("")) | quote }}
- {{ printf("--metrics-labels=%s", metrics.labels | default("app_type")) | quote }}
{%- if metrics.secure %}
- --secure-metrics=true
{%- endif %}
{%- if metrics.tls.minVersion %}
- --metric-tls-min-version={{ metrics.tls.minVersion }}
{%- endif %}
{%- if metrics.tls.cipherSuites %}
- {{ printf("--metric-tls-cipher-suites=%s", metrics.tls.cipherSuites | join(",")) | quote }}
{%- endif %}
{%- endmacro %}

{#- The last arguments: probes, the API client, and whatever the user adds. #}
{%- macro lastArgs(c) -%}
- --health-probe-bind-address=:{{ c.healthPort | int64 }}
{%- if not (c.kubeAPIQPS | kindIs("invalid")) %}
- --kube-api-qps={{ c.kubeAPIQPS | toJson }}
{%- endif %}
{%- if not (c.kubeAPIBurst | kindIs("invalid")) %}
- --kube-api-burst={{ c.kubeAPIBurst | int64 }}
{%- endif %}
{%- if c.extraArgs %}
{%- for arg in c.extraArgs %}
- {{ arg | quote }}
{%- endfor %}
{%- endif %}
{%- endmacro %}

{%- macro probes(c) -%}
livenessProbe:
  httpGet:
    path: /healthz
    port: {{ c.healthPort | int64 }}
    scheme: HTTP
  {{- probeTiming(c.livenessProbe) | nindent(2) }}
readinessProbe:
  httpGet:
    path: /readyz
    port: {{ c.healthPort | int64 }}
    scheme: HTTP
  {{- probeTiming(c.readinessProbe) | nindent(2) }}
{%- endmacro %}

{%- macro probeTiming(probe) -%}
periodSeconds: {{ probe.periodSeconds | int64 }}
timeoutSeconds: {{ probe.timeoutSeconds | int64 }}
failureThreshold: {{ probe.failureThreshold | int64 }}
{%- if probe.initialDelaySeconds %}
initialDelaySeconds: {{ probe.initialDelaySeconds | int64 }}
{%- endif %}
{%- endmacro %}

{#- Fields of the operator's container that are passed through. #}
{%- macro containerFields(c) -%}
{{ probes(c) }}
{%- if c.env %}
env:
{{ c.env | toYaml }}
{%- endif %}
{%- if c.envFrom %}
envFrom:
{{ c.envFrom | toYaml }}
{%- endif %}
{%- if c.lifecycle %}
lifecycle:
  {{- c.lifecycle | toYaml | nindent(2) }}
{%- endif %}
{%- if c.resources %}
resources:
  {{- c.resources | toYaml | nindent(2) }}
{%- endif %}
{%- if c.securityContext %}
securityContext:
  {{- c.securityContext | toYaml | nindent(2) }}
{%- endif %}
{%- endmacro %}

{#- Fields of the pod beside its containers and volumes. #}
{%- macro podFields(c, component) -%}
serviceAccountName: {{ serviceAccountName(c.serviceAccount, component) | quote }}
{%- if not (c.serviceAccount.automountServiceAccountToken | kindIs("invalid")) %}
automountServiceAccountToken: {{ c.serviceAccount.automountServiceAccountToken }}
{%- endif %}
{%- if values.image.pullSecrets %}
imagePullSecrets:
{{ values.image.pullSecrets | toYaml }}
{%- endif %}
{%- if c.nodeSelector %}
nodeSelector:
  {{- c.nodeSelector | toYaml | nindent(2) }}
{%- endif %}
{%- if c.affinity %}
affinity:
  {{- c.affinity | toYaml | nindent(2) }}
{%- endif %}
{%- if c.hostUsers | kindIs("bool") %}
hostUsers: {{ c.hostUsers }}
{%- endif %}
{%- if c.hostNetwork %}
hostNetwork: true
{%- endif %}
{%- if c.dnsPolicy %}
dnsPolicy: {{ c.dnsPolicy }}
{%- endif %}
{%- if c.dnsConfig %}
dnsConfig:
  {{- c.dnsConfig | toYaml | nindent(2) }}
{%- endif %}
{%- if c.hostAliases %}
hostAliases:
{{ c.hostAliases | toYaml }}
{%- endif %}
{%- if c.tolerations %}
tolerations:
{{ c.tolerations | toYaml }}
{%- endif %}
{%- if c.priorityClassName %}
priorityClassName: {{ c.priorityClassName | quote }}
{%- endif %}
{%- if c.runtimeClassName %}
runtimeClassName: {{ c.runtimeClassName | quote }}
{%- endif %}
{%- if c.schedulerName %}
schedulerName: {{ c.schedulerName | quote }}
{%- endif %}
{%- if not (c.enableServiceLinks | kindIs("invalid")) %}
enableServiceLinks: {{ c.enableServiceLinks }}
{%- endif %}
{%- if c.shareProcessNamespace %}
shareProcessNamespace: true
{%- endif %}
{%- if not (c.terminationGracePeriodSeconds | kindIs("invalid")) %}
terminationGracePeriodSeconds: {{ c.terminationGracePeriodSeconds | int64 }}
{%- endif %}
{%- if c.podSecurityContext %}
securityContext:
  {{- c.podSecurityContext | toYaml | nindent(2) }}
{%- endif %}
{%- if c.topologySpreadConstraints %}
topologySpreadConstraints:
{%- for constraint in c.topologySpreadConstraints %}
{%- if get(constraint, "labelSelector") %}
{{ list(constraint) | toYaml }}
{%- else %}
{{ list(merge(omit(constraint, "labelSelector"), dict("labelSelector", dict("matchLabels", selectorLabels(component) | fromYaml)))) | toYaml }}
{%- endif %}
{%- endfor %}
{%- endif %}
{%- endmacro %}

{#- Annotations for Prometheus' own discovery, as JSON. #}
{%- macro scrapeAnnotations() -%}
{%- set metrics = values.prometheus.metrics %}
{%- set annotations = dict("prometheus.io/scrape", "true", "prometheus.io/port", metrics.port | int64 | toString, "prometheus.io/path", metrics.endpoint) %}
{%- if metrics.secure %}
{{- merge(annotations, dict("prometheus.io/scheme", "https")) | toJson }}
{%- else %}
{{- annotations | toJson }}
{%- endif %}
{%- endmacro %}

{#- The container's mounts: refused where the volume is gone, since Kubernetes would refuse the pod. #}
{%- macro mountsOf(c, component) -%}
{%- for mount in c.volumeMounts %}
{%- if not (volumeNames(c) | contains(printf(",%s,", get(mount, "name") | toString))) %}
{{- fail(printf("%s.volumeMounts mounts %q, which is not among %s.volumes: setting one of the lists replaces all of it", component, get(mount, "name") | toString, component)) }}
{%- endif %}
{%- endfor %}
{{- c.volumeMounts | toYaml }}
{%- endmacro %}

{%- macro volumeNames(c) -%}
{%- if c.volumes %}
{%- for volume in c.volumes %},{{ get(volume, "name") | toString }},{% endfor %}
{%- endif %}
{%- endmacro %}

{#- Two servers of a pod cannot listen on one port. #}
{%- macro portsDiffer(component, port) -%}
{%- if values.prometheus.metrics.enable and (values.prometheus.metrics.port | int64) == (port | int64) %}
{{- fail(printf("%s: port %d is given to the metrics and to something else; see prometheus.metrics.port, healthPort and port", component, port | int64)) }}
{%- endif %}
{%- endmacro %}
