//! Which words and pieces the table holds, and how common each is taken to be.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use anyhow::{Context, Result};

use super::wordpiece::Pieces;

/// Rows of the table.
pub(crate) const ROWS: usize = 30_000;
/// Lists of common words, the commonest first.
const COMMON: [&str; 2] = ["10", "20"];
/// The list of words that are known to most people.
const KNOWN: &str = "35";
const LANGUAGES: [&str; 3] = ["english", "american", "british"];
/// The first pieces are reserved, then come characters; words begin here, the commonest first.
const FIRST_WORD: u32 = 1_996;
/// The rank that characters and words beyond the pieces are taken to have.
const CHARACTER_RANK: u32 = 2_000;
const COMMON_RANK: u32 = 12_000;
const RARE_RANK: u32 = 30_000;
/// Smooth inverse frequency: what a word weighs is A / (A + p).
const A: f64 = 3e-3;

/// A row's word: its text, the model's tokens for it, and its weight.
pub(crate) struct Entry {
    pub(crate) text: String,
    pub(crate) tokens: Vec<u32>,
    pub(crate) weight: f64,
}

/// The table's words: all pieces that words are cut into, words that the model would cut but people know, and the
/// commonest of the rest.
pub(crate) fn choose(pieces: &Pieces, scowl: &Path, wordnet: &Path) -> Result<Vec<Entry>> {
    let common = lists(scowl, &COMMON)?;
    let known = lists(scowl, &[KNOWN])?;
    let used = used_words(&wordnet.join("index.sense"))?;
    let mut first = Vec::new();
    let mut later = Vec::new();
    for (id, text) in pieces.texts().iter().enumerate() {
        let bare = text.strip_prefix("##").unwrap_or(text);
        if bare.is_empty() || !bare.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit()) {
            continue;
        }
        let rank = (id as u32).checked_sub(FIRST_WORD).map_or(CHARACTER_RANK, |rank| rank + 1);
        let entry = Entry { text: text.clone(), tokens: vec![id as u32], weight: weight(rank) };
        let needed = bare.len() == 1 || text.len() != bare.len() || common.contains(bare) || known.contains(bare);
        if needed { first.push(entry) } else { later.push(entry) }
    }
    let whole = |word: &String, rank: u32| {
        let tokens = pieces.cut(word)?;
        (tokens.len() > 1).then(|| Entry { text: word.clone(), tokens, weight: weight(rank) })
    };
    first.extend(common.iter().filter_map(|word| whole(word, COMMON_RANK)));
    let told = known.iter().filter(|word| !common.contains(*word) && used.contains(*word));
    first.extend(told.filter_map(|word| whole(word, RARE_RANK)));
    let room = ROWS.saturating_sub(first.len());
    first.extend(later.into_iter().take(room));
    first.truncate(ROWS);
    Ok(first)
}

/// The weight of a word of this rank, by Zipf's law.
fn weight(rank: u32) -> f64 {
    /// The sum of 1/rank over the table, nearly.
    const HARMONIC: f64 = 11.0;
    let share = 1.0 / (f64::from(rank) + 1.0) / HARMONIC;
    A / (A + share)
}

fn lists(scowl: &Path, sizes: &[&str]) -> Result<BTreeSet<String>> {
    let mut words = BTreeSet::new();
    for size in sizes {
        for language in LANGUAGES {
            let path = scowl.join(format!("{language}-words.{size}"));
            let bytes = std::fs::read(&path).with_context(|| format!("cannot read {}", path.display()))?;
            for word in bytes.split(|byte| *byte == b'\n') {
                if word.len() > 1 && word.iter().all(u8::is_ascii_lowercase) {
                    words.insert(String::from_utf8_lossy(word).into_owned());
                }
            }
        }
    }
    Ok(words)
}

/// The words that WordNet met in texts at least once.
fn used_words(path: &Path) -> Result<BTreeSet<String>> {
    let text = std::fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))?;
    let mut met: BTreeMap<&str, u32> = BTreeMap::new();
    for line in text.lines() {
        let word = line.split('%').next().unwrap_or("");
        let count = line.rsplit(' ').next().and_then(|count| count.parse().ok()).unwrap_or(0);
        *met.entry(word).or_default() += count;
    }
    Ok(met.into_iter().filter(|entry| entry.1 > 0).map(|entry| entry.0.to_owned()).collect())
}
