//! `lgdl dev`: origin and edge node on this machine, with games that are published anew when their files change.
//! Looking after the games lies in [`games`], finding the component in
//! [`component`], what is kept between turns in [`data`].

pub(super) mod component;
pub(super) mod data;
mod desk;
pub(super) mod examples;
mod games;

use std::collections::BTreeMap;
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use axum::Router;
use bytes::Bytes;
use lgdl_edge_host::{Host, HostConfig, LocalService, Storage};
use lgdl_origin::Config;
use lgdl_origin::beginnings::begin_anew;
use lgdl_origin::clock::SystemClock;
use lgdl_origin::config::Given;
use lgdl_origin::http::without_a_network;
use lgdl_origin::serve::{Running, collector, stop_signal};
use lgdl_traces::Collector;

use super::console::Console;
use super::deployment::failed;
use super::edge::services;
use super::failure::{End, Failure, Verdict};
use super::{logging, runtime};
use data::Data;
use desk::Desk;
use games::{Change, Games, Status};

/// The port that is taken when none is asked for and it is free.
const USUAL_PORT: u16 = 8080;
/// The folder of the examples, among what is kept.
const EXAMPLES: &str = "examples";
/// The origin's name on the node.
const ORIGIN: &str = "origin.internal";
/// How often files are looked at.
const LOOK_EVERY: Duration = Duration::from_millis(300);
/// What the edge node is allowed and told, as Spin reads it.
pub(super) const SPIN_MANIFEST: &str = include_str!("../../../spin.toml");

#[derive(clap::Args)]
pub(super) struct Arguments {
    /// Games to talk to; each is reached under the name of its folder, or of its file. Without any, the examples that this program
    /// carries
    #[arg(value_name = "GAME")]
    games: Vec<PathBuf>,
    /// Port of the page and of the API; default: 8080, or any free one when that is taken
    #[arg(long, value_name = "PORT")]
    port: Option<u16>,
    /// Port of the origin; default: any free one
    #[arg(long, value_name = "PORT", default_value_t = 0)]
    origin_port: u16,
    /// The edge component (lgdl_edge.wasm); default: LGDL_COMPONENT, else the one that this program carries, else
    /// the one beside it, else where cargo puts it
    #[arg(long, value_name = "FILE")]
    component: Option<PathBuf>,
    /// Keep conversations in this folder; default: a temporary one
    #[arg(long, value_name = "FOLDER")]
    data: Option<PathBuf>,
    /// The configuration file; default: lgdl.toml in this folder, if it is there
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
}

pub(super) fn run(arguments: &Arguments, console: &mut Console) -> End {
    let component = component::read(arguments.component.as_deref())?;
    let data = Data::open(arguments.data.as_deref())?;
    let games = match arguments.games.as_slice() {
        [] => {
            let folder = data.path().join(EXAMPLES);
            let games = examples::write(&folder)?;
            console.line(format_args!("examples: {}", folder.display()))?;
            Games::find(&games)?
        }
        named => Games::find(named)?,
    };
    let port = choose_port(arguments.port)?;
    let given = Given::load(arguments.config.as_deref()).map_err(failed)?;
    let config = origin_config(given.clone(), arguments.origin_port, data.path())?;
    let settings = edge_settings(given)?;
    let quiet = config.effective.iter().any(|entry| entry.name == "LGDL_LOG" && entry.source == "default");
    logging::begin(if quiet { "warn" } else { &config.log }, logging::Redaction::of(&config))?;
    runtime::block_on(serve(component, games, port, data, (config, settings), console))
}

