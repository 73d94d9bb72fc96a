//! What the node counts: requests, turns by game, stages, and what instances report. No ids, no text.

use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use lgdl::breaker::Breaker;
use lgdl::wire::node::{Counts, OBSERVED, Observation, ServiceCall};
use lgdl_metrics::{Counters, Gauges, Histograms, Registry, resident_bytes};
use lgdl_tls::ServerTls;
use lgdl_tls::metrics::{CERTIFICATE_ENDS, CERTIFICATE_FAULT};

/// What is counted of a turn goes by the name of its game: requests on these routes.
const TURN_ROUTES: [&str; 2] = ["POST /games/{id}/move", "POST /move"];

/// Counters of a node.
pub(crate) struct Metrics {
    registry: Registry,
    /// Spans of traces, by what became of them.
    pub(crate) spans: Counters,
    requests: Counters,
    seconds: Histograms,
    errors: Counters,
    turn_seconds: Histograms,
    state_read: Histograms,
    state_write: Histograms,
    engine: Histograms,
    drain: Histograms,
    claim: Histograms,
    calls: Histograms,
    hits: Counters,
    misses: Counters,
    degraded: Counters,
    observed: Vec<Counters>,
    failed: Counters,
    traps: Counters,
    turned_away: Counters,
    instances: Gauges,
    journal_depth: Gauges,
    journal_age: Gauges,
    waits_since: Mutex<Option<Instant>>,
    breaker: Gauges,
    aside: Gauges,
    unremoved: Gauges,
    memory: Gauges,
    certificate_ends: Gauges,
    certificate_fault: Gauges,
}

/// What an instance was about.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Work {
    /// A request.
    Request,
    /// What the node does by itself: it brings home what waits.
    Background,
}

impl Work {
    /// As it is written.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Work::Request => "request",
            Work::Background => "background",
        }
    }
}

/// Why an instance failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Cause {
    /// It used up its time.
    Time,
    /// Anything else.
    Trap,
}

impl Cause {
    /// As it is written.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Cause::Time => "time",
            Cause::Trap => "trap",
        }
    }
}

impl Default for Metrics {
    fn default() -> Self {
        let mut registry = Registry::default();
        let build = registry.gauges("lgdl_build_info", "The program that runs here");
        build.set(&[("version", env!("CARGO_PKG_VERSION")), ("part", "edge")], 1);
        let observed = OBSERVED.map(|(name, help)| registry.counters(&format!("lgdl_edge_{name}"), help));
        // What nothing happened to yet is there with a zero, so that a rate can be taken of it.
        observed.iter().for_each(|counters| counters.add(&[], 0));
        let metrics = Metrics {
            requests: registry.counters("lgdl_edge_requests", "Requests by route and status"),
            seconds: registry.latencies("lgdl_edge_request_seconds", "Time of a request"),
            errors: registry.counters("lgdl_errors", "Requests that were refused or failed, by code"),
            turn_seconds: registry.latencies("lgdl_turn_latency_seconds", "Time of a turn, whole, by game"),
            state_read: registry.latencies(
                "lgdl_state_read_latency_seconds",
                "Time that the state of a conversation took, by where it was found",
            ),
            state_write: registry.latencies("lgdl_state_write_latency_seconds", "Time that the commit of a turn took"),
            engine: registry
                .latencies("lgdl_pattern_match_latency_seconds", "Time that the engine took to match and to answer"),
            drain: registry.latencies(
                "lgdl_drain_latency_seconds",
                "Time that turns gave to those of their conversation that waited before them",
            ),
            claim: registry
                .latencies("lgdl_claim_latency_seconds", "Time that turns took to hold their place for a call"),
            calls: registry.latencies(
                "lgdl_capability_call_latency_seconds",
                "Time of calls of capability services, by the service and what came of them",
            ),
            hits: registry.counters("lgdl_cache_hits", "What was found in a cache"),
            misses: registry.counters("lgdl_cache_misses", "What was not found in a cache"),
            degraded: registry.counters("lgdl_degraded_responses", "Turns that are not durable yet, by what was kept"),
            observed: observed.into(),
            failed: registry.counters(
                "lgdl_service_failures",
                "Calls of capability services that failed, by the service and the error's code",
            ),
            traps: registry.counters("lgdl_edge_traps", "Instances that failed, by what they did and why"),
            turned_away: registry.counters("lgdl_edge_connections_refused", "Connections that there was no room for"),
            instances: registry.gauges("lgdl_edge_instances", "Instances that were made since the start"),
            journal_depth: registry.gauges("lgdl_journal_depth", "Turns that wait for the origin"),
            journal_age: registry
                .gauges("lgdl_journal_age_seconds", "For how long some turns or others have waited for the origin"),
            waits_since: Mutex::default(),
            breaker: registry.gauges(
                "lgdl_circuit_breaker_state",
                "Breakers in front of what is called: 0 closed, 1 half-open, 2 open",
            ),
            aside: registry.gauges("lgdl_edge_journal_aside", "Turns that were set aside"),
            unremoved: registry
                .gauges("lgdl_edge_journal_unremoved", "Turns that are done with and that the journal can't be rid of"),
            memory: registry.gauges("lgdl_memory_usage_bytes", "Memory that the process holds"),
            certificate_ends: registry.gauges(CERTIFICATE_ENDS.0, CERTIFICATE_ENDS.1),
            certificate_fault: registry.gauges(CERTIFICATE_FAULT.0, CERTIFICATE_FAULT.1),
            spans: lgdl_traces::counters(&mut registry),
            registry,
        };
        metrics.turned_away.add(&[], 0);
        for work in [Work::Request, Work::Background] {
            for cause in [Cause::Time, Cause::Trap] {
                metrics.traps.add(&[("work", work.name()), ("cause", cause.name())], 0);
            }
        }
        metrics
    }
}

