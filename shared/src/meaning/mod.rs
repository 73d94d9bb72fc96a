//! Meaning: which moves a clause comes near to, in words that no pattern has.
//!
//! A small head is trained on the moves' phrases when a game is compiled ([`train`]) and lies in the compiled game
//! ([`index`]); with a [`Model`] it hears words that the phrases do not have. At run time everything is whole numbers,
//! so that every platform computes the same. What is near is not yet meant: what the clause denies is taken out, and
//! the score is a confidence that thresholds can rely on. The method, its figures and its limits:
//! `docs/meaning.md`.

mod build;
mod calibrate;
mod confidence;
mod evidence;
mod groups;
pub(crate) mod index;
mod linked;
mod model;
mod numbers;
mod options;
mod train;

pub(crate) use build::{Material, build};
pub(crate) use calibrate::{Plan, Rehearsed, rehearse};
pub use index::{MIN_EXAMPLES, Trained};
pub(crate) use linked::linked_as;
pub use linked::{Meaning, Size, linked};
pub use model::{BUCKETS, CODES, DIMS, HEADER, Model, ModelError, bucket, fingerprint, header};
pub use options::option;
pub(crate) use train::Example;

use self::confidence::Signed;
use self::index::{ExampleKey, MeaningIndex, unpacked};
use self::model::{dot, leveled};
use self::numbers::{ONE, root};
use crate::compiled::index::Key;
use crate::ir::Priority;
use crate::text::{Class, Polarity, Shape, Tokens};

/// Moves that are reported, at most.
pub(crate) const MAX_MEANT: usize = 4;
/// Words of a clause that are read.
const MAX_WORDS: usize = 64;
/// Rows of the model that are summed.
const MAX_ROWS: usize = 64;
/// A word that more moves share says nothing by itself: what it says of moves that rarer words speak for is heard.
const MAX_SPREAD: usize = 512;

/// What is to be understood.
pub(crate) struct Clause<'a> {
    /// The utterance's words.
    pub(crate) tokens: &'a Tokens,
    /// The clause's part of them.
    pub(crate) first: usize,
    /// One past its last.
    pub(crate) end: usize,
    /// What the game's index knows of the utterance: keys of words and terms with their positions, sorted.
    pub(crate) places: &'a [(Key, u32)],
    /// The word of the game that a position's word is a misspelling of.
    pub(crate) corrected: &'a dyn Fn(usize) -> Option<&'a str>,
    /// The current year, if it is known.
    pub(crate) year: Option<i32>,
    /// Whether a pattern, by its number in the game, may be heard from this speaker now.
    pub(crate) admits: &'a dyn Fn(u32) -> bool,
    /// How urgent a pattern's move is.
    pub(crate) priority: &'a dyn Fn(u32) -> Priority,
}

/// A move that a clause may mean.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Meant {
    /// Index of the move.
    pub(crate) move_index: u32,
    /// The nearest of its patterns, by its number in the game.
    pub(crate) pattern: u32,
    /// In ten-thousandths, at most [`confidence::MOST`].
    pub(crate) confidence: u64,
    /// The words that speak for it most.
    pub(crate) evidence: (usize, usize),
}

impl Meant {
    /// Whether it is no reading, because the clause denies it or hardly comes near to it.
    pub(crate) fn is_denied(&self) -> bool {
        self.confidence <= confidence::DENIED
    }
}

/// A clause as the head sees it.
struct Heard<'a> {
    /// Keys with how much they tell (2^-8) and where they stand, each key once.
    words: Vec<(Key, u32, u32)>,
    /// The length of all that, unknown words included, in 2^-8.
    length: i64,
    /// With a model: the clause's vector, and the rows summed for it with where they stand.
    dense: Option<Dense<'a>>,
}

struct Dense<'a> {
    model: &'a Model<'a>,
    vector: [i8; DIMS],
    signed: Signed,
    rows: Vec<(u16, u32)>,
    /// The length of the rows' sum.
    length: i64,
}

