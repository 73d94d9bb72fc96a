//! Facts of a deployment as they are. Nothing is changed: a store whose schema is not up to date is not opened, and one that is not
//! there is not made.

use std::collections::BTreeSet;
use std::net::{Ipv4Addr, Ipv6Addr};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use http::Uri;
use http::uri::PathAndQuery;
use lgdl_tls::ServerTls;
use serde_json::Value;
use tokio::net::TcpStream;

use super::{
    Bucket, Credential, Disk, Expected, Facts, Node, NodeAnswer, Program, Ring, Settings, Space, StoreFacts,
    WebhookFacts,
};
use crate::alerts::channel_facts;
use crate::backup::{BACKUP_FAILED_NOTE, DRILL_FAILED_NOTE, DRILLED_NOTE, MADE_NOTE};
use crate::beginnings;
use crate::clock::{Clock as _, Millis, SystemClock};
use crate::config::{Config, DEFAULT_FILE, Given};
use crate::consumer::position_of;
use crate::files::folder_of;
use crate::migrations::{self, Status};
use crate::objects::Place;
use crate::outbound::Proof;
use crate::privacy::{RingError, check_ring};
use crate::random::SystemRandom;
use crate::receipts::heard_note;
use crate::serve::{DEFAULT_TENANT, open_store};
use crate::store::postgres::{connect, server};
use crate::store::{Store, StoreError, WebhookRow, WebhookState};
use crate::tls::trust;
use crate::{audit, nodes, outbound, tombstones};

/// How long a node may take to say how it is.
const NODE_WITHIN: Duration = Duration::from_secs(5);

/// What is to be looked at.
#[derive(Debug, Clone)]
pub struct Asked {
    /// Whose deployment.
    pub program: Program,
    /// The configuration file that was named.
    pub config: Option<PathBuf>,
    /// Where the edge keeps what waits.
    pub data: Option<PathBuf>,
    /// Nodes and origins that are to be asked for their health.
    pub nodes: Vec<Uri>,
    /// Whether there may be no store yet.
    pub expected: Expected,
}

impl Facts {
    /// Looks at everything that checks need.
    pub async fn gather(asked: &Asked) -> Facts {
        let given = Given::load(asked.config.as_deref());
        let secret_files = given.as_ref().map_or_else(|_| Vec::new(), |given| given.secret_files().to_vec());
        let settings = given.and_then(|given| {
            let origin = match asked.program {
                Program::Origin => Some(given.clone().origin()?),
                Program::Edge => None,
            };
            let tls = given.tls()?;
            let edge = match asked.program {
                Program::Origin => given.edge()?,
                Program::Edge => given.node()?,
            };
            Ok(Settings { origin, edge, tls })
        });
        let now_ms = SystemClock.now_ms();
        let tls = settings.as_ref().ok().map(|settings| settings.tls.clone());
        let authorities_fault = tls.as_ref().and_then(|tls| trust(tls).err()).map(|error| error.to_string());
        let certificate = tls.and_then(|tls| tls.server).map(|files| {
            let opened = ServerTls::open(files, now_ms / 1000);
            opened.map(|tls| tls.ends_at() * 1000).map_err(|error| error.to_string())
        });
        let mut facts = Facts {
            program: asked.program,
            now_ms,
            settings,
            certificate,
            authorities_fault,
            open_files: open_files(asked.config.as_deref(), secret_files),
            server: None,
            migrations: None,
            expected: asked.expected,
            lost: Ok(Vec::new()),
            store: None,
            unopened: None,
            disks: Vec::new(),
            buckets: Vec::new(),
            nodes: Vec::new(),
            max_open_files: rustix::process::getrlimit(rustix::process::Resource::Nofile).current,
        };
        let mut nodes: Vec<Uri> = asked.nodes.clone();
        if let Ok(settings) = &facts.settings {
            match &settings.origin {
                Some(config) => {
                    let config = config.clone();
                    let ours = ask_ours(settings, &config).await;
                    facts.disks = disks_of(&config, asked.expected);
                    facts.buckets = buckets_of(&config).await;
                    look_at_store(&mut facts, &config).await;
                    facts.nodes.extend(ours);
                }
                None => {
                    let origin = settings.edge.get("origin_url").and_then(|url| format!("{url}/health").parse().ok());
                    nodes.extend(origin);
                    let folder = asked.data.iter().map(|folder| made(folder, asked.expected));
                    facts.disks = folder.map(|folder| disk("what waits for the origin", folder)).collect();
                }
            }
        }
        for url in nodes {
            facts.nodes.push(ask(&in_full(url), Proof::Needed).await);
        }
        facts
    }
}

