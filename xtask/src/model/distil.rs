//! From the model's vectors of words to the table: whitened, weighted, coded, laid out.

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::{Context, Result};
use lgdl::meaning::{BUCKETS, DIMS, bucket, fingerprint, header};

use super::minilm::WIDTH;
use super::quantise::quantise;
use super::whitening::Whitening;
use super::wordpiece::Pieces;
use super::words::Entry;

/// Example sentences of the dictionary that are taken, evenly over it.
const EXAMPLES: usize = 6_000;

/// Phrases from whose vectors mean and covariance are taken: what people say, and how the language is used at large.
pub(crate) fn phrases(said: &Path, wordnet: &Path) -> Result<Vec<String>> {
    let mut phrases = Vec::new();
    for set in ["banking77", "clinc150", "snips"] {
        let path = said.join(set).join("train.jsonl");
        let text = std::fs::read_to_string(&path).with_context(|| format!("cannot read {}", path.display()))?;
        for line in text.lines() {
            let line: serde_json::Value = serde_json::from_str(line)?;
            phrases.extend(line["text"].as_str().map(str::to_owned));
        }
    }
    let mut examples = Vec::new();
    for part in ["noun", "verb", "adj", "adv"] {
        let path = wordnet.join(format!("data.{part}"));
        let text = std::fs::read_to_string(&path).with_context(|| format!("cannot read {}", path.display()))?;
        for gloss in text.lines().filter_map(|line| line.split_once(" | ")).map(|line| line.1) {
            examples.extend(gloss.split('"').skip(1).step_by(2).map(str::to_owned));
        }
    }
    let step = (examples.len() / EXAMPLES).max(1);
    phrases.extend(examples.into_iter().step_by(step).take(EXAMPLES));
    Ok(phrases)
}

/// The rows of the table: the words' vectors, whitened and weighted. `vectors` are the model's, by entry.
pub(crate) fn whiten(
    entries: &[Entry],
    vectors: &[[f32; WIDTH]],
    phrases: &[String],
    pieces: &Pieces,
) -> Vec<Vec<f64>> {
    let known: BTreeMap<&str, usize> =
        entries.iter().enumerate().map(|(at, entry)| (entry.text.as_str(), at)).collect();
    let vectors: Vec<Vec<f64>> = vectors.iter().map(|vector| leveled(vector)).collect();
    let mean_of = |phrase: &String| {
        let mut sum = vec![0.0; WIDTH];
        let mut whole = 0.0;
        for word in phrase.to_lowercase().split(|ch: char| !ch.is_alphanumeric()).filter(|word| !word.is_empty()) {
            let rows = match known.get(word) {
                Some(row) => vec![*row],
                None => pieces
                    .cut(word)
                    .unwrap_or_default()
                    .iter()
                    .filter_map(|piece| known.get(pieces.texts()[*piece as usize].as_str()).copied())
                    .collect(),
            };
            for row in rows {
                whole += entries[row].weight;
                sum.iter_mut().zip(&vectors[row]).for_each(|(sum, value)| *sum += value * entries[row].weight);
            }
        }
        (whole > 0.0).then(|| sum.into_iter().map(|value| value / whole).collect::<Vec<f64>>())
    };
    let means: Vec<Vec<f64>> = phrases.iter().filter_map(mean_of).collect();
    let whitening = Whitening::of(&means, DIMS);
    let weighted = |(entry, vector): (&Entry, &Vec<f64>)| {
        whitening.apply(vector).into_iter().map(|value| value * entry.weight).collect()
    };
    entries.iter().zip(&vectors).map(weighted).collect()
}

fn leveled(vector: &[f32; WIDTH]) -> Vec<f64> {
    let length = length(&vector.map(f64::from));
    vector.iter().map(|value| f64::from(*value) / length).collect()
}

fn length(vector: &[f64]) -> f64 {
    vector.iter().map(|value| value * value).sum::<f64>().sqrt().max(1e-12)
}

/// Codes the rows in parts of `part` numbers and lays the table out.
pub(crate) fn lay(entries: &[Entry], rows: &[Vec<f64>], part: usize) -> Vec<u8> {
    let mut order: Vec<usize> = (0..entries.len()).collect();
    order.sort_by_key(|row| (fingerprint(&entries[*row].text), *row));
    order.dedup_by_key(|row| fingerprint(&entries[*row].text));
    let lengths: Vec<f64> = rows.iter().map(|row| length(row)).collect();
    let longest =
        order.iter().map(|row| lengths[*row]).fold(0.0, |most: f64, length| if length > most { length } else { most });
    let directions: Vec<Vec<f32>> =
        order.iter().map(|row| rows[*row].iter().map(|value| (value / lengths[*row]) as f32).collect()).collect();
    let coded = quantise(&directions, part);
    let mut body = Vec::new();
    let mut at = 0;
    for index in 0..=BUCKETS {
        at += order[at..].iter().take_while(|row| bucket(fingerprint(&entries[**row].text)) < index).count();
        body.extend_from_slice(&(at as u16).to_le_bytes());
    }
    for row in &order {
        body.extend_from_slice(&fingerprint(&entries[*row].text).to_le_bytes());
    }
    body.extend(order.iter().map(|row| (lengths[*row] / longest * 255.0).round() as u8));
    body.extend_from_slice(&coded.books);
    body.extend_from_slice(&coded.codes);
    let mut bytes = header(order.len(), part, &body).to_vec();
    bytes.extend_from_slice(&body);
    bytes
}
