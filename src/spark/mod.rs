//! From an application to what starts it, as pure functions: nothing is read, asked or created here.
//!
//! [`fn@compile`] turns a SparkApplication into a [`Compiled`] submission: Spark configuration, and pod templates for
//! driver and executors in which everything is said that the application asks of its pods. Whatever submits it starts from
//! there: [`argv`] is spark-submit's argument list for it, and [`driver`] makes the objects that spark-submit would
//! create, for each [`Line`] of Spark; [`job`] runs spark-submit in the cluster. Memory ([`amount`]) and [`properties`] are
//! read and written as Spark does.

pub mod amount;
pub mod argv;
pub mod compile;
pub mod conf;
mod dependencies;
pub mod driver;
pub mod error;
pub mod job;
pub mod line;
pub mod name;
pub mod properties;

pub use compile::{Compiled, Identity, PodSecurity, Settings, compile};
pub use driver::{Objects, Placement, build};
pub use error::{Notice, SparkError};
pub use line::Line;
pub use name::SubmissionId;
