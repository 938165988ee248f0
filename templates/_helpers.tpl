{#- Names and labels. Every object name begins with fullname(), cut before its suffix is added, as Kubeflow's chart does. #}
{%- macro name() -%}
{{- values.nameOverride | default(chart.name) | trunc(63) | trimSuffix("-") }}
{%- endmacro %}

{%- macro fullname() -%}
{%- set base = values.nameOverride | default(chart.name) %}
{%- if values.fullnameOverride %}
{{- values.fullnameOverride | trunc(63) | trimSuffix("-") | trimSuffix(".") }}
{%- elif release.name | contains(base) %}
{{- release.name | trunc(63) | trimSuffix("-") | trimSuffix(".") }}
{%- else %}
{{- printf("%s-%s", release.name, base) | trunc(63) | trimSuffix("-") | trimSuffix(".") }}
{%- endif %}
{%- endmacro %}

{#- Cluster-scoped objects may carry a suffix, so that releases of one name in two namespaces do not clash. #}
{%- macro clusterName(component) -%}
{%- if values.clusterNameSuffix %}
{{- fullname() }}-{{ component }}-{{ values.clusterNameSuffix }}
{%- else %}
{{- fullname() }}-{{ component }}
{%- endif %}
{%- endmacro %}

{#- The name of an object that may live in a namespace it shares with other releases' objects. #}
{%- macro sharedName(base, namespace) -%}
{{- base }}
{%- if values.clusterNameSuffix and namespace and namespace != release.namespace %}
{{- printf("-%s", values.clusterNameSuffix) }}
{%- endif %}
{%- endmacro %}

{%- macro chartLabel() -%}
{{- printf("%s-%s", chart.name, chart.version) | replace("+", "_") | trunc(63) | trimSuffix("-") }}
{%- endmacro %}

{#- Selectors are immutable: name, instance and component, nothing else, ever. #}
{%- macro selectorLabels(component) -%}
app.kubernetes.io/name: {{ name() | quote }}
app.kubernetes.io/instance: {{ release.name | quote }}
{%- if component %}
app.kubernetes.io/component: {{ component }}
{%- endif %}
{%- endmacro %}

{%- macro labels(component) -%}
{{- labelsAnd(component, dict()) }}
{%- endmacro %}

{#- Labels of an object that has more of its own; they win over the common ones, unless empty. The schema keeps both off the chart's. #}
{%- macro labelsAnd(component, own) -%}
helm.sh/chart: {{ chartLabel() }}
{{ selectorLabels(component) }}
app.kubernetes.io/version: {{ chart.appVersion | quote }}
app.kubernetes.io/managed-by: {{ release.service }}
{%- if own or values.commonLabels %}
{{ merge(dict(), own | default(dict()), values.commonLabels | default(dict())) | toYaml }}
{%- endif %}
{%- endmacro %}

{#- A tag that YAML made a number of prints as it would in JSON: Helm's own printing writes 20250101 as 2.0250101e+07. #}
{%- macro tagText(tag) -%}
{%- if tag | kindIs("string") %}
{{- tag }}
{%- else %}
{{- tag | toJson }}
{%- endif %}
{%- endmacro %}

{#- registry/repository:tag@digest, each part where it is set. #}
{%- macro imageRef(registry, repository, tag, digest) -%}
{%- if registry %}
{{- registry | trimSuffix("/") }}/
{%- elif values.global %}
{%- if get(values.global, "imageRegistry") %}
{{- get(values.global, "imageRegistry") | trimSuffix("/") }}/
{%- endif %}
{%- endif %}
{{- repository }}:{{ tagText(tag | default(chart.appVersion)) }}
{%- if digest %}
{{- printf("@%s", digest) }}
{%- endif %}
{%- endmacro %}

{%- macro image() -%}
{{- imageRef(values.image.registry, values.image.repository, values.image.tag, values.image.digest) }}
{%- endmacro %}

{#- The image of a part that may have its own: a repository or tag of its own comes without the common digest. #}
{%- macro imageOf(own) -%}
{%- if own.repository or own.tag %}
{{- imageRef(own.registry | default(values.image.registry), own.repository | default(values.image.repository), own.tag | default(values.image.tag), own.digest) }}
{%- else %}
{{- imageRef(own.registry | default(values.image.registry), values.image.repository, values.image.tag, own.digest | default(values.image.digest)) }}
{%- endif %}
{%- endmacro %}

{#- Service accounts: their own name, else one derived from the release; an account that is not created has a name. #}
{%- macro serviceAccountName(account, component) -%}
{%- if account.name %}
{{- account.name }}
{%- elif account.create %}
{{- fullname() }}-{{ component }}
{%- else %}
{{- "default" }}
{%- endif %}
{%- endmacro %}

{%- macro sparkServiceAccountName(namespace) -%}
{%- set account = values.spark.serviceAccount %}
{%- if account.names %}
{{- get(account.names, namespace) | default(serviceAccountName(account, "spark")) }}
{%- else %}
{{- serviceAccountName(account, "spark") }}
{%- endif %}
{%- endmacro %}

{#- Which namespaces are watched. Both keys empty, or an entry "", means all of them. Printed as "true" or nothing. #}
{%- macro watchesAll() -%}
{%- if values.spark.jobNamespaces %}
{%- if values.spark.jobNamespaces | has("") %}
{{- "true" }}
{%- endif %}
{%- elif not values.spark.jobNamespaceSelector %}
{{- "true" }}
{%- endif %}
{%- endmacro %}

{#- Rights in all namespaces: where all are watched, and where a selector is, since rights cannot follow labels. #}
{%- macro clusterWide() -%}
{%- if watchesAll() or values.spark.jobNamespaceSelector %}
{{- "true" }}
{%- endif %}
{%- endmacro %}

{#- Feature gates as their flag takes them. #}
{%- macro featureGates() -%}
{%- if values.controller.featureGates %}
{%- for gate in values.controller.featureGates %}
{%- if not loop.first %},{% endif %}
{{- gate.name }}={{ gate.enabled }}
{%- endfor %}
{%- endif %}
{%- endmacro %}

{#- "true" where a gate is on: by its name, or by AllAlpha where its name is not in the list. #}
{%- macro gateEnabled(gate) -%}
{%- set gates = printf(",%s,", featureGates()) %}
{%- if gates | contains(printf(",%s=true,", gate)) %}
{{- "true" }}
{%- elif (gates | contains(",AllAlpha=true,")) and not (gates | contains(printf(",%s=", gate))) %}
{{- "true" }}
{%- endif %}
{%- endmacro %}

{#- Log levels 1 to 5 are names too. #}
{%- macro logLevel(level) -%}
{{- get(dict("1", "error", "2", "warn", "3", "info", "4", "debug", "5", "trace"), level | toString) | default(level | toString) }}
{%- endmacro %}

{#- The name of the Secret, in the release namespace, that holds the webhook's certificate. #}
{%- macro certificateSecretName() -%}
{%- if values.webhook.certificate.existingSecret %}
{{- values.webhook.certificate.existingSecret }}
{%- elif values.certManager.enable %}
{{- fullname() }}-webhook-cert-manager
{%- else %}
{{- values.webhook.certificate.secretName | default(printf("%s-webhook-tls", fullname())) }}
{%- endif %}
{%- endmacro %}

{#- "true" where the certificate comes from a mounted Secret, which the operator only reads. #}
{%- macro certificateMounted() -%}
{%- if values.certManager.enable or values.webhook.certificate.existingSecret %}
{{- "true" }}
{%- endif %}
{%- endmacro %}

{#- Whether an internal error of the webhook denies: as set, else unless its failure policy is Ignore. #}
{%- macro failOnError() -%}
{%- if values.webhook.failOnError | kindIs("bool") %}
{{- values.webhook.failOnError }}
{%- elif values.webhook.failurePolicy == "Ignore" %}
{{- false }}
{%- else %}
{{- true }}
{%- endif %}
{%- endmacro %}