async fn serve(
    component: Vec<u8>,
    mut games: Games,
    port: u16,
    data: Data,
    (config, given): (Config, BTreeMap<&'static str, String>),
    console: &mut Console,
) -> End {
    let traces = collector(&config.otlp_url, &config.otlp_authorization);
    // Its store is its own, whatever the settings name of a deployment's.
    begin_anew(&config, &SystemClock).await.map_err(failed)?;
    let origin = lgdl_origin::start(config).await.map_err(|error| Failure::Failed(error.to_string()))?;
    let status = Arc::new(Mutex::new(Status::default()));
    let changed = games.look(&origin.origin).await?;
    origin.origin.capabilities.stand_in(games.mocks());
    let mut desk = Desk::open(&origin.origin).await?;
    desk.serve(&origin.origin, games.queues()).await?;
    show(&changed, &games, &status, console)?;

    console.progress("starting the edge node (the first time, the component is compiled) …");
    let node = Node {
        component,
        port,
        origin: lgdl_origin::http::edge_service(origin.origin.clone()),
        folder: data.path().join("edge"),
        state_key: data.state_key()?,
        given,
        traces,
        status,
    };
    let mut host = node.start(&games).await?;
    console.progress_done();
    let address = host.address();
    console.line(format_args!("\npage:    http://{address}/"))?;
    for id in games.ids() {
        console.line(format_args!("game:    POST http://{address}/games/{id}/move"))?;
    }
    console.line(format_args!("origin:  http://{}", origin.edge_address))?;
    let (at, name, password) = (origin.admin_address, desk::NAME, &desk.password);
    console.line(format_args!("desk:    http://{at}/desk (log in as {name}, {password})"))?;
    console.line("Ctrl-C ends it. Games are published anew when their files change.")?;
    console.flush()?;

    let mut stopped = std::pin::pin!(stop_signal());
    loop {
        tokio::select! {
            () = &mut stopped => break,
            () = tokio::time::sleep(LOOK_EVERY) => {}
        }
        let changed = games.look(&origin.origin).await?;
        if changed.iter().any(|change| change.mocks) {
            origin.origin.capabilities.stand_in(games.mocks());
            // The node reads the stand-ins when it starts.
            host.stop().await;
            host = Node { port: address.port(), ..node.clone() }.start(&games).await?;
        }
        desk.serve(&origin.origin, games.queues()).await?;
        show(&changed, &games, &node.status, console)?;
        console.flush()?;
    }
    stop(host, origin).await
}

async fn stop(host: Host, origin: Running) -> End {
    host.stop().await;
    origin.stop().await.map_err(|error| Failure::Failed(error.to_string()))?;
    Ok(Verdict::Yes)
}

/// Tells what changed, here and to the page.
fn show(changed: &[Change], games: &Games, status: &Mutex<Status>, console: &mut Console) -> Result<(), Failure> {
    for change in changed {
        match &change.outcome {
            Ok(version) => console.line(format_args!("{}: ready, version {}", change.game, &version[..12]))?,
            Err(text) => {
                console.note(text.trim_end());
                console.line(format_args!("{}: {}", change.game, change.consequence()))?;
            }
        }
    }
    *status.lock().unwrap_or_else(PoisonError::into_inner) = games.status();
    Ok(())
}

/// What the edge node needs to start, and to start again.
#[derive(Clone)]
struct Node {
    component: Vec<u8>,
    port: u16,
    origin: Router,
    folder: PathBuf,
    state_key: String,
    given: BTreeMap<&'static str, String>,
    traces: Option<Collector>,
    status: Arc<Mutex<Status>>,
}

impl Node {
    async fn start(&self, games: &Games) -> Result<Host, Failure> {
        let config = self.config(games.mocks_as_json()?)?;
        Host::start(config).await.map_err(|error| Failure::Failed(format!("the edge node: {error}")))
    }

    fn config(&self, mocks: String) -> Result<HostConfig, Failure> {
        let mut config = HostConfig::new(self.component.clone(), SPIN_MANIFEST.to_owned());
        config.listen = SocketAddr::from((Ipv4Addr::LOCALHOST, self.port));
        config.storage = Storage::Folder(self.folder.clone());
        config.code_cache = data::code_cache();
        config.traces = self.traces.clone();
        config.show_guest_messages = true;
        config.variables = BTreeMap::from([
            ("lgdl_mode".to_owned(), "development".to_owned()),
            ("lgdl_origin_url".to_owned(), format!("http://{ORIGIN}")),
            ("lgdl_capability_mocks".to_owned(), mocks),
            ("lgdl_state_key".to_owned(), self.state_key.clone()),
        ]);
        for (name, value) in &self.given {
            config.variables.entry(format!("lgdl_{name}")).or_insert_with(|| value.clone());
        }
        (config.allowed_hosts, config.public_hosts) = services(self.given.get("services").map_or("", String::as_str))?;
        let origin = self.origin.clone();
        let origin: LocalService = Arc::new(move |request| Box::pin(without_a_network(origin.clone(), request)));
        config.local_services.insert(ORIGIN.to_owned(), origin);
        let status = Arc::clone(&self.status);
        let answer: LocalService = Arc::new(move |_| {
            let status = status.lock().unwrap_or_else(PoisonError::into_inner).clone();
            Box::pin(async move { as_json(&status) })
        });
        config.own_paths.insert("/dev/status".to_owned(), answer);
        let status = Arc::clone(&self.status);
        let answer: LocalService = Arc::new(move |request| {
            let asked = request.uri().query().and_then(|query| query.strip_prefix("game=")).unwrap_or_default();
            let status = status.lock().unwrap_or_else(PoisonError::into_inner);
            let answer = as_picture(status.pictures.get(asked));
            Box::pin(async move { answer })
        });
        config.own_paths.insert("/dev/graph".to_owned(), answer);
        Ok(config)
    }
}

/// Settings of the edge that hold in development too when they are given; the rest is for this command to say.
fn edge_settings(given: Given) -> Result<BTreeMap<&'static str, String>, Failure> {
    const OURS: [&str; 7] =
        ["mode", "origin_url", "origin_key_id", "origin_key", "state_key", "tenant", "capability_mocks"];
    let mut settings = given.edge().map_err(failed)?;
    settings.retain(|name, _| !OURS.contains(name) && !name.starts_with("node_"));
    Ok(settings)
}

