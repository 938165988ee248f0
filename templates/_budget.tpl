{#- The spec of a PodDisruptionBudget: one of the two bounds. Percentages are text, counts are not. #}
{%- macro budget(b, component) -%}
selector:
  matchLabels:
    {{- selectorLabels(component) | nindent(4) }}
{%- if not (b.maxUnavailable | kindIs("invalid")) %}
maxUnavailable: {{ bound(b.maxUnavailable) }}
{%- elif not (b.minAvailable | kindIs("invalid")) %}
minAvailable: {{ bound(b.minAvailable) }}
{%- else %}
{{- fail(printf("%s.podDisruptionBudget needs minAvailable or maxUnavailable", component)) }}
{%- endif %}
{%- if b.unhealthyPodEvictionPolicy %}
unhealthyPodEvictionPolicy: {{ b.unhealthyPodEvictionPolicy }}
{%- endif %}
{%- endmacro %}

{#- A count is a number, a percentage is text. #}
{%- macro bound(b) -%}
{%- if b | toString | contains("%") %}
{{- b | quote }}
{%- else %}
{{- b | int64 }}
{%- endif %}
{%- endmacro %}
