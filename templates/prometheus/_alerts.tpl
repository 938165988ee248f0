{#- Labels and annotations of an alert. #}
{%- macro alertMeta(severity, summary, description) -%}
labels:
  {{- merge(dict(), values.prometheus.prometheusRule.alertLabels | default(dict()), dict("severity", severity)) | toYaml | nindent(2) }}
annotations:
  summary: {{ summary | quote }}
  description: {{ description | quote }}
{%- endmacro %}
