{#- What the webhook reads in job namespaces. #}
{%- macro webhookJobRules() -%}
- apiGroups:
    - sparkoperator.k8s.io
  resources:
    - sparkapplications
  verbs:
    - get
    - list
    - watch
{%- if values.webhook.resourceQuotaEnforcement.enable %}
- apiGroups:
    - ""
  resources:
    - resourcequotas
    - pods
  verbs:
    - get
    - list
    - watch
{%- endif %}
{%- if values.webhook.rbac.extraRules %}
{{ values.webhook.rbac.extraRules | toYaml }}
{%- endif %}
{%- endmacro %}

{#- Rules that hold in the whole cluster. #}
{%- macro webhookClusterRules(wide, mounted, configuration) -%}
{%- if not mounted %}
- apiGroups:
    - admissionregistration.k8s.io
  resources:
    - mutatingwebhookconfigurations
    - validatingwebhookconfigurations
  resourceNames:
    - {{ configuration }}
  verbs:
    - get
    - list
    - watch
    - update
{%- endif %}
{{- watchRules() }}
{%- if wide %}
{{ webhookJobRules() }}
{%- endif %}
{%- endmacro %}
