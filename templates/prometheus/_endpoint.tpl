{#- How an endpoint is scraped. The path is written only where it is not Prometheus' own default. #}
{%- macro endpoint(e) -%}
{%- set path = e.path | default(values.prometheus.metrics.endpoint) -%}
- port: {{ values.prometheus.metrics.portName | quote }}
  {%- if e.scheme %}
  scheme: {{ e.scheme }}
  {%- elif values.prometheus.metrics.secure %}
  scheme: https
  {%- else %}
  scheme: http
  {%- endif %}
  interval: {{ e.interval | quote }}
  {%- if path != "/metrics" %}
  path: {{ path | quote }}
  {%- endif %}
  {%- if e.scrapeTimeout %}
  scrapeTimeout: {{ e.scrapeTimeout | quote }}
  {%- endif %}
  {%- if e.honorLabels %}
  honorLabels: true
  {%- endif %}
  {%- if e.relabelings %}
  relabelings:
    {{- e.relabelings | toYaml | nindent(4) }}
  {%- endif %}
  {%- if e.metricRelabelings %}
  metricRelabelings:
    {{- e.metricRelabelings | toYaml | nindent(4) }}
  {%- endif %}
  {%- if e.tlsConfig %}
  tlsConfig:
    {{- e.tlsConfig | toYaml | nindent(4) }}
  {%- endif %}
{%- endmacro %}