impl<'a> Dense<'a> {
    /// Of the rows of a clause.
    fn of(model: &'a Model<'a>, rows: Vec<(u16, u32)>) -> Dense<'a> {
        let sum = sum_of(model, &rows);
        let square: i64 = sum.iter().map(|value| i64::from(*value) * i64::from(*value)).sum();
        let length = root(square as u64).max(1) as i64;
        Dense { rows, length, ..Dense::of_vector(model, leveled(&sum)) }
    }

    /// Of a vector alone.
    fn of_vector(model: &'a Model<'a>, vector: [i8; DIMS]) -> Dense<'a> {
        Dense { model, vector, signed: Signed::of(&vector), rows: Vec::new(), length: 1 }
    }
}

/// The moves that a clause may mean, the likeliest first, at most [`MAX_MEANT`]; those that the index covers.
pub(crate) fn candidates(index: &MeaningIndex<'_>, model: Option<&Model<'_>>, clause: &Clause<'_>) -> Vec<Meant> {
    let moves = index.move_count();
    let Some(heard) = hear(index, model, clause).filter(|_| moves > 0) else { return Vec::new() };
    let logits = Logits::of(index, &heard, moves);
    let best = logits.likeliest(|of| index.covers(of));
    let mass = confidence::Mass::of(&logits);
    let fit = index.fit(heard.dense.is_some());
    let mut meant: Vec<Meant> = best
        .into_iter()
        .filter_map(|of| {
            let near = nearest(index, &heard, of, clause.admits, index::MIN_EXAMPLES)?;
            let confidence = confidence::of(mass.odds(logits.get(of)), near.cosine(), fit);
            // What hardly comes near is no reading, whatever speaks for it.
            if confidence < confidence::FAINT {
                return Some(Meant {
                    move_index: of as u32,
                    pattern: near.pattern,
                    confidence,
                    evidence: (clause.first, clause.end),
                });
            }
            let shares = evidence::shares(index, &heard, of, clause);
            let telling = evidence::telling_words(&shares, clause);
            let confidence = confidence.min(confidence::most_of(telling, shares.len()));
            let evidence = evidence::strongest(&shares, clause);
            let confidence =
                match evidence::polarity_of(&shares, evidence, clause, &near, &|key| evidence::own(index, of, key)) {
                    Polarity::Asserted => confidence,
                    Polarity::Doubtful => confidence.min(confidence::DOUBTFUL),
                    Polarity::Denied => confidence.min(confidence::DENIED),
                };
            Some(Meant { move_index: of as u32, pattern: near.pattern, confidence, evidence })
        })
        .collect();
    // The head says which is likelier; what is denied comes last. No two score the same, so that the order stays.
    crate::order::sort_by_key(&mut meant, Meant::is_denied);
    let mut most = confidence::MOST;
    for meant in &mut meant {
        meant.confidence = meant.confidence.min(most);
        most = meant.confidence.saturating_sub(1);
    }
    meant
}

fn hear<'a>(index: &MeaningIndex<'_>, model: Option<&'a Model<'a>>, clause: &Clause<'_>) -> Option<Heard<'a>> {
    let end = clause.end.min(clause.first + MAX_WORDS).min(clause.tokens.len());
    let inside = |at: u32| (clause.first..end).contains(&(at as usize));
    let mut words: Vec<(Key, u32, u32)> = Vec::with_capacity(end.saturating_sub(clause.first) + 4);
    let mut known = 0u64;
    for &(key, at) in clause.places.iter().filter(|place| inside(place.1)) {
        let telling = index.telling(key);
        known |= u64::from(telling > 0) << (at as usize - clause.first);
        if telling > 0 && words.last().is_none_or(|last| last.0 != key) {
            words.push((key, telling, at));
        }
    }
    let mut square: u64 = words.iter().map(|word| u64::from(word.1) * u64::from(word.1)).sum();
    let unknown = u64::from(index.unknown());
    for at in clause.first..end {
        let Some(token) = clause.tokens.as_slice().get(at) else { break };
        let says_nothing = token.class.is(Class::FILLER.and(Class::FUNCTION)) || token.shape == Shape::Sign;
        if known >> (at - clause.first) & 1 == 0 && !says_nothing {
            square += unknown * unknown;
        }
    }
    let dense = model.filter(|model| index.fits(model)).map(|model| {
        let rows = rows(model, clause.tokens, clause.first, end, clause.corrected);
        Dense::of(model, rows)
    });
    let nothing = words.is_empty() && dense.as_ref().is_none_or(|dense| dense.rows.is_empty());
    (!nothing).then(|| Heard { words, length: root(square).max(1) as i64, dense })
}

