{#- The labels by which Kubernetes' own roles take this one in, as JSON: what may be viewed may be edited. #}
{%- macro aggregation(role) -%}
{%- set edit = dict("rbac.authorization.k8s.io/aggregate-to-edit", "true", "rbac.authorization.k8s.io/aggregate-to-admin", "true") %}
{%- if not values.userRoles.aggregate %}
{{- dict() | toJson }}
{%- elif role == "view" %}
{{- merge(edit, dict("rbac.authorization.k8s.io/aggregate-to-view", "true")) | toJson }}
{%- else %}
{{- edit | toJson }}
{%- endif %}
{%- endmacro %}
