//! Every check, in the order in which its line stands in the report.

use std::collections::BTreeMap;

use lgdl::settings::{Edge, Exposure, Setting, variable};

use super::strength::{POOR_BITS, WEAK_BITS, bits};
use super::{Check, Disk, Expected, Facts, Finding, Level, Program, Ring, Settings, StoreFacts, WebhookFacts};
use crate::alerts::ChannelFacts;
use crate::audit::MAX_LAG_MS;
use crate::beginnings::{place_of, told};
use crate::clock::{MAX_CLOCK_OFF_MS, Millis};
use crate::config::Config;
use crate::store::postgres::server::ServerFacts;

const SECOND_MS: Millis = 1000;
const HOUR_MS: Millis = 60 * 60 * SECOND_MS;
const DAY_MS: Millis = 24 * HOUR_MS;
/// Clocks that differ by more are not kept by anything.
const GOOD_SKEW_MS: Millis = 5 * SECOND_MS;
/// An edge that has not asked for so long is away.
const EDGE_SILENT_MS: Millis = 10 * 60 * SECOND_MS;
/// How old a backup may be.
const BACKUP_AGE_MS: Millis = 26 * HOUR_MS;
/// How long a webhook may take nothing where no setting says so, minutes.
const WEBHOOK_BEHIND_MINUTES: u32 = 15;
/// How old the last drill may be.
const DRILL_AGE_MS: Millis = 31 * DAY_MS;
/// How long before its end a key is told of.
const EXPIRES_SOON_MS: Millis = 14 * DAY_MS;
/// How long before its end a certificate has to be renewed now.
const ENDS_NOW_MS: Millis = 3 * DAY_MS;
/// Free bytes below which a disk is full.
const MIN_FREE_BYTES: u64 = 512 * 1024 * 1024;
/// Free hundredths of a disk below which somebody should look.
const GOOD_FREE_PERCENT: u64 = 15;
/// Open files below which connections are refused soon.
const MIN_OPEN_FILES: u64 = 1024;
/// Open files that do for the connections that a node takes.
const GOOD_OPEN_FILES: u64 = 10_000;
/// How long since the log's last piece was archived before somebody should look.
const ARCHIVE_AGE_SECONDS: i64 = 60 * 60;

const BOTH: &[Program] = &[Program::Origin, Program::Edge];
const ORIGIN: &[Program] = &[Program::Origin];
const EDGE: &[Program] = &[Program::Edge];

/// All of them.
pub const CHECKS: &[Check] = &[
    Check { name: "settings", about: "every setting is a value, and they fit together", of: BOTH, look: settings },
    Check {
        name: "secrets",
        about: "secrets are hard to guess, and none serves two purposes",
        of: BOTH,
        look: secrets,
    },
    Check { name: "files", about: "nobody else on the machine can read files with secrets", of: BOTH, look: files },
    Check { name: "tls", about: "what people say is encrypted on its way", of: BOTH, look: tls },
    Check { name: "mode", about: "nothing that is for development is on", of: BOTH, look: mode },
    Check { name: "clock", about: "the clocks of database, origins and nodes agree", of: BOTH, look: clock },
    Check {
        name: "database",
        about: "the database keeps what it commits, and has room for our connections",
        of: ORIGIN,
        look: database,
    },
    Check { name: "migrations", about: "the schema is the one that this program knows", of: ORIGIN, look: migrations },
    Check { name: "disk", about: "the folders are there, can be written to and have room", of: BOTH, look: disk },
    Check {
        name: "buckets",
        about: "what is kept in a bucket can be written, read and removed there",
        of: ORIGIN,
        look: buckets,
    },
    Check { name: "encryption", about: "the key ring opens every data key", of: ORIGIN, look: encryption },
    Check {
        name: "tombstones",
        about: "the file that tells a restored store what was erased is there and whole",
        of: ORIGIN,
        look: tombstones,
    },
    Check { name: "audit", about: "the audit log is signed, and the SIEM keeps up", of: ORIGIN, look: audit },
    Check {
        name: "backups",
        about: "there is a fresh backup, and one was restored in a drill",
        of: ORIGIN,
        look: backups,
    },
    Check {
        name: "alerts",
        about: "somebody is told when something is wrong, and it gets there",
        of: ORIGIN,
        look: alerts,
    },
    Check { name: "webhooks", about: "no webhook is paused or behind", of: ORIGIN, look: webhooks },
    Check { name: "retention", about: "conversations are not kept for ever", of: ORIGIN, look: retention },
    Check { name: "games", about: "there is something to talk to", of: ORIGIN, look: games },
    Check { name: "access", about: "there are keys and administrators, and none ends soon", of: ORIGIN, look: access },
    Check {
        name: "edges",
        about: "every edge has asked lately, and no two nodes have one name",
        of: ORIGIN,
        look: edges,
    },
    Check { name: "nodes", about: "the nodes that were named are well, and of this version", of: BOTH, look: nodes },
    Check { name: "limits", about: "the system's limits and ours fit what is to be served", of: BOTH, look: limits },
    Check { name: "journal", about: "turns can wait while the origin is away", of: EDGE, look: journal },
];

