{#- Metadata of a hook object. `step` is its place in the order: account, role, binding, Job. #}
{%- macro hookMetadata(step, deletePolicy) -%}
labels:
  {{- labels("hook") | nindent(2) }}
annotations:
  {{- merge(dict("helm.sh/hook", values.hook.events, "helm.sh/hook-delete-policy", deletePolicy, "helm.sh/hook-weight", add(values.hook.weight | int64, step) | toString), values.hook.objectAnnotations | default(dict())) | toYaml | nindent(2) }}
{%- endmacro %}
