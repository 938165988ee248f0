//! The custom resources as types: what users write, what the operator reports, and the definitions of both for the
//! API server.
//!
//! [`SparkApplication`], [`ScheduledSparkApplication`] and [`SparkConnect`] have the fields, names and types of
//! Kubeflow's operator, so that objects of either operator are objects of the other. [`crd`] makes the definitions out
//! of the types. Nothing here reads, writes or asks a cluster.

mod application;
mod connect;
pub mod crd;
mod defaults;
pub mod denied;
mod dynamic_allocation;
pub mod forms;
mod pod;
mod scheduled;
pub mod validate;

pub use application::{
    ApplicationState, BatchSchedulerOptions, Dependencies, DriverInfo, DriverIngressOptions, MonitoringSpec,
    PrometheusSpec, RestartPolicy, SparkApplication, SparkApplicationSpec, SparkApplicationStatus,
    SparkUiOptions,
};
pub use connect::{
    SparkConnect, SparkConnectExecutorSpec, SparkConnectServerSpec, SparkConnectServerStatus,
    SparkConnectSpec, SparkConnectStatus,
};
pub use dynamic_allocation::DynamicAllocation;
pub use pod::{DriverSpec, ExecutorSpec, GpuSpec, NameKey, NamePath, Port, SecretInfo, SparkPodSpec};
pub use scheduled::{
    ScheduledSparkApplication, ScheduledSparkApplicationSpec, ScheduledSparkApplicationStatus,
};

/// The API group of all kinds.
pub const GROUP: &str = "sparkoperator.k8s.io";