fn ok(what: impl Into<String>) -> Finding {
    Finding { level: Level::Ok, what: what.into(), todo: None }
}

fn warn(what: impl Into<String>, todo: impl Into<String>) -> Finding {
    Finding { level: Level::Warn, what: what.into(), todo: Some(todo.into()) }
}

fn fail(what: impl Into<String>, todo: impl Into<String>) -> Finding {
    Finding { level: Level::Fail, what: what.into(), todo: Some(todo.into()) }
}

/// What was found wrong; if nothing was, that all is well.
fn unless_any(found: Vec<Finding>, well: impl Into<String>) -> Vec<Finding> {
    if found.is_empty() { vec![ok(well)] } else { found }
}

fn origin_of(facts: &Facts) -> Option<&Config> {
    facts.settings.as_ref().ok()?.origin.as_ref()
}

fn store_of(facts: &Facts) -> Option<&StoreFacts> {
    facts.store.as_ref()?.as_ref().ok()
}

fn settings(facts: &Facts) -> Vec<Finding> {
    match &facts.settings {
        Ok(_) => vec![ok("every setting that was given is a value")],
        Err(error) => error
            .problems
            .iter()
            .map(|problem| {
                fail(problem.as_str(), "mend it; docs/settings.md says what it takes, `lgdl config` what is in force")
            })
            .collect(),
    }
}

/// Secrets that we make ourselves, by their settings' names.
fn own_secrets(settings: &Settings) -> Vec<(String, String)> {
    let mut secrets = Vec::new();
    if let Some(config) = &settings.origin {
        let edges = config.edge_keys.iter();
        secrets.extend(
            edges.map(|key| (format!("{} ({})", variable("edge_keys"), key.id), key.secret.expose().to_owned())),
        );
        secrets.extend(config.audit_key.iter().map(|key| (variable("audit_key"), key.expose().to_owned())));
        let password = config.postgres_url.as_ref().and_then(|url| url.expose().parse::<tokio_postgres::Config>().ok());
        let password =
            password.and_then(|config| config.get_password().map(|bytes| String::from_utf8_lossy(bytes).into_owned()));
        secrets.extend(password.map(|password| (format!("the password in {}", variable("postgres_url")), password)));
    }
    let masked = |setting: &&Setting| setting.exposure == Exposure::Masked && setting.name != "services";
    for setting in Edge::TABLE.iter().filter(masked) {
        secrets.extend(settings.edge.get(setting.name).map(|secret| (setting.variable(), secret.clone())));
    }
    secrets
}

fn secrets(facts: &Facts) -> Vec<Finding> {
    let Ok(settings) = &facts.settings else { return Vec::new() };
    let secrets = own_secrets(settings);
    let mut found = Vec::new();
    let mut uses: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    let make = "make another: `openssl rand -hex 32`";
    for (name, secret) in &secrets {
        let bits = bits(secret);
        if bits < POOR_BITS {
            found.push(fail(format!("{name} can be guessed: {bits:.0} bits at most"), make));
        } else if bits < WEAK_BITS {
            found.push(warn(format!("{name} is weak: {bits:.0} bits at most"), make));
        }
        uses.entry(secret).or_default().push(name);
    }
    for names in uses.values().filter(|names| names.len() > 1) {
        // Origin and edge on one machine share the key that the edge signs with, as they must.
        let signing = |name: &&str| name.starts_with(&variable("edge_keys")) || **name == variable("origin_key");
        if !(names.len() == 2 && names.iter().all(signing)) {
            found.push(fail(format!("the same secret is {}", names.join(" and ")), "give each its own"));
        }
    }
    unless_any(found, format!("{} looked at, none is weak", secrets.len()))
}

