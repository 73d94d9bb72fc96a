//! What a process counts, as Prometheus reads it. Over `prometheus-client`, with the one thing that it leaves to its users:
//! a family has a bound on its series, so that no client can make it grow.
#![forbid(unsafe_code)]

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use prometheus_client::encoding::prometheus_text;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::{Family, MetricConstructor};
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;

/// The content type of [`Registry::text`].
pub const CONTENT_TYPE: &str = prometheus_text::CONTENT_TYPE;
/// Series of one family at most. What would be one more is counted with [`OTHER`] in place of each label's value.
pub const MAX_SERIES: usize = 2_000;
/// Stands for values of labels that there is no room for.
pub const OTHER: &str = "other";
/// Upper bounds of latencies, seconds: from 10 µs, what the engine takes, to 10 s, what a capability may.
pub const LATENCY: [f64; 19] = [
    0.000_01, 0.000_025, 0.000_05, 0.000_1, 0.000_25, 0.000_5, 0.001, 0.002_5, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25,
    0.5, 1.0, 2.5, 5.0, 10.0,
];
/// Upper bounds of what persons take, seconds: from a second to a day.
pub const PATIENCE: [f64; 12] = [1.0, 2.0, 5.0, 10.0, 30.0, 60.0, 120.0, 300.0, 900.0, 3_600.0, 21_600.0, 86_400.0];
/// Upper bounds of what is counted by ones: turns, prompts, members of a group.
pub const NUMBER: [f64; 11] = [1.0, 2.0, 3.0, 4.0, 6.0, 8.0, 12.0, 16.0, 32.0, 64.0, 128.0];

