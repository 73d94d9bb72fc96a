//! Load on a running edge node: closed-loop conversations over kept-alive connections, on loopback.
//!
//! `cargo run --release -p lgdl-bench --bin load -- http://127.0.0.1:8080 medical single 100 10`
//! runs 100 conversations for 10 seconds. Workloads:
//!
//! - `single`: every turn is a new conversation that says "trouble breathing" (the `medical` game);
//! - `slots`: the four-turn dialogue "I have pain", "lower back", "7", "2 hours ago" (`medical_v2`), over and over.
//!
//! Prints one JSON line: turns, errors, turns a second, percentiles of the latency in milliseconds, and the median of each
//! stage in microseconds, as a development node's `server-timing` tells them (of every 16th answer). An answer that is no
//! 200, or that is not durable, counts as an error. With the id of the node's process as a sixth argument the line also
//! has its resident memory, kB, at every tenth of the run (on Linux).

use std::net::{SocketAddr, ToSocketAddrs};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};
use http_body_util::{BodyExt, Full};
use hyper::body::Bytes;
use hyper::client::conn::http1::SendRequest;
use hyper::header::HeaderValue;
use hyper::{Request, StatusCode};
use hyper_util::rt::TokioIo;
use serde_json::{Value, json};
use tokio::net::TcpStream;

/// Connections at most.
const MAX_CONVERSATIONS: usize = 500;
/// The longest run, seconds.
const MAX_SECONDS: u64 = 600;

/// Of how many answers one is asked for its stages.
const STAGES_OF_EVERY: usize = 16;

const SINGLE: &[&str] = &["trouble breathing"];
const SLOTS: &[&str] = &["I have pain", "lower back", "7", "2 hours ago"];

#[derive(Clone)]
struct Plan {
    address: SocketAddr,
    authority: String,
    game: String,
    dialogue: &'static [&'static str],
    deadline: Instant,
}

#[derive(Default)]
struct Tally {
    latencies: Vec<Duration>,
    /// Microseconds by stage, in the order of the pipeline.
    stages: Vec<(String, Vec<f64>)>,
    errors: usize,
    first_error: Option<String>,
}

impl Tally {
    /// `edge;dur=1.957, settings;dur=0.046, …`, in milliseconds.
    fn add_stages(&mut self, timing: &str) {
        for stage in timing.split(", ") {
            if let Some((name, ms)) = stage.split_once(";dur=")
                && let Ok(ms) = ms.parse::<f64>()
            {
                self.stage(name).push(ms * 1_000.0);
            }
        }
    }

    fn stage(&mut self, name: &str) -> &mut Vec<f64> {
        let place = self.stages.iter().position(|(stage, _)| stage == name).unwrap_or_else(|| {
            self.stages.push((name.to_owned(), Vec::new()));
            self.stages.len() - 1
        });
        &mut self.stages[place].1
    }
}

#[tokio::main]
async fn main() -> Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [url, game, workload, conversations, seconds, process @ ..] = arguments.as_slice() else {
        bail!("usage: load URL GAME single|slots CONVERSATIONS SECONDS [PROCESS]");
    };
    let process: Option<u32> = process.first().map(|id| id.parse()).transpose()?;
    let authority = url.strip_prefix("http://").context("the URL begins with http://")?.trim_end_matches('/');
    let address = authority.to_socket_addrs()?.find(|a| a.ip().is_loopback()).context("only loopback is loaded")?;
    let conversations: usize = conversations.parse()?;
    let seconds: u64 = seconds.parse()?;
    ensure!((1..=MAX_CONVERSATIONS).contains(&conversations), "1 to {MAX_CONVERSATIONS} conversations");
    ensure!((1..=MAX_SECONDS).contains(&seconds), "1 to {MAX_SECONDS} seconds");
    let dialogue = match workload.as_str() {
        "single" => SINGLE,
        "slots" => SLOTS,
        other => bail!("the workload is `single` or `slots`, not `{other}`"),
    };
    let start = Instant::now();
    let plan = Plan {
        address,
        authority: authority.to_owned(),
        game: game.clone(),
        dialogue,
        deadline: start + Duration::from_secs(seconds),
    };
    let memory = tokio::spawn(resident_memory(process, Duration::from_secs(seconds) / 10));
    let clients: Vec<_> = (0..conversations).map(|n| tokio::spawn(client(plan.clone(), n))).collect();
    let mut all = Tally::default();
    for client in clients {
        let tally = client.await??;
        all.latencies.extend(tally.latencies);
        for (stage, times) in tally.stages {
            all.stage(&stage).extend(times);
        }
        all.errors += tally.errors;
        all.first_error = all.first_error.or(tally.first_error);
    }
    let elapsed = start.elapsed();
    let memory = memory.await??;
    report(workload, conversations, elapsed, all, memory);
    Ok(())
}

