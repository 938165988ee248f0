//! Probes and metrics over HTTP.

use std::io::ErrorKind;
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::Arc;

use axum::Router;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use prometheus::{Encoder, Registry, TextEncoder};
use tokio::net::TcpListener;

use super::client::ClusterError;

/// What a probe finds: nothing, or what is wrong.
pub type Check = Arc<dyn Fn() -> Result<(), String> + Send + Sync>;

/// Reads an address to listen at, as the flags have it: `:8080`, which is all addresses of IPv4 and IPv6,
/// `127.0.0.1:8080`; `0` is none.
///
/// # Errors
/// It is no address.
pub fn address(text: &str) -> Result<Option<SocketAddr>, String> {
    if text == "0" || text.is_empty() {
        return Ok(None);
    }
    let whole = if text.starts_with(':') { format!("[::]{text}") } else { text.to_owned() };
    let whole = whole.replace("localhost:", "127.0.0.1:");
    whole
        .parse()
        .map(Some)
        .map_err(|_| format!("{text} is no address: write :8080, 127.0.0.1:8080, or 0 for none"))
}

/// Listens at an address.
///
/// # Errors
/// It is taken, or not of this machine.
pub async fn listen(address: SocketAddr) -> Result<TcpListener, ClusterError> {
    let bound = match TcpListener::bind(address).await {
        // All addresses, on a node without IPv6.
        Err(error) if address.ip() == Ipv6Addr::UNSPECIFIED && error.kind() != ErrorKind::AddrInUse => {
            TcpListener::bind((Ipv4Addr::UNSPECIFIED, address.port())).await
        }
        bound => bound,
    };
    bound.map_err(|error| {
        ClusterError::Runtime(std::io::Error::new(error.kind(), format!("listen at {address}: {error}")))
    })
}

/// Answers `/healthz` and `/readyz`.
pub fn probes(healthy: Check, ready: Check) -> Router {
    let probe = |check: Check| {
        get(move || async move {
            match check() {
                Ok(()) => (StatusCode::OK, "ok".to_owned()),
                Err(what) => (StatusCode::INTERNAL_SERVER_ERROR, what),
            }
        })
    };
    Router::new().route("/healthz", probe(healthy)).route("/readyz", probe(ready))
}

/// Where metrics always are.
const METRICS: &str = "/metrics";

/// Reads a path that metrics are answered at besides `/metrics`; nothing is none.
///
/// # Errors
/// It is no path.
pub fn path(text: &str) -> Result<String, String> {
    let plain = |c: char| c.is_ascii_alphanumeric() || "/-_.~".contains(c);
    if text.is_empty() || text.starts_with('/') && text.chars().all(plain) {
        Ok(text.to_owned())
    } else {
        Err(format!("{text} is no path: write it as {METRICS}, of letters, digits and /-_.~"))
    }
}

/// Answers `/metrics`, and the same at another path.
pub fn metrics(registry: Registry, also: &str) -> Router {
    let exposed = get(move || async move { exposition(&registry) });
    let router = Router::new().route(METRICS, exposed.clone());
    if matches!(also, "" | METRICS) { router } else { router.route(also, exposed) }
}

fn exposition(registry: &Registry) -> Response {
    let mut text = Vec::new();
    match TextEncoder::new().encode(&registry.gather(), &mut text) {
        Ok(()) => ([(header::CONTENT_TYPE, prometheus::TEXT_FORMAT)], text).into_response(),
        Err(error) => (StatusCode::INTERNAL_SERVER_ERROR, error.to_string()).into_response(),
    }
}

/// Serves until the process ends.
pub async fn serve(listener: TcpListener, router: Router) {
    // A connection that breaks is no matter; the listener itself is tried again by axum.
    if let Err(error) = axum::serve(listener, router).await {
        tracing::error!(%error, "the server ended");
    }
}

#[cfg(test)]
mod tests {
    use std::io::{Read, Write};

    use super::*;

    /// Status and body.
    fn ask(address: SocketAddr, path: &str) -> (String, String) {
        let mut stream = std::net::TcpStream::connect(address).unwrap();
        write!(stream, "GET {path} HTTP/1.0\r\nHost: localhost\r\n\r\n").unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        let (head, body) = answer.split_once("\r\n\r\n").unwrap();
        (head.split(' ').nth(1).unwrap().to_owned(), body.to_owned())
    }

    #[test]
    fn a_probe_that_fails_says_why_and_metrics_are_where_the_flag_says_too() {
        let runtime =
            tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
        let serve_at = |router: Router| {
            let listener = runtime.block_on(listen(([127, 0, 0, 1], 0).into())).unwrap();
            let address = listener.local_addr().unwrap();
            runtime.spawn(serve(listener, router));
            address
        };
        let probed =
            serve_at(probes(Arc::new(|| Err("pods: nothing heard".to_owned())), Arc::new(|| Ok(()))));
        assert_eq!(ask(probed, "/healthz"), ("500".to_owned(), "pods: nothing heard".to_owned()));
        assert_eq!(ask(probed, "/readyz"), ("200".to_owned(), "ok".to_owned()));
        for also in ["", METRICS, "/spark/metrics"] {
            let exposed = serve_at(metrics(Registry::new(), also));
            for path in [METRICS, also].into_iter().filter(|path| !path.is_empty()) {
                assert_eq!(ask(exposed, path).0, "200", "{also:?}");
            }
            assert_eq!(ask(exposed, "/other").0, "404");
        }
        for text in ["metrics", "/{a}", "/a b", "/a?b"] {
            assert!(path(text).is_err(), "{text}");
        }
    }

    #[test]
    fn addresses_are_read_as_go_reads_them() {
        assert_eq!(address("0"), Ok(None));
        assert_eq!(address(":8080"), Ok(Some((Ipv6Addr::UNSPECIFIED, 8080).into())));
        assert_eq!(address("127.0.0.1:1"), Ok(Some(([127, 0, 0, 1], 1).into())));
        assert_eq!(address("[::1]:1").unwrap().unwrap().to_string(), "[::1]:1");
        assert!(address("8080").is_err());
    }
}
