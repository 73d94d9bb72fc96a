//! What labelled utterances say of a game: accuracy, F1, what is refused, and whether its confidence can be believed.

use std::collections::BTreeMap;

use serde::Serialize;

/// The score at which an utterance counts as taken, for the recall of what is out of scope: `medium`.
const TAKEN: f64 = 0.5;
/// The thresholds of the curve.
const THRESHOLDS: [f64; 7] = [0.2, 0.35, 0.5, 0.65, 0.75, 0.8, 0.95];
/// Bins of the calibration error.
const BINS: usize = 10;
/// Confusions that are named.
const MAX_CONFUSIONS: usize = 20;

/// One labelled utterance and what the game made of it.
pub(crate) struct Observation {
    pub(crate) text: String,
    /// The move that is right; none for what is out of scope.
    pub(crate) expected: Option<String>,
    /// The best move, whatever its score, with its score.
    pub(crate) found: Option<(String, f64)>,
}

impl Observation {
    fn is_right(&self) -> bool {
        self.expected.is_some() && self.expected.as_ref() == self.found.as_ref().map(|found| &found.0)
    }

    fn score(&self) -> f64 {
        self.found.as_ref().map_or(0.0, |found| found.1)
    }
}

/// The figures.
#[derive(Debug, Serialize)]
pub(crate) struct Figures {
    pub(crate) count: usize,
    /// In scope, best move whatever its score.
    pub(crate) accuracy: f64,
    pub(crate) macro_f1: f64,
    pub(crate) out_of_scope: Option<OutOfScope>,
    /// The expected difference between confidence and the share that is right.
    pub(crate) calibration_error: f64,
    /// Confidence and the share that is right, by tenths of confidence.
    pub(crate) calibration: Vec<Bin>,
    pub(crate) thresholds: Vec<Threshold>,
    pub(crate) confusions: Vec<Confusion>,
}

#[derive(Debug, Serialize)]
pub(crate) struct OutOfScope {
    pub(crate) count: usize,
    /// How well the score tells what is in scope from what is not.
    pub(crate) auroc: f64,
    /// The share of what is out of scope that scores below `medium`.
    pub(crate) recall: f64,
}

/// Utterances of about the same confidence.
#[derive(Debug, Serialize)]
pub(crate) struct Bin {
    pub(crate) count: usize,
    /// The mean.
    pub(crate) confidence: f64,
    /// The share that is right.
    pub(crate) right: f64,
}

#[derive(Debug, Serialize)]
pub(crate) struct Threshold {
    pub(crate) threshold: f64,
    /// The share of what is in scope that reaches it.
    pub(crate) kept: f64,
    /// The share of what reaches it that is right; nothing where nothing does.
    pub(crate) precision: Option<f64>,
    /// The share of what is out of scope that does not reach it.
    pub(crate) refused: Option<f64>,
}

/// Utterances of one move that are taken for another, or of none that are taken for one.
#[derive(Debug, Serialize)]
pub(crate) struct Confusion {
    pub(crate) expected: Option<String>,
    pub(crate) found: Option<String>,
    pub(crate) count: usize,
    /// The first of them.
    pub(crate) example: String,
}

/// The figures of what was observed.
pub(crate) fn figures(all: &[Observation]) -> Figures {
    let inside: Vec<&Observation> = all.iter().filter(|seen| seen.expected.is_some()).collect();
    let outside: Vec<&Observation> = all.iter().filter(|seen| seen.expected.is_none()).collect();
    let right = inside.iter().filter(|seen| seen.is_right()).count();
    let calibration = bins(all);
    Figures {
        count: all.len(),
        accuracy: share(right, inside.len()).unwrap_or(0.0),
        macro_f1: macro_f1(&inside),
        out_of_scope: share(outside.iter().filter(|seen| seen.score() < TAKEN).count(), outside.len())
            .map(|recall| OutOfScope { count: outside.len(), auroc: auroc(&inside, &outside), recall }),
        calibration_error: calibration_error(&calibration, all.len()),
        calibration,
        thresholds: THRESHOLDS.iter().map(|&threshold| at(threshold, all, &inside, &outside)).collect(),
        confusions: confusions(all),
    }
}

fn share(part: usize, whole: usize) -> Option<f64> {
    (whole > 0).then(|| part as f64 / whole as f64)
}

fn at(threshold: f64, all: &[Observation], inside: &[&Observation], outside: &[&Observation]) -> Threshold {
    let reached: Vec<_> = all.iter().filter(|seen| seen.found.is_some() && seen.score() >= threshold).collect();
    Threshold {
        threshold,
        kept: share(inside.iter().filter(|seen| seen.score() >= threshold).count(), inside.len()).unwrap_or(0.0),
        precision: share(reached.iter().filter(|seen| seen.is_right()).count(), reached.len()),
        refused: share(outside.iter().filter(|seen| seen.score() < threshold).count(), outside.len()),
    }
}

/// The mean over the moves that are expected somewhere.
fn macro_f1(inside: &[&Observation]) -> f64 {
    let mut counts: BTreeMap<&str, (usize, usize, usize)> = BTreeMap::new(); // right, expected, found
    for seen in inside {
        let Some(expected) = &seen.expected else { continue };
        counts.entry(expected).or_default().1 += 1;
        if let Some((found, _)) = &seen.found {
            counts.entry(found).or_default().2 += 1;
        }
        counts.entry(expected).or_default().0 += usize::from(seen.is_right());
    }
    let scores: Vec<f64> = counts
        .values()
        .filter(|count| count.1 > 0)
        .map(|(right, expected, found)| 2.0 * *right as f64 / (expected + found) as f64)
        .collect();
    if scores.is_empty() { 0.0 } else { scores.iter().sum::<f64>() / scores.len() as f64 }
}

