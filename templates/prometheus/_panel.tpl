{#- One panel of the dashboard: a time series of one query, at a place in a grid of 24 columns. #}
{%- macro panel(id, title, unit, x, y, query, legend) -%}
{{ dict("id", id, "type", "timeseries", "title", title, "gridPos", dict("h", 8, "w", 12, "x", x, "y", y), "datasource", dict("type", "prometheus", "uid", "${datasource}"), "fieldConfig", dict("defaults", dict("unit", unit), "overrides", list()), "targets", list(dict("refId", "A", "expr", query, "legendFormat", legend))) | toJson }}
{%- endmacro %}
