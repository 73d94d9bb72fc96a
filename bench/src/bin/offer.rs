//! Load on a running edge node as the field brings it: turns fall due whether or not the ones before are answered, and
//! their latency counts from when they were due. On loopback.
//!
//! `offer URL GAME PROFILE REPORT [--rate N] [--seconds N] [NAME=PROCESS …]`; `cargo xtask load` starts the servers, runs
//! this, and makes a page of the report. Profiles: `smoke`, `load`, `stress` (rises until it hurts, and stops), `spike`,
//! `soak`. Of ten conversations seven are short and three long.

use std::collections::BTreeMap;
use std::net::{SocketAddr, ToSocketAddrs as _};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use anyhow::{Context as _, Result, bail, ensure};
use http_body_util::{BodyExt as _, Full};
use hyper::body::Bytes;
use hyper::client::conn::http1::SendRequest;
use hyper::{Request, StatusCode};
use hyper_util::rt::TokioIo;
use serde_json::{Value, json};
use tokio::net::TcpStream;
use tokio::sync::mpsc;
use tokio::time::{Instant, MissedTickBehavior, interval, sleep_until, timeout};

/// What is said in a short conversation and in a long one.
const SHORT: &[&str] = &["hello", "I can't breathe"];
const LONG: &[&str] = &["I have pain", "lower back", "7", "2 hours ago"];
/// Of ten conversations so many are short.
const SHORT_OF_TEN: usize = 7;
/// Turns of a conversation, over the mix, in tenths.
const TURNS_OF_TEN: usize = SHORT_OF_TEN * SHORT.len() + (10 - SHORT_OF_TEN) * LONG.len();
/// From one turn of a conversation being due to the next.
const THINKING: Duration = Duration::from_secs(1);
/// Conversations open at a time; beyond them nothing more is offered, which counts as errors.
const MAX_OPEN: usize = 20_000;
/// How long a turn is waited for.
const PATIENCE: Duration = Duration::from_secs(10);
/// How often conversations begin.
const TICK: Duration = Duration::from_millis(5);
/// The longest run, seconds.
const MAX_SECONDS: u64 = 24 * 3_600;
/// Where rising load has gone too far: this 95th percentile, and this share of errors.
const HURTS: Duration = Duration::from_millis(500);
const TOO_MANY_ERRORS: f64 = 0.01;

/// A stretch of a profile: from one rate to another, turns a second.
#[derive(Debug, Clone, Copy)]
struct Phase {
    seconds: u64,
    from: f64,
    to: f64,
}

/// What a profile offers, and whether it ends where it hurts.
fn profile(name: &str, rate: Option<f64>, seconds: Option<u64>) -> Result<(Vec<Phase>, bool)> {
    let flat = |seconds, rate| Phase { seconds, from: rate, to: rate };
    let base = |usual: f64| rate.unwrap_or(usual);
    Ok(match name {
        "smoke" => (vec![flat(seconds.unwrap_or(10), base(20.0))], false),
        "load" => (vec![flat(seconds.unwrap_or(60), base(500.0))], false),
        "stress" => {
            let step = base(250.0);
            ((1..=40).map(|n| flat(seconds.unwrap_or(8), step * f64::from(n))).collect(), true)
        }
        "spike" => {
            let calm = base(100.0);
            let rise = Phase { seconds: 2, from: calm, to: calm * 10.0 };
            let fall = Phase { seconds: 2, from: calm * 10.0, to: calm };
            (vec![flat(15, calm), rise, flat(seconds.unwrap_or(10), calm * 10.0), fall, flat(20, calm)], false)
        }
        "soak" => (vec![flat(seconds.unwrap_or(600), base(300.0))], false),
        other => bail!("the profile is smoke, load, stress, spike or soak, not {other:?}"),
    })
}

/// One turn as it went.
struct Turn {
    /// The second in which it was due.
    due: u64,
    latency: Duration,
    error: Option<String>,
    stages: Vec<(String, f64)>,
}

/// What happened in one second.
#[derive(Default)]
struct Second {
    latencies: Vec<Duration>,
    errors: BTreeMap<String, usize>,
    stages: BTreeMap<String, Vec<f64>>,
    processes: BTreeMap<String, (f64, u64)>,
}

