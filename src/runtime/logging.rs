//! The log: to standard error, as lines for people or as JSON, with the levels that the flags name.

use std::str::FromStr;

use tracing_subscriber::filter::{LevelFilter, Targets};
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;
use tracing_subscriber::{Layer, fmt as format};

/// How much is logged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Level(LevelFilter);

impl FromStr for Level {
    type Err = String;

    /// By name, as Kubeflow's operator has them, or by number from 1 (errors) to 5 (everything).
    fn from_str(text: &str) -> Result<Self, String> {
        Ok(Self(match text.to_ascii_lowercase().as_str() {
            "error" | "panic" | "dpanic" | "fatal" | "1" => LevelFilter::ERROR,
            "warn" | "warning" | "2" => LevelFilter::WARN,
            "info" | "3" => LevelFilter::INFO,
            "debug" | "4" => LevelFilter::DEBUG,
            "trace" | "5" => LevelFilter::TRACE,
            _ => return Err("must be error, warn, info, debug, trace, or a number from 1 to 5".to_owned()),
        }))
    }
}

/// How a line looks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Encoder {
    /// For people.
    Console,
    /// For programs: an object on each line.
    Json,
}

impl FromStr for Encoder {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "console" => Ok(Self::Console),
            "json" => Ok(Self::Json),
            _ => Err("must be console or json".to_owned()),
        }
    }
}

/// Says of each request that failed what is said again by whoever asked, with what it was about.
const REQUESTS: &str = "kube_client::client::builder";

/// Begins to log. What libraries say is heard from one level above: what goes on in connections helps nobody.
pub fn start(level: Level, encoder: Encoder) {
    let own = Targets::new().with_target(env!("CARGO_CRATE_NAME"), level.0);
    let filter = match level.0 {
        LevelFilter::TRACE => own.with_default(LevelFilter::DEBUG),
        other => own.with_target(REQUESTS, LevelFilter::OFF).with_default(other.min(LevelFilter::WARN)),
    };
    let layer = format::layer().with_writer(std::io::stderr).with_ansi(false);
    let layer = match encoder {
        Encoder::Console => layer.boxed(),
        Encoder::Json => layer.json().flatten_event(true).boxed(),
    };
    // A second start, in tests, changes nothing.
    let _ = tracing_subscriber::registry().with(layer.with_filter(filter)).try_init();
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn levels_have_names_and_numbers() {
        for (text, level) in
            [("INFO", LevelFilter::INFO), ("5", LevelFilter::TRACE), ("panic", LevelFilter::ERROR)]
        {
            assert_eq!(text.parse(), Ok(Level(level)));
        }
        for text in ["", "0", "6", "loud"] {
            assert!(text.parse::<Level>().is_err(), "{text}");
        }
    }
}