fn files(facts: &Facts) -> Vec<Finding> {
    let found = facts.open_files.iter().map(|path| {
        warn(
            format!("everybody on this machine can read {}", path.display()),
            format!("chmod o-rwx {}", path.display()),
        )
    });
    unless_any(found.collect(), "files with secrets are for their owner and group")
}

/// Whether an address is on this machine.
fn is_local(host: &str) -> bool {
    let host = host.trim_matches(['[', ']']);
    host == "localhost"
        || host.ends_with(".localhost")
        || host.parse::<std::net::IpAddr>().is_ok_and(|ip| ip.is_loopback())
}

fn tls(facts: &Facts) -> Vec<Finding> {
    let Ok(settings) = &facts.settings else { return Vec::new() };
    let mut found = Vec::new();
    match &facts.certificate {
        Some(Err(why)) => {
            found.push(fail(why, "name a certificate that holds now, and its key: nothing starts with this one"))
        }
        Some(Ok(ends_at)) if ends_at - facts.now_ms < EXPIRES_SOON_MS => {
            let days = (ends_at - facts.now_ms) / DAY_MS;
            let todo = "renew it, and look why that was not done by itself; the files are read anew when they change";
            let text = format!("the certificate ends in {days} days");
            found.push(if ends_at - facts.now_ms < ENDS_NOW_MS { fail(text, todo) } else { warn(text, todo) });
        }
        Some(Ok(_)) | None => {}
    }
    if let Some(why) = &facts.authorities_fault {
        found.push(fail(why, "LGDL_TLS_AUTHORITIES names a file with certificates of authorities, as PEM"));
    }
    if let Some(config) = &settings.origin {
        if let Some(Ok(server)) = &facts.server
            && !server.tls
            && !config.postgres_url.as_ref().is_some_and(|url| database_is_local(url.expose()))
        {
            let todo = "add sslmode=require to LGDL_POSTGRES_URL; LGDL_TLS_AUTHORITIES names authorities of your own";
            found.push(warn("the connection to PostgreSQL is not encrypted", todo));
        }
        if !config.admin_listen.ip().is_loopback() && facts.certificate.is_none() {
            let todo =
                "set LGDL_TLS_CERTIFICATE and LGDL_TLS_KEY, or keep its port on a private network with TLS in front";
            found.push(warn(format!("the admin API listens on {} without TLS", config.admin_listen), todo));
        }
    }
    let origin = settings.edge.get("origin_url").and_then(|url| url.parse::<http::Uri>().ok());
    if let Some(url) = origin
        && url.scheme_str() == Some("http")
        && !is_local(url.host().unwrap_or_default())
    {
        let todo = "give the origin a certificate (LGDL_TLS_CERTIFICATE) and name it with https, or keep both on a private network";
        found.push(warn(
            "LGDL_ORIGIN_URL is http: turns are signed on their way to the origin, and not encrypted",
            todo,
        ));
    }
    let plain = facts.nodes.iter().map(|node| node.url.as_str());
    for url in plain.filter(|url| {
        url.parse::<http::Uri>()
            .is_ok_and(|url| url.scheme_str() == Some("http") && !is_local(url.host().unwrap_or_default()))
    }) {
        found.push(warn(format!("{url} was asked without TLS"), "name the address that people use, with https"));
    }
    unless_any(found, "what leaves this machine is encrypted")
}

fn database_is_local(url: &str) -> bool {
    use tokio_postgres::config::Host;
    url.parse::<tokio_postgres::Config>().is_ok_and(|config| {
        config.get_hosts().iter().all(|host| match host {
            Host::Tcp(name) => is_local(name),
            #[cfg(unix)]
            Host::Unix(_) => true,
        })
    })
}

fn mode(facts: &Facts) -> Vec<Finding> {
    let Ok(settings) = &facts.settings else { return Vec::new() };
    let mut found = Vec::new();
    if settings.origin.as_ref().is_some_and(|config| config.edge_unsigned) {
        let todo = "unset it, and give each edge a key in LGDL_EDGE_KEYS";
        found.push(fail("LGDL_EDGE_UNSIGNED=true: everybody on this machine may commit turns", todo));
    }
    let is = |name: &str, value: &str| settings.edge.get(name).is_some_and(|given| given == value);
    if is("mode", "development") {
        found.push(fail("LGDL_MODE=development: the node is open and explains itself", "unset it"));
    }
    if is("auth", "open") {
        found.push(warn(
            "LGDL_AUTH=open: callers need no key",
            "unset it, unless this site is for everybody and its limits fit",
        ));
    }
    if is("cors_origins", "*") {
        found.push(warn("LGDL_CORS_ORIGINS=*: any page may call this node", "name the pages that may"));
    }
    unless_any(found, "production")
}

