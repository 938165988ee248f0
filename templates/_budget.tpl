{#- The spec of a PodDisruptionBudget: one of the two bounds. Percentages are text, counts are not. #}
{%- macro budget(b, component) -%}
selector:
  matchLabels:
    {{- selectorLabels(component) | nindent(4) }}
{%- if not (b.maxUnavailable | kindIs("invalid")) %}
maxUnavailable: {{ b.maxUnavailable | toJson }}
{%- elif not (b.minAvailable | kindIs("invalid")) %}
minAvailable: {{ b.minAvailable | toJson }}
{%- endif %}
{%- if b.unhealthyPodEvictionPolicy %}
unhealthyPodEvictionPolicy: {{ b.unhealthyPodEvictionPolicy }}
{%- endif %}
{%- endmacro %}