/// The rows of the words `first..end`, with the words' positions. Negators say nothing of a topic.
fn rows<'w>(
    model: &Model<'_>,
    tokens: &'w Tokens,
    first: usize,
    end: usize,
    corrected: &dyn Fn(usize) -> Option<&'w str>,
) -> Vec<(u16, u32)> {
    let mut rows = Vec::with_capacity(MAX_ROWS);
    for at in first..end {
        let Some(token) = tokens.as_slice().get(at).filter(|token| !token.class.is(Class::NEGATOR)) else { continue };
        if token.shape == Shape::Sign {
            continue;
        }
        let said = tokens.text(at);
        let word = if model.knows(said) { said } else { corrected(at).unwrap_or(said) };
        model.rows_of(word, |row| {
            if rows.len() < MAX_ROWS {
                rows.push((row, at as u32));
            }
        });
    }
    rows
}

fn sum_of(model: &Model<'_>, rows: &[(u16, u32)]) -> [i32; DIMS] {
    let mut sum = [0; DIMS];
    for (row, _) in rows {
        model.add(*row, &mut sum);
    }
    sum
}

/// The vector of a phrase, as a clause of the same words has it; `None` when the model knows none of them.
pub(crate) fn phrase_vector(model: &Model<'_>, tokens: &Tokens) -> Option<[i8; DIMS]> {
    let rows = rows(model, tokens, 0, tokens.len(), &|_| None);
    (!rows.is_empty()).then(|| leveled(&sum_of(model, &rows)))
}

/// A logit a move, in 2^-16. Without a model few moves have one: the others are not touched, and all theirs are zero.
pub(crate) struct Logits {
    of: Vec<i64>,
    /// The moves whose logit may be other than zero, with it, in no order: what is gone over lies together.
    touched: Vec<(u32, i64)>,
}

impl Logits {
    fn of(index: &MeaningIndex<'_>, heard: &Heard<'_>, moves: usize) -> Logits {
        let mut logits = Logits { of: vec![0; moves], touched: Vec::new() };
        let mut known = vec![0u64; moves.div_ceil(64)];
        let mut touch = |touched: &mut Vec<(u32, i64)>, of: u32| {
            let Some(bits) = known.get_mut(of as usize / 64) else { return };
            if *bits >> (of % 64) & 1 == 0 {
                *bits |= 1 << (of % 64);
                touched.push((of, 0));
            }
        };
        let says = |telling: u32, posting: index::Posting| {
            let weight = if heard.dense.is_some() { posting.beside } else { posting.alone };
            i64::from(weight) * i64::from(telling)
        };
        let spread = |word: &&(Key, u32, u32)| index.postings(word.0).len();
        let rarest = heard.words.iter().filter(|word| spread(word) > 0).min_by_key(spread);
        let most = rarest.as_ref().map_or(0, spread).max(MAX_SPREAD);
        for word in heard.words.iter().filter(|word| spread(word) <= most) {
            let postings = index.postings(word.0);
            logits.touched.reserve(postings.len().min(moves.saturating_sub(logits.touched.len())));
            for posting in postings.iter() {
                if let Some(logit) = logits.of.get_mut(posting.move_index as usize) {
                    *logit += says(word.1, posting);
                    touch(&mut logits.touched, posting.move_index);
                }
            }
        }
        let vector = heard.dense.as_ref().map(|dense| dense.vector.map(i16::from));
        if let Some(vector) = &vector {
            groups::near(index, vector, moves, |of| touch(&mut logits.touched, of));
        }
        for word in heard.words.iter().filter(|word| spread(word) > most) {
            let postings = index.postings(word.0);
            for &(of, _) in &logits.touched {
                if let (Some(posting), Some(logit)) = (postings.of(of as usize), logits.of.get_mut(of as usize)) {
                    *logit += says(word.1, posting);
                }
            }
        }
        for (of, own) in &mut logits.touched {
            let of = *of as usize;
            let Some(logit) = logits.of.get_mut(of) else { continue };
            *logit = *logit * 64 / heard.length;
            if let Some(vector) = &vector {
                *logit += (i64::from(dot(vector, index.head(of))) * index.scale(of)) >> 12;
            }
            *own = *logit;
        }
        logits
    }