fn clock(facts: &Facts) -> Vec<Finding> {
    let database = facts.server.as_ref().and_then(|server| server.as_ref().ok());
    let mut others: Vec<(String, Millis)> =
        database.map(|server| ("PostgreSQL".to_owned(), server.now_ms - facts.now_ms)).into_iter().collect();
    for node in &facts.nodes {
        let answer = node.answer.as_ref().ok();
        // A header's date has whole seconds, cut off: half of one is its middle.
        let skew = answer.and_then(|answer| Some(answer.now_ms? + SECOND_MS / 2 - answer.asked_at));
        others.extend(skew.map(|skew| (node.url.clone(), skew)));
    }
    let todo = "have every machine's clock kept by NTP (chrony, systemd-timesyncd)";
    let told = |(name, skew): &(String, Millis)| {
        let what = format!("the clock of {name} differs from ours by {:.1} s", *skew as f64 / 1e3);
        match skew.abs() {
            off if off > MAX_CLOCK_OFF_MS => Some(fail(what, todo)),
            off if off > GOOD_SKEW_MS => Some(warn(what, todo)),
            _ => None,
        }
    };
    let found = others.iter().filter_map(told).collect();
    match others.len() {
        0 => vec![ok("there is no other clock to compare with")],
        count => {
            unless_any(found, format!("{count} compared, none is off by more than {} s", GOOD_SKEW_MS / SECOND_MS))
        }
    }
}

fn database(facts: &Facts) -> Vec<Finding> {
    let Some(config) = origin_of(facts) else { return Vec::new() };
    match &facts.server {
        None => vec![ok("SQLite in a file of its own: one origin, every commit synced")],
        Some(Err(why)) => vec![fail(why.as_str(), "look whether the server runs, and at LGDL_POSTGRES_URL")],
        Some(Ok(server)) => database_server(server, config),
    }
}

fn database_server(server: &ServerFacts, config: &Config) -> Vec<Finding> {
    let mut found = Vec::new();
    if let Err(error) = server.check() {
        found.push(fail(error.to_string(), "an origin does not start on it"));
    }
    if !server.full_page_writes {
        found.push(fail("full_page_writes is off: a page that was half written is lost", "turn it on"));
    }
    if !server.checksums {
        let todo = "pg_checksums --enable while it is stopped, or initdb --data-checksums";
        found.push(warn("its pages have no checksums: a damaged disk is not noticed", todo));
    }
    let (pool, room) = (config.postgres_pool_max, usize::try_from(server.connections.max(0)).unwrap_or(0));
    if pool > room {
        found.push(fail(
            format!("LGDL_POSTGRES_POOL_MAX is {pool}, and the server takes {room} connections"),
            "raise max_connections, or lower the pool",
        ));
    } else if pool * 2 > room {
        found.push(warn(
            format!("the pool of one origin takes {pool} of the {room} connections: two origins do not fit, as they must during an upgrade"),
            "raise max_connections, or lower LGDL_POSTGRES_POOL_MAX",
        ));
    }
    if server.archiving_fails {
        found.push(fail(
            "the last piece of its log could not be archived",
            "look at archive_command and its disk: recovery ends where the archive does",
        ));
    } else if !server.archiving && server.replicas == 0 {
        found.push(warn(
            "neither an archive of its log nor a replica: what was committed since the last backup is lost with the disk",
            "turn archiving on (docs/deploy/recovery.md)",
        ));
    } else if server.archiving && server.archived_seconds_ago.is_none_or(|seconds| seconds > ARCHIVE_AGE_SECONDS) {
        let todo = "set archive_timeout: it bounds what may be lost";
        found.push(warn("nothing of its log was archived for an hour", todo));
    }
    let version = server.version / 10_000;
    unless_any(
        found,
        format!("PostgreSQL {version}: keeps what it commits, {room} connections, {} replica(s)", server.replicas),
    )
}

