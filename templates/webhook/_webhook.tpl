{#- One registered webhook. Where namespaces are listed and selected by label, it is registered twice: entries of a
   webhook are ANDed, and the operator watches those OR these. #}

{#- A label selector's text as matchExpressions. The schema has checked the text. #}
{%- macro selectorExpressions(text) -%}
{%- for part in regexFindAll("[^,(]+(\\([^)]*\\))?", text, -1) %}
{%- set requirement = part | trim %}
{%- if requirement | regexMatch("\\)$") %}
- key: {{ regexReplaceAll("\\s.*$", requirement, "") | quote }}
  {%- if requirement | regexMatch("\\snotin\\s*\\(") %}
  operator: NotIn
  {%- else %}
  operator: In
  {%- endif %}
  values:
    {%- for value in regexReplaceAll("^.*\\(|\\)$", requirement, "") | splitList(",") %}
    - {{ value | trim | quote }}
    {%- endfor %}
{%- elif requirement | regexMatch("^!") %}
- key: {{ requirement | trimPrefix("!") | trim | quote }}
  operator: DoesNotExist
{%- elif requirement | contains("=") %}
- key: {{ regexReplaceAll("[!=].*$", requirement, "") | trim | quote }}
  {%- if requirement | contains("!=") %}
  operator: NotIn
  {%- else %}
  operator: In
  {%- endif %}
  values:
    - {{ regexReplaceAll("^[^=]*=+", requirement, "") | trim | quote }}
{%- elif requirement %}
- key: {{ requirement | quote }}
  operator: Exists
{%- endif %}
{%- endfor %}
{%- endmacro %}

{#- Namespaces that no wide selector may match, unless they are listed: the cluster's own and the operator's. #}
{%- macro excludedNamespaces() -%}
{%- for namespace in list("kube-system", release.namespace) | uniq %}
{%- if not (values.spark.jobNamespaces | has(namespace)) %}
- {{ namespace | quote }}
{%- endif %}
{%- endfor %}
{%- endmacro %}

{%- macro notExcluded() -%}
- key: kubernetes.io/metadata.name
  operator: NotIn
  values:
    {{- excludedNamespaces() | trim | nindent(4) }}
{%- endmacro %}

{%- macro listedNamespaces(operator) -%}
- key: kubernetes.io/metadata.name
  operator: {{ operator }}
  values:
    {{- values.spark.jobNamespaces | toYaml | nindent(4) }}
{%- endmacro %}

{#- Every registration of one webhook. `kind` is mutate or validate, `object` what its name and path end in. #}
{%- macro webhook(settings, kind, object, critical, rule) -%}
{%- if settings.enable %}
{%- set listed = values.spark.jobNamespaces and not watchesAll() %}
{%- set selected = values.spark.jobNamespaceSelector and not watchesAll() %}
{%- if values.webhook.namespaceSelector %}
{{- webhookEntry(settings, kind, object, "", critical, rule) }}
  namespaceSelector:
    {{- values.webhook.namespaceSelector | toYaml | nindent(4) }}
{%- else %}
{%- if listed %}
{{- webhookEntry(settings, kind, object, "", critical, rule) }}
  namespaceSelector:
    matchExpressions:
      {{- listedNamespaces("In") | nindent(6) }}
{%- endif %}
{%- if selected %}
{%- if listed %}
{{- webhookEntry(settings, kind, object, ".selector", critical, rule) }}
{%- else %}
{{- webhookEntry(settings, kind, object, "", critical, rule) }}
{%- endif %}
  namespaceSelector:
    matchExpressions:
      {{- selectorExpressions(values.spark.jobNamespaceSelector) | trim | nindent(6) }}
      {%- if listed %}
      {{- listedNamespaces("NotIn") | nindent(6) }}
      {%- endif %}
      {%- if excludedNamespaces() %}
      {{- notExcluded() | nindent(6) }}
      {%- endif %}
{%- endif %}
{%- if watchesAll() %}
{{- webhookEntry(settings, kind, object, "", critical, rule) }}
  {%- if excludedNamespaces() %}
  namespaceSelector:
    matchExpressions:
      {{- notExcluded() | nindent(6) }}
  {%- endif %}
{%- endif %}
{%- endif %}
{%- endif %}
{%- endmacro %}

{#- One registration but for its namespace selector, which follows it. #}
{%- macro webhookEntry(settings, kind, object, variant, critical, rule) -%}
{%- set w = values.webhook %}
{%- set policy = settings.failurePolicy | default(w.failurePolicy) %}
{%- if critical and policy == "Ignore" and failOnError() == "true" %}
{{- fail(printf("webhook.failOnError and failurePolicy Ignore contradict each other for %s-%s: the first promises that nothing enters unchecked, the second lets it in; set webhook.failOnError to false, or the policy to Fail", kind, object)) }}
{%- endif %}
- name: {{ kind }}-{{ object }}{{ variant }}.sparkoperator.k8s.io
  admissionReviewVersions:
    - v1
  clientConfig:
    {%- if w.certificate.caBundle %}
    caBundle: {{ w.certificate.caBundle | replace("\n", "") | quote }}
    {%- endif %}
    service:
      name: {{ fullname() }}-webhook-svc
      namespace: {{ release.namespace | quote }}
      port: {{ w.servicePort | default(w.port) | int64 }}
      path: /{{ kind }}-{{ object }}
  sideEffects: None
  {%- if critical and w.failOnError %}
  failurePolicy: Fail
  {%- elif policy %}
  failurePolicy: {{ policy }}
  {%- endif %}
  {%- if settings.timeoutSeconds or w.timeoutSeconds %}
  timeoutSeconds: {{ settings.timeoutSeconds | default(w.timeoutSeconds) | int64 }}
  {%- endif %}
  {%- if w.matchPolicy %}
  matchPolicy: {{ w.matchPolicy }}
  {%- endif %}
  {%- if w.reinvocationPolicy and kind == "mutate" %}
  reinvocationPolicy: {{ w.reinvocationPolicy }}
  {%- endif %}
  {%- if object == "-v1-pod" %}
  objectSelector:
    {{- merge(dict(), dict("matchLabels", dict("sparkoperator.k8s.io/launched-by-spark-operator", "true")), settings.objectSelector | default(dict())) | toYaml | nindent(4) }}
  {%- elif settings.objectSelector %}
  objectSelector:
    {{- settings.objectSelector | toYaml | nindent(4) }}
  {%- endif %}
  {%- if w.matchConditions or settings.matchConditions %}
  matchConditions:
    {%- if w.matchConditions %}
    {{- w.matchConditions | toYaml | nindent(4) }}
    {%- endif %}
    {%- if settings.matchConditions %}
    {{- settings.matchConditions | toYaml | nindent(4) }}
    {%- endif %}
  {%- endif %}
  rules:
    - {{ rule | indent(6) | trim }}
{%- endmacro %}

{#- The resources of this operator that a webhook sees. #}
{%- macro sparkRule(version, resource) -%}
apiGroups:
  - sparkoperator.k8s.io
apiVersions:
  - {{ version }}
resources:
  - {{ resource }}
operations:
  - CREATE
  - UPDATE
{%- endmacro %}

{#- Pods on their way in; the object selector narrows them to those that Spark starts. #}
{%- macro podRule() -%}
apiGroups:
  - ""
apiVersions:
  - v1
resources:
  - pods
operations:
  - CREATE
{%- endmacro %}
