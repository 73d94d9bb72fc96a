//! `lgdl edge`: an edge node on this machine, in front of an origin that may be anywhere.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;

use lgdl::settings::Service;
use lgdl_edge_host::{Host, HostConfig, Storage};
use lgdl_origin::clock::{Clock, SystemClock};
use lgdl_origin::config::Given;
use lgdl_origin::doctor::{Asked, Expected, Program};
use lgdl_origin::serve::{ReloadSignal, collector, stop_signal};
use lgdl_origin::tls::{keep_tls, server_tls, trust, trust_anew};

use super::console::Console;
use super::deployment::failed;
use super::dev::{SPIN_MANIFEST, component, data};
use super::failure::{End, Failure, Verdict};
use super::reload::Settings;
use super::{doctor, logging, runtime};

#[derive(clap::Args)]
pub(super) struct Arguments {
    /// Address that clients speak to
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:8080")]
    listen: SocketAddr,
    /// Where turns wait, sealed, while the origin is away
    #[arg(long, value_name = "FOLDER", default_value = "lgdl-edge")]
    data: PathBuf,
    /// The edge component (lgdl_edge.wasm); default: LGDL_COMPONENT, else the one that this program carries, else
    /// the one beside it, else where cargo puts it
    #[arg(long, value_name = "FILE")]
    component: Option<PathBuf>,
    /// The configuration file; default: lgdl.toml in this folder, if it is there
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// Look whether it would start, line by line, and start nothing: settings, TLS, and what waits in its folder
    #[arg(long)]
    check: bool,
}

/// What of `lgdl doctor` keeps a node from starting.
const CHECKED: &[&str] = &["settings", "tls", "disk", "journal"];

pub(super) fn run(arguments: &Arguments, console: &mut Console) -> End {
    if arguments.check {
        component::read(arguments.component.as_deref())?;
        let asked = Asked {
            program: Program::Edge,
            config: arguments.config.clone(),
            data: Some(arguments.data.clone()),
            nodes: Vec::new(),
            expected: Expected::NewStore,
        };
        return doctor::check(&asked, CHECKED, console);
    }
    let mut config = HostConfig::new(component::read(arguments.component.as_deref())?, SPIN_MANIFEST.to_owned());
    config.listen = arguments.listen;
    config.storage = Storage::Folder(arguments.data.clone());
    config.code_cache = data::code_cache();
    let given = Given::load(arguments.config.as_deref()).map_err(failed)?;
    let (filter, redact) = given.logging().map_err(failed)?;
    let (otlp_url, otlp_authorization) = given.traces().map_err(failed)?;
    config.traces = collector(&otlp_url, &otlp_authorization);
    let tls = given.tls().map_err(failed)?;
    trust(&tls).map_err(failed)?;
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    config.tls = server_tls(tls, &*clock).map_err(failed)?;
    let certificate = config.tls.clone();
    config.variables = variables(given.clone().node().map_err(failed)?);
    (config.allowed_hosts, config.public_hosts) =
        services(config.variables.get("lgdl_services").map_or("", String::as_str))?;
    if config.variables.get("lgdl_state_key").is_none_or(String::is_empty) {
        console.note("LGDL_STATE_KEY is not set: nothing is kept here, and no turn waits while the origin is away");
    }
    let logging = logging::begin(&filter, if redact { logging::Redaction::On } else { logging::Redaction::Off })?;
    let mut settings = Settings::new(arguments.config.clone(), given, logging);
    runtime::block_on(async {
        let mut reload = ReloadSignal::listen().map_err(failed)?;
        let mut stopped = std::pin::pin!(stop_signal());
        let host = Host::start(config).await.map_err(|error| Failure::Failed(format!("the edge node: {error}")))?;
        let scheme = if certificate.is_some() { "https" } else { "http" };
        if let Some(tls) = certificate.clone() {
            tokio::spawn(keep_tls(tls, Arc::clone(&clock)));
        }
        console.line(format_args!("edge: {scheme}://{}", host.address()))?;
        console.flush()?;
        loop {
            tokio::select! {
                () = &mut stopped => break,
                () = reload.next() => {
                    read_anew(&host, &mut settings);
                    if let Some(tls) = &certificate {
                        tls.renew_and_tell(clock.now_ms() / 1000);
                    }
                }
            }
        }
        host.stop().await;
        Ok(Verdict::Yes)
    })
}