fn migrations(facts: &Facts) -> Vec<Finding> {
    match &facts.migrations {
        None => Vec::new(),
        Some(Err(why)) => vec![fail(why.as_str(), "use the lgdl that wrote the store, or a newer one")],
        Some(Ok(statuses)) => {
            let due = statuses.iter().filter(|status| status.applied_at.is_none()).count();
            match due {
                0 if lost(facts).is_some() => lost(facts).into_iter().collect(),
                0 => vec![ok(format!("{} applied, none due", statuses.len()))],
                due if due == statuses.len() => vec![no_store(facts)],
                due => vec![warn(
                    format!(
                        "{due} due: the next start applies them, and programs of before refuse the store from then on"
                    ),
                    "make a backup and try it first (docs/deploy/upgrade.md)",
                )],
            }
        }
    }
}

/// There is no store where the settings say.
fn no_store(facts: &Facts) -> Finding {
    let Some(config) = origin_of(facts) else { return ok("none") };
    let (place, setting) = place_of(config);
    match (&facts.lost, facts.expected) {
        (Ok(signs), Expected::NewStore) if signs.is_empty() => ok("a new store: it is made at the first start"),
        (Ok(signs), Expected::Store) if signs.is_empty() => fail(
            format!("there is no store: {place} holds none"),
            format!(
                "look at {setting}, and at the folder that this runs in; before the first start: `lgdl doctor --new`"
            ),
        ),
        (Ok(_), _) => lost(facts).unwrap_or_else(|| ok("none")),
        (Err(why), _) => fail(why.as_str(), "give the program the right to read it"),
    }
}

/// A store that holds nothing has taken the place of another.
fn lost(facts: &Facts) -> Option<Finding> {
    let config = origin_of(facts)?;
    let (place, setting) = place_of(config);
    let signs = facts.lost.as_ref().ok().filter(|signs| !signs.is_empty())?;
    Some(fail(
        format!("there was a store, and {place} holds nothing: beside it there {}", told(signs)),
        format!("look at {setting} and its volume; restore it, or begin anew with `lgdl migrate up --anew` (E506)"),
    ))
}

fn disk(facts: &Facts) -> Vec<Finding> {
    if facts.settings.is_err() {
        return Vec::new();
    }
    let looked = |Disk { what, space }: &Disk| match space {
        Err(why) => Some(fail(format!("{what}: {why}"), "mount or make the folder, and let the program write to it")),
        Ok(space) => {
            let percent = space.free.saturating_mul(100) / space.total.max(1);
            let text = format!("{what}: {} MiB free, {percent} %", space.free / (1024 * 1024));
            if space.free < MIN_FREE_BYTES {
                Some(fail(
                    text,
                    "make room: what is written there fails, and a full disk of the store refuses every commit",
                ))
            } else if percent < GOOD_FREE_PERCENT {
                Some(warn(text, "make room"))
            } else {
                None
            }
        }
    };
    match facts.disks.is_empty() {
        true => vec![ok("nothing is written on this machine; the database's own disk can't be seen from here")],
        false => unless_any(facts.disks.iter().filter_map(looked).collect(), "there is room where files are written"),
    }
}

fn buckets(facts: &Facts) -> Vec<Finding> {
    if facts.settings.is_err() {
        return Vec::new();
    }
    let todo = "look at the address, its variables, and what they may do there: read, write, list, delete";
    let faults = facts.buckets.iter().filter_map(|bucket| Some((bucket.what, bucket.fault.as_ref()?)));
    let found = faults.map(|(what, fault)| fail(format!("{what}: {fault}"), todo)).collect();
    let places: Vec<_> = facts.buckets.iter().map(|bucket| bucket.place.as_str()).collect();
    match places.is_empty() {
        true => vec![ok("nothing is kept in one")],
        false => unless_any(found, format!("a trial was written, read and removed in {}", places.join(", "))),
    }
}

fn encryption(facts: &Facts) -> Vec<Finding> {
    let Some(store) = store_of(facts) else { return Vec::new() };
    match &store.ring {
        Ring::Opens(count) => vec![ok(format!("the key ring opens all {count} data keys"))],
        Ring::None => vec![warn(
            "LGDL_ENCRYPTION_KEY is not set: whoever has the database reads everything",
            "set it (docs/operators-guide.md), and keep a copy away from the backups",
        )],
        Ring::Wrong(why) => vec![fail(why.as_str(), "give back the ring that wrapped the keys")],
    }
}

