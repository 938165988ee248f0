//! The one binary: see the library for everything it does.

use std::process::ExitCode;

fn main() -> ExitCode {
    spark_operator::cli::main()
}