async fn look_at_store(facts: &mut Facts, config: &Config) {
    if let Some(url) = &config.postgres_url {
        let asked = async { server::facts(&connect(url.expose(), config.postgres_timeout).await?).await };
        let server = asked.await.map_err(|error| error.to_string());
        let reached = server.is_ok();
        facts.now_ms = SystemClock.now_ms();
        facts.server = Some(server);
        if !reached {
            return;
        }
    }
    let statuses = migrations::status(config).await;
    let up_to_date = |statuses: &[Status]| statuses.iter().all(|status| status.applied_at.is_some());
    if statuses.as_ref().is_ok_and(|statuses| statuses.iter().all(|status| status.applied_at.is_none())) {
        facts.lost = beginnings::signs(config, None).await.map_err(|error| error.to_string());
    }
    if statuses.as_ref().is_ok_and(|statuses| up_to_date(statuses)) {
        let now_ms = facts.now_ms;
        let asked = async {
            let store = open_store(config, &SystemClock).await?;
            let said = ask_store(&store, config, now_ms).await;
            let lost = beginnings::signs_beside(&*store, config).await.map_err(|error| error.to_string());
            store.close().await;
            said.map(|said| (said, lost))
        };
        facts.store = Some(match asked.await {
            Ok((said, lost)) => {
                facts.lost = lost;
                Ok(said)
            }
            Err(error) => Err(error.to_string()),
        });
    }
    facts.migrations = Some(statuses.map_err(|error| error.to_string()));
}

async fn ask_store(store: &Arc<dyn Store>, config: &Config, now_ms: Millis) -> Result<StoreFacts, StoreError> {
    let store = &**store;
    let ring = match check_ring(store, config.encryption_key.as_ref()).await {
        Ok(count) if config.encryption_key.is_some() => Ring::Opens(count),
        Ok(_) => Ring::None,
        Err(RingError::Store(error)) => return Err(error),
        Err(error) => Ring::Wrong(error.to_string()),
    };
    let tombstones = match &config.tombstones {
        None => None,
        Some(path) => Some(match tombstones::check(store, path).await {
            Ok(contents) => Ok(contents.map_or(0, |contents| contents.stones.len() as u64)),
            Err(error) => Err(error.to_string()),
        }),
    };
    let audit_lag = match config.audit_push_url {
        Some(_) => Some(audit::lag(store, now_ms).await?),
        None => None,
    };
    let mut heard = Vec::new();
    for key in &config.edge_keys {
        heard.push((key.id.clone(), noted_time(store, &heard_note(&key.id)).await?));
    }
    let rows = store.nodes().await?;
    let same_names = rows.iter().filter_map(|row| nodes::same_name(row, now_ms)).map(str::to_owned).collect();
    let opens = |row: &crate::store::ApiKeyRow| row.revoked_at.is_none() && row.expires_at.is_none_or(|at| at > now_ms);
    let keys = store.keys(DEFAULT_TENANT).await?.into_iter().filter(opens);
    let administrators = store.administrators().await?.iter().filter(|row| !row.disabled).count();
    Ok(StoreFacts {
        ring,
        tombstones,
        checkpoints_fault: config.audit_checkpoints.as_deref().and_then(not_appendable),
        audit_lag,
        backup_at: noted_time(store, MADE_NOTE).await?,
        drill_at: noted_time(store, DRILLED_NOTE).await?,
        backup_failed_at: noted_time(store, BACKUP_FAILED_NOTE).await?,
        drill_failed_at: noted_time(store, DRILL_FAILED_NOTE).await?,
        channels: channel_facts(store, config).await?,
        webhooks: webhooks_of(store).await?,
        games: store.all_games().await?.len() as u64,
        keys: keys.map(|row| Credential { name: row.name, expires_at: row.expires_at }).collect(),
        administrators: administrators as u64,
        heard,
        same_names,
    })
}

