//! Faults of the printer, as changes of what it printed. Each `from` must stand in the printed file: the first is
//! replaced. A change that no value can show (a copy too few where nothing is read again) has no place here.

/// One fault.
pub struct Fault {
    /// What a wrong printer would have done.
    pub name: &'static str,
    /// Path below `templates/`.
    pub file: &'static str,
    /// What is printed.
    pub from: &'static str,
    /// What would be printed.
    pub to: &'static str,
}

const fn fault(name: &'static str, file: &'static str, from: &'static str, to: &'static str) -> Fault {
    Fault { name, file, from, to }
}

const CONTROLLER: &str = "controller/deployment.yaml";
const WEBHOOK: &str = "webhook/_webhook.tpl";

/// All of them.
pub const FAULTS: &[Fault] = &[
    fault(
        "a printed number without int64",
        CONTROLLER,
        "={{ $c.defaultTimeToLiveSeconds | int64 }}",
        "={{ $c.defaultTimeToLiveSeconds }}",
    ),
    fault("a compared number without int64", CONTROLLER, "le ($c.replicas | int64) 1", "le $c.replicas 1"),
    fault(
        "toString for int64",
        CONTROLLER,
        "ge ($c.defaultTimeToLiveSeconds | int64) 0",
        "ge ($c.defaultTimeToLiveSeconds | toString) 0",
    ),
    fault(
        "swapped operands of a comparison",
        "webhook/horizontalpodautoscaler.yaml",
        "gt ($w.autoscaling.minReplicas | int64) ($w.autoscaling.maxReplicas | int64)",
        "gt ($w.autoscaling.maxReplicas | int64) ($w.autoscaling.minReplicas | int64)",
    ),
    fault(
        "swapped arguments of has",
        "_helpers.tpl",
        r#".Values.spark.jobNamespaces | has """#,
        r#"has .Values.spark.jobNamespaces """#,
    ),
    fault(
        "swapped arguments of trimSuffix",
        "_helpers.tpl",
        r#"get .root.Values.global "imageRegistry" | trimSuffix "/""#,
        r#"trimSuffix (get .root.Values.global "imageRegistry") "/""#,
    ),
    fault(
        "a lost default",
        "webhook/service.yaml",
        "$w.servicePort | default $w.port | int64",
        "$w.servicePort | int64",
    ),
    fault("a lost newline", CONTROLLER, "-controller\n  namespace:", "-controller  namespace:"),
    fault("a newline too many", CONTROLLER, "spec:\n  replicas:", "spec:\n\n  replicas:"),
    fault("a lost dash on the left", CONTROLLER, "  {{- if $c.strategy }}", "  {{ if $c.strategy }}"),
    fault(
        "a dash too many on the right",
        CONTROLLER,
        "-lock-namespace={{ .Release.Namespace }}",
        "-lock-namespace={{ .Release.Namespace -}}",
    ),
    fault(
        "a comment that swallows a newline",
        "certmanager/issuer.yaml",
        "spec:\n  selfSigned",
        "spec: {{- /* why */ -}}\n  selfSigned",
    ),
    fault(
        "an indentation two too deep",
        CONTROLLER,
        r#""component" "controller") | nindent 6"#,
        r#""component" "controller") | nindent 8"#,
    ),
    fault("a lost trim", "webhook/mutatingwebhookconfiguration.yaml", "| trim | nindent 2", "| nindent 2"),
    fault(
        "the scope instead of the root",
        "_helpers.tpl",
        ".root.Chart.AppVersion | quote",
        ".Chart.AppVersion | quote",
    ),
    fault(
        "the scope handed on as the root",
        "_helpers.tpl",
        r#"include "spark-operator.chartLabel" .root"#,
        r#"include "spark-operator.chartLabel" $"#,
    ),
    fault(
        "the root of a define that has no parameters",
        "_helpers.tpl",
        ".Values.nameOverride | default .Chart.Name | trunc",
        ".root.Values.nameOverride | default .Chart.Name | trunc",
    ),
    fault(
        "the dot instead of a name in a loop",
        "_network.tpl",
        "- port: {{ $port | int64 }}",
        "- port: {{ $policy | int64 }}",
    ),
    fault(
        "swapped names of a loop",
        "_helpers.tpl",
        "range $gateIndex, $gate :=",
        "range $gate, $gateIndex :=",
    ),
    fault("eq for ne", "prometheus/_endpoint.tpl", r#"ne $path "/metrics""#, r#"eq $path "/metrics""#),
    fault(
        "a lost not",
        "webhook/deployment.yaml",
        "if not $w.autoscaling.enable",
        "if $w.autoscaling.enable",
    ),
    fault(
        "a not that binds too tightly",
        WEBHOOK,
        "not ($.Values.spark.jobNamespaces | has $namespace)",
        "not $.Values.spark.jobNamespaces | has $namespace",
    ),
    fault("and for or", "webhook/rbac.yaml", "if or $home (not $mounted)", "if and $home (not $mounted)"),
    fault("or for and", "controller/rbac.yaml", "if and $wide $jobs", "if or $wide $jobs"),
    fault(
        "a lost else",
        CONTROLLER,
        "{{- else }}\n            - --leader-election=false",
        "            - --leader-election=false",
    ),
    fault(
        "else for else if",
        "_helpers.tpl",
        "{{- else if .account.create }}\n",
        "{{- else if not .account.create }}\n",
    ),
    fault(
        "a wrong name of a define",
        "_pod.tpl",
        r#"define "spark-operator.probeTiming""#,
        r#"define "spark-operator.probe""#,
    ),
    fault(
        "a wrong name of a parameter",
        "_pod.tpl",
        r#""account" .c.serviceAccount"#,
        r#""accounts" .c.serviceAccount"#,
    ),
    fault(
        "a parameter that is not handed on",
        "_rbac.tpl",
        r#""root" .root "component" .component"#,
        r#""root" .root"#,
    ),
    fault(
        "a dropped quote",
        "_pod.tpl",
        r#"(.root.Values.spark.jobNamespaces | join ",") | quote"#,
        r#"(.root.Values.spark.jobNamespaces | join ",")"#,
    ),
    fault("a number printed as text", "prometheus/dashboard.yaml", r#""x" 0 "y" 0"#, r#""x" "0" "y" 0"#),
    fault(
        "a raw string that was escaped once more",
        WEBHOOK,
        r"regexReplaceAll `\s.*$`",
        r#"regexReplaceAll "\\\\s.*$""#,
    ),
    fault("a raw string that became an escaped one", WEBHOOK, r"regexMatch `\)$`", r#"regexMatch "\)$""#),
    fault(
        "set scoped in a condition",
        WEBHOOK,
        "{{- $policy := .settings.failurePolicy | default $w.failurePolicy }}",
        r#"{{- $policy := "" }}{{- if true }}{{- $policy := .settings.failurePolicy | default $w.failurePolicy }}{{- end }}"#,
    ),
    fault(
        "merge into the user's own map",
        "prometheus/_alerts.tpl",
        "merge (dict) (deepCopy (.root.Values.prometheus.prometheusRule.alertLabels | default (dict)))",
        "merge (.root.Values.prometheus.prometheusRule.alertLabels | default (dict))",
    ),
    fault(
        "a key in lower case",
        CONTROLLER,
        "namespace: {{ .Release.Namespace | quote }}",
        "namespace: {{ .Release.namespace | quote }}",
    ),
    fault(
        "a test for null that was turned round",
        CONTROLLER,
        r#"not ($c.maxTrackedExecutorPerApp | kindIs "invalid")"#,
        r#"$c.maxTrackedExecutorPerApp | kindIs "invalid""#,
    ),
];
