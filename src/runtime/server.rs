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

/// Answers `/metrics`.
pub fn metrics(registry: Registry) -> Router {
    Router::new().route("/metrics", get(move || async move { exposition(&registry) }))
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
    use super::*;

    #[test]
    fn addresses_are_read_as_go_reads_them() {
        assert_eq!(address("0"), Ok(None));
        assert_eq!(address(":8080"), Ok(Some((Ipv6Addr::UNSPECIFIED, 8080).into())));
        assert_eq!(address("127.0.0.1:1"), Ok(Some(([127, 0, 0, 1], 1).into())));
        assert_eq!(address("[::1]:1").unwrap().unwrap().to_string(), "[::1]:1");
        assert!(address("8080").is_err());
    }
}