/// The resident memory of a process, kB, ten times.
async fn resident_memory(process: Option<u32>, every: Duration) -> Result<Vec<u64>> {
    let Some(process) = process else { return Ok(Vec::new()) };
    let mut found = Vec::new();
    while found.len() < 10 {
        tokio::time::sleep(every).await;
        let status = std::fs::read_to_string(format!("/proc/{process}/status")).context("the process's memory")?;
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).context("no VmRSS")?;
        found.push(line.trim().trim_end_matches(" kB").parse()?);
    }
    Ok(found)
}

fn report(workload: &str, conversations: usize, elapsed: Duration, mut all: Tally, memory: Vec<u64>) {
    all.latencies.sort_unstable();
    let percentile = |p: usize| {
        let index = (all.latencies.len() * p / 100).min(all.latencies.len().saturating_sub(1));
        all.latencies.get(index).map_or(0.0, |d| (d.as_secs_f64() * 1e5).round() / 100.0)
    };
    let stages: serde_json::Map<String, Value> = std::mem::take(&mut all.stages)
        .into_iter()
        .map(|(stage, mut times)| {
            times.sort_unstable_by(f64::total_cmp);
            (stage, times[times.len() / 2].round().into())
        })
        .collect();
    let line = json!({
        "workload": workload,
        "conversations": conversations,
        "turns": all.latencies.len(),
        "errors": all.errors,
        "first_error": all.first_error,
        "turns_per_second": (all.latencies.len() as f64 / elapsed.as_secs_f64()).round(),
        "p50_ms": percentile(50),
        "p95_ms": percentile(95),
        "p99_ms": percentile(99),
        "stages_us": stages,
        "resident_kb": memory,
    });
    println!("{line}");
}

/// One conversation after the other on one connection until the deadline.
async fn client(plan: Plan, number: usize) -> Result<Tally> {
    let mut tally = Tally::default();
    let mut connection = connect(&plan).await?;
    let run = std::process::id();
    for round in 0.. {
        let conversation = format!("load-{run}-{number}-{round}");
        for input in plan.dialogue {
            if Instant::now() >= plan.deadline {
                return Ok(tally);
            }
            let start = Instant::now();
            match turn(&plan, &mut connection, &conversation, input).await {
                Ok(timing) => {
                    tally.latencies.push(start.elapsed());
                    if tally.latencies.len().is_multiple_of(STAGES_OF_EVERY)
                        && let Some(timing) = timing
                    {
                        tally.add_stages(timing.to_str().unwrap_or_default());
                    }
                }
                Err(error) => {
                    tally.errors += 1;
                    tally.first_error.get_or_insert_with(|| format!("{error:#}"));
                    connection = connect(&plan).await?;
                    break;
                }
            }
        }
    }
    Ok(tally)
}

async fn connect(plan: &Plan) -> Result<SendRequest<Full<Bytes>>> {
    let stream = TcpStream::connect(plan.address).await?;
    stream.set_nodelay(true)?;
    let (sender, connection) = hyper::client::conn::http1::handshake(TokioIo::new(stream)).await?;
    tokio::spawn(connection);
    Ok(sender)
}

/// One turn; what the node says of its stages.
async fn turn(
    plan: &Plan,
    connection: &mut SendRequest<Full<Bytes>>,
    conversation: &str,
    input: &str,
) -> Result<Option<HeaderValue>> {
    let body = json!({ "conversation_id": conversation, "user_id": "load", "input": input }).to_string();
    let request = Request::post(format!("/games/{}/move", plan.game))
        .header("host", &plan.authority)
        .header("content-type", "application/json")
        .body(Full::new(Bytes::from(body)))?;
    connection.ready().await?;
    let response = connection.send_request(request).await?;
    let status = response.status();
    let timing = response.headers().get("server-timing").cloned();
    let bytes = response.into_body().collect().await?.to_bytes();
    ensure!(status == StatusCode::OK, "answered {status}: {}", String::from_utf8_lossy(&bytes));
    let answer: Value = serde_json::from_slice(&bytes)?;
    ensure!(answer["durable"] == true, "not durable: {}", answer["degraded"]);
    ensure!(answer["move_id"] != "none", "nothing matched");
    Ok(timing)
}
