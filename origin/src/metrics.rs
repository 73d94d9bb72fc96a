//! What the origin counts: requests, commits, store work. Labels are routes, methods, statuses and outcomes; never
//! an id, never a text.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use crate::store::CommitOutcome;
use crate::work::Work;

/// Upper bounds of the latency buckets, seconds.
const BUCKETS: [f64; 11] = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 5.0];

/// The counters of one process.
#[derive(Debug, Default)]
pub struct Metrics {
    values: Mutex<Values>,
    /// What the store did with the last work.
    pub work: Work,
}

#[derive(Debug, Default)]
struct Values {
    requests: BTreeMap<(String, String, u16), u64>,
    latency: BTreeMap<String, Histogram>,
    counters: BTreeMap<&'static str, u64>,
    commits: BTreeMap<&'static str, u64>,
}

#[derive(Debug, Default, Clone)]
struct Histogram {
    buckets: [u64; BUCKETS.len()],
    count: u64,
    sum: f64,
}

/// What the counters without labels count.
const COUNTERS: [(&str, &str); 4] = [
    ("lgdl_edge_requests_refused_total", "Requests of edges with a signature that does not hold."),
    ("lgdl_admin_logins_refused_total", "Logins at the admin API that were refused."),
    ("lgdl_audit_pushed_links_total", "Links of the audit log that the SIEM has taken."),
    ("lgdl_audit_push_failures_total", "Tries to send links to the SIEM that failed."),
];

/// Begins a family of samples.
pub fn family(text: &mut String, name: &str, kind: &str, help: &str) {
    let _ = writeln!(text, "# HELP {name} {help}\n# TYPE {name} {kind}");
}

impl Metrics {
    /// Counts a request. `route` is a template such as `/edge/v1/turns`.
    pub fn request(&self, route: &str, method: &str, status: u16, took: Duration) {
        // A method is the client's text; only the known ones become labels.
        let method = match method {
            "GET" | "POST" | "PUT" | "DELETE" | "PATCH" | "HEAD" | "OPTIONS" => method,
            _ => "other",
        };
        let mut values = self.lock();
        *values.requests.entry((route.to_owned(), method.to_owned(), status)).or_default() += 1;
        let histogram = values.latency.entry(route.to_owned()).or_default();
        let seconds = took.as_secs_f64();
        histogram.count += 1;
        histogram.sum += seconds;
        for (bucket, bound) in histogram.buckets.iter_mut().zip(BUCKETS) {
            *bucket += u64::from(seconds <= bound);
        }
    }

    /// Counts one more of `name`.
    pub fn count(&self, name: &'static str) {
        self.add(name, 1);
    }

    /// Counts `more` of `name`.
    pub fn add(&self, name: &'static str, more: u64) {
        *self.lock().counters.entry(name).or_default() += more;
    }

    /// Counts what came of a commit.
    pub fn commit(&self, outcome: &CommitOutcome) {
        let name = match outcome {
            CommitOutcome::Committed { .. } => "committed",
            CommitOutcome::Replayed { .. } => "replayed",
            CommitOutcome::KeyReused => "key_reused",
            CommitOutcome::Conflict { claimed_for_ms: None, .. } => "conflict",
            CommitOutcome::Conflict { .. } => "claimed",
            CommitOutcome::NotTheirs => "not_theirs",
            CommitOutcome::Erased => "erased",
            CommitOutcome::DataKeyGone => "data_key_gone",
        };
        *self.lock().commits.entry(name).or_default() += 1;
    }

    /// Everything, in Prometheus' text format.
    #[must_use]
    pub fn render(&self) -> String {
        let values = self.lock();
        let mut text = String::new();
        family(&mut text, "lgdl_http_requests_total", "counter", "Requests by route, method and status.");
        for ((route, method, status), count) in &values.requests {
            let labels = format!("route=\"{route}\",method=\"{method}\",status=\"{status}\"");
            let _ = writeln!(text, "lgdl_http_requests_total{{{labels}}} {count}");
        }
        let help = "Time from a request's headers to the head of its answer, by route.";
        family(&mut text, "lgdl_http_request_seconds", "histogram", help);
        for (route, histogram) in &values.latency {
            for (count, bound) in histogram.buckets.iter().zip(BUCKETS) {
                let _ = writeln!(text, "lgdl_http_request_seconds_bucket{{route=\"{route}\",le=\"{bound}\"}} {count}");
            }
            let Histogram { count, sum, .. } = histogram;
            let _ = writeln!(text, "lgdl_http_request_seconds_bucket{{route=\"{route}\",le=\"+Inf\"}} {count}");
            let _ = writeln!(text, "lgdl_http_request_seconds_sum{{route=\"{route}\"}} {sum}");
            let _ = writeln!(text, "lgdl_http_request_seconds_count{{route=\"{route}\"}} {count}");
        }
        family(&mut text, "lgdl_commits_total", "counter", "Turns that edges wanted to commit, by what came of it.");
        for (outcome, count) in &values.commits {
            let _ = writeln!(text, "lgdl_commits_total{{outcome=\"{outcome}\"}} {count}");
        }
        // Also those that are 0: what is not there has no rate, and no alert.
        for (name, help) in COUNTERS {
            family(&mut text, name, "counter", help);
            let _ = writeln!(text, "{name} {}", values.counters.get(name).copied().unwrap_or(0));
        }
        text
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Values> {
        self.values.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
