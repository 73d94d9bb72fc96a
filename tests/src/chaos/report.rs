//! What a run came to, in numbers: inside and outside the windows of its faults.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::time::{Duration, Instant};

use super::client::{Attempt, Outcome};

/// How long after its mending a fault may still show: whatever goes wrong later counts as error without a fault.
pub const RECOVERY: Duration = Duration::from_secs(5);

/// A fault.
#[derive(Debug, Clone)]
pub struct Window {
    /// What was broken.
    pub what: String,
    /// Since when.
    pub from: Instant,
    /// When it was there again.
    pub mended: Instant,
    /// When all was normal again.
    pub normal: Instant,
    /// Calls to the origin that failed meanwhile, as the node counts them.
    pub origin_failures: u64,
}

impl Window {
    /// From mended to normal.
    #[must_use]
    pub fn recovery(&self) -> Duration {
        self.normal.saturating_duration_since(self.mended)
    }

    fn touches(&self, attempt: &Attempt) -> bool {
        let until = self.normal.min(self.mended + RECOVERY);
        attempt.ended >= self.from && attempt.began <= until
    }
}

/// A run.
#[derive(Debug)]
pub struct Report {
    /// Its faults.
    pub windows: Vec<Window>,
    /// All tries.
    pub attempts: Vec<Attempt>,
    /// When it began.
    pub began: Instant,
    /// When the load ended.
    pub ended: Instant,
}

impl Report {
    /// Tries that touch no fault.
    #[must_use]
    pub fn calm(&self) -> Vec<Attempt> {
        let calm = |attempt: &&Attempt| !self.windows.iter().any(|window| window.touches(attempt));
        self.attempts.iter().filter(calm).copied().collect()
    }

    /// The share of tries outside faults that got no answer of the engine.
    #[must_use]
    pub fn errors_outside(&self) -> f64 {
        let calm = self.calm();
        let errors =
            calm.iter().filter(|attempt| matches!(attempt.outcome, Outcome::Refused { .. } | Outcome::Silence)).count();
        errors as f64 / calm.len().max(1) as f64
    }

    /// The share of tries outside faults that were answered without the origin.
    #[must_use]
    pub fn degraded_outside(&self) -> f64 {
        let calm = self.calm();
        let degraded =
            calm.iter().filter(|attempt| matches!(attempt.outcome, Outcome::Journalled | Outcome::Stateless)).count();
        degraded as f64 / calm.len().max(1) as f64
    }

    /// The longest way back to normal.
    #[must_use]
    pub fn slowest_recovery(&self) -> Duration {
        self.windows.iter().map(Window::recovery).max().unwrap_or_default()
    }

    /// A table, one line a fault and one for the rest.
    #[must_use]
    pub fn table(&self) -> String {
        let mut text = String::from(
            "| fault | lasted | normal after | tries | what clients saw | p50 | p95 | max | failed calls to the origin |\n\
             |---|---|---|---|---|---|---|---|---|\n",
        );
        for window in &self.windows {
            let touched: Vec<Attempt> =
                self.attempts.iter().filter(|attempt| window.touches(attempt)).copied().collect();
            let lasted = window.mended.saturating_duration_since(window.from);
            let _ = writeln!(
                text,
                "| {} | {} | {} | {} | {} |",
                window.what,
                shown(lasted),
                shown(window.recovery()),
                summary(&touched),
                window.origin_failures,
            );
        }
        let _ = writeln!(text, "| none | | | {} | |", summary(&self.calm()));
        let seconds = self.ended.saturating_duration_since(self.began).as_secs_f64();
        let _ = writeln!(
            text,
            "\n{} tries in {seconds:.0} s; outside the windows of faults {:.2} % errors, {:.2} % degraded",
            self.attempts.len(),
            100.0 * self.errors_outside(),
            100.0 * self.degraded_outside()
        );
        text
    }
}

/// `tries | outcomes | p50 | p95 | max`
#[must_use]
pub fn summary(attempts: &[Attempt]) -> String {
    let mut outcomes: BTreeMap<Outcome, usize> = BTreeMap::new();
    for attempt in attempts {
        *outcomes.entry(attempt.outcome).or_default() += 1;
    }
    let outcomes: Vec<String> = outcomes.iter().map(|(outcome, count)| format!("{count} {}", name(*outcome))).collect();
    let mut took: Vec<Duration> = attempts.iter().map(|attempt| attempt.ended - attempt.began).collect();
    took.sort_unstable();
    let at = |share: f64| {
        let place = (share * took.len() as f64) as usize;
        took.get(place.min(took.len().saturating_sub(1))).map_or_else(String::new, |took| shown(*took))
    };
    format!("{} | {} | {} | {} | {}", attempts.len(), outcomes.join(", "), at(0.5), at(0.95), at(1.0))
}

fn name(outcome: Outcome) -> String {
    match outcome {
        Outcome::Durable => "durable".into(),
        Outcome::Journalled => "journalled".into(),
        Outcome::Stateless => "stateless".into(),
        Outcome::Refused { status, code } => format!("{status} E{code}"),
        Outcome::Silence => "no answer".into(),
    }
}

fn shown(time: Duration) -> String {
    if time < Duration::from_secs(1) {
        format!("{} ms", time.as_millis())
    } else {
        format!("{:.1} s", time.as_secs_f64())
    }
}
