{#- Parts of roles and bindings. `c` is the section of the component. Only namespaced objects carry a namespace. #}
{%- macro rbacMetadata(c, component, namespace) -%}
labels:
  {{- labels(component) | nindent(2) }}
{%- if namespace %}
namespace: {{ namespace | quote }}
{%- endif %}
{%- if c.rbac.annotations %}
annotations:
  {{- c.rbac.annotations | toYaml | nindent(2) }}
{%- endif %}
{%- endmacro %}

{#- What a binding grants, and to whom. #}
{%- macro grant(c, component, kind, role) -%}
roleRef:
  apiGroup: rbac.authorization.k8s.io
  kind: {{ kind }}
  name: {{ role | quote }}
subjects:
  - kind: ServiceAccount
    name: {{ serviceAccountName(c.serviceAccount, component) | quote }}
    namespace: {{ release.namespace | quote }}
  {%- if c.rbac.extraSubjects %}
  {{- c.rbac.extraSubjects | toYaml | nindent(2) }}
  {%- endif %}
{%- endmacro %}

{#- The ClusterRole whose rules are bound in job namespaces, where roleKind or existingClusterRole ask for one. #}
{%- macro jobsClusterRole(c, ownName) -%}
{%- if c.rbac.existingClusterRole %}
{{- c.rbac.existingClusterRole }}
{%- elif c.rbac.roleKind == "ClusterRole" %}
{{- ownName }}-jobs
{%- endif %}
{%- endmacro %}

{#- Cluster-wide rules of both components: following a namespace selector; asking who scrapes secure metrics. #}
{%- macro watchRules() -%}
{%- if values.spark.jobNamespaceSelector and not watchesAll() %}
- apiGroups:
    - ""
  resources:
    - namespaces
  verbs:
    - get
    - list
    - watch
{%- endif %}
{%- if values.prometheus.metrics.enable and values.prometheus.metrics.secure %}
- apiGroups:
    - authentication.k8s.io
  resources:
    - tokenreviews
  verbs:
    - create
- apiGroups:
    - authorization.k8s.io
  resources:
    - subjectaccessreviews
  verbs:
    - create
{%- endif %}
{%- endmacro %}
