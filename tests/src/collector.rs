//! A collector of traces: takes what is sent by OTLP over HTTP, and remembers it.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex, PoisonError};

use axum::Router;
use axum::extract::State;
use axum::routing::post;
use serde_json::Value;
use tokio::net::TcpListener;

type Taken = Arc<Mutex<Vec<String>>>;

async fn take(State(taken): State<Taken>, body: String) -> &'static str {
    taken.lock().unwrap_or_else(PoisonError::into_inner).push(body);
    "{}"
}

/// A collector on a free port.
pub struct Collector {
    address: SocketAddr,
    taken: Taken,
}

/// A span, as far as tests look at it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Seen {
    /// The process.
    pub service: String,
    /// Its name.
    pub name: String,
    /// Its trace.
    pub trace: String,
    /// Its id.
    pub id: String,
    /// The span that it is a part of.
    pub parent: String,
    /// Nanoseconds from its begin to its end.
    pub took_ns: u64,
}

impl Collector {
    /// Starts one.
    ///
    /// # Panics
    /// When it can't listen.
    pub async fn start() -> Collector {
        let taken = Taken::default();
        let router = Router::new().route("/v1/traces", post(take)).with_state(Arc::clone(&taken));
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.expect("a free port");
        let address = listener.local_addr().expect("an address");
        tokio::spawn(async move { axum::serve(listener, router).await });
        Collector { address, taken }
    }

    /// Where it takes them.
    #[must_use]
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Everything that was sent, as it came.
    #[must_use]
    pub fn text(&self) -> String {
        self.taken.lock().unwrap_or_else(PoisonError::into_inner).join("\n")
    }

    /// The spans that were sent.
    ///
    /// # Panics
    /// When something else was.
    #[must_use]
    pub fn spans(&self) -> Vec<Seen> {
        let text = |value: &Value| value.as_str().expect("a text").to_owned();
        let number = |value: &Value| text(value).parse::<u64>().expect("a number");
        let mut seen = Vec::new();
        for body in self.taken.lock().unwrap_or_else(PoisonError::into_inner).iter() {
            let body: Value = serde_json::from_str(body).expect("JSON");
            for of_service in body["resourceSpans"].as_array().expect("services") {
                for span in of_service["scopeSpans"][0]["spans"].as_array().expect("spans") {
                    seen.push(Seen {
                        service: text(&of_service["resource"]["attributes"][0]["value"]["stringValue"]),
                        name: text(&span["name"]),
                        trace: text(&span["traceId"]),
                        id: text(&span["spanId"]),
                        parent: text(&span["parentSpanId"]),
                        took_ns: number(&span["endTimeUnixNano"]) - number(&span["startTimeUnixNano"]),
                    });
                }
            }
        }
        seen
    }
}
