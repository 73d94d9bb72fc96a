//! Log lines of the servers, on standard error: readable where a person looks, JSON in a pipe. What looks personal in a
//! line is replaced before it is written, unless the settings say otherwise.

use std::fmt::Write as _;
use std::io::{IsTerminal, Write, stderr};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use lgdl::privacy::redact_for_logs;
use lgdl_origin::Config;
use tracing_subscriber::filter::LevelFilter;
use tracing_subscriber::fmt::MakeWriter;
use tracing_subscriber::{EnvFilter, reload};

use super::failure::Failure;

/// Lets another filter through.
type SetFilter = Box<dyn Fn(EnvFilter) -> Result<(), reload::Error> + Send + Sync>;

/// Changes what is logged while the program runs.
pub(super) struct Logging {
    filter: SetFilter,
    redacts: Arc<AtomicBool>,
}

impl Logging {
    /// Logs by another filter, with or without what looks personal.
    pub(super) fn change(&self, filter: EnvFilter, redaction: Redaction) -> Result<(), reload::Error> {
        self.redacts.store(redaction == Redaction::On, Ordering::Relaxed);
        (self.filter)(filter)
    }
}

/// Whether lines are looked through for personal data.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Redaction {
    On,
    Off,
}

impl Redaction {
    pub(super) fn of(config: &Config) -> Redaction {
        if config.pii_redact_in_logs { Redaction::On } else { Redaction::Off }
    }
}

/// What `LGDL_LOG` lets through.
pub(super) fn filter(text: &str) -> Result<EnvFilter, Failure> {
    EnvFilter::try_new(of_ours(text))
        .map_err(|error| Failure::Failed(format!("LGDL_LOG is no filter: {error}; such as info,lgdl_origin=debug")))
}

/// What the targets of our own lines begin with.
const OURS: &str = "lgdl";

/// A level that names no target is for our own lines: what compilers and drivers say of their work would bury them, and comes where
/// they are named.
fn of_ours(text: &str) -> String {
    let directives = text.split(',').map(|directive| match directive.trim() {
        "" => String::new(),
        level => match level.parse::<LevelFilter>() {
            Ok(level) => format!("{},{OURS}={level}", level.min(LevelFilter::WARN)),
            Err(_) => directive.to_owned(),
        },
    });
    directives.collect::<Vec<_>>().join(",")
}

/// Begins logging what `wanted` lets through.
pub(super) fn begin(wanted: &str, redaction: Redaction) -> Result<Logging, Failure> {
    let filter = filter(wanted)?;
    let terminal = stderr().is_terminal();
    let redacts = Arc::new(AtomicBool::new(redaction == Redaction::On));
    let lines = Lines { redacts: Arc::clone(&redacts), terminal };
    let logger = tracing_subscriber::fmt().with_env_filter(filter).with_writer(lines);
    let (begun, filter): (_, SetFilter) = if terminal {
        let logger = logger.compact().with_filter_reloading();
        let handle = logger.reload_handle();
        (logger.try_init(), Box::new(move |filter| handle.reload(filter)))
    } else {
        let logger = logger.json().with_filter_reloading();
        let handle = logger.reload_handle();
        (logger.try_init(), Box::new(move |filter| handle.reload(filter)))
    };
    begun.map_err(|error| Failure::Failed(format!("cannot begin logging: {error}")))?;
    Ok(Logging { filter, redacts })
}

/// Makes a writer for each line.
#[derive(Debug, Clone)]
struct Lines {
    redacts: Arc<AtomicBool>,
    terminal: bool,
}

impl<'a> MakeWriter<'a> for Lines {
    type Writer = Line;

    fn make_writer(&'a self) -> Line {
        let redaction = if self.redacts.load(Ordering::Relaxed) { Redaction::On } else { Redaction::Off };
        Line { redaction, terminal: self.terminal, bytes: Vec::new() }
    }
}

/// One line, written when it is whole.
#[derive(Debug)]
struct Line {
    redaction: Redaction,
    terminal: bool,
    bytes: Vec<u8>,
}

