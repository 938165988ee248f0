{#- What every Service of the chart has in common. `s` is its settings. #}
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