impl Metrics {
    /// Counts what an instance reported to have happened, in a request or without one.
    pub(crate) fn happened(&self, observation: &Observation) {
        for (counters, count) in self.observed.iter().zip(&observation.counts).filter(|(_, count)| **count > 0) {
            counters.add(&[], u64::from(*count));
        }
        for ServiceCall { service, failed, took_us } in &observation.calls {
            let outcome = if failed.is_some() { "failed" } else { "answered" };
            self.calls.observe(&[("service", service), ("outcome", outcome)], seconds(*took_us));
            if let Some(code) = failed {
                self.failed.count(&[("service", service), ("code", code)]);
            }
        }
    }

    /// Counts a request with what its instance reported.
    pub(crate) fn request(&self, observation: &Observation, status: u16, took: Duration) {
        let route = if observation.route.is_empty() { "none" } else { &observation.route };
        self.requests.count(&[("route", route), ("status", &status.to_string())]);
        self.seconds.observe(&[], took.as_secs_f64());
        if let Some(code) = &observation.code {
            self.errors.count(&[("code", code)]);
        }
        self.happened(observation);
        let [_, journalled, stateless, _, _, hits, misses, refills, ..] =
            OBSERVED.map(|(name, _)| observed(observation, name));
        for (counters, label, value, count) in [
            (&self.hits, "cache", "state", hits),
            (&self.misses, "cache", "state", misses),
            (&self.misses, "cache", "game", refills),
            (&self.degraded, "level", "journalled", journalled),
            (&self.degraded, "level", "stateless", stateless),
        ] {
            if count > 0 {
                counters.add(&[(label, value)], count);
            }
        }
        if !TURN_ROUTES.contains(&route) {
            return;
        }
        if let Some(game) = &observation.game {
            self.turn_seconds.observe(&[("game_id", game)], took.as_secs_f64());
        }
        let here = if hits > 0 { "hot" } else { "new" };
        for (stage, histograms, source) in [
            ("state", &self.state_read, Some(here)),
            ("lookup", &self.state_read, Some("origin")),
            ("drain", &self.drain, None),
            ("engine", &self.engine, None),
            ("claim", &self.claim, None),
            ("commit", &self.state_write, None),
        ] {
            let labels: Vec<_> = source.map(|source| ("source", source)).into_iter().collect();
            // A turn that is run again, or that calls, goes through a stage more than once: its time is that of all of them.
            let of = observation.stages.iter().filter(|(name, _)| name == stage);
            if let Some(us) = of.map(|(_, us)| *us).reduce(u64::saturating_add) {
                histograms.observe(&labels, seconds(us));
            }
        }
    }

    /// Counts an instance that failed.
    pub(crate) fn trap(&self, work: Work, cause: Cause) {
        self.traps.count(&[("work", work.name()), ("cause", cause.name())]);
    }

    /// Counts a connection that there was no room for.
    pub(crate) fn turned_away(&self) {
        self.turned_away.count(&[]);
    }

    /// Tells of the certificate that the port shows.
    pub(crate) fn certificate(&self, tls: &ServerTls) {
        self.certificate_ends.set(&[], tls.ends_at().unsigned_abs());
        self.certificate_fault.set(&[], tls.fault().is_some().into());
    }

