{#- What every Service of the chart has in common. `s` is its settings. #}
{#- A Service's name is a DNS label that begins with a letter: refused here, or the API server refuses half a release. #}
{%- macro serviceName(suffix) -%}
{%- set full = printf("%s-%s", fullname(), suffix) %}
{%- if not (full | regexMatch("^[a-z]([-a-z0-9]{0,61}[a-z0-9])?$")) %}
{{- fail(printf("a Service cannot be named %q: such a name has at most 63 characters, begins with a letter and holds no dots; set fullnameOverride to at most %d such characters", full, sub(62, suffix | len))) }}
{%- endif %}
{{- full }}
{%- endmacro %}

{#- What every Service has in its metadata. #}
{%- macro serviceMetadata(s, component) -%}
namespace: {{ release.namespace | quote }}
labels:
  {{- labelsAnd(component, s.labels) | nindent(2) }}
{%- if s.annotations %}
annotations:
  {{- s.annotations | toYaml | nindent(2) }}
{%- endif %}
{%- endmacro %}

{%- macro serviceSpec(s, component) -%}
selector:
  {{- selectorLabels(component) | nindent(2) }}
{%- if s.type %}
type: {{ s.type }}
{%- endif %}
{%- if s.ipFamilyPolicy %}
ipFamilyPolicy: {{ s.ipFamilyPolicy }}
{%- endif %}
{%- endmacro %}

{#- "true" where the metrics have a Service: where one is asked for, or a ServiceMonitor needs it. #}
{%- macro metricsService() -%}
{%- if values.prometheus.metrics.enable and (values.prometheus.service.create or values.prometheus.serviceMonitor.create) %}
{{- "true" }}
{%- endif %}
{%- endmacro %}
