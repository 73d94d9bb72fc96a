//! Log lines of the servers, on standard error: readable where a person looks, JSON in a pipe. What looks personal in a
//! line is replaced before it is written, unless the settings say otherwise.

use std::fmt::Write as _;
use std::io::{IsTerminal, Write, stderr};

use lgdl::privacy::redact_for_logs;
use lgdl_origin::Config;
use tracing_subscriber::EnvFilter;
use tracing_subscriber::fmt::MakeWriter;

use super::failure::Failure;

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

/// Begins logging what `filter` lets through.
pub(super) fn begin(filter: &str, redaction: Redaction) -> Result<(), Failure> {
    let filter = EnvFilter::try_new(filter)
        .map_err(|error| Failure::Failed(format!("LGDL_LOG is no filter: {error}; such as info,lgdl_origin=debug")))?;
    let terminal = stderr().is_terminal();
    let logger = tracing_subscriber::fmt().with_env_filter(filter).with_writer(Lines { redaction, terminal });
    let begun = if terminal { logger.compact().try_init() } else { logger.json().try_init() };
    begun.map_err(|error| Failure::Failed(format!("cannot begin logging: {error}")))
}

/// Makes a writer for each line.
#[derive(Debug, Clone, Copy)]
struct Lines {
    redaction: Redaction,
    terminal: bool,
}

impl<'a> MakeWriter<'a> for Lines {
    type Writer = Line;

    fn make_writer(&'a self) -> Line {
        Line { lines: *self, bytes: Vec::new() }
    }
}

/// One line, written when it is whole.
#[derive(Debug)]
struct Line {
    lines: Lines,
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
        let line = match self.lines.redaction {
            Redaction::Off => line.into_owned(),
            // The line of a request holds what the program says of itself and nothing else: there are thousands a second.
            Redaction::On if line.contains(OF_A_REQUEST) => line.into_owned(),
            Redaction::On if self.lines.terminal => redact_for_logs(&line),
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
