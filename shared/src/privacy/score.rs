//! How well findings agree with a labelled set: what `lgdl pii --score` and the tests print.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::detect::detect;

/// A text with what is personal in it. Offsets are in characters.
#[derive(Debug, Clone, Deserialize)]
pub struct Labelled {
    /// The text.
    pub text: String,
    /// What must be found.
    #[serde(default)]
    pub spans: Vec<Span>,
    /// What may be found: it counts neither as right nor as wrong.
    #[serde(default)]
    pub other: Vec<Span>,
}

/// A piece of a text.
#[derive(Debug, Clone, Deserialize)]
pub struct Span {
    /// The first character.
    pub start: usize,
    /// One past the last.
    pub end: usize,
    /// As [`super::PiiKind::name`] says it.
    pub kind: String,
}

/// Counts of one kind, or of all.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Score {
    /// Labelled and found.
    pub right: usize,
    /// Labelled and not found.
    pub missed: usize,
    /// Found and not labelled.
    pub wrong: usize,
}

impl Score {
    /// The share of what was found that is right.
    #[must_use]
    pub fn precision(&self) -> f64 {
        share(self.right, self.right + self.wrong)
    }

    /// The share of what is labelled that was found.
    #[must_use]
    pub fn recall(&self) -> f64 {
        share(self.right, self.right + self.missed)
    }

    /// The harmonic mean of both.
    #[must_use]
    pub fn f1(&self) -> f64 {
        share(2 * self.right, 2 * self.right + self.missed + self.wrong)
    }
}

fn share(part: usize, whole: usize) -> f64 {
    if whole == 0 { 1.0 } else { part as f64 / whole as f64 }
}

/// Adds up labelled texts.
#[derive(Debug, Default)]
pub struct Scorer {
    kinds: BTreeMap<String, Score>,
    texts: usize,
}

impl Scorer {
    /// Takes a text, and says what was missed and what was found too much. A finding agrees with a label when it has its
    /// kind and they overlap. Kinds that no label of the whole set has are passed over.
    pub fn take(&mut self, labelled: &Labelled) -> Vec<String> {
        self.texts += 1;
        let mut faults = Vec::new();
        let mut used = vec![false; labelled.spans.len()];
        for finding in detect(&labelled.text) {
            let kind = finding.kind.name();
            let start = labelled.text[..finding.start].chars().count();
            let end = start + labelled.text[finding.start..finding.end].chars().count();
            let meets = |span: &Span| start < span.end && span.start < end;
            let agreed = labelled.spans.iter().position(|span| span.kind == kind && meets(span));
            match agreed {
                Some(index) => used[index] = true,
                None if !PATTERN_KINDS.contains(&kind) || labelled.other.iter().any(meets) => {}
                None => {
                    self.kinds.entry(kind.to_owned()).or_default().wrong += 1;
                    faults.push(format!(
                        "too much: {kind} {:?} in {:?}",
                        &labelled.text[finding.start..finding.end],
                        labelled.text
                    ));
                }
            }
        }
        for (span, used) in labelled.spans.iter().zip(used) {
            let score = self.kinds.entry(span.kind.clone()).or_default();
            if used {
                score.right += 1;
            } else {
                score.missed += 1;
                let value: String = labelled.text.chars().skip(span.start).take(span.end - span.start).collect();
                faults.push(format!("missed: {} {value:?} in {:?}", span.kind, labelled.text));
            }
        }
        faults
    }

    /// Each kind by its name.
    pub fn kinds(&self) -> impl Iterator<Item = (&str, Score)> {
        self.kinds.iter().map(|(kind, score)| (kind.as_str(), *score))
    }

    /// All kinds together.
    #[must_use]
    pub fn total(&self) -> Score {
        self.kinds.values().fold(Score::default(), |sum, score| Score {
            right: sum.right + score.right,
            missed: sum.missed + score.missed,
            wrong: sum.wrong + score.wrong,
        })
    }

    /// How many texts were taken.
    #[must_use]
    pub fn texts(&self) -> usize {
        self.texts
    }
}

/// Kinds that have a pattern of their own. The others lean on words around them and are not scored.
const PATTERN_KINDS: [&str; 7] = ["credit_card", "iban", "ssn", "phone", "email", "ip", "url"];
