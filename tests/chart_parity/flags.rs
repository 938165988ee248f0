//! Flags and several files on the chart's own keys: for every key of the schema flags that fit it and flags that do
//! not, and presets over presets.

use serde_json::Value as Json;
use spark_operator::values::{PRESETS, SetKind};

use super::generated::all_apis;
use super::helm::Case;
use super::keys;

/// Flags that more than one kind of key may be given, and what real users write.
const WRITTEN: [&[(SetKind, &str)]; 27] = {
    use SetKind::{Json as J, Literal as L, String as S, Typed as T};
    [
        &[(T, "image.tag=4.0"), (S, "image.registry=1e6")],
        &[(T, "image.tag=1000000")],
        &[(S, "image.tag=1000000")],
        &[(T, "image.tag=0123")],
        &[(J, "image.tag=1e6")],
        &[(J, "image.tag=1000000"), (T, "image.tag=null")],
        &[(T, "spark.jobNamespaces={default,team-a,team-b}")],
        &[(T, "spark.jobNamespaces[1]=team-a")],
        &[(T, "spark.jobNamespaces[0]=team-a,spark.jobNamespaces[1]=team-b")],
        &[(T, "spark.jobNamespaces={}"), (T, "spark.jobNamespaces[0]=x")],
        &[(J, "spark.jobNamespaces=[\"a\",\"b\"]"), (T, "spark.jobNamespaces[0]=c")],
        &[(T, "commonLabels.team=data,commonLabels.cost\\.center/id=12")],
        &[(S, "commonLabels.team=12,commonLabels.on=true")],
        &[(L, "commonLabels.team=a,b")],
        &[(T, "controller.env[0].name=A,controller.env[0].value=b\\,c")],
        &[(J, "controller.env=[{\"name\":\"A\",\"value\":\"{{ .Release.Name }}\"}]")],
        &[(T, "controller.resources.limits.cpu=1000000")],
        &[(T, "controller.resources.limits.memory=1Gi,controller.resources.requests.cpu=100m")],
        &[(J, "controller.resources={\"limits\":{\"cpu\":1.5,\"memory\":2000000000}}")],
        &[(T, "controller.nodeSelector.disk=ssd"), (T, "controller.nodeSelector.disk=null")],
        &[(J, "controller.tolerations=[{\"key\":\"a\",\"tolerationSeconds\":3600000}]")],
        &[(
            T,
            "controller.replicas=2,controller.podDisruptionBudget.enable=true,controller.podDisruptionBudget.minAvailable=1",
        )],
        &[(T, "controller.podDisruptionBudget.enable=true,webhook.podDisruptionBudget.enable=true")],
        &[(T, "webhook.enable=false"), (T, "webhook.enable=true"), (S, "webhook.enable=true")],
        &[(T, "nosuch.key=1")],
        &[(T, "controller=null"), (T, "controller.replicas=1")],
        &[(
            J,
            "extraObjects=[{\"apiVersion\":\"v1\",\"kind\":\"ConfigMap\",\"metadata\":{\"name\":\"a\"},\"data\":{\"n\":\"1000000\",\"t\":\"{{ x }}\"}}]",
        )],
    ]
};

pub fn cases() -> Vec<Case> {
    let with = |flags: &[(SetKind, String)]| {
        let shown: Vec<String> =
            flags.iter().map(|(kind, text)| format!("{} {text:?}", kind.flag())).collect();
        let mut case = Case::new(shown.join(" "), Vec::new());
        case.flags = flags.to_vec();
        case.api_versions = all_apis();
        case
    };
    let mut cases: Vec<Case> = WRITTEN
        .iter()
        .map(|flags| with(&flags.iter().map(|(kind, text)| (*kind, (*text).to_owned())).collect::<Vec<_>>()))
        .collect();
    for (i, (path, schema)) in keys::leaves().iter().enumerate() {
        let key = path.join(".");
        let flags = flags(schema);
        // Every key with one flag that differs from key to key, and every third one with a file below it.
        let (kind, text) = flags[i % flags.len()];
        let mut case = with(&[(kind, format!("{key}{text}"))]);
        if i % 3 == 0 {
            let preset = &PRESETS[i / 3 % PRESETS.len()];
            case.name = format!("-f {} {}", preset.name, case.name);
            case.files.push(preset.text.to_owned());
        }
        cases.push(case);
    }
    for (i, first) in PRESETS.iter().enumerate() {
        for step in [1, 8] {
            let second = &PRESETS[(i + step) % PRESETS.len()];
            let name = format!("-f {} -f {}", first.name, second.name);
            let nulls = "controller: {replicas: null, env: null}\ncommonLabels: null\n---\nimage: {tag: x}\n";
            let files = [first.text, second.text, nulls].map(str::to_owned);
            // Both, then with nulls over them.
            for (name, files) in [(name.clone(), files[..2].to_vec()), (name + " -f nulls", files.to_vec())] {
                let mut case = Case::new(name, files);
                case.api_versions = all_apis();
                cases.push(case);
            }
        }
    }
    cases
}

/// Flags for a key, without its name.
fn flags(schema: &Json) -> Vec<(SetKind, &'static str)> {
    use SetKind::{Json as J, Literal as L, String as S, Typed as T};
    let is = |kind: &str| match &schema["type"] {
        Json::String(only) => only == kind,
        Json::Array(kinds) => kinds.iter().any(|one| one == kind),
        _ => false,
    };
    let mut flags = Vec::new();
    if is("boolean") {
        flags.extend([(T, "=true"), (T, "=false"), (J, "=true"), (S, "=true")]);
    }
    if is("integer") || is("number") {
        flags.extend([(T, "=1"), (T, "=2"), (J, "=3"), (T, "=1000000"), (J, "=1e6"), (S, "=4"), (J, "=2.5")]);
    }
    if is("string") {
        flags.extend([
            (T, "=abc"),
            (S, "=123"),
            (L, "=a{b},c=\"d\""),
            (T, "=a\\,b: {{ x }}"),
            (J, "=\"é\\n- x: '\""),
            (S, "="),
            (T, "=5"),
        ]);
    }
    if is("array") {
        flags.extend([
            (T, "={a,b}"),
            (T, "[0]=a"),
            (J, "=[]"),
            (J, "=[{\"name\":\"a\"}]"),
            (S, "={1,true}"),
            (L, "=a,b"),
        ]);
    }
    if is("object") {
        flags.extend([
            (S, ".a=1"),
            (T, ".a\\.b/c=x"),
            (J, "={}"),
            (J, "={\"a\":{\"b\":[1000000,null]}}"),
            (T, ".a=1000000"),
            (L, ".a={b,c}"),
        ]);
    }
    flags.push((T, "=null"));
    flags
}
