//! Where alerts arrive: an SMTP server, and HTTP endpoints that check what Slack and PagerDuty document.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::routing::post;
use axum::{Json, Router};
use lgdl_tls::ServerTls;
use serde_json::Value;
use tokio::io::{AsyncBufReadExt as _, AsyncRead, AsyncWrite, AsyncWriteExt as _, BufReader};
use tokio::net::TcpListener;

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

/// Starts an SMTP server; each mail arrives at `mail` with its envelope and its text. With a certificate it takes none that is not
/// encrypted (STARTTLS).
pub(crate) async fn mail_server(arrived: &Arrived, tls: Option<ServerTls>) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let (arrived, tls) = (arrived.clone(), Arc::new(tls));
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let (arrived, tls) = (arrived.clone(), Arc::clone(&tls));
            tokio::spawn(async move {
                let mut stream = BufReader::new(stream);
                stream.get_mut().write_all(b"220 test ESMTP\r\n").await?;
                if !converse(&mut stream, &arrived, tls.is_some()).await? {
                    return Ok(());
                }
                let encrypted = tls.as_ref().as_ref().unwrap().accept(stream.into_inner()).await;
                let Some((stream, _)) = encrypted else { return Ok(()) };
                converse(&mut BufReader::new(stream), &arrived, false).await.map(drop)
            });
        }
    });
    address
}

/// Speaks with a client until it is gone, or is to be spoken with encrypted, which it has to ask for first where that is `wanted`.
async fn converse<S>(stream: &mut BufReader<S>, arrived: &Arrived, wanted: bool) -> std::io::Result<bool>
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    let (mut from, mut to) = (String::new(), Vec::new());
    while let Some(line) = line_of(stream).await? {
        let verb = line.split([' ', ':']).next().unwrap_or_default().to_ascii_uppercase();
        let answer = match verb.as_str() {
            "EHLO" if wanted => "250-test\r\n250-STARTTLS\r\n250 8BITMIME\r\n",
            "EHLO" => "250-test\r\n250 8BITMIME\r\n",
            "STARTTLS" if wanted => {
                stream.get_mut().write_all(b"220 go on\r\n").await?;
                return Ok(true);
            }
            "MAIL" | "RCPT" | "DATA" if wanted => "530 Must issue a STARTTLS command first\r\n",
            "MAIL" => {
                from = line.clone();
                "250 ok\r\n"
            }
            "RCPT" => {
                to.push(line.clone());
                "250 ok\r\n"
            }
            "DATA" => {
                stream.get_mut().write_all(b"354 go on\r\n").await?;
                let mut text = String::new();
                while let Some(line) = line_of(stream).await? {
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
                stream.get_mut().write_all(b"221 bye\r\n").await?;
                return Ok(false);
            }
            "RSET" | "NOOP" => "250 ok\r\n",
            _ => "500 what\r\n",
        };
        stream.get_mut().write_all(answer.as_bytes()).await?;
    }
    Ok(false)
}

async fn line_of<S: AsyncRead + Unpin>(stream: &mut BufReader<S>) -> std::io::Result<Option<String>> {
    let mut line = String::new();
    let read = stream.read_line(&mut line).await?;
    Ok((read > 0).then(|| line.trim_end_matches(['\r', '\n']).to_owned()))
}
