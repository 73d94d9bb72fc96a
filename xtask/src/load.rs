//! `cargo xtask load`: starts a deployment, offers it load, and makes a page of what happened. Everything it starts it ends.

mod page;
#[path = "../../origin/tests/support/postgres.rs"]
#[allow(dead_code)] // the tests use more of it
mod postgres_server;

use std::fs;
use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use clap::ValueEnum;
use lgdl_ports::Port;
use serde_json::Value;

use crate::shell::{run, say};
use crate::{folders, wasm};

/// How long a server may take to be ready.
const PATIENCE: Duration = Duration::from_secs(60);
/// A key that nobody else uses: the deployment lives as long as the run, on loopback.
const KEY: &str = "6c6f6164206c6f6164206c6f6164206c6f6164206c6f6164206c6f6164206c64";

/// What is loaded.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Target {
    /// `lgdl dev`: node and origin in one process, SQLite
    Dev,
    /// `lgdl edge` and `lgdl serve`, SQLite
    Sqlite,
    /// `lgdl edge` and `lgdl serve`, a PostgreSQL server of its own
    Postgres,
}

/// How load is offered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Profile {
    /// A little, for a few seconds
    Smoke,
    /// As much as is usual
    Load,
    /// More and more until it hurts
    Stress,
    /// Ten times as much for a while
    Spike,
    /// For long
    Soak,
}

impl Profile {
    fn name(self) -> &'static str {
        match self {
            Profile::Smoke => "smoke",
            Profile::Load => "load",
            Profile::Stress => "stress",
            Profile::Spike => "spike",
            Profile::Soak => "soak",
        }
    }
}

/// What a run is to be.
#[derive(clap::Args)]
pub(crate) struct Run {
    /// What is loaded
    #[arg(long, value_enum, default_value_t = Target::Dev)]
    target: Target,
    /// How load is offered; of ten conversations seven are short and three long
    #[arg(long, value_enum, default_value_t = Profile::Smoke)]
    profile: Profile,
    /// Turns a second that the profile begins with
    #[arg(long)]
    rate: Option<u32>,
    /// Seconds of the profile, or of each of its steps
    #[arg(long)]
    seconds: Option<u32>,
    /// Where the report goes: REPORT.json and REPORT.html
    #[arg(long, default_value = "target/load")]
    report: PathBuf,
    /// An earlier report (its .json) that this one is compared with
    #[arg(long)]
    against: Option<PathBuf>,
}

/// Runs it.
pub(crate) fn load(wanted: &Run) -> Result<()> {
    let component = wasm::build_edge(wasm::Target::Wasip1, None)?;
    let cargo = |arguments: &[&str]| run(Command::new("cargo").args(arguments).current_dir(folders::root()));
    cargo(&["build", "--release", "-p", "lgdl-origin", "--bin", "lgdl"])?;
    cargo(&["build", "--release", "-p", "lgdl-bench", "--bin", "offer"])?;
    let programs = folders::target().join("release");
    let earlier: Option<Value> = match &wanted.against {
        Some(file) => {
            let text = fs::read_to_string(file).with_context(|| format!("cannot read {}", file.display()))?;
            Some(serde_json::from_str(&text).with_context(|| format!("{} is no report", file.display()))?)
        }
        None => None,
    };
    let (json, html) = (wanted.report.with_extension("json"), wanted.report.with_extension("html"));
    if let Some(folder) = json.parent() {
        fs::create_dir_all(folder).with_context(|| format!("cannot make {}", folder.display()))?;
    }
    let deployment = Deployment::start(wanted.target, &programs.join("lgdl"), &component)?;
    let mut offer = Command::new(programs.join("offer"));
    offer
        .arg(format!("http://{}", deployment.edge.address()))
        .args(["clinic_triage", wanted.profile.name()])
        .arg(&json);
    if let Some(rate) = wanted.rate {
        offer.args(["--rate", &rate.to_string()]);
    }
    if let Some(seconds) = wanted.seconds {
        offer.args(["--seconds", &seconds.to_string()]);
    }
    offer.args(deployment.processes.iter().map(|process| format!("{}={}", process.name, process.child.id())));
    run(&mut offer)?;
    drop(deployment);
    let report: Value = serde_json::from_str(&fs::read_to_string(&json)?)?;
    let title = format!("{:?} on {:?}", wanted.profile, wanted.target).to_lowercase();
    fs::write(&html, page::of(&title, &report, earlier.as_ref()))
        .with_context(|| format!("cannot write {}", html.display()))?;
    println!("{}", report["total"]);
    say(format_args!("{} and {}", json.display(), html.display()));
    Ok(())
}

/// A server of ours; it ends with this.
struct Process {
    name: &'static str,
    child: Child,
}

