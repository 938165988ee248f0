{#- Namespaces that get Spark's account and role, as a comma-separated list: the listed ones, and those named for it. #}
{%- macro accountNamespaces() -%}
{{- without(concat(values.spark.jobNamespaces | default(list()), values.spark.accountNamespaces | default(list())) | uniq, "") | join(",") }}
{%- endmacro %}

{#- The role is named as the account, but never after the account that every pod of the namespace has. #}
{%- macro sparkRoleName(namespace) -%}
{%- set account = sparkServiceAccountName(namespace) %}
{%- if account == "default" %}
{{- fullname() }}-spark
{%- else %}
{{- account }}
{%- endif %}
{%- endmacro %}

{%- macro sparkRbacMetadata(namespace) -%}
namespace: {{ namespace | quote }}
labels:
  {{- labels("") | nindent(2) }}
{%- if values.spark.rbac.annotations %}
annotations:
  {{- values.spark.rbac.annotations | toYaml | nindent(2) }}
{%- endif %}
{%- endmacro %}