    /// All of it in Prometheus's text format.
    pub(crate) fn text(&self, journal: Option<&Counts>, instances: u64, breakers: &[(String, Breaker)]) -> String {
        self.instances.set(&[], instances);
        // One that can't be read is not empty: the last figures stay, and `/health` tells that it fails.
        if let Some(journal) = journal {
            self.journal_depth.set(&[], journal.waiting);
            let mut since = self.waits_since.lock().unwrap_or_else(PoisonError::into_inner);
            *since = (journal.waiting > 0).then(|| since.unwrap_or_else(Instant::now));
            self.journal_age.set(&[], since.map_or(0, |since| since.elapsed().as_secs()));
            self.aside.set(&[], journal.aside);
            self.unremoved.set(&[], journal.unremoved);
        }
        for (target, breaker) in breakers {
            if let Some(level) = Breaker::level(breaker.name()) {
                self.breaker.set(&[("target", target)], level);
            }
        }
        if let Some(bytes) = resident_bytes() {
            self.memory.set(&[], bytes);
        }
        self.registry.text()
    }
}

#[expect(clippy::cast_precision_loss, reason = "nothing that is timed takes 2^52 µs")]
fn seconds(us: u64) -> f64 {
    us as f64 / 1e6
}

fn observed(observation: &Observation, name: &str) -> u64 {
    let place = OBSERVED.iter().position(|(known, _)| *known == name);
    place.and_then(|place| observation.counts.get(place)).map_or(0, |count| u64::from(*count))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_page_of_metrics_names_what_a_node_has_and_nothing_else() {
        let page = include_str!("../../../docs/metrics.md");
        assert_eq!(&lgdl_metrics::named_in(page, "at an edge node"), Metrics::default().registry.names());
    }

    #[test]
    fn requests_and_reports_are_added_up() {
        let metrics = Metrics::default();
        let told = |header: &str| Observation::of_header(header);
        metrics.request(&told("GET /games;0,0,0,2;;;"), 200, Duration::from_millis(3));
        metrics.request(
            &told("POST /games/{id}/move;1,0,0,2,0,1;medical;;state=40,game=3,engine=12,commit=900"),
            200,
            Duration::from_millis(30),
        );
        metrics.request(&told(";;;E500;"), 500, Duration::from_millis(1));
        let stages = "state=4,drain=70,lookup=900,engine=12,claim=300,call=1500000,engine=12,commit=900";
        let calls = "ehr=E301=1500000,ehr=E301=20,orders=E300=20,orders==20";
        metrics.request(&told(&format!("POST /move;;;;{stages};;{calls}")), 200, Duration::from_millis(1));
        metrics.trap(Work::Background, Cause::Time);
        let breakers = [("origin".to_owned(), Breaker::Open { since_ms: 0 }), ("ehr".to_owned(), Breaker::default())];
        let text = metrics.text(Some(&Counts { waiting: 4, aside: 2, other_key: 1, unremoved: 0 }), 7, &breakers);
        for line in [
            r#"lgdl_edge_requests_total{route="GET /games",status="200"} 1"#,
            r#"lgdl_edge_requests_total{route="none",status="500"} 1"#,
            r#"lgdl_errors_total{code="E500"} 1"#,
            r#"lgdl_edge_request_seconds_bucket{le="0.005"} 3"#,
            "lgdl_edge_request_seconds_count 4",
            r#"lgdl_service_failures_total{service="ehr",code="E301"} 2"#,
            r#"lgdl_service_failures_total{service="orders",code="E300"} 1"#,
            "lgdl_edge_turns_total 1",
            "lgdl_edge_replays_total 4",
            "lgdl_edge_conflicts_total 0",
            r#"lgdl_edge_traps_total{work="background",cause="time"} 1"#,
            r#"lgdl_edge_traps_total{work="request",cause="time"} 0"#,
            r#"lgdl_turn_latency_seconds_count{game_id="medical"} 1"#,
            r#"lgdl_state_read_latency_seconds_count{source="hot"} 1"#,
            r#"lgdl_state_read_latency_seconds_count{source="new"} 1"#,
            r#"lgdl_state_read_latency_seconds_count{source="origin"} 1"#,
            "lgdl_drain_latency_seconds_sum 0.00007",
            "lgdl_claim_latency_seconds_sum 0.0003",
            "lgdl_pattern_match_latency_seconds_count 2",
            r#"lgdl_pattern_match_latency_seconds_bucket{le="2.5e-05"} 2"#,
            r#"lgdl_capability_call_latency_seconds_count{service="ehr",outcome="failed"} 2"#,
            r#"lgdl_capability_call_latency_seconds_bucket{service="ehr",outcome="failed",le="1"} 1"#,
            r#"lgdl_capability_call_latency_seconds_count{service="orders",outcome="answered"} 1"#,
            r#"lgdl_cache_hits_total{cache="state"} 1"#,
            "lgdl_edge_instances 7",
            "lgdl_journal_depth 4",
            "lgdl_journal_age_seconds 0",
            r#"lgdl_circuit_breaker_state{target="origin"} 2"#,
            r#"lgdl_circuit_breaker_state{target="ehr"} 0"#,
        ] {
            assert!(text.lines().any(|found| found == line), "{line}\n{text}");
        }
    }
}