    /// The logits of the moves that some word speaks for or against.
    fn touched(&self) -> impl Iterator<Item = i64> + '_ {
        self.touched.iter().map(|(_, logit)| *logit)
    }

    fn get(&self, of: usize) -> i64 {
        self.of.get(of).copied().unwrap_or(0)
    }

    /// The likeliest moves that count, at most [`MAX_MEANT`]; of two that are as likely the one that is declared first.
    fn likeliest(&self, counts: impl Fn(usize) -> bool) -> Vec<usize> {
        let rank = |of: usize| (std::cmp::Reverse(self.get(of)), of);
        let mut best: Vec<usize> = Vec::with_capacity(MAX_MEANT + 1);
        // What the last of them has, once there are enough.
        let mut least = 1;
        for &(of, logit) in &self.touched {
            let of = of as usize;
            if logit < least || !counts(of) {
                continue;
            }
            let at = best.partition_point(|&other| rank(other) < rank(of));
            best.insert(at, of);
            best.truncate(MAX_MEANT);
            least = best.get(MAX_MEANT - 1).map_or(1, |&last| self.get(last));
        }
        best
    }

    /// How many moves no word speaks for or against.
    fn untouched(&self) -> u64 {
        self.of.len().saturating_sub(self.touched.len()) as u64
    }
}

/// The examples of a move that come nearest: of those that assert something, and of those that deny it ("can't
/// breathe").
#[derive(Debug, Default)]
struct Near<'a> {
    /// The nearest of all, by its pattern.
    pattern: u32,
    asserting: Option<i64>,
    denying: Option<i64>,
    /// The words of the nearest that denies.
    denied: &'a [ExampleKey],
    /// Whether at least half of all deny something.
    mostly_denies: bool,
}

impl Near<'_> {
    /// The cosine of the nearest, in 2^-16.
    fn cosine(&self) -> i64 {
        self.asserting.max(self.denying).unwrap_or(0)
    }

    /// Whether a phrase that denies something is nearly as near as any.
    fn denies(&self) -> bool {
        self.denying.is_some_and(|denying| denying * 4 >= self.cosine() * 3)
    }

    /// Whether no phrase that asserts something is nearly as near as one that denies.
    fn only_denies(&self) -> bool {
        self.asserting.is_none_or(|asserting| asserting * 4 < self.cosine() * 3)
    }
}

/// The cosine of a clause's words and an example's, in 2^-16.
fn cosine_of_words(index: &MeaningIndex<'_>, heard: &Heard<'_>, keys: &[ExampleKey]) -> i64 {
    let (mut shared, mut square) = (0u64, 0u64);
    for key in keys {
        let (key, _) = unpacked(*key);
        let telling = u64::from(index.telling(key));
        square += telling * telling;
        if heard.words.binary_search_by_key(&key, |word| word.0).is_ok() {
            shared += telling * telling;
        }
    }
    (shared as i64 * ONE) / (root(square).max(1) as i64 * heard.length)
}

/// The nearest phrases of a move, of which at least so many must be admitted.
fn nearest<'a>(
    index: &MeaningIndex<'a>,
    heard: &Heard<'_>,
    of: usize,
    admits: &dyn Fn(u32) -> bool,
    least: usize,
) -> Option<Near<'a>> {
    let mut near: Option<Near<'a>> = None;
    let (mut count, mut negated) = (0, 0);
    for example in index.examples(of).filter(|example| admits(example.pattern)) {
        count += 1;
        negated += usize::from(example.negated);
        let cosine = match (&heard.dense, example.sketch) {
            (Some(dense), Some(sketch)) => dense.signed.cosine(sketch),
            _ => cosine_of_words(index, heard, example.keys),
        };
        let near = near.get_or_insert_with(|| Near { pattern: example.pattern, ..Near::default() });
        if Some(cosine) > near.asserting.max(near.denying) {
            near.pattern = example.pattern;
        }
        if !example.negated {
            near.asserting = near.asserting.max(Some(cosine));
        } else if Some(cosine) > near.denying {
            (near.denying, near.denied) = (Some(cosine), example.keys);
        }
    }
    let near = near.filter(|_| count >= least)?;
    Some(Near { mostly_denies: negated * 2 >= count, ..near })
}