fn as_json(status: &Status) -> http::Response<Bytes> {
    let body = serde_json::to_vec(status).unwrap_or_default();
    let mut response = http::Response::new(Bytes::from(body));
    let headers = response.headers_mut();
    headers.insert("content-type", http::HeaderValue::from_static("application/json"));
    headers.insert("cache-control", http::HeaderValue::from_static("no-store"));
    response
}

/// A game as a picture, or that there is none of it.
fn as_picture(picture: Option<&String>) -> http::Response<Bytes> {
    let mut response = http::Response::new(Bytes::from(picture.cloned().unwrap_or_default()));
    if picture.is_none() {
        *response.status_mut() = http::StatusCode::NOT_FOUND;
    }
    let headers = response.headers_mut();
    headers.insert("content-type", http::HeaderValue::from_static("image/svg+xml"));
    headers.insert("cache-control", http::HeaderValue::from_static("no-store"));
    response
}

/// The port that was asked for, which must be free; else the usual one if it is free; else any.
fn choose_port(asked: Option<u16>) -> Result<u16, Failure> {
    let free = |port| TcpListener::bind((Ipv4Addr::LOCALHOST, port));
    match asked {
        Some(port) => free(port).map(|_| port).map_err(|error| {
            Failure::Failed(format!("port {port} can't be listened on: {error}; --port 0 takes any that is free"))
        }),
        None => Ok(free(USUAL_PORT).map_or(0, |_| USUAL_PORT)),
    }
}

/// The origin's settings: those that are given, but on loopback, unsigned, and with its own file.
fn origin_config(given: Given, port: u16, data: &Path) -> Result<Config, Failure> {
    given
        .with("listen", format!("127.0.0.1:{port}"))
        .with("admin_listen", "127.0.0.1:0")
        .with("edge_unsigned", "true")
        .with("sqlite_path", data.join(data::STORE_FILE).display().to_string())
        .with("games", "")
        // Pages of this machine, and a node in this process.
        .with("tls_certificate", "")
        .with("tls_key", "")
        .origin()
        .map_err(failed)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_node_may_call_the_services_that_are_given() {
        let services = r#"{"ehr": {"url": "https://ehr.example.com/api"}, "mail": {"url": "http://127.0.0.1:9", "allow_private": true}}"#;
        let node = Node {
            component: Vec::new(),
            port: 0,
            origin: Router::new(),
            folder: PathBuf::new(),
            state_key: String::new(),
            given: BTreeMap::from([("services", services.to_owned())]),
            traces: None,
            status: Arc::default(),
        };
        let config = node.config("{}".to_owned()).unwrap_or_else(|_| panic!("a config"));
        assert_eq!(config.allowed_hosts, ["https://ehr.example.com", "http://127.0.0.1:9"]);
        assert_eq!(config.public_hosts, ["ehr.example.com"]);
    }
}