fn read_anew(host: &Host, settings: &mut Settings) {
    let whole = |given: Given| {
        let tls = given.tls().map_err(failed)?;
        let edge = given.node().map_err(failed)?;
        trust_anew(&tls).map_err(failed)?;
        Ok(edge)
    };
    let Some((read, edge)) = settings.read(whole) else { return };
    match host.reload(variables(edge)) {
        Ok(()) => settings.took(read),
        Err(error) => tracing::error!(%error, "the settings stay as they are"),
    }
}

/// Settings by the names under which the component asks for them. What the host itself sets nobody else does.
fn variables(given: BTreeMap<&'static str, String>) -> BTreeMap<String, String> {
    let ours = given.into_iter().filter(|(name, _)| *name != "node_token");
    ours.map(|(name, value)| (format!("lgdl_{name}"), value)).collect()
}

/// The addresses of the capability services, which the component may call beside the origin; and the names among them that
/// must be of the internet.
pub(super) fn services(text: &str) -> Result<(Vec<String>, Vec<String>), Failure> {
    if text.trim().is_empty() {
        return Ok((Vec::new(), Vec::new()));
    }
    let wrong = || Failure::Failed(r#"LGDL_SERVICES must be JSON such as {"ehr": {"url": "https://…"}}"#.into());
    let services: BTreeMap<String, Service> = serde_json::from_str(text).map_err(|_| wrong())?;
    let (mut allowed, mut public) = (Vec::new(), Vec::new());
    for service in services.values() {
        let url: http::Uri = service.url.parse().map_err(|_| wrong())?;
        let (Some(scheme), Some(authority), Some(host)) = (url.scheme_str(), url.authority(), url.host()) else {
            return Err(wrong());
        };
        allowed.push(format!("{scheme}://{authority}"));
        if !service.allow_private {
            public.push(host.to_owned());
        }
    }
    Ok((allowed, public))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_component_gets_the_settings_of_an_edge_and_no_others() {
        let environment = [
            ("LGDL_ORIGIN_URL", "http://o"),
            ("LGDL_NODE_TOKEN", "x"),
            ("LGDL_NODE_NAME", "front-1"),
            ("LGDL_NODE_REGION", "eu-west"),
            ("LGDL_POSTGRES_URL", "postgres://s"),
        ];
        let environment = environment.map(|(name, value)| (name.to_owned(), value.to_owned()));
        let given = variables(Given::read("kv_ttl = 90", environment).edge().expect("fine"));
        let expected = [
            ("lgdl_kv_ttl", "90"),
            ("lgdl_node_name", "front-1"),
            ("lgdl_node_region", "eu-west"),
            ("lgdl_origin_url", "http://o"),
        ];
        assert_eq!(given, expected.map(|(name, value)| (name.to_owned(), value.to_owned())).into());
    }

    #[test]
    fn the_component_may_ask_for_every_setting_of_an_edge() {
        let manifest: toml::Table = SPIN_MANIFEST.parse().expect("ours");
        for table in [&manifest["variables"], &manifest["component"]["edge"]["variables"]] {
            let declared = table.as_table().expect("a table").keys().map(String::as_str);
            let declared: std::collections::BTreeSet<&str> = declared.collect();
            let mut known: std::collections::BTreeSet<String> =
                lgdl::settings::Edge::TABLE.iter().map(|setting| format!("lgdl_{}", setting.name)).collect();
            // A node says these to its instances; an instance asks for them where it meets them.
            known.extend(["lgdl_node_url", "lgdl_node_journal", "lgdl_node_seals"].map(str::to_owned));
            assert_eq!(declared, known.iter().map(String::as_str).collect());
        }
    }

    #[test]
    fn services_may_be_called_where_they_are_and_nowhere_else() {
        let text = r#"{"ehr": {"url": "https://ehr.example.com:8443/api/v1", "token": "t"},
            "mail": {"url": "http://m", "allow_private": true}}"#;
        let (allowed, public) = services(text).expect("fine");
        assert_eq!(allowed, ["https://ehr.example.com:8443", "http://m"]);
        assert_eq!(public, ["ehr.example.com"], "the others may be of this machine");
        assert_eq!(services(" ").expect("none"), (Vec::new(), Vec::new()));
        for text in ["ehr", r#"{"ehr": {}}"#, r#"{"ehr": {"url": "no address"}}"#] {
            assert!(services(text).is_err(), "{text}");
        }
    }
}
