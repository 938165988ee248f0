//! A summary without quantiles for the registry: how often something was observed, and the sum.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use prometheus::core::{Collector, Desc};
use prometheus::proto::{LabelPair, Metric, MetricFamily, MetricType, Summary as Observed};

/// Number and sum of what was observed, by labels.
#[derive(Clone, Debug)]
pub struct Summary {
    description: Desc,
    observed: Arc<Mutex<ByLabels>>,
}

/// Number and sum, by the labels' values.
type ByLabels = BTreeMap<Vec<String>, (u64, f64)>;

impl Summary {
    /// A summary of this name, with these labels.
    ///
    /// # Errors
    /// The name or a label is none that Prometheus takes.
    pub fn new(name: &str, help: &str, labels: &[&str]) -> Result<Self, prometheus::Error> {
        let labels = labels.iter().map(|&label| label.to_owned()).collect();
        let description =
            Desc::new(name.to_owned(), help.to_owned(), labels, std::collections::HashMap::new())?;
        Ok(Self { description, observed: Arc::default() })
    }

    /// Observes something, under labels in the order of their names.
    pub fn observe(&self, labels: &[&str], value: f64) {
        let key = labels.iter().map(|&label| label.to_owned()).collect();
        let mut observed = self.observed.lock().unwrap_or_else(PoisonError::into_inner);
        let (count, sum) = observed.entry(key).or_default();
        *count += 1;
        *sum += value;
    }
}

impl Collector for Summary {
    fn desc(&self) -> Vec<&Desc> {
        vec![&self.description]
    }

    fn collect(&self) -> Vec<MetricFamily> {
        let observed = self.observed.lock().unwrap_or_else(PoisonError::into_inner);
        let metrics = observed.iter().map(|(labels, (count, sum))| {
            let mut pairs: Vec<_> = (self.description.variable_labels.iter().zip(labels))
                .map(|(name, value)| {
                    let mut pair = LabelPair::default();
                    pair.set_name(name.clone());
                    pair.set_value(value.clone());
                    pair
                })
                .collect();
            pairs.sort_by(|a, b| a.name().cmp(b.name()));
            let mut summary = Observed::default();
            summary.set_sample_count(*count);
            summary.set_sample_sum(*sum);
            let mut metric = Metric::from_label(pairs);
            metric.set_summary(summary);
            metric
        });
        let mut family = MetricFamily::default();
        family.set_name(self.description.fq_name.clone());
        family.set_help(self.description.help.clone());
        family.set_field_type(MetricType::SUMMARY);
        family.set_metric(metrics.collect());
        vec![family]
    }
}

#[cfg(test)]
mod tests {
    use prometheus::{Encoder, Registry, TextEncoder};

    use super::*;

    #[test]
    fn it_is_printed_as_a_summary() {
        let registry = Registry::new();
        let summary = Summary::new("latency_seconds", "Latency", &["b", "a"]).unwrap();
        registry.register(Box::new(summary.clone())).unwrap();
        summary.observe(&["x", "y"], 1.5);
        summary.observe(&["x", "y"], 2.0);
        let mut text = Vec::new();
        TextEncoder::new().encode(&registry.gather(), &mut text).unwrap();
        let expected = "# HELP latency_seconds Latency\n# TYPE latency_seconds summary\n\
                        latency_seconds_sum{a=\"y\",b=\"x\"} 3.5\nlatency_seconds_count{a=\"y\",b=\"x\"} 2\n";
        assert_eq!(String::from_utf8(text).unwrap(), expected);
    }
}
