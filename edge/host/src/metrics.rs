//! What the node counts: requests by route and status, latencies, and what instances report. No ids, no text.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use lgdl::wire::node::Counts;

/// Upper bounds of the latency histogram, milliseconds.
const BOUNDS_MS: [f64; 11] = [0.5, 1.0, 2.0, 5.0, 10.0, 25.0, 50.0, 100.0, 250.0, 1_000.0, 5_000.0];
/// Different routes that are counted apart; a component that makes up more is summed under `other`.
const MAX_ROUTES: usize = 64;

/// Counters of a node.
#[derive(Default)]
pub(crate) struct Metrics {
    inner: Mutex<Inner>,
}

#[derive(Default)]
struct Inner {
    requests: BTreeMap<(String, u16), u64>,
    buckets: [u64; BOUNDS_MS.len()],
    count: u64,
    seconds: f64,
    observed: Vec<u64>,
    traps: u64,
    turned_away: u64,
}

impl Metrics {
    /// Counts a request with what its instance reported: `route;n,n,…`.
    pub(crate) fn request(&self, report: Option<&str>, status: u16, took: Duration) {
        let (route, counts) = report.and_then(|report| report.split_once(';')).unwrap_or(("none", ""));
        let mut inner = self.lock();
        let known = inner.requests.len() < MAX_ROUTES || inner.requests.contains_key(&(route.to_owned(), status));
        let route = if known { route } else { "other" };
        *inner.requests.entry((route.to_owned(), status)).or_default() += 1;
        let ms = took.as_secs_f64() * 1_000.0;
        for (bucket, bound) in inner.buckets.iter_mut().zip(BOUNDS_MS) {
            *bucket += u64::from(ms <= bound);
        }
        inner.count += 1;
        inner.seconds += took.as_secs_f64();
        for (index, count) in counts.split(',').filter_map(|count| count.parse::<u64>().ok()).take(64).enumerate() {
            if inner.observed.len() <= index {
                inner.observed.resize(index + 1, 0);
            }
            inner.observed[index] += count;
        }
    }

    /// Counts an instance that failed.
    pub(crate) fn trap(&self) {
        self.lock().traps += 1;
    }

    /// Counts a connection that there was no room for.
    pub(crate) fn turned_away(&self) {
        self.lock().turned_away += 1;
    }

    /// All of it in Prometheus's text format. `names` are those of what instances report.
    pub(crate) fn text(&self, names: &[&str], journal: &Counts, instances: u64) -> String {
        let inner = self.lock();
        let mut text = String::with_capacity(4_096);
        text.push_str("# TYPE lgdl_edge_requests_total counter\n");
        for ((route, status), count) in &inner.requests {
            let _ = writeln!(text, "lgdl_edge_requests_total{{route=\"{route}\",status=\"{status}\"}} {count}");
        }
        text.push_str("# TYPE lgdl_edge_request_seconds histogram\n");
        for (bound, count) in BOUNDS_MS.iter().zip(inner.buckets) {
            let _ = writeln!(text, "lgdl_edge_request_seconds_bucket{{le=\"{}\"}} {count}", bound / 1_000.0);
        }
        let _ = writeln!(text, "lgdl_edge_request_seconds_bucket{{le=\"+Inf\"}} {}", inner.count);
        let _ = writeln!(text, "lgdl_edge_request_seconds_sum {}", inner.seconds);
        let _ = writeln!(text, "lgdl_edge_request_seconds_count {}", inner.count);
        for (name, count) in names.iter().zip(inner.observed.iter().chain(std::iter::repeat(&0))) {
            let _ = writeln!(text, "# TYPE lgdl_edge_{name}_total counter\nlgdl_edge_{name}_total {count}");
        }
        let _ = writeln!(text, "# TYPE lgdl_edge_traps_total counter\nlgdl_edge_traps_total {}", inner.traps);
        let _ = writeln!(text, "# TYPE lgdl_edge_instances_total counter\nlgdl_edge_instances_total {instances}");
        let Counts { waiting, aside, .. } = journal;
        let _ = writeln!(text, "# TYPE lgdl_edge_journal_entries gauge\nlgdl_edge_journal_entries {waiting}");
        let _ = writeln!(text, "# TYPE lgdl_edge_journal_aside gauge\nlgdl_edge_journal_aside {aside}");
        let away = inner.turned_away;
        let _ = writeln!(
            text,
            "# TYPE lgdl_edge_connections_refused_total counter\nlgdl_edge_connections_refused_total {away}"
        );
        text
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn requests_and_reports_are_added_up() {
        let metrics = Metrics::default();
        metrics.request(Some("GET /games;0,2"), 200, Duration::from_millis(3));
        metrics.request(Some("GET /games;1,2"), 200, Duration::from_millis(30));
        metrics.request(None, 500, Duration::from_millis(1));
        metrics.trap();
        let text = metrics.text(&["turns", "replays", "conflicts"], &Counts { waiting: 4, aside: 2, other_key: 1 }, 7);
        for line in [
            "lgdl_edge_requests_total{route=\"GET /games\",status=\"200\"} 2",
            "lgdl_edge_requests_total{route=\"none\",status=\"500\"} 1",
            "lgdl_edge_request_seconds_bucket{le=\"0.005\"} 2",
            "lgdl_edge_request_seconds_count 3",
            "lgdl_edge_turns_total 1",
            "lgdl_edge_replays_total 4",
            "lgdl_edge_conflicts_total 0",
            "lgdl_edge_traps_total 1",
            "lgdl_edge_instances_total 7",
            "lgdl_edge_journal_entries 4",
        ] {
            assert!(text.lines().any(|found| found == line), "{line}\n{text}");
        }
    }
}
