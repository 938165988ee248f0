//! Generated applications: what defaults depend on, drawn again and again, among fields that they must leave alone.

use proptest::prelude::*;
use proptest::sample::{Index, select};
use proptest::strategy::ValueTree as _;
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};
use serde_json::{Value as Json, json};

use crate::webhook::application;

/// Values of Spark conf: numbers, sizes, and every spelling of a boolean that some parser takes or refuses.
pub const VALUES: [&str; 24] = [
    "true",
    "false",
    "1",
    "0",
    "t",
    "T",
    "f",
    "F",
    "TRUE",
    "FALSE",
    "True",
    "False",
    "tRUE",
    "fALSE",
    "yes",
    "on",
    "",
    " ",
    " true",
    "true ",
    "\ttrue\n",
    "\u{a0}true",
    "2",
    "2g",
];

const KEYS: [&str; 11] = [
    "spark.driver.cores",
    "spark.driver.memory",
    "spark.executor.cores",
    "spark.executor.memory",
    "spark.executor.instances",
    "spark.dynamicAllocation.enabled",
    "spark.dynamicallocation.enabled",
    "spark.DynamicAllocation.enabled",
    "spark.dynamicAllocation.shuffleTracking.enabled",
    "spark.executor.memoryOverhead",
    "spark.app.name",
];

/// The same applications in every run; a longer run has more at its end.
pub fn draw(count: usize) -> Vec<Json> {
    let rng = TestRng::from_seed(RngAlgorithm::ChaCha, &[7; 32]);
    let mut runner = TestRunner::new_with_rng(Config::default(), rng);
    // Those that are not new come seldom: Kubeflow's webhook has nothing to say about them.
    let states = [
        "SUBMITTED",
        "RUNNING",
        "SUSPENDED",
        "PENDING_RERUN",
        "SUCCEEDING",
        "FAILING",
        "COMPLETED",
        "FAILED",
    ];
    let state = prop_oneof![
        8 => Just(""),
        1 => Just("INVALIDATING"),
        1 => select(states.to_vec()),
    ];
    let whole = (prop::collection::vec(patch(), 0..9), state);
    let applications = (0..count).map(|_| {
        let (patches, state) = whole.new_tree(&mut runner).unwrap().current();
        let mut spec = json!({});
        for patch in patches {
            // Not `merge`: it would apply the nulls, which are for the whole application.
            deep(&mut spec, patch);
        }
        application(&spec, state)
    });
    applications.collect()
}

/// Puts a patch over another.
fn deep(patch: &mut Json, over: Json) {
    match (patch, over) {
        (Json::Object(patch), Json::Object(over)) => {
            for (key, value) in over {
                deep(patch.entry(key).or_insert(Json::Null), value);
            }
        }
        (patch, over) => *patch = over,
    }
}

/// A change of the spec.
fn patch() -> impl Strategy<Value = Json> {
    let words = prop_oneof![
        one_of("type", &[json!("Java"), json!("Python"), json!("R"), json!(""), json!(null)]),
        one_of("mode", &[json!("cluster"), json!("client"), json!("")]),
        one_of("sparkVersion", &[json!("3.5.9"), json!(""), json!(null)]),
    ];
    let restart = fields(&[
        ("type", &[json!("Never"), json!("Always"), json!("OnFailure"), json!(""), json!("never")]),
        ("onFailureRetries", &[json!(0), json!(3)]),
        ("onSubmissionFailureRetries", &[json!(0), json!(3)]),
        ("onFailureRetryInterval", &[json!(0), json!(5), json!(9)]),
        ("onSubmissionFailureRetryInterval", &[json!(0), json!(5), json!(9)]),
    ]);
    let dynamic = fields(&[
        ("enabled", &[json!(true), json!(true), json!(false)]),
        ("shuffleTrackingEnabled", &[json!(true), json!(false)]),
        ("minExecutors", &[json!(0), json!(1)]),
        ("maxExecutors", &[json!(4)]),
        ("initialExecutors", &[json!(2)]),
        ("shuffleTrackingTimeout", &[json!(60_000)]),
    ]);
    let conf = prop::collection::btree_map(select(KEYS.to_vec()), select(VALUES.to_vec()), 0..5);
    let conf = (select(vec!["sparkConf", "sparkConf", "sparkConf", "hadoopConf"]), conf);
    prop_oneof![
        2 => words,
        2 => restart.prop_map(|restart| json!({"restartPolicy": restart})),
        4 => pod(),
        2 => dynamic.prop_map(|dynamic| json!({"dynamicAllocation": dynamic})),
        5 => conf.prop_map(|(key, conf)| json!({ key: conf })),
        2 => untouched(),
        1 => one_of("dynamicAllocation", &[json!(null)]),
        1 => select(vec![json!({"driver": null}), json!({"executor": null})]),
    ]
}