type Labels = Vec<(&'static str, String)>;
type NewHistogram = fn() -> Histogram;

/// A family that knows how many series it has.
#[derive(Debug, Clone)]
struct Bounded<M, N = fn() -> M> {
    family: Family<Labels, M, N>,
    series: Arc<AtomicUsize>,
}

impl<M, N: MetricConstructor<M>> Bounded<M, N> {
    fn of(family: Family<Labels, M, N>) -> Self {
        Bounded { family, series: Arc::default() }
    }

    /// Does something with the series of these labels.
    fn with(&self, labels: &[(&'static str, &str)], act: impl FnOnce(&M)) {
        let mut wanted = owned(labels);
        if let Some(known) = self.family.get(&wanted) {
            return act(&known);
        }
        // Two that come at once may each make the same one: then it counts twice, and the bound is a little lower.
        if self.series.fetch_add(1, Ordering::Relaxed) >= MAX_SERIES {
            wanted.iter_mut().for_each(|(_, value)| OTHER.clone_into(value));
        }
        act(&self.family.get_or_create(&wanted));
    }
}

/// Everything that is counted.
#[derive(Debug, Default)]
pub struct Registry {
    registry: prometheus_client::registry::Registry,
    names: BTreeSet<String>,
}

/// Counters of one name.
#[derive(Debug, Clone)]
pub struct Counters(Bounded<Counter>);

/// Gauges of one name.
#[derive(Debug, Clone)]
pub struct Gauges(Bounded<Gauge>);

/// Histograms of one name.
#[derive(Debug, Clone)]
pub struct Histograms(Bounded<Histogram, NewHistogram>);

impl Registry {
    /// Counters: `name` is without `_total`, `help` without its full stop.
    pub fn counters(&mut self, name: &str, help: &str) -> Counters {
        let family = Family::new_with_constructor(Counter::default as fn() -> Counter);
        self.registry.register(name, help, family.clone());
        self.names.insert(format!("{name}_total"));
        Counters(Bounded::of(family))
    }

    /// Gauges.
    pub fn gauges(&mut self, name: &str, help: &str) -> Gauges {
        let family = Family::new_with_constructor(Gauge::default as fn() -> Gauge);
        self.registry.register(name, help, family.clone());
        self.names.insert(name.to_owned());
        Gauges(Bounded::of(family))
    }

    /// Histograms with the bounds [`LATENCY`].
    pub fn latencies(&mut self, name: &str, help: &str) -> Histograms {
        self.histograms(name, help, || Histogram::new(LATENCY))
    }

    /// Histograms with the bounds [`PATIENCE`].
    pub fn patience(&mut self, name: &str, help: &str) -> Histograms {
        self.histograms(name, help, || Histogram::new(PATIENCE))
    }

    /// Histograms with the bounds [`NUMBER`].
    pub fn numbers(&mut self, name: &str, help: &str) -> Histograms {
        self.histograms(name, help, || Histogram::new(NUMBER))
    }

    fn histograms(&mut self, name: &str, help: &str, new: NewHistogram) -> Histograms {
        let family = Family::new_with_constructor(new);
        self.registry.register(name, help, family.clone());
        self.names.insert(name.to_owned());
        Histograms(Bounded::of(family))
    }

    /// The names of all families, as they are queried.
    #[must_use]
    pub fn names(&self) -> &BTreeSet<String> {
        &self.names
    }

    /// All of it in Prometheus' text format, version 0.0.4.
    #[must_use]
    pub fn text(&self) -> String {
        let mut text = String::with_capacity(16 * 1024);
        // Writing to a String can't fail.
        let _ = prometheus_text::encode(&mut text, &self.registry);
        text
    }
}

impl Counters {
    /// Counts one more.
    pub fn count(&self, labels: &[(&'static str, &str)]) {
        self.add(labels, 1);
    }

    /// Counts `more`.
    pub fn add(&self, labels: &[(&'static str, &str)], more: u64) {
        self.0.with(labels, |counter| {
            counter.inc_by(more);
        });
    }

    /// What was counted so far.
    #[must_use]
    pub fn get(&self, labels: &[(&'static str, &str)]) -> u64 {
        self.0.family.get(&owned(labels)).map_or(0, |counter| counter.get())
    }
}

impl Gauges {
    /// Says how it is now.
    pub fn set(&self, labels: &[(&'static str, &str)], value: u64) {
        self.0.with(labels, |gauge| {
            gauge.set(i64::try_from(value).unwrap_or(i64::MAX));
        });
    }

    /// Forgets what was said, so that what is no more is not told of.
    pub fn clear(&self) {
        self.0.family.clear();
        self.0.series.store(0, Ordering::Relaxed);
    }
}

impl Histograms {
    /// Makes the series of these labels, so that a rate can be taken of its first observation.
    pub fn begin(&self, labels: &[(&'static str, &str)]) {
        self.0.with(labels, |_| {});
    }

    /// Adds an observation.
    pub fn observe(&self, labels: &[(&'static str, &str)], value: f64) {
        self.0.with(labels, |histogram| histogram.observe(value));
    }
}

fn owned(labels: &[(&'static str, &str)]) -> Labels {
    labels.iter().map(|(name, value)| (*name, (*value).to_owned())).collect()
}

/// The families that a page describes in the table with that head: for tests that compare the two.
#[must_use]
pub fn named_in(page: &str, head: &str) -> BTreeSet<String> {
    let head = format!("| {head} |");
    let table = page.lines().skip_while(|line| !line.starts_with(&head)).take_while(|line| line.starts_with('|'));
    let names = table.filter_map(|row| row.split('|').nth(1));
    let names = names.flat_map(|names| names.split('`').filter(|name| name.starts_with("lgdl_")));
    names.map(str::to_owned).collect()
}

/// Bytes of memory that this process holds, where the system says so.
#[must_use]
pub fn resident_bytes() -> Option<u64> {
    /// Of what `/proc/self/statm` counts. Linux on the machines that this is built for has no other.
    const PAGE_BYTES: u64 = 4_096;
    let pages = std::fs::read_to_string("/proc/self/statm").ok()?;
    Some(pages.split(' ').nth(1)?.parse::<u64>().ok()? * PAGE_BYTES)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_family_says_what_it_is_and_counts_by_labels() {
        let mut registry = Registry::default();
        let turns = registry.counters("lgdl_turns", "Turns");
        let seconds = registry.latencies("lgdl_turn_latency_seconds", "Time");
        registry.gauges("lgdl_pool", "Connections").set(&[("state", "idle")], 2);
        turns.count(&[("game_id", "a\"b")]);
        turns.add(&[("game_id", "a\"b")], 2);
        seconds.observe(&[], 0.003);
        let text = registry.text();
        for line in [
            "# HELP lgdl_turns_total Turns.",
            "# TYPE lgdl_turns_total counter",
            r#"lgdl_turns_total{game_id="a\"b"} 3"#,
            r#"lgdl_pool{state="idle"} 2"#,
            r#"lgdl_turn_latency_seconds_bucket{le="0.0025"} 0"#,
            r#"lgdl_turn_latency_seconds_bucket{le="0.005"} 1"#,
        ] {
            assert!(text.lines().any(|found| found == line), "{line}\n{text}");
        }
    }

    #[test]
    fn a_series_begins_with_nothing_and_a_gauge_can_forget() {
        let mut registry = Registry::default();
        registry.latencies("lgdl_seconds", "Time").begin(&[("result", "failed")]);
        let nodes = registry.gauges("lgdl_node_up", "Nodes");
        nodes.set(&[("node", "a")], 1);
        assert!(registry.text().contains("lgdl_seconds_count{result=\"failed\"} 0"), "{}", registry.text());
        nodes.clear();
        assert!(!registry.text().contains("lgdl_node_up{"));
        nodes.set(&[("node", "b")], 0);
        assert!(registry.text().contains("lgdl_node_up{node=\"b\"} 0"));
    }

    #[test]
    fn a_family_has_a_bound_and_counts_what_is_beyond_it() {
        let mut registry = Registry::default();
        let counters = registry.counters("many", "Many");
        for number in 0..MAX_SERIES + 5 {
            counters.count(&[("id", &number.to_string()), ("kind", "x")]);
        }
        counters.count(&[("id", "0"), ("kind", "x")]);
        assert_eq!(counters.get(&[("id", OTHER), ("kind", OTHER)]), 5);
        assert_eq!(counters.get(&[("id", "0"), ("kind", "x")]), 2);
    }
}