async fn webhooks_of(store: &dyn Store) -> Result<Vec<WebhookFacts>, StoreError> {
    let mut facts = Vec::new();
    for row in store.webhooks(None).await? {
        let position = position_of(store, &WebhookRow::note(&row.id)).await?;
        let paused = match row.hook.state {
            WebhookState::Paused { why, .. } => Some(why),
            WebhookState::Active => None,
        };
        let failing_since = (position.failures > 0).then_some(position.failing_since);
        facts.push(WebhookFacts {
            name: format!("{} of the tenant {}", row.hook.name, row.tenant),
            paused,
            failing_since,
        });
    }
    Ok(facts)
}

/// Why nothing can be written behind what a file holds; whether one can be made that is not there, its folder tells.
fn not_appendable(path: &Path) -> Option<String> {
    match std::fs::File::options().append(true).open(path) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => Some(format!("{}: {error}", path.display())),
        _ => None,
    }
}

async fn noted_time(store: &dyn Store, name: &str) -> Result<Option<Millis>, StoreError> {
    let text = store.setting(name).await?;
    text.map(|text| text.parse()).transpose().map_err(|_| StoreError::Damaged(format!("setting {name}")))
}

/// Files with secrets that everybody on the machine may read.
fn open_files(config: Option<&Path>, mut files: Vec<PathBuf>) -> Vec<PathBuf> {
    files.extend([config.unwrap_or(Path::new(DEFAULT_FILE)).to_owned()]);
    let files: BTreeSet<PathBuf> = files.into_iter().filter(|path| is_open(path)).collect();
    files.into_iter().collect()
}

#[cfg(unix)]
fn is_open(path: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt as _;
    const OTHERS_READ: u32 = 0o004;
    const OTHERS_PASS: u32 = 0o001;
    // What is not there is for the settings' check to tell. Only a file with a secret in it has to be closed.
    let Ok(data) = path.metadata() else { return false };
    let secret = path.file_name().is_none_or(|name| name != DEFAULT_FILE) || holds_secret(path);
    let may = |path: &Path, right| path.metadata().is_ok_and(|data| data.permissions().mode() & right != 0);
    // What lies in a folder that others can't enter is out of their reach, whatever it is itself.
    let reached = || path.canonicalize().is_ok_and(|path| path.ancestors().skip(1).all(|on| may(on, OTHERS_PASS)));
    secret && data.permissions().mode() & OTHERS_READ != 0 && reached()
}

#[cfg(not(unix))]
fn is_open(_: &Path) -> bool {
    false
}

/// Whether a configuration file gives a secret itself.
fn holds_secret(path: &Path) -> bool {
    use lgdl::settings::{Edge, Exposure};
    let table = std::fs::read_to_string(path).ok().and_then(|text| text.parse::<toml::Table>().ok());
    let secret = |name: &str| {
        let mut all = Config::TABLE.iter().chain(Edge::TABLE);
        all.any(|setting| setting.exposure == Exposure::Masked && setting.name.eq_ignore_ascii_case(name))
    };
    let given = |value: &toml::Value| value.as_str().is_some_and(|text| !text.is_empty() && !text.starts_with('@'));
    table.is_some_and(|table| table.iter().any(|(name, value)| secret(name) && given(value)))
}

/// A folder, or before the program has made it by itself the one that it will be in.
fn made(folder: &Path, expected: Expected) -> PathBuf {
    match expected {
        Expected::NewStore => folder.ancestors().find(|path| path.exists()).map_or(PathBuf::from("."), Path::to_owned),
        Expected::Store => folder.to_owned(),
    }
}

