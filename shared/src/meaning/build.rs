//! Laying out what a compiled game knows of meaning; [`super::index`] reads it.

use super::calibrate::{self, Plan};
use super::confidence::Fit;
use super::groups;
use super::index::{FITS_AT, MeaningIndex, RECORDS, SKETCH, SUMMARY, packed};
use super::model::{DIMS, Model};
use super::train::{Data, Example, Head, WORD_SHARE, telling};

/// What is laid out: the bytes of each section, in the order of [`RECORDS`].
pub(crate) type Sections = [Vec<u8>; RECORDS.len()];

/// What the weights of words are counted in.
const WEIGHT: f64 = 1_024.0;
/// What tellings are counted in.
const TELLING: f64 = 256.0;
/// What the scales of the head are counted in: logits in 2^-16 of products in units of the run time, times 2^12.
const SCALE: f64 = (65_536 / 256) as f64 * 4_096.0;

/// What a head is made from.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Material<'a> {
    /// The phrases, sorted by move.
    pub(crate) examples: &'a [&'a Example],
    /// Of each key, whether it is grammar rather than meaning.
    pub(crate) grammar: &'a [bool],
    pub(crate) moves: usize,
    pub(crate) model: Option<&'a Model<'a>>,
}

/// Trains the head, finds out how far it can be relied on, and lays both out.
pub(crate) fn build(material: &Material<'_>) -> Sections {
    let mut sections = head(material);
    let plan = Plan::for_compiling(material);
    let alone = calibrate::fit(&Material { model: None, ..*material }, &plan);
    let beside = material.model.map_or(alone, |_| calibrate::fit(material, &plan));
    if material.moves > groups::MAX_UNGROUPED {
        let (groups, members) = groups::lay(&sections[7]);
        (sections[8], sections[9]) = (groups, members);
    }
    if let Some(fits) = sections[0].get_mut(FITS_AT..) {
        for (at, fit) in [alone, beside].iter().enumerate() {
            for (part, number) in fit.numbers().into_iter().enumerate() {
                let at = (at * Fit::NUMBERS + part) * 4;
                fits[at..at + 4].copy_from_slice(&number.to_le_bytes());
            }
        }
    }
    sections
}

/// A view of what was laid out.
pub(super) fn view(sections: &Sections) -> MeaningIndex<'_> {
    let [summary, keys, postings, moves, examples, example_keys, sketches, head, groups, members] = sections;
    MeaningIndex { summary, keys, postings, moves, examples, example_keys, sketches, head, groups, members }
}

/// Trains the head and lays it out.
pub(super) fn head(material: &Material<'_>) -> Sections {
    let Material { examples, grammar, moves, model } = *material;
    let mut sections: Sections = Default::default();
    if examples.is_empty() {
        return sections;
    }
    let mut having = vec![0u32; grammar.len()];
    for key in examples.iter().flat_map(|example| &example.keys) {
        having[*key as usize] += 1;
    }
    let tellings: Vec<f64> = having
        .iter()
        .zip(grammar)
        .map(|(&having, &grammar)| if having == 0 { 0.0 } else { quantised(telling(examples.len(), having, grammar)) })
        .collect();
    let data = Data { examples, telling: &tellings, moves };
    let alone = data.head(false, 1.0);
    let beside = model.map(|_| data.head(true, WORD_SHARE));
    let [summary, keys, postings, of_moves, of_examples, example_keys, sketches, head, ..] = &mut sections;
    summary.extend_from_slice(model.map_or(&[0; 32], |model| model.hash()));
    put(summary, &[(telling(examples.len(), 0, false) * TELLING) as u32]);
    summary.resize(SUMMARY, 0);
    for key in 0..=grammar.len() {
        let start = alone.words.starts[key] as u32;
        put(keys, &[start, tellings.get(key).map_or(0, |telling| (telling * TELLING) as u32)]);
    }
    for at in 0..alone.words.moves.len() {
        put(postings, &[alone.words.moves[at]]);
        for head in [Some(&alone), beside.as_ref()] {
            let weight = head.map_or(0, |head| rounded(head.words.values[at] * WEIGHT));
            postings.extend_from_slice(&weight.to_le_bytes());
        }
    }
    let scales = lay_head(beside.as_ref(), moves, head);
    let mut at = 0;
    for of in 0..=moves {
        put(of_moves, &[at as u32, scales.get(of).copied().unwrap_or(0)]);
        at += examples[at..].iter().take_while(|example| example.move_index as usize == of).count();
    }
    for example in examples {
        let negated = u32::from(example.negated) << 31;
        put(of_examples, &[example.pattern, (example_keys.len() / 4) as u32, example.keys.len() as u32 | negated]);
        for key in &example.keys {
            put(example_keys, &[packed(*key, example.denied.binary_search(key).is_ok())]);
        }
        if model.is_some() {
            // One without a vector has a place as well: sketches are found by their number.
            let mut signs = [0u8; SKETCH];
            for (dim, value) in example.vector.iter().flat_map(|vector| vector.iter()).enumerate() {
                signs[dim / 8] |= u8::from(*value < 0) << (dim % 8);
            }
            sketches.extend_from_slice(&signs);
        }
    }
    sections
}

/// The moves' vectors in eight bits, each with its own scale.
fn lay_head(head: Option<&Head>, moves: usize, into: &mut Vec<u8>) -> Vec<u32> {
    let Some(head) = head else { return vec![0; moves] };
    let lay = |vector: &[f64; DIMS]| {
        let most =
            vector.iter().fold(f64::MIN_POSITIVE, |most, value| if value.abs() > most { value.abs() } else { most });
        into.extend(vector.iter().map(|value| rounded(value / most * 127.0) as i8 as u8));
        (most / 127.0 * SCALE) as u32
    };
    head.dense.iter().map(lay).collect()
}

/// As the run time reads it.
fn quantised(telling: f64) -> f64 {
    (telling * TELLING) as u32 as f64 / TELLING
}

fn rounded(value: f64) -> i16 {
    (if value < 0.0 { value - 0.5 } else { value + 0.5 }) as i16
}

fn put(into: &mut Vec<u8>, values: &[u32]) {
    for value in values {
        into.extend_from_slice(&value.to_le_bytes());
    }
}