/// The chance that something in scope scores higher than something that is not.
fn auroc(inside: &[&Observation], outside: &[&Observation]) -> f64 {
    let mut scores: Vec<(f64, bool)> = inside.iter().map(|seen| (seen.score(), true)).collect();
    scores.extend(outside.iter().map(|seen| (seen.score(), false)));
    scores.sort_by(|a, b| a.0.total_cmp(&b.0));
    let (mut below, mut wins) = (0.0, 0.0);
    for same in scores.chunk_by(|a, b| a.0 == b.0) {
        let inside = same.iter().filter(|score| score.1).count() as f64;
        let outside = same.len() as f64 - inside;
        wins += inside * (below + outside / 2.0);
        below += outside;
    }
    wins / (inside.len() as f64 * outside.len() as f64).max(1.0)
}

/// The bins in which something lies, by confidence.
fn bins(all: &[Observation]) -> Vec<Bin> {
    let mut bins: Vec<Bin> = (0..BINS).map(|_| Bin { count: 0, confidence: 0.0, right: 0.0 }).collect();
    for seen in all {
        let bin = &mut bins[((seen.score() * BINS as f64) as usize).min(BINS - 1)];
        bin.count += 1;
        bin.confidence += seen.score();
        bin.right += if seen.is_right() { 1.0 } else { 0.0 };
    }
    bins.retain(|bin| bin.count > 0);
    for bin in &mut bins {
        bin.confidence /= bin.count as f64;
        bin.right /= bin.count as f64;
    }
    bins
}

fn calibration_error(bins: &[Bin], all: usize) -> f64 {
    let error = |bin: &Bin| (bin.confidence - bin.right).abs() * bin.count as f64;
    bins.iter().map(error).sum::<f64>() / (all as f64).max(1.0)
}

/// What is taken for what, the commonest first. What is out of scope counts where it would be acted upon.
fn confusions(all: &[Observation]) -> Vec<Confusion> {
    // How often, and the first that was said.
    type Counts<'a> = BTreeMap<(Option<&'a str>, Option<&'a str>), (usize, &'a str)>;
    let mut counts = Counts::new();
    let confused = |seen: &&Observation| match seen.expected {
        Some(_) => !seen.is_right(),
        None => seen.score() >= TAKEN,
    };
    for seen in all.iter().filter(confused) {
        let found = seen.found.as_ref().map(|found| found.0.as_str());
        counts.entry((seen.expected.as_deref(), found)).or_insert((0, &seen.text)).0 += 1;
    }
    let mut confusions: Vec<Confusion> = counts
        .into_iter()
        .map(|((expected, found), (count, example))| Confusion {
            expected: expected.map(str::to_owned),
            found: found.map(str::to_owned),
            count,
            example: example.to_owned(),
        })
        .collect();
    confusions.sort_by_key(|confusion| std::cmp::Reverse(confusion.count));
    confusions.truncate(MAX_CONFUSIONS);
    confusions
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seen(expected: Option<&str>, found: Option<(&str, f64)>) -> Observation {
        let found = found.map(|(name, score)| (name.to_owned(), score));
        Observation { text: "said".to_owned(), expected: expected.map(str::to_owned), found }
    }

    #[test]
    fn figures_are_what_they_say() {
        let all = [
            seen(Some("a"), Some(("a", 0.9))),
            seen(Some("a"), Some(("b", 0.3))),
            seen(Some("b"), Some(("b", 0.7))),
            seen(Some("b"), None),
            seen(None, Some(("a", 0.4))),
            seen(None, None),
        ];
        let figures = figures(&all);
        assert_eq!((figures.count, figures.accuracy), (6, 0.5));
        assert!((figures.macro_f1 - (2.0 / 3.0 + 0.5) / 2.0).abs() < 1e-9, "{}", figures.macro_f1);
        let outside = figures.out_of_scope.expect("two are out of scope");
        assert_eq!((outside.count, outside.recall), (2, 1.0));
        // Of eight pairs, 0.9 and 0.7 win both, 0.3 one, and nothing against nothing is half a win.
        assert!((outside.auroc - 5.5 / 8.0).abs() < 1e-9, "{}", outside.auroc);
        let medium = &figures.thresholds[2];
        assert_eq!((medium.threshold, medium.kept, medium.precision, medium.refused), (0.5, 0.5, Some(1.0), Some(1.0)));
        assert_eq!(figures.thresholds[6].precision, None);
        assert!((figures.calibration_error - (0.1 + 0.3 + 0.3 + 0.4) / 6.0).abs() < 1e-9);
        assert_eq!(figures.confusions.len(), 2, "what is out of scope and refused is no confusion");
        assert_eq!((figures.confusions[0].count, figures.confusions[0].example.as_str()), (1, "said"));
    }

    #[test]
    fn what_is_out_of_scope_and_acted_upon_is_a_confusion() {
        let figures = figures(&[seen(None, Some(("a", 0.6))), seen(None, Some(("a", 0.7))), seen(Some("a"), None)]);
        let taken: Vec<_> = figures.confusions.iter().map(|one| (one.expected.as_deref(), one.count)).collect();
        assert_eq!(taken, [(None, 2), (Some("a"), 1)]);
    }

    #[test]
    fn nothing_gives_nothing() {
        let figures = figures(&[]);
        assert_eq!((figures.accuracy, figures.macro_f1, figures.calibration_error), (0.0, 0.0, 0.0));
        assert!(figures.out_of_scope.is_none());
    }
}