struct Node {
    address: SocketAddr,
    authority: String,
    game: String,
    idle: Mutex<Vec<SendRequest<Full<Bytes>>>>,
    open: std::sync::atomic::AtomicUsize,
}

#[tokio::main]
async fn main() -> Result<()> {
    let mut arguments = std::env::args().skip(1);
    let mut words = Vec::new();
    let (mut rate, mut seconds, mut processes) = (None, None, Vec::new());
    while let Some(argument) = arguments.next() {
        match argument.as_str() {
            "--rate" => rate = Some(arguments.next().context("--rate N")?.parse::<f64>()?),
            "--seconds" => seconds = Some(arguments.next().context("--seconds N")?.parse::<u64>()?),
            _ => match argument.split_once('=') {
                Some((name, id)) if id.bytes().all(|byte| byte.is_ascii_digit()) => {
                    processes.push((name.to_owned(), id.parse::<u32>()?));
                }
                _ => words.push(argument),
            },
        }
    }
    let [url, game, name, report] = words.as_slice() else {
        bail!("usage: offer URL GAME PROFILE REPORT [--rate N] [--seconds N] [NAME=PROCESS …]");
    };
    let (phases, ends_where_it_hurts) = profile(name, rate, seconds)?;
    ensure!(phases.iter().map(|phase| phase.seconds).sum::<u64>() <= MAX_SECONDS, "at most {MAX_SECONDS} seconds");
    let authority = url.strip_prefix("http://").context("the URL begins with http://")?.trim_end_matches('/');
    let address = authority.to_socket_addrs()?.find(|a| a.ip().is_loopback()).context("only loopback is loaded")?;
    let node = Arc::new(Node {
        address,
        authority: authority.to_owned(),
        game: game.clone(),
        idle: Mutex::default(),
        open: Default::default(),
    });
    let (told, turns) = mpsc::unbounded_channel();
    let began = Instant::now();
    let stopped = Arc::new(std::sync::atomic::AtomicBool::new(false));
    let watching = tokio::spawn(watch(turns, began, processes, ends_where_it_hurts, Arc::clone(&stopped)));
    let offered = offer(&node, &phases, began, &told, &stopped).await;
    drop(told);
    let seconds = watching.await?;
    let document = document(name, &offered, &seconds);
    std::fs::write(report, document.to_string()).with_context(|| format!("cannot write {report}"))?;
    println!("{}", document["total"]);
    Ok(())
}

/// Begins conversations as the profile has them; what was offered, by second.
async fn offer(
    node: &Arc<Node>,
    phases: &[Phase],
    began: Instant,
    told: &mpsc::UnboundedSender<Turn>,
    stopped: &std::sync::atomic::AtomicBool,
) -> Vec<f64> {
    use std::sync::atomic::Ordering::Relaxed;
    let mut ticks = interval(TICK);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Burst);
    let (mut due, mut number, mut offered) = (0.0, 0usize, Vec::new());
    let run = std::process::id();
    let mut until = began;
    for phase in phases {
        let from = until;
        until += Duration::from_secs(phase.seconds);
        while Instant::now() < until && !stopped.load(Relaxed) {
            ticks.tick().await;
            let share = from.elapsed().as_secs_f64() / phase.seconds.max(1) as f64;
            let rate = phase.from + (phase.to - phase.from) * share.clamp(0.0, 1.0);
            let second = began.elapsed().as_secs() as usize;
            if offered.len() <= second {
                offered.resize(second + 1, rate);
            }
            due += rate * TICK.as_secs_f64() * 10.0 / TURNS_OF_TEN as f64;
            while due >= 1.0 {
                due -= 1.0;
                number += 1;
                if node.open.load(Relaxed) >= MAX_OPEN {
                    let error = Some("too many conversations are open".to_owned());
                    let _ = told.send(Turn { due: second as u64, latency: PATIENCE, error, stages: Vec::new() });
                    continue;
                }
                node.open.fetch_add(1, Relaxed);
                // Spread over ten, so that short and long ones take turns.
                let words = if number * 3 % 10 < SHORT_OF_TEN { SHORT } else { LONG };
                let name = format!("offer-{run}-{number}");
                tokio::spawn(converse(Arc::clone(node), name, words, began, told.clone()));
            }
        }
    }
    offered
}