impl Drop for Process {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// What is loaded, while it runs.
struct Deployment {
    edge: Port,
    origin: Port,
    admin: Port,
    processes: Vec<Process>,
    folder: PathBuf,
    _cluster: Option<postgres_server::Cluster>,
}

impl Drop for Deployment {
    fn drop(&mut self) {
        // Edges before origins, then what they kept.
        while self.processes.pop().is_some() {}
        let _ = fs::remove_dir_all(&self.folder);
    }
}

impl Deployment {
    fn start(target: Target, lgdl: &Path, component: &Path) -> Result<Deployment> {
        let folder = std::env::temp_dir().join(format!("lgdl-load-{}", std::process::id()));
        fs::create_dir_all(&folder).with_context(|| format!("cannot make {}", folder.display()))?;
        let [edge, origin, admin] = [Port::free(), Port::free(), Port::free()];
        let game = folders::root().join("games/clinic_triage");
        let mut deployment = Deployment { edge, origin, admin, processes: Vec::new(), folder, _cluster: None };
        let log = |name: &str, folder: &Path| fs::File::create(folder.join(name)).context("cannot make a log");
        if target == Target::Dev {
            let mut command = Command::new(lgdl);
            command
                .arg("dev")
                .arg(&game)
                .arg("--component")
                .arg(component)
                .args(["--port", &deployment.edge.number().to_string()]);
            command.arg("--data").arg(deployment.folder.join("data"));
            let output = log("dev.log", &deployment.folder)?;
            deployment.spawn("dev", command.stdout(output.try_clone()?).stderr(output))?;
            let at = deployment.edge.address();
            return deployment.ready(at);
        }
        let [edge_at, origin_at, admin_at] =
            [&deployment.edge, &deployment.origin, &deployment.admin].map(Port::address);
        let mut serve = Command::new(lgdl);
        serve
            .arg("serve")
            .env("LGDL_LISTEN", origin_at.to_string())
            .env("LGDL_ADMIN_LISTEN", admin_at.to_string())
            .env("LGDL_EDGE_KEYS", format!("load:{KEY}"))
            .env("LGDL_GAMES", format!("clinic_triage:{}", game.display()))
            .current_dir(&deployment.folder);
        if target == Target::Postgres {
            let cluster = postgres_server::Cluster::start(&[]).map_err(anyhow::Error::msg)?;
            serve.env("LGDL_POSTGRES_URL", cluster.fresh_database());
            deployment._cluster = Some(cluster);
        } else {
            serve.env("LGDL_SQLITE_PATH", deployment.folder.join("load.db"));
        }
        let output = log("origin.log", &deployment.folder)?;
        deployment.spawn("origin", serve.stdout(output.try_clone()?).stderr(output))?;
        deployment = deployment.ready(origin_at)?;
        let mut edge = Command::new(lgdl);
        edge.arg("edge")
            .args(["--listen", &edge_at.to_string()])
            .arg("--data")
            .arg(deployment.folder.join("edge"))
            .arg("--component")
            .arg(component)
            .env("LGDL_ORIGIN_URL", format!("http://{origin_at}"))
            .env("LGDL_ORIGIN_KEY_ID", "load")
            .env("LGDL_ORIGIN_KEY", KEY)
            .env("LGDL_STATE_KEY", KEY)
            // The load comes from one place and has no key: what is measured is turns, not refusals.
            .env("LGDL_AUTH", "open")
            .current_dir(&deployment.folder);
        for limit in ["USER", "CONVERSATION", "KEY", "GLOBAL"] {
            edge.env(format!("LGDL_RATE_LIMIT_{limit}"), "off");
        }
        let output = log("edge.log", &deployment.folder)?;
        deployment.spawn("edge", edge.stdout(output.try_clone()?).stderr(output))?;
        deployment.ready(edge_at)
    }

    fn spawn(&mut self, name: &'static str, command: &mut Command) -> Result<()> {
        let child = command.stdin(Stdio::null()).spawn().with_context(|| format!("cannot start the {name}"))?;
        self.processes.push(Process { name, child });
        Ok(())
    }

    /// Waits until the server says that it is ready.
    fn ready(mut self, at: SocketAddr) -> Result<Deployment> {
        let begun = Instant::now();
        while begun.elapsed() < PATIENCE {
            if is_ready(at) {
                return Ok(self);
            }
            if let Some(process) = self.processes.last_mut()
                && let Some(status) = process.child.try_wait()?
            {
                let log = fs::read_to_string(self.folder.join(format!("{}.log", process.name))).unwrap_or_default();
                bail!("the {} ended with {status}: {}", process.name, log.trim());
            }
            std::thread::sleep(Duration::from_millis(100));
        }
        bail!("nothing is ready at {at} after {} s", PATIENCE.as_secs())
    }
}

fn is_ready(at: SocketAddr) -> bool {
    let asked = || -> std::io::Result<String> {
        let mut stream = TcpStream::connect(at)?;
        stream.set_read_timeout(Some(Duration::from_secs(2)))?;
        stream.write_all(b"GET /health/ready HTTP/1.1\r\nhost: 127.0.0.1\r\nconnection: close\r\n\r\n")?;
        let mut answer = [0; 16];
        let length = stream.read(&mut answer)?;
        Ok(String::from_utf8_lossy(&answer[..length]).into_owned())
    };
    asked().is_ok_and(|answer| answer.starts_with("HTTP/1.1 200"))
}
