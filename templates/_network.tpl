{#- Who may talk to a component, and whom it may talk to: scrapers, the API server, DNS. Kubelet probes always pass. #}
{%- macro networkPolicySpec(component) -%}
{%- set policy = values.networkPolicy %}
{%- if component == "controller" and gateEnabled("RestSubmitter") and not policy.extraEgress %}
{{- fail("networkPolicy.extraEgress must let the controller reach submitter.serviceUrl when the feature gate RestSubmitter is on") }}
{%- endif -%}
podSelector:
  matchLabels:
    {{- selectorLabels(component) | nindent(4) }}
policyTypes:
  - Ingress
  - Egress
{%- if component == "webhook" or values.prometheus.metrics.enable or policy.extraIngress or values.controller.pprof.enable %}
ingress:
  {%- if component == "controller" and values.controller.pprof.enable %}
  - ports:
      - port: {{ values.controller.pprof.port | int64 }}
        protocol: TCP
  {%- endif %}
  {%- if component == "webhook" %}
  - ports:
      - port: {{ values.webhook.port | int64 }}
        protocol: TCP
    {%- if policy.webhookFrom %}
    from:
      {{- policy.webhookFrom | toYaml | nindent(6) }}
    {%- endif %}
  {%- endif %}
  {%- if values.prometheus.metrics.enable %}
  - ports:
      - port: {{ values.prometheus.metrics.port | int64 }}
        protocol: TCP
    {%- if policy.metricsFrom %}
    from:
      {{- policy.metricsFrom | toYaml | nindent(6) }}
    {%- endif %}
  {%- endif %}
  {%- if policy.extraIngress %}
  {{- policy.extraIngress | toYaml | nindent(2) }}
  {%- endif %}
{%- endif %}
egress:
  {%- if policy.extraEgress %}
  {{- policy.extraEgress | toYaml | nindent(2) }}
  {%- endif %}
  - ports:
      {%- for port in policy.apiServerPorts %}
      - port: {{ port | int64 }}
        protocol: TCP
      {%- endfor %}
    {%- if policy.apiServerTo %}
    to:
      {{- policy.apiServerTo | toYaml | nindent(6) }}
    {%- endif %}
  - ports:
      {%- for port in policy.dnsPorts %}
      - port: {{ port | int64 }}
        protocol: UDP
      - port: {{ port | int64 }}
        protocol: TCP
      {%- endfor %}
{%- endmacro %}