/// The folders of what is written, each by what lies there.
fn disks_of(config: &Config, expected: Expected) -> Vec<Disk> {
    let made = |folder: &Path| made(folder, expected);
    let store = config.postgres_url.is_none().then(|| ("the store", made(folder_of(&config.sqlite_path))));
    let files = [("tombstones", &config.tombstones), ("audit checkpoints", &config.audit_checkpoints)];
    let files = files.into_iter().filter_map(|(what, path)| Some((what, folder_of(path.as_ref()?).to_owned())));
    let folders = [("backups", &config.backup_url), ("the archive", &config.archive_url)];
    let folders = folders.into_iter().filter_map(|(what, place)| Some((what, made(place.as_ref()?.folder()?))));
    store.into_iter().chain(files).chain(folders).map(|(what, folder)| disk(what, folder)).collect()
}

/// The buckets that something is kept in, each tried.
async fn buckets_of(config: &Config) -> Vec<Bucket> {
    let mut tried = Vec::new();
    for (what, location) in [("backups", &config.backup_url), ("the archive", &config.archive_url)] {
        let Some(location) = location.as_ref().filter(|location| location.folder().is_none()) else { continue };
        let place = Place::new(location.clone(), config.objects.clone());
        let fault = place.try_out(&SystemRandom).await.err().map(|error| error.to_string());
        tried.push(Bucket { what, place: location.to_string(), fault });
    }
    tried
}

fn disk(what: &'static str, folder: PathBuf) -> Disk {
    use rustix::fs::{Access, StatVfsMountFlags, access, statvfs};
    let said = |error: rustix::io::Errno| format!("{}: {error}", folder.display());
    let looked = || {
        let disk = statvfs(&folder).map_err(said)?;
        if !folder.is_dir() {
            return Err(format!("{} is no folder", folder.display()));
        }
        if disk.f_flag.contains(StatVfsMountFlags::RDONLY) {
            return Err(format!("{} can only be read", folder.display()));
        }
        access(&folder, Access::WRITE_OK | Access::EXEC_OK).map_err(said)?;
        let bytes = |blocks: u64| blocks.saturating_mul(disk.f_frsize);
        Ok(Space { free: bytes(disk.f_bavail), total: bytes(disk.f_blocks) })
    };
    Disk { what, space: looked() }
}

/// The origin that runs on this machine with these settings, asked how it is; nothing, where nobody listens.
async fn ask_ours(settings: &Settings, config: &Config) -> Option<Node> {
    let mut address = config.listen;
    if address.ip().is_unspecified() {
        address.set_ip(match address.is_ipv4() {
            true => Ipv4Addr::LOCALHOST.into(),
            false => Ipv6Addr::LOCALHOST.into(),
        });
    }
    let connecting = tokio::time::timeout(NODE_WITHIN, TcpStream::connect(address));
    connecting.await.ok()?.ok()?;
    let scheme = if settings.tls.server.is_some() { "https" } else { "http" };
    let url = format!("{scheme}://{address}/health").parse().ok()?;
    // Its certificate is for the name that others know it by.
    let node = ask(&url, Proof::Waived).await;
    // Something else may have the port while ours does not run.
    let is_ours = match &node.answer {
        Ok(answer) => answer.version.is_some(),
        Err(_) => true,
    };
    is_ours.then_some(node)
}

/// Where a node says how each of its components is: that it lives and takes turns is known of one whose origin is away, too.
fn in_full(url: Uri) -> Uri {
    match url.path() {
        "/health/live" | "/health/ready" | "/healthz" => {
            let mut parts = url.clone().into_parts();
            parts.path_and_query = Some(PathAndQuery::from_static("/health"));
            Uri::from_parts(parts).unwrap_or(url)
        }
        _ => url,
    }
}