/// A driver's or executors' settings.
fn pod() -> impl Strategy<Value = Json> {
    let own = fields(&[
        ("cores", &[json!(0), json!(1), json!(4)]),
        ("memory", &[json!(""), json!("1g"), json!("512m")]),
        ("coreRequest", &[json!("500m"), json!("1000m")]),
        ("coreLimit", &[json!("1200m")]),
        ("memoryOverhead", &[json!("1g"), json!("")]),
        ("image", &[json!("i"), json!("")]),
        ("labels", &[json!({}), json!({"a": "b"})]),
        ("env", &[json!([]), json!([{"name": "A", "value": "b"}])]),
        ("hostNetwork", &[json!(true), json!(false)]),
        ("sidecars", &[json!([{"name": "s", "image": "i"}])]),
        ("template", &[json!({"spec": {"containers": [{"name": "c"}]}}), json!({})]),
    ]);
    (prop::bool::ANY, own, select(vec![None, None, Some(0), Some(1), Some(5)])).prop_map(
        |(driver, mut own, instances)| {
            if let Some(instances) = instances.filter(|_| !driver) {
                own["instances"] = json!(instances);
            }
            let role = if driver { "driver" } else { "executor" };
            json!({ role: own })
        },
    )
}

/// Fields that have no default of this kind.
fn untouched() -> impl Strategy<Value = Json> {
    select(vec![
        json!({"deps": {}}),
        json!({"deps": {"jars": ["a.jar"], "files": []}}),
        json!({"monitoring": {}}),
        json!({"monitoring": {"exposeDriverMetrics": true, "prometheus": {"jmxExporterJar": "/a.jar"}}}),
        json!({"volumes": [{"name": "v", "emptyDir": {"sizeLimit": "2048Mi"}}]}),
        json!({"batchScheduler": "volcano", "batchSchedulerOptions": {"queue": "q", "resources": {"cpu": "2000m"}}}),
        json!({"batchSchedulerOptions": {"resources": {"memory": "1Gi", "nvidia.com/gpu": "1"}}}),
        json!({"driverIngressOptions": [{"servicePort": 80, "servicePortName": "p"}]}),
        json!({"sparkUIOptions": {"servicePort": 80}}),
        json!({"nodeSelector": {"a": "b"}, "suspend": true}),
        json!({"arguments": [""], "timeToLiveSeconds": 0, "failureRetries": 0}),
        json!({"image": "", "proxyUser": "me", "pythonVersion": "3"}),
    ])
}

fn one_of(key: &'static str, values: &[Json]) -> BoxedStrategy<Json> {
    select(values.to_vec()).prop_map(move |value| json!({ key: value })).boxed()
}

/// Some of the fields, each with one of its values.
fn fields(of: &[(&'static str, &[Json])]) -> BoxedStrategy<Json> {
    let of: Vec<(&'static str, Vec<Json>)> = of.iter().map(|(key, values)| (*key, values.to_vec())).collect();
    let count = of.len();
    let chosen = prop::sample::subsequence(of, 0..=count);
    (chosen, prop::collection::vec(any::<Index>(), count))
        .prop_map(|(chosen, which)| {
            let pairs = chosen.iter().zip(which);
            pairs.map(|((key, values), which)| ((*key).to_owned(), which.get(values).clone())).collect()
        })
        .boxed()
}
