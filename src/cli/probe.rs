//! `spark-operator probe`: can these services be reached? It is what `helm test` runs.

use std::net::{TcpStream, ToSocketAddrs};
use std::time::{Duration, Instant};

use super::{Failure, print};

/// Check that services accept connections.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Services, as tcp://HOST:PORT
    #[arg(required = true, value_name = "tcp://HOST:PORT")]
    services: Vec<String>,

    /// How long to try, in seconds
    #[arg(long, default_value_t = 30)]
    timeout: u64,
}

pub(super) fn run(args: &Args) -> Result<(), Failure> {
    let deadline = Instant::now() + Duration::from_secs(args.timeout);
    for service in &args.services {
        let Some(address) = service.strip_prefix("tcp://").filter(|a| a.contains(':')) else {
            return Err(Failure::input(format!("{service}: write tcp://HOST:PORT")));
        };
        reach(address, deadline).map_err(|e| Failure::check(format!("{service} cannot be reached: {e}")))?;
        print(&format!("{service} accepts connections\n"))?;
    }
    Ok(())
}

/// Tries again and again until the deadline: a name or an endpoint may take seconds to appear.
fn reach(address: &str, deadline: Instant) -> std::io::Result<()> {
    loop {
        let left = deadline.saturating_duration_since(Instant::now()).max(Duration::from_millis(1));
        let tried = address.to_socket_addrs().and_then(|mut addresses| {
            let first = addresses.next().ok_or(std::io::ErrorKind::NotFound)?;
            TcpStream::connect_timeout(&first, left.min(Duration::from_secs(5)))
        });
        match tried {
            Ok(_) => return Ok(()),
            Err(error) if Instant::now() >= deadline => return Err(error),
            Err(_) => std::thread::sleep(left.min(Duration::from_millis(500))),
        }
    }
}