fn tombstones(facts: &Facts) -> Vec<Finding> {
    let Some(store) = store_of(facts) else { return Vec::new() };
    match &store.tombstones {
        None => vec![warn(
            "LGDL_TOMBSTONES is not set: a restored backup brings back who was erased since, and nobody knows whom",
            "name a file on a volume that is not the database's",
        )],
        Some(Err(why)) => vec![fail(why.as_str(), "an origin does not start on it")],
        Some(Ok(count)) => vec![ok(format!("whole, {count} in the file"))],
    }
}

fn audit(facts: &Facts) -> Vec<Finding> {
    let (Some(config), Some(store)) = (origin_of(facts), store_of(facts)) else { return Vec::new() };
    let mut found = Vec::new();
    if config.audit_key.is_none() {
        found.push(warn("LGDL_AUDIT_KEY is not set: nothing proves that the audit log was not written anew", "set it"));
    } else if config.audit_checkpoints.is_none() {
        let todo = "name a file that lies away from the database";
        found.push(warn("LGDL_AUDIT_CHECKPOINTS is not set: no signed checkpoint is kept", todo));
    }
    if let Some(why) = &store.checkpoints_fault {
        found.push(fail(format!("no checkpoint can be written: {why}"), "let the origin write there"));
    }
    if let Some(lag) = store.audit_lag
        && lag.waiting_ms > MAX_LAG_MS
    {
        let todo = "look at its address, its credential, and itself; it gets what it missed";
        found.push(fail(
            format!("the SIEM lacks {} links, the oldest {} s old", lag.links, lag.waiting_ms / SECOND_MS),
            todo,
        ));
    }
    unless_any(found, if store.audit_lag.is_some() { "signed, and the SIEM keeps up" } else { "signed" })
}

fn backups(facts: &Facts) -> Vec<Finding> {
    let Some(store) = store_of(facts) else { return Vec::new() };
    let archived = facts.server.as_ref().and_then(|server| server.as_ref().ok()).is_some_and(|server| server.archiving);
    let age = |at: Option<Millis>| at.map(|at| facts.now_ms - at);
    let mut found = Vec::new();
    let made = "let `lgdl backup FILE` run every night, to another machine; then `lgdl restore FILE --drill`";
    match age(store.backup_at) {
        None if archived => found.push(warn(
            "`lgdl backup` has made none; that of PostgreSQL's archive is not seen from here",
            "try it: deploy/drills",
        )),
        None => found.push(warn("there is no backup", made)),
        Some(age) if age > BACKUP_AGE_MS => {
            found.push(warn(format!("the last backup is {} h old", age / HOUR_MS), made))
        }
        Some(_) => {}
    }
    // Later than what went well.
    let fails = |failed: Option<Millis>, well: Option<Millis>| {
        failed.filter(|failed| well.is_none_or(|well| well < *failed)).map(|failed| (facts.now_ms - failed) / HOUR_MS)
    };
    if let Some(hours) = fails(store.backup_failed_at, store.backup_at) {
        let todo = "the origin's log has the cause (E507: its disk is full or can't be written; E517: pg_dump)";
        found.push(fail(format!("the last backup that was due, {hours} h ago, could not be made"), todo));
    }
    if let Some(hours) = fails(store.drill_failed_at, store.drill_at) {
        let todo = "`lgdl restore FILE --drill` says what is wrong with it; make another one";
        found.push(fail(format!("the last drill, {hours} h ago, could not restore its backup"), todo));
    }
    match age(store.drill_at) {
        None if store.backup_at.is_none() => {}
        None => found.push(warn("no backup was ever restored: it is a hope", "lgdl restore FILE --drill")),
        Some(age) if age > DRILL_AGE_MS => {
            found.push(warn(format!("the last drill was {} days ago", age / DAY_MS), "lgdl restore FILE --drill"));
        }
        Some(_) => {}
    }
    unless_any(found, "a fresh backup, and a drill that held")
}