async fn ask(url: &Uri, proof: Proof) -> Node {
    let asked_at = SystemClock.now_ms();
    let answer = outbound::get(url, NODE_WITHIN, proof).await.map(|answer| {
        let body: Value = serde_json::from_str(&answer.body).unwrap_or(Value::Null);
        let date = answer.headers.get(http::header::DATE).and_then(|date| date.to_str().ok());
        let components = body["components"].as_object().into_iter().flatten();
        let unwell =
            components.filter(|(_, component)| component["status"] != "healthy").map(|(name, component)| {
                match (component["status"].as_str(), component["detail"].as_str()) {
                    (Some(status), Some(detail)) => format!("{name} {status} ({detail})"),
                    (status, _) => format!("{name} {}", status.unwrap_or("unknown")),
                }
            });
        NodeAnswer {
            status: answer.status.as_u16(),
            version: body["version"].as_str().map(str::to_owned),
            unwell: unwell.collect(),
            now_ms: date
                .and_then(|date| jiff::fmt::rfc2822::parse(date).ok())
                .map(|date| date.timestamp().as_millisecond()),
            asked_at,
        }
    });
    Node { url: url.to_string(), answer }
}

#[cfg(test)]
mod tests {
    use std::io::{Read as _, Write as _};
    use std::net::TcpListener;

    use super::*;
    use crate::tls::Tls;

    #[cfg(unix)]
    #[test]
    fn a_secret_is_open_where_others_can_read_the_file_and_reach_it() {
        use std::fs::{Permissions, set_permissions};
        use std::os::unix::fs::PermissionsExt as _;
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("ring");
        std::fs::write(&file, "k1:…").unwrap();
        for (of_folder, of_file, open) in
            [(0o755, 0o644, true), (0o711, 0o644, true), (0o700, 0o644, false), (0o755, 0o640, false)]
        {
            set_permissions(folder.path(), Permissions::from_mode(of_folder)).unwrap();
            set_permissions(&file, Permissions::from_mode(of_file)).unwrap();
            assert_eq!(is_open(&file), open, "{of_folder:o} {of_file:o}");
        }
    }

    /// What is made of somebody who gives that answer on the origin's port.
    async fn found(answer: &'static str) -> Option<Node> {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let listen = listener.local_addr().unwrap().to_string();
        let answering = std::thread::spawn(move || {
            for stream in listener.incoming().take(2) {
                let mut stream = stream.unwrap();
                let head = format!("HTTP/1.1 503 Service Unavailable\r\ncontent-length: {}\r\n\r\n", answer.len());
                // Whoever only knocks says nothing.
                if stream.read(&mut [0; 4096]).unwrap() > 0 {
                    stream.write_all(format!("{head}{answer}").as_bytes()).unwrap();
                }
            }
        });
        let given = [("LGDL_LISTEN", listen.as_str()), ("LGDL_EDGE_UNSIGNED", "true")];
        let given = given.map(|(name, value)| (name.to_owned(), value.to_owned()));
        let config = Config::read("", given).expect("fine");
        let settings = Settings { origin: None, edge: [].into(), tls: Tls { server: None, authorities: None } };
        let found = ask_ours(&settings, &config).await;
        answering.join().unwrap();
        assert!(ask_ours(&settings, &config).await.is_none(), "nobody listens any more");
        found
    }

    #[test]
    fn a_node_is_asked_for_its_components_whatever_was_named() {
        for path in ["/health", "/health/live", "/health/ready", "/healthz"] {
            let url: Uri = format!("http://node:1{path}").parse().unwrap();
            assert_eq!(in_full(url).to_string(), "http://node:1/health");
        }
    }

    #[tokio::test]
    async fn the_origin_that_runs_here_is_asked_and_nobody_else() {
        let full = r#"{"version": "1.0.0", "components": {"store": {"status": "degraded", "detail": "full"}}}"#;
        let answer = found(full).await.expect("it is ours").answer.expect("an answer");
        assert_eq!((answer.status, answer.unwell), (503, vec!["store degraded (full)".to_owned()]));
        assert!(found("go away").await.is_none());
    }
}
