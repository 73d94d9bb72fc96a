//! Where alerts arrive: an SMTP server, and HTTP endpoints that check what Slack and PagerDuty document.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::routing::post;
use axum::{Json, Router};
use serde_json::Value;
use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::{TcpListener, TcpStream};

/// What has arrived: where, and what. Endpoints can be told to take nothing.
#[derive(Clone, Default)]
pub(crate) struct Arrived {
    messages: Arc<Mutex<Vec<(String, Value)>>>,
    down: Arc<Mutex<bool>>,
}

impl Arrived {
    pub(crate) fn at(&self, place: &str) -> Vec<Value> {
        let messages = self.messages.lock().unwrap();
        messages.iter().filter(|(at, _)| at == place).map(|(_, message)| message.clone()).collect()
    }

    pub(crate) fn set_down(&self, down: bool) {
        *self.down.lock().unwrap() = down;
    }

    fn push(&self, place: &str, message: Value) {
        self.messages.lock().unwrap().push((place.to_owned(), message));
    }
}

/// Starts the HTTP endpoints `/slack`, `/pagerduty` and `/any`.
pub(crate) async fn endpoints(arrived: &Arrived) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let routes = Router::new().route("/{place}", post(take)).with_state(arrived.clone());
    tokio::spawn(async move { axum::serve(listener, routes).await });
    address
}

async fn take(State(arrived): State<Arrived>, Path(place): Path<String>, Json(message): Json<Value>) -> StatusCode {
    if *arrived.down.lock().unwrap() {
        return StatusCode::SERVICE_UNAVAILABLE;
    }
    let good = match place.as_str() {
        "slack" => is_slack(&message),
        "pagerduty" => is_pagerduty(&message),
        _ => message["specversion"] == "1.0",
    };
    if !good {
        return StatusCode::BAD_REQUEST;
    }
    arrived.push(&place, message);
    if place == "pagerduty" { StatusCode::ACCEPTED } else { StatusCode::OK }
}

/// An incoming webhook's message: a text, and blocks of known types within their limits.
fn is_slack(message: &Value) -> bool {
    let text = |block: &Value, kind: &str, most: usize| {
        block["text"]["type"] == kind
            && block["text"]["text"].as_str().is_some_and(|text| (1..=most).contains(&text.len()))
    };
    let blocks = message["blocks"].as_array().cloned().unwrap_or_default();
    let known = |block: &Value| match block["type"].as_str() {
        Some("header") => text(block, "plain_text", 150),
        Some("section") => text(block, "mrkdwn", 3_000),
        Some("context") => block["elements"].as_array().is_some_and(|all| (1..=10).contains(&all.len())),
        _ => false,
    };
    message["text"].is_string() && (1..=50).contains(&blocks.len()) && blocks.iter().all(known)
}

/// An event of the Events API, version 2.
fn is_pagerduty(message: &Value) -> bool {
    let within = |value: &Value, most: usize| value.as_str().is_some_and(|text| (1..=most).contains(&text.len()));
    let payload = &message["payload"];
    let severities = ["critical", "error", "warning", "info"];
    message["routing_key"].as_str().is_some_and(|key| key.len() == 32)
        && ["trigger", "acknowledge", "resolve"].iter().any(|action| message["event_action"] == *action)
        && within(&message["dedup_key"], 255)
        && within(&payload["summary"], 1_024)
        && within(&payload["source"], 255)
        && severities.iter().any(|severity| payload["severity"] == *severity)
        && payload["timestamp"].as_str().is_some_and(|time| time.ends_with('Z'))
}

/// Starts an SMTP server; each mail arrives at `mail` with its envelope and its text.
pub(crate) async fn mail_server(arrived: &Arrived) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let arrived = arrived.clone();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let arrived = arrived.clone();
            tokio::spawn(async move { converse(stream, &arrived).await });
        }
    });
    address
}

async fn converse(stream: TcpStream, arrived: &Arrived) -> std::io::Result<()> {
    let (read, mut write) = stream.into_split();
    let mut lines = BufReader::new(read).lines();
    let (mut from, mut to) = (String::new(), Vec::new());
    write.write_all(b"220 test ESMTP\r\n").await?;
    while let Some(line) = lines.next_line().await? {
        let verb = line.split([' ', ':']).next().unwrap_or_default().to_ascii_uppercase();
        let answer = match verb.as_str() {
            "EHLO" => "250-test\r\n250 8BITMIME\r\n",
            "MAIL" => {
                from = line.clone();
                "250 ok\r\n"
            }
            "RCPT" => {
                to.push(line.clone());
                "250 ok\r\n"
            }
            "DATA" => {
                write.write_all(b"354 go on\r\n").await?;
                let mut text = String::new();
                while let Some(line) = lines.next_line().await? {
                    if line == "." {
                        break;
                    }
                    text.push_str(&line);
                    text.push('\n');
                }
                let to = std::mem::take(&mut to);
                arrived.push("mail", serde_json::json!({"from": from, "to": to, "text": text}));
                "250 taken\r\n"
            }
            "QUIT" => {
                write.write_all(b"221 bye\r\n").await?;
                return Ok(());
            }
            "RSET" | "NOOP" => "250 ok\r\n",
            _ => "500 what\r\n",
        };
        write.write_all(answer.as_bytes()).await?;
    }
    Ok(())
}