fn alerts(facts: &Facts) -> Vec<Finding> {
    let Some(store) = store_of(facts) else { return Vec::new() };
    let ago = |at: Millis| ago(facts.now_ms - at);
    let look = |channel: &ChannelFacts| {
        let ChannelFacts { name, told_at, failing_since, tested } = channel;
        let refused = tested.as_ref().and_then(|tested| Some((tested.at, tested.why.as_ref()?)));
        match (failing_since, refused) {
            (Some(since), _) => {
                fail(format!("{name}: an alert has waited for {} and is not taken", ago(*since)), "lgdl alerts test")
            }
            (None, Some((at, why))) if told_at.is_none_or(|told| told < at) => {
                fail(format!("{name}: the test {} ago was not taken: {why}", ago(at)), "mend it, then lgdl alerts test")
            }
            _ => {
                let tested = tested.as_ref().filter(|tested| tested.why.is_none());
                let told = told_at.map(|at| format!("last alert {} ago", ago(at)));
                let tested = tested.map(|tested| format!("last test {} ago", ago(tested.at)));
                match [told, tested].into_iter().flatten().collect::<Vec<_>>().join(", ") {
                    never if never.is_empty() => warn(format!("{name}: never tried"), "lgdl alerts test"),
                    known => ok(format!("{name}: {known}")),
                }
            }
        }
    };
    match store.channels.is_empty() {
        true => vec![warn(
            "LGDL_ALERT_… names no channel: the origin tells nobody when something is wrong",
            "name one and try it (lgdl alerts test), or let Prometheus tell (docs/metrics.md)",
        )],
        false => store.channels.iter().map(look).collect(),
    }
}

fn webhooks(facts: &Facts) -> Vec<Finding> {
    let (Some(config), Some(store)) = (origin_of(facts), store_of(facts)) else { return Vec::new() };
    let limit_ms = Millis::from(config.alert_push_minutes.unwrap_or(WEBHOOK_BEHIND_MINUTES)) * 60 * SECOND_MS;
    let look = |hook: &WebhookFacts| match (&hook.paused, hook.failing_since) {
        (Some(why), _) => {
            let todo = "mend its receiver, then `lgdl webhooks resume`: events are kept LGDL_EVENT_RETENTION_HOURS";
            Some(warn(format!("{} is paused: {why}", hook.name), todo))
        }
        (None, Some(since)) if facts.now_ms - since > limit_ms => {
            let what = format!("{} has taken nothing for {}", hook.name, ago(facts.now_ms - since));
            Some(warn(what, "look at its receiver; `lgdl webhooks test` tries it"))
        }
        (None, _) => None,
    };
    let found = store.webhooks.iter().filter_map(look).collect();
    unless_any(found, format!("{}, none paused or behind", store.webhooks.len()))
}

/// A time that has passed, for people.
fn ago(ms: Millis) -> String {
    match ms {
        ms if ms >= 2 * DAY_MS => format!("{} days", ms / DAY_MS),
        ms if ms >= 2 * HOUR_MS => format!("{} h", ms / HOUR_MS),
        ms => format!("{} min", ms / (60 * SECOND_MS)),
    }
}

fn retention(facts: &Facts) -> Vec<Finding> {
    let Some(config) = origin_of(facts) else { return Vec::new() };
    match (config.conversation_ttl_days, config.gdpr_retention_days) {
        (None, None) => vec![warn(
            "conversations are kept for ever",
            "set LGDL_CONVERSATION_TTL_DAYS, and LGDL_GDPR_RETENTION_DAYS as the upper bound",
        )],
        (days, bound) => vec![ok(format!("kept {} days at most", days.into_iter().chain(bound).min().unwrap_or(0)))],
    }
}

fn games(facts: &Facts) -> Vec<Finding> {
    let Some(store) = store_of(facts) else { return Vec::new() };
    match store.games {
        0 => vec![warn("no game is published", "lgdl games publish ID FOLDER, or LGDL_GAMES")],
        count => vec![ok(format!("{count} published"))],
    }
}

fn access(facts: &Facts) -> Vec<Finding> {
    let Some(store) = store_of(facts) else { return Vec::new() };
    let mut found = Vec::new();
    if store.keys.is_empty() {
        found.push(warn(
            "no API key opens anything",
            "lgdl keys create --name 'our site' --scope turns; or tokens (LGDL_JWT_SECRET)",
        ));
    }
    for key in &store.keys {
        let Some(at) = key.expires_at.filter(|at| at - facts.now_ms < EXPIRES_SOON_MS) else { continue };
        let days = (at - facts.now_ms) / DAY_MS;
        let todo = "make another and give it to whoever uses this one (docs/deploy/upgrade.md)";
        found.push(warn(format!("the API key `{}` ends in {days} days", key.name), todo));
    }
    if store.administrators == 0 {
        found.push(warn("there is no administrator", "lgdl admin create NAME"));
    }
    unless_any(found, format!("{} API keys, {} administrators", store.keys.len(), store.administrators))
}