/// A conversation: each turn is due a while after the one before was.
async fn converse(
    node: Arc<Node>,
    name: String,
    words: &'static [&'static str],
    began: Instant,
    told: mpsc::UnboundedSender<Turn>,
) {
    let mut due = Instant::now();
    for input in words {
        sleep_until(due).await;
        let answer = match timeout(PATIENCE, node.turn(&name, input)).await {
            Ok(answer) => answer,
            Err(_) => Err("no answer in time".to_owned()),
        };
        let (error, stages) = match answer {
            Ok(stages) => (None, stages),
            Err(error) => (Some(error), Vec::new()),
        };
        let failed = error.is_some();
        let _ = told.send(Turn { due: (due - began).as_secs(), latency: due.elapsed(), error, stages });
        if failed {
            break;
        }
        due += THINKING;
    }
    node.open.fetch_sub(1, std::sync::atomic::Ordering::Relaxed);
}

impl Node {
    /// One turn: what the node tells of its stages, or what went wrong, in words that repeat.
    async fn turn(&self, conversation: &str, input: &str) -> Result<Vec<(String, f64)>, String> {
        let idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner).pop();
        let mut connection = match idle.filter(|connection| !connection.is_closed()) {
            Some(connection) => connection,
            None => self.connect().await.map_err(|error| format!("no connection: {}", error.root_cause()))?,
        };
        let body = json!({ "conversation_id": conversation, "user_id": conversation, "input": input }).to_string();
        let request = Request::post(format!("/games/{}/move", self.game))
            .header("host", &self.authority)
            .header("content-type", "application/json")
            .body(Full::new(Bytes::from(body)))
            .map_err(|error| error.to_string())?;
        let broken = |_: hyper::Error| "the connection broke".to_owned();
        connection.ready().await.map_err(broken)?;
        let response = connection.send_request(request).await.map_err(broken)?;
        let status = response.status();
        let timing = response.headers().get("server-timing").and_then(|timing| timing.to_str().ok()).map(stages);
        let bytes = response.into_body().collect().await.map_err(broken)?.to_bytes();
        self.idle.lock().unwrap_or_else(PoisonError::into_inner).push(connection);
        let answer: Value = serde_json::from_slice(&bytes).unwrap_or_default();
        match status {
            StatusCode::OK if answer["durable"] == true => Ok(timing.unwrap_or_default()),
            StatusCode::OK => Err("not durable".to_owned()),
            status => Err(format!("{} {}", status.as_u16(), answer["code"].as_str().unwrap_or(""))),
        }
    }

    async fn connect(&self) -> Result<SendRequest<Full<Bytes>>> {
        let stream = TcpStream::connect(self.address).await?;
        stream.set_nodelay(true)?;
        let (sender, connection) = hyper::client::conn::http1::handshake(TokioIo::new(stream)).await?;
        tokio::spawn(connection);
        Ok(sender)
    }
}

/// `edge;dur=1.957, settings;dur=0.046, …`, in milliseconds.
fn stages(timing: &str) -> Vec<(String, f64)> {
    timing
        .split(", ")
        .filter_map(|stage| {
            let (name, ms) = stage.split_once(";dur=")?;
            Some((name.to_owned(), ms.parse().ok()?))
        })
        .collect()
}

