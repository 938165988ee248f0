{#- What the controller does in job namespaces, and so what it may do there. No wildcards, no escalation verbs. #}
{%- macro controllerJobRules() -%}
{%- set c = values.controller -%}
- apiGroups:
    - ""
  resources:
    - pods
  verbs:
    - get
    - list
    - watch
    - create
    - update
    - delete
- apiGroups:
    - ""
  resources:
    - configmaps
  verbs:
    - get
    - list
    - watch
    - create
    - update
    - patch
- apiGroups:
    - ""
  resources:
    - services
  verbs:
    - get
    - list
    - watch
    - create
    - update
    - patch
    - delete
{%- if usesSubmitter("native") %}
- apiGroups:
    - ""
  resources:
    - persistentvolumeclaims
  verbs:
    - get
    - create
- apiGroups:
    - networking.k8s.io
  resources:
    - networkpolicies
  verbs:
    - get
    - create
{%- endif %}
{%- if usesSubmitter("spark-submit") %}
- apiGroups:
    - ""
  resources:
    - persistentvolumeclaims
  verbs:
    - create
    - patch
- apiGroups:
    - networking.k8s.io
  resources:
    - networkpolicies
  verbs:
    - create
    - patch
{%- endif %}
- apiGroups:
    - ""
    - events.k8s.io
  resources:
    - events
  verbs:
    - create
    - update
    - patch
- apiGroups:
    - networking.k8s.io
  resources:
    - ingresses
  verbs:
    - get
    - create
    - update
    - delete
- apiGroups:
    - sparkoperator.k8s.io
  resources:
    - sparkapplications
  verbs:
    - get
    - list
    - watch
    - create
    - delete
- apiGroups:
    - sparkoperator.k8s.io
  resources:
    - scheduledsparkapplications
    - sparkconnects
  verbs:
    - get
    - list
    - watch
- apiGroups:
    - sparkoperator.k8s.io
  resources:
    - sparkapplications/status
    - sparkconnects/status
    - scheduledsparkapplications/status
    - sparkapplications/finalizers
    - scheduledsparkapplications/finalizers
    - sparkconnects/finalizers
  verbs:
    - update
{%- if usesSubmitter("job") %}
- apiGroups:
    - ""
  resources:
    - pods/log
  verbs:
    - get
- apiGroups:
    - batch
  resources:
    - jobs
  verbs:
    - get
    - list
    - watch
    - create
    - delete
{%- endif %}
{%- if c.driverPodDisruptionBudget.enable %}
- apiGroups:
    - policy
  resources:
    - poddisruptionbudgets
  verbs:
    - get
    - list
    - watch
    - create
    - delete
{%- endif %}
{%- if c.batchScheduler.enable %}
- apiGroups:
    - scheduling.volcano.sh
    - scheduling.x-k8s.io
  resources:
    - podgroups
  verbs:
    - get
    - list
    - watch
    - create
    - update
    - delete
{%- endif %}
{%- if c.rbac.extraRules %}
{{ c.rbac.extraRules | toYaml }}
{%- endif %}
{%- endmacro %}

{#- "true" where applications may be submitted this way. #}
{%- macro usesSubmitter(type) -%}
{%- if values.submitter.type == type %}
{{- "true" }}
{%- elif (values.submitter.allowed | default(list())) | has(type) %}
{{- "true" }}
{%- elif values.submitter.rules %}
{%- for rule in values.submitter.rules %}
{%- if rule.type == type %}
{{- "true" }}
{%- endif %}
{%- endfor %}
{%- endif %}
{%- endmacro %}

{#- Rules that hold in the whole cluster; nothing where none is needed. #}
{%- macro controllerClusterRules(wide) -%}
{{- watchRules() }}
{%- if wide %}
{{ controllerJobRules() }}
{%- endif %}
{%- endmacro %}