impl Write for Line {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.bytes.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

impl Drop for Line {
    fn drop(&mut self) {
        let line = String::from_utf8_lossy(&self.bytes);
        let line = match self.redaction {
            Redaction::Off => line.into_owned(),
            // The line of a request holds what the program says of itself and nothing else: there are thousands a second.
            Redaction::On if line.contains(OF_A_REQUEST) => line.into_owned(),
            Redaction::On if self.terminal => redact_for_logs(&line),
            Redaction::On => redact_json(&line),
        };
        // Nobody is left to tell when standard error is gone.
        let _ = stderr().write_all(line.as_bytes());
    }
}

/// The target of lines of requests, in a line of JSON.
const OF_A_REQUEST: &str = r#""target":"lgdl::request""#;
/// Fields that hold what the program says of itself, such as where it listens.
const OUR_OWN: [&str; 6] = ["timestamp", "level", "target", "edge_address", "admin_address", "latency_ms"];

/// Redacts the values of a line of JSON, so that it stays one.
fn redact_json(line: &str) -> String {
    let Ok(mut value) = serde_json::from_str::<serde_json::Value>(line) else { return redact_for_logs(line) };
    redact_value(&mut value);
    let mut line = String::new();
    // Writing to a string does not fail.
    let _ = writeln!(line, "{value}");
    line
}

fn redact_value(value: &mut serde_json::Value) {
    match value {
        serde_json::Value::String(text) => *text = redact_for_logs(text),
        serde_json::Value::Array(items) => items.iter_mut().for_each(redact_value),
        serde_json::Value::Object(fields) => {
            fields.iter_mut().filter(|(name, _)| !OUR_OWN.contains(&name.as_str())).for_each(|(_, value)| {
                redact_value(value);
            });
        }
        serde_json::Value::Null | serde_json::Value::Bool(_) | serde_json::Value::Number(_) => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_looks_personal_is_out_of_a_line_and_the_line_is_json_still() {
        let line = concat!(
            r#"{"timestamp":"2026-11-28T17:40:00.123456Z","level":"WARN","fields":{"message":"refused","#,
            r#""error":"no row of \"ann@example.com\", 4111 1111 1111 1111","edge_address":"127.0.0.1:8787"},"#,
            r#""span":{"request_id":"0171-555-0123"}}"#
        );
        let redacted: serde_json::Value = serde_json::from_str(&redact_json(line)).expect("JSON");
        assert_eq!(redacted["fields"]["error"], r#"no row of "[email]", [credit_card]"#);
        assert_eq!(redacted["span"]["request_id"], "[phone]");
        assert_eq!(redacted["timestamp"], "2026-11-28T17:40:00.123456Z");
        assert_eq!(redacted["fields"]["edge_address"], "127.0.0.1:8787");
    }

    #[test]
    fn a_level_is_for_our_own_lines_and_libraries_are_named() {
        assert_eq!(of_ours("debug"), "warn,lgdl=debug");
        assert_eq!(of_ours("info,lgdl_origin=debug,hyper=trace"), "warn,lgdl=info,lgdl_origin=debug,hyper=trace");
        assert_eq!(of_ours("error"), "error,lgdl=error");
        assert_eq!(of_ours("off"), "off,lgdl=off");
        assert_eq!(of_ours("lgdl_edge_host[request]=debug"), "lgdl_edge_host[request]=debug");
        for text in ["debug", "info,lgdl::request=warn", "trace,wasmtime=info", ""] {
            assert!(filter(text).is_ok(), "{text}");
        }
        let most = |text: &str| filter(text).ok().and_then(|filter| filter.max_level_hint());
        assert_eq!(most("debug"), Some(LevelFilter::DEBUG));
    }

    #[test]
    fn what_is_ours_is_left_alone() {
        for line in [
            "2026-11-28T17:40:00.123456Z  INFO request{request_id=req_01jdv3q9ykr2m8w4x6z5t7b0an}: 200 in 12.345 ms",
            "published game=clinic version=3f8a1c0b99e24d7765432109fedcba9876543210fedcba987654321001234567",
            "conversation conv_0123456789abcdefghjkmnpqrs of person_7zyxwvtsrqpnmkjhgfedcba987",
            "request_id=550e8400-e29b-41d4-a716-446655440000",
        ] {
            assert_eq!(redact_for_logs(line), line);
        }
    }
}