/// Gathers what the turns tell and what the processes take, and shows it as it comes.
async fn watch(
    mut turns: mpsc::UnboundedReceiver<Turn>,
    began: Instant,
    processes: Vec<(String, u32)>,
    ends_where_it_hurts: bool,
    stopped: Arc<std::sync::atomic::AtomicBool>,
) -> Vec<Second> {
    let mut seconds: Vec<Second> = Vec::new();
    let mut each_second = interval(Duration::from_secs(1));
    let mut before: BTreeMap<String, (f64, Instant)> = BTreeMap::new();
    loop {
        tokio::select! {
            turn = turns.recv() => {
                let Some(turn) = turn else { return seconds };
                let second = turn.due as usize;
                if seconds.len() <= second {
                    seconds.resize_with(second + 1, Second::default);
                }
                let second = &mut seconds[second];
                match turn.error {
                    None => second.latencies.push(turn.latency),
                    Some(error) => *second.errors.entry(error).or_default() += 1,
                }
                for (name, ms) in turn.stages {
                    second.stages.entry(name).or_default().push(ms);
                }
            }
            _ = each_second.tick() => {
                let now = began.elapsed().as_secs() as usize;
                if seconds.len() <= now {
                    seconds.resize_with(now + 1, Second::default);
                }
                for (name, process) in &processes {
                    let Some((cpu, resident)) = taken_by(*process) else { continue };
                    let at = Instant::now();
                    let known = before.insert(name.clone(), (cpu, at));
                    let share = known.map_or(0.0, |(used, then)| (cpu - used) / (at - then).as_secs_f64().max(0.001));
                    seconds[now].processes.insert(name.clone(), (share * 100.0, resident));
                }
                // What was due two seconds ago is mostly told.
                if let Some(second) = now.checked_sub(2).and_then(|at| seconds.get(at)) {
                    let (p50, p95) = (percentile(&second.latencies, 50), percentile(&second.latencies, 95));
                    let errors: usize = second.errors.values().sum();
                    eprintln!("{:>5} s {:>6} turns/s, p50 {p50:>7.1} ms, p95 {p95:>7.1} ms, {errors} errors", now - 2, second.latencies.len());
                    let share = errors as f64 / (second.latencies.len() + errors).max(1) as f64;
                    if ends_where_it_hurts && (p95 > HURTS.as_secs_f64() * 1e3 || share > TOO_MANY_ERRORS) {
                        stopped.store(true, std::sync::atomic::Ordering::Relaxed);
                    }
                }
            }
        }
    }
}

/// Seconds of processor time and resident memory, kB; none where the system does not tell.
fn taken_by(process: u32) -> Option<(f64, u64)> {
    const TICKS: f64 = 100.0;
    let stat = std::fs::read_to_string(format!("/proc/{process}/stat")).ok()?;
    let fields: Vec<&str> = stat.rsplit_once(") ")?.1.split(' ').collect();
    let cpu = (fields.get(11)?.parse::<f64>().ok()? + fields.get(12)?.parse::<f64>().ok()?) / TICKS;
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    Some((cpu, line.trim().trim_end_matches(" kB").parse().ok()?))
}

/// In milliseconds.
fn percentile(latencies: &[Duration], percent: usize) -> f64 {
    let mut sorted = latencies.to_vec();
    sorted.sort_unstable();
    let at = (sorted.len() * percent / 100).min(sorted.len().saturating_sub(1));
    sorted.get(at).map_or(0.0, |latency| (latency.as_secs_f64() * 1e5).round() / 100.0)
}

fn document(profile: &str, offered: &[f64], seconds: &[Second]) -> Value {
    let summed = |latencies: &[Duration], errors: &BTreeMap<String, usize>| {
        json!({
            "turns": latencies.len(),
            "errors": errors,
            "p50_ms": percentile(latencies, 50),
            "p95_ms": percentile(latencies, 95),
            "p99_ms": percentile(latencies, 99),
        })
    };
    let (mut latencies, mut errors) = (Vec::new(), BTreeMap::new());
    let mut lines = Vec::new();
    for (at, second) in seconds.iter().enumerate() {
        latencies.extend(&second.latencies);
        for (error, count) in &second.errors {
            *errors.entry(error.clone()).or_default() += count;
        }
        let mut line = summed(&second.latencies, &second.errors);
        line["offered"] = json!(offered.get(at).copied().unwrap_or(0.0));
        line["stages_ms"] = second
            .stages
            .iter()
            .map(|(name, times)| {
                let mut times = times.clone();
                times.sort_unstable_by(f64::total_cmp);
                (name.clone(), json!(times[times.len() / 2]))
            })
            .collect();
        line["processes"] = second
            .processes
            .iter()
            .map(|(name, (cpu, resident))| {
                (name.clone(), json!({ "cpu_percent": cpu.round(), "resident_kb": resident }))
            })
            .collect();
        lines.push(line);
    }
    let mut total = summed(&latencies, &errors);
    total["turns_per_second"] = json!((latencies.len() as f64 / offered.len().max(1) as f64).round());
    json!({ "profile": profile, "total": total, "seconds": lines })
}
