//! `lgdl health`: asks a running program how it is, for health checks of images, which have neither a shell nor curl.

use std::path::PathBuf;
use std::time::{Duration, Instant};

use http::Uri;
use lgdl_origin::config::Given;
use lgdl_origin::outbound::{self, Proof};
use lgdl_origin::tls::trust;
use serde::Serialize;
use serde_json::Value;

use super::console::Console;
use super::deployment::failed;
use super::failure::{End, Verdict};
use super::runtime;

/// What is asked when the address has no path.
const DEFAULT_PATH: &str = "/health";
/// The longest that may be waited, seconds.
const MAX_SECONDS: u64 = 300;

#[derive(clap::Args)]
pub(super) struct Arguments {
    /// What to ask, such as http://127.0.0.1:8787/health/ready; without a path: /health
    #[arg(value_name = "URL", value_parser = address)]
    url: Uri,
    /// Seconds to wait for the answer
    #[arg(long, value_name = "SECONDS", default_value_t = 3, value_parser = clap::value_parser!(u64).range(1..=MAX_SECONDS))]
    timeout: u64,
    /// Take whatever certificate it shows: for a look at this machine by an address that its certificate does not name
    #[arg(long)]
    any_certificate: bool,
    /// The configuration file, for LGDL_TLS_AUTHORITIES; default: lgdl.toml in this folder, if it is there
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// Write the result as one JSON document
    #[arg(long)]
    json: bool,
}

#[derive(Serialize)]
struct Report {
    url: String,
    healthy: bool,
    took_ms: f64,
    #[serde(skip_serializing_if = "Option::is_none")]
    status: Option<u16>,
    #[serde(skip_serializing_if = "Option::is_none")]
    answer: Option<Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<String>,
}

/// An address that can be asked.
pub(super) fn address(text: &str) -> Result<Uri, String> {
    let wrong = || "must be an address such as http://127.0.0.1:8787/health/ready".to_owned();
    let url: Uri = text.parse().map_err(|_| wrong())?;
    if !matches!(url.scheme_str(), Some("http" | "https")) || url.authority().is_none() {
        return Err(wrong());
    }
    match url.path() {
        "" | "/" => format!("{}{DEFAULT_PATH}", text.trim_end_matches('/')).parse().map_err(|_| wrong()),
        _ => Ok(url),
    }
}

pub(super) fn run(arguments: &Arguments, console: &mut Console) -> End {
    let proof = if arguments.any_certificate { Proof::Waived } else { Proof::Needed };
    let encrypted = arguments.url.scheme_str() == Some("https");
    if encrypted && proof == Proof::Needed {
        trust(&Given::load(arguments.config.as_deref()).and_then(|given| given.tls()).map_err(failed)?)
            .map_err(failed)?;
    }
    runtime::block_on(async {
        let begun = Instant::now();
        let answer = outbound::get(&arguments.url, Duration::from_secs(arguments.timeout), proof).await;
        let mut report = Report {
            url: arguments.url.to_string(),
            healthy: answer.as_ref().is_ok_and(|answer| answer.status.is_success()),
            took_ms: begun.elapsed().as_secs_f64() * 1e3,
            status: None,
            answer: None,
            error: None,
        };
        match answer {
            Ok(answer) => {
                report.status = Some(answer.status.as_u16());
                let text = || Value::String(answer.body.clone());
                report.answer = Some(serde_json::from_str(&answer.body).unwrap_or_else(|_| text()));
            }
            Err(why) => report.error = Some(why),
        }
        if arguments.json {
            console.json(&report)?;
        } else {
            let word = if report.healthy { "healthy" } else { "NOT healthy" };
            let said = match (&report.status, &report.error) {
                (Some(status), _) => status.to_string(),
                (None, Some(why)) => why.clone(),
                (None, None) => String::new(),
            };
            console.line(format_args!("{word}: {} {said}, {:.1} ms", report.url, report.took_ms))?;
            let components = report.answer.as_ref().and_then(|answer| answer["components"].as_object());
            for (name, component) in components.into_iter().flatten().filter(|(_, part)| part["status"] != "healthy") {
                let text = |key: &str| component[key].as_str().unwrap_or_default().to_owned();
                console.line(format_args!("  {name}: {} ({})", text("status"), text("detail")))?;
            }
        }
        Ok(Verdict::when(report.healthy))
    })
}

#[cfg(test)]
mod tests {
    use super::address;

    #[test]
    fn an_address_without_a_path_asks_for_the_health() {
        let shown = |text: &str| address(text).map(|url| url.to_string());
        assert_eq!(shown("http://h:1").as_deref(), Ok("http://h:1/health"));
        assert_eq!(shown("https://h/").as_deref(), Ok("https://h/health"));
        assert_eq!(shown("http://h:1/health/live").as_deref(), Ok("http://h:1/health/live"));
        for wrong in ["h:1", "ftp://h/", "/health", ""] {
            assert!(address(wrong).is_err(), "{wrong}");
        }
    }
}
