//! Arguments: what the default containers get, against upstream's exact vectors; each difference is documented.

use crate::chart::chart;
use crate::document;

/// Release `spark-operator` in the namespace `operators`.
const CONTROLLER: &[&str] = &[
    "controller",
    "start",
    "--zap-log-level=info",
    "--zap-encoder=console",
    "--namespaces=default",
    "--controller-threads=10",
    "--enable-ui-service=true",
    "--enable-metrics=true",
    "--metrics-bind-address=:8080",
    "--metrics-endpoint=/metrics",
    "--metrics-prefix=",
    "--metrics-labels=app_type",
    "--metrics-job-submit-latency-buckets=0.5,1,2,4,8,16,32,64,128,256",
    "--metrics-job-start-latency-buckets=30,60,90,120,150,180,210,240,270,300",
    "--leader-election=true",
    "--leader-election-lock-name=spark-operator-controller-lock",
    "--leader-election-lock-namespace=operators",
    "--leader-election-lease-duration=15s",
    "--leader-election-renew-deadline=10s",
    "--leader-election-retry-period=2s",
    "--workqueue-ratelimiter-bucket-qps=50",
    "--workqueue-ratelimiter-bucket-size=500",
    "--workqueue-ratelimiter-max-delay=6h",
    "--driver-pod-creation-grace-period=10s",
    "--max-tracked-executor-per-app=1000",
    "--kube-api-qps=20",
    "--kube-api-burst=30",
    "--scheduled-spark-application-timestamp-precision=nanos",
    "--feature-gates=PartialRestart=false,LoadSparkDefaults=false,RestSubmitter=false,DefaultTimeToLive=false",
];

const WEBHOOK: &[&str] = &[
    "webhook",
    "start",
    "--zap-log-level=info",
    "--zap-encoder=console",
    "--namespaces=default",
    "--webhook-secret-name=spark-operator-webhook-certs",
    "--webhook-secret-namespace=operators",
    "--webhook-svc-name=spark-operator-webhook-svc",
    "--webhook-svc-namespace=operators",
    "--webhook-port=9443",
    "--mutating-webhook-name=spark-operator-webhook",
    "--validating-webhook-name=spark-operator-webhook",
    "--enable-metrics=true",
    "--metrics-bind-address=:8080",
    "--metrics-endpoint=/metrics",
    "--metrics-prefix=",
    "--metrics-labels=app_type",
    "--kube-api-qps=20",
    "--kube-api-burst=30",
    "--leader-election=true",
    "--leader-election-lock-name=spark-operator-webhook-lock",
    "--leader-election-lock-namespace=operators",
];

#[test]
fn default_arguments_are_upstreams_or_documented() {
    let chart = chart("");
    let mut differences = Vec::new();
    for (component, theirs) in [("controller", CONTROLLER), ("webhook", WEBHOOK)] {
        let ours = chart.args(component);
        let lost = theirs.iter().filter(|arg| !ours.iter().any(|ours| ours == *arg));
        differences.extend(lost.map(|arg| [component.to_owned(), "not passed".into(), format!("`{arg}`")]));
        let gained = ours.iter().filter(|arg| !theirs.contains(&arg.as_str()));
        differences.extend(gained.map(|arg| [component.to_owned(), "added".into(), format!("`{arg}`")]));
    }
    println!(
        "default arguments: {} of upstream's {} passed alike, {} differences documented",
        CONTROLLER.len() + WEBHOOK.len() - differences.iter().filter(|d| d[1] == "not passed").count(),
        CONTROLLER.len() + WEBHOOK.len(),
        differences.len()
    );
    let rows = document::table("## Default arguments");
    let documented: Vec<_> = rows.iter().map(|row| &row[..3]).collect();
    assert_eq!(documented, differences.iter().map(|d| &d[..]).collect::<Vec<_>>());
}
