//! `lgdl edge`: an edge node on this machine, in front of an origin that may be anywhere.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::PathBuf;

use lgdl_edge_host::{Host, HostConfig, Storage};
use lgdl_origin::serve::stop_signal;
use serde_json::Value;

use super::console::Console;
use super::dev::{SPIN_MANIFEST, component, data};
use super::failure::{End, Failure, Verdict};
use super::runtime;

#[derive(clap::Args)]
pub(super) struct Arguments {
    /// Address that clients speak to
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:8080")]
    listen: SocketAddr,
    /// Where turns wait, sealed, while the origin is away
    #[arg(long, value_name = "FOLDER", default_value = "lgdl-edge")]
    data: PathBuf,
    /// The edge component (lgdl_edge.wasm); default: LGDL_COMPONENT, else beside this program, else where cargo puts it
    #[arg(long, value_name = "FILE")]
    component: Option<PathBuf>,
}

pub(super) fn run(arguments: &Arguments, console: &mut Console) -> End {
    let mut config = HostConfig::new(component::read(arguments.component.as_deref())?, SPIN_MANIFEST.to_owned());
    config.listen = arguments.listen;
    config.storage = Storage::Folder(arguments.data.clone());
    config.code_cache = data::code_cache();
    config.variables = variables(&declared()?, std::env::vars());
    config.allowed_hosts = services(config.variables.get("lgdl_services").map_or("", String::as_str))?;
    if config.variables.get("lgdl_state_key").is_none_or(String::is_empty) {
        console.note("LGDL_STATE_KEY is not set: nothing is kept here, and no turn waits while the origin is away");
    }
    runtime::block_on(async {
        let host = Host::start(config).await.map_err(|error| Failure::Failed(format!("the edge node: {error}")))?;
        console.line(format_args!("edge: http://{}", host.address()))?;
        console.flush()?;
        stop_signal().await;
        host.stop().await;
        Ok(Verdict::Yes)
    })
}

/// The variables that the component knows.
fn declared() -> Result<Vec<String>, Failure> {
    let wrong = |what: String| Failure::Failed(format!("spin.toml, as this program was built with: {what}"));
    let manifest: toml::Table = SPIN_MANIFEST.parse().map_err(|error: toml::de::Error| wrong(error.to_string()))?;
    let variables = manifest.get("variables").and_then(toml::Value::as_table);
    Ok(variables.ok_or_else(|| wrong("it has no variables".into()))?.keys().cloned().collect())
}

/// Those of them that the environment has, in upper case. What speaks of the node is for the node to say.
fn variables(declared: &[String], environment: impl Iterator<Item = (String, String)>) -> BTreeMap<String, String> {
    let ours = |name: &str| declared.iter().any(|known| known == name) && !name.starts_with("lgdl_node_");
    environment.map(|(name, value)| (name.to_ascii_lowercase(), value)).filter(|(name, _)| ours(name)).collect()
}

/// The addresses of the capability services, which the component may call beside the origin.
fn services(text: &str) -> Result<Vec<String>, Failure> {
    if text.trim().is_empty() {
        return Ok(Vec::new());
    }
    let wrong = || Failure::Failed(r#"LGDL_SERVICES must be JSON such as {"ehr": {"url": "https://…"}}"#.into());
    let services: BTreeMap<String, Value> = serde_json::from_str(text).map_err(|_| wrong())?;
    let address = |service: &Value| {
        let (scheme, rest) = service["url"].as_str()?.split_once("://")?;
        Some(format!("{scheme}://{}", rest.split(['/', '?', '#']).next().unwrap_or_default()))
    };
    services.values().map(|service| address(service).ok_or_else(wrong)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_component_gets_the_variables_that_it_knows() {
        let declared = declared().expect("the manifest is ours");
        let environment = [("LGDL_ORIGIN_URL", "http://o"), ("LGDL_NODE_TOKEN", "x"), ("LGDL_POSTGRES_URL", "secret")];
        let given = variables(&declared, environment.map(|(name, value)| (name.into(), value.into())).into_iter());
        assert_eq!(given, BTreeMap::from([("lgdl_origin_url".to_owned(), "http://o".to_owned())]));
    }

    #[test]
    fn services_may_be_called_where_they_are_and_nowhere_else() {
        let text =
            r#"{"ehr": {"url": "https://ehr.example.com:8443/api/v1", "token": "t"}, "mail": {"url": "http://m"}}"#;
        assert_eq!(services(text).expect("fine"), ["https://ehr.example.com:8443", "http://m"]);
        assert_eq!(services(" ").expect("none"), [""; 0]);
        for text in ["ehr", r#"{"ehr": {}}"#, r#"{"ehr": {"url": "no address"}}"#] {
            assert!(services(text).is_err(), "{text}");
        }
    }
}