fn edges(facts: &Facts) -> Vec<Finding> {
    let Some(store) = store_of(facts) else { return Vec::new() };
    let silent = store.heard.iter().filter(|(_, at)| at.is_none_or(|at| facts.now_ms - at > EDGE_SILENT_MS));
    let told = silent.map(|(key, at)| {
        let since = at.map_or("ever".to_owned(), |at| format!("for {} min", (facts.now_ms - at) / (60 * SECOND_MS)));
        warn(
            format!("no edge has asked with the key `{key}` {since}"),
            "look whether its edge runs, and has this key; take away a key that no edge has",
        )
    });
    let mut found: Vec<Finding> = told.collect();
    found.extend(store.same_names.iter().map(|name| {
        warn(format!("two nodes call themselves {name}"), "give each a LGDL_NODE_NAME and a data folder of its own")
    }));
    unless_any(found, format!("{} edge keys, each heard of lately", store.heard.len()))
}

fn nodes(facts: &Facts) -> Vec<Finding> {
    let mut found = Vec::new();
    for node in &facts.nodes {
        let url = &node.url;
        match &node.answer {
            Err(why) => found.push(fail(format!("{url}: {why}"), "look whether it runs, and what lies between")),
            Ok(answer) if answer.status != 200 => {
                let unwell =
                    if answer.unwell.is_empty() { "its log has the cause".into() } else { answer.unwell.join(", ") };
                found
                    .push(fail(format!("{url} answers {}: {unwell}", answer.status), "docs/deploy/troubleshooting.md"));
            }
            Ok(answer) => {
                if !answer.unwell.is_empty() {
                    let unwell = answer.unwell.join(", ");
                    found.push(warn(format!("{url} serves, and says: {unwell}"), "docs/deploy/troubleshooting.md"));
                }
                if let Some(version) = answer.version.as_deref().filter(|version| *version != env!("CARGO_PKG_VERSION"))
                {
                    found.push(warn(
                        format!("{url} is of version {version}, this program of {}", env!("CARGO_PKG_VERSION")),
                        "one release apart works; bring them together",
                    ));
                }
            }
        }
    }
    match facts.nodes.len() {
        0 => vec![ok("none was named, and no origin runs here; --url ADDRESS asks one")],
        count => unless_any(found, format!("{count} asked, all well")),
    }
}

fn limits(facts: &Facts) -> Vec<Finding> {
    let mut found = Vec::new();
    match facts.max_open_files {
        Some(files) if files < MIN_OPEN_FILES => {
            found.push(fail(format!("the process may open {files} files"), "LimitNOFILE=65536, ulimit -n"));
        }
        Some(files) if files < GOOD_OPEN_FILES => {
            found.push(warn(
                format!("the process may open {files} files: so many connections at most"),
                "LimitNOFILE=65536, ulimit -n",
            ));
        }
        _ => {}
    }
    if let Ok(settings) = &facts.settings {
        let off = settings.edge.iter().filter(|(name, value)| name.starts_with("rate_limit_") && *value == "off");
        for (name, _) in off.filter(|(name, _)| **name != "rate_limit_key") {
            found.push(warn(format!("{}=off: nothing bounds it", variable(name)), "set a rate such as 10/minute"));
        }
    }
    unless_any(found, "fit")
}

fn journal(facts: &Facts) -> Vec<Finding> {
    let Ok(settings) = &facts.settings else { return Vec::new() };
    if settings.edge.get("state_disabled").is_some_and(|value| value == "true") {
        return vec![warn("LGDL_STATE_DISABLED=true: nothing is remembered, and no turn waits", "unset it")];
    }
    let mut found = Vec::new();
    match &facts.unopened {
        Some(Ok(others)) if *others > 0 => found.push(fail(
            format!("{others} of the conversations that wait do not open with LGDL_STATE_KEY: the node does not start"),
            "give the key that they were sealed with, or set them aside with `lgdl journal set-aside`",
        )),
        Some(Err(why)) => found.push(fail(format!("what waits can't be looked at: {why}"), "docs/deploy/recovery.md")),
        Some(Ok(_)) | None => {}
    }
    if !settings.edge.contains_key("state_key") {
        found.push(fail(
            "LGDL_STATE_KEY is not set: no turn waits while the origin is away",
            "openssl rand -hex 32, the same for all nodes that share a store",
        ));
    }
    unless_any(
        found,
        match facts.unopened {
            Some(_) => "sealed with LGDL_STATE_KEY, which opens what waits",
            None => "sealed with LGDL_STATE_KEY; --data FOLDER has it tried on what waits",
        },
    )
}
