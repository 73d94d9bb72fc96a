//! Training the head when a game is compiled: softmax regression over the words of the moves' phrases and, with a
//! model, over the phrases' vectors.
//!
//! A word has weights only for the moves in whose phrases it stands, so that what is trained is as sparse as the game.
//! Sums run in a fixed order, one thread, basic operations only: the same bytes on every machine.

use super::model::DIMS;
use super::numbers::{exp, ln};

/// Above this many moves the head is the centroids of the phrases: training grows with phrases times moves.
pub(super) const MAX_TRAINED_MOVES: usize = 300;
/// How much longer than one a logit's features are.
pub(super) const GAIN: f64 = 10.0;
/// What a word weighs beside the vector.
pub(super) const WORD_SHARE: f64 = 0.8;
const STEPS: usize = 30;
/// A logit so far below the best takes no part.
const NEGLIGIBLE: f32 = -12.0;
const RATE: f64 = 2.0;
const DECAY: f64 = 1e-4;
/// Phrases that stand for the language at large, of which a small game has too few to know common words by.
const BACKGROUND: f64 = 60.0;

/// A phrase of a move.
#[derive(Debug, Clone)]
pub(crate) struct Example {
    /// Index of the move.
    pub(crate) move_index: u32,
    /// Index of the pattern over the whole game.
    pub(crate) pattern: u32,
    /// Its words and terms: sorted, each once.
    pub(crate) keys: Vec<u32>,
    /// Whether it denies something: "can't breathe".
    pub(crate) negated: bool,
    /// Those of its keys that it denies: sorted.
    pub(crate) denied: Vec<u32>,
    /// Its vector, in the units of the run time.
    pub(crate) vector: Option<Box<[i8; DIMS]>>,
}

/// What a word says, by how many phrases share it; grammar says less than it is rare in a small game.
pub(super) fn telling(examples: usize, having: u32, is_grammar: bool) -> f64 {
    let usual = BACKGROUND * if is_grammar { 0.12 } else { 0.01 };
    1.0 + ln((examples as f64 + BACKGROUND + 1.0) / (f64::from(having) + usual + 1.0))
}

/// The words' weights, by key: sorted by move.
pub(super) struct Weights {
    pub(super) starts: Vec<usize>,
    pub(super) moves: Vec<u32>,
    pub(super) values: Vec<f64>,
}

/// What is trained.
pub(super) struct Head {
    pub(super) words: Weights,
    /// A vector a move; empty without a model.
    pub(super) dense: Vec<[f64; DIMS]>,
}

/// The examples as the head sees them.
pub(super) struct Data<'a> {
    pub(super) examples: &'a [&'a Example],
    /// How much each key tells.
    pub(super) telling: &'a [f64],
    pub(super) moves: usize,
}

impl Data<'_> {
    /// An example's words with their shares of a vector of length one.
    fn shares(&self, example: &Example) -> Vec<(usize, f64)> {
        let square: f64 = example.keys.iter().map(|&key| self.telling[key as usize] * self.telling[key as usize]).sum();
        let length = square.sqrt().max(f64::MIN_POSITIVE);
        example.keys.iter().map(|&key| (key as usize, self.telling[key as usize] / length)).collect()
    }

    /// The head: trained, or the centroids where there are too many moves. `word_share` is what words weigh.
    pub(super) fn head(&self, with_vectors: bool, word_share: f64) -> Head {
        let shares: Vec<_> = self.examples.iter().map(|example| self.shares(example)).collect();
        let mut words = self.centroids(&shares);
        let mut dense = if with_vectors { self.dense_centroids() } else { Vec::new() };
        self.level(&mut words, &mut dense);
        if self.moves <= MAX_TRAINED_MOVES {
            Trainer::new(self, &shares, word_share).run(&mut words, &mut dense);
        }
        words.values.iter_mut().for_each(|value| *value *= GAIN * word_share);
        dense.iter_mut().flatten().for_each(|value| *value *= GAIN);
        Head { words, dense }
    }

    fn centroids(&self, shares: &[Vec<(usize, f64)>]) -> Weights {
        let mut entries: Vec<(usize, u32, f64)> = Vec::new();
        for (example, shares) in self.examples.iter().zip(shares) {
            entries.extend(shares.iter().map(|&(key, share)| (key, example.move_index, share)));
        }
        // A stable sort: equal entries are summed in the order of the phrases.
        entries.sort_by_key(|entry| (entry.0, entry.1));
        let mut weights = Weights { starts: vec![0; self.telling.len() + 1], moves: Vec::new(), values: Vec::new() };
        for same in entries.chunk_by(|a, b| (a.0, a.1) == (b.0, b.1)) {
            weights.moves.push(same[0].1);
            weights.values.push(same.iter().map(|entry| entry.2).sum());
            weights.starts[same[0].0 + 1] = weights.moves.len();
        }
        for at in 1..weights.starts.len() {
            weights.starts[at] = weights.starts[at].max(weights.starts[at - 1]);
        }
        weights
    }

    fn dense_centroids(&self) -> Vec<[f64; DIMS]> {
        let mut sums = vec![[0.0; DIMS]; self.moves];
        for example in self.examples {
            let Some(vector) = &example.vector else { continue };
            let sum = &mut sums[example.move_index as usize];
            sum.iter_mut().zip(vector.iter()).for_each(|(sum, value)| *sum += f64::from(*value));
        }
        sums
    }

    /// Brings each move's centroid to length one.
    fn level(&self, words: &mut Weights, dense: &mut [[f64; DIMS]]) {
        let mut squares = vec![0.0; self.moves];
        for (of, value) in words.moves.iter().zip(&words.values) {
            squares[*of as usize] += value * value;
        }
        let lengths: Vec<f64> = squares.iter().map(|square: &f64| square.sqrt().max(f64::MIN_POSITIVE)).collect();
        for (of, value) in words.moves.iter().zip(&mut words.values) {
            *value /= lengths[*of as usize];
        }
        for sum in dense.iter_mut() {
            let length = sum.iter().map(|value| value * value).sum::<f64>().sqrt().max(f64::MIN_POSITIVE);
            sum.iter_mut().for_each(|value| *value /= length);
        }
    }
}

/// Examples and classes computed side by side.
pub(super) const ROWS: usize = 4;
pub(super) const LANES: usize = 8;

/// Gradient descent with Nesterov's momentum.
struct Trainer<'a> {
    data: &'a Data<'a>,
    shares: &'a [Vec<(usize, f64)>],
    word_share: f64,
    /// Moves, rounded up to [`LANES`].
    width: usize,
    /// Examples, rounded up to [`ROWS`].
    height: usize,
}

impl<'a> Trainer<'a> {
    fn new(data: &'a Data<'a>, shares: &'a [Vec<(usize, f64)>], word_share: f64) -> Trainer<'a> {
        let width = data.moves.next_multiple_of(LANES);
        Trainer { data, shares, word_share, width, height: data.examples.len().next_multiple_of(ROWS) }
    }

    fn run(&self, words: &mut Weights, dense: &mut [[f64; DIMS]]) {
        let count = self.data.examples.len();
        if count == 0 {
            return;
        }
        let mut inputs = Vec::new(); // examples × dims
        let mut turned = Vec::new(); // dims × examples
        let mut table = Vec::new(); // dims × moves
        if !dense.is_empty() {
            inputs = vec![0.0f32; self.height * DIMS];
            turned = vec![0.0f32; self.height * DIMS];
            for (at, example) in self.data.examples.iter().enumerate() {
                let Some(vector) = &example.vector else { continue };
                let square: f64 = vector.iter().map(|value| f64::from(*value) * f64::from(*value)).sum();
                let length = square.sqrt().max(f64::MIN_POSITIVE);
                for (dim, value) in vector.iter().enumerate() {
                    let value = (f64::from(*value) / length) as f32;
                    inputs[at * DIMS + dim] = value;
                    turned[dim * self.height + at] = value;
                }
            }
            table = vec![0.0f32; DIMS * self.width];
            for (of, vector) in dense.iter().enumerate() {
                for (dim, value) in vector.iter().enumerate() {
                    table[dim * self.width + of] = *value as f32;
                }
            }
        }
        let (mut word_speed, mut table_speed) = (vec![0.0; words.values.len()], vec![0.0f32; table.len()]);
        let mut ahead = vec![0.0; words.values.len()];
        let mut table_ahead = vec![0.0f32; table.len()];
        let mut errors = vec![0.0f32; self.height * self.width];
        let mut table_slope = vec![0.0f32; table.len()];
        for step in 0..STEPS {
            let momentum = step as f64 / (step as f64 + 3.0);
            for ((ahead, value), speed) in ahead.iter_mut().zip(&words.values).zip(&word_speed) {
                *ahead = value + momentum * speed;
            }
            for ((ahead, value), speed) in table_ahead.iter_mut().zip(&table).zip(&table_speed) {
                *ahead = value + momentum as f32 * speed;
            }
            errors.fill(0.0);
            if !table.is_empty() {
                product(&inputs, &table_ahead, DIMS, self.width, &mut errors);
            }
            let mut slope = vec![0.0; words.values.len()];
            for at in 0..count {
                let errors = &mut errors[at * self.width..(at + 1) * self.width];
                self.errors_of(at, words, &ahead, errors);
                for &(key, share) in &self.shares[at] {
                    let share = share * GAIN * self.word_share / count as f64;
                    for posting in words.starts[key]..words.starts[key + 1] {
                        slope[posting] += f64::from(errors[words.moves[posting] as usize]) * share;
                    }
                }
            }
            for (((value, speed), ahead), slope) in words.values.iter_mut().zip(&mut word_speed).zip(&ahead).zip(&slope)
            {
                *speed = momentum * *speed - RATE * (slope + DECAY * ahead);
                *value += *speed;
            }
            if !table.is_empty() {
                product(&turned, &errors, self.height, self.width, &mut table_slope);
                let rate = (RATE * GAIN / count as f64) as f32;
                let decay = (RATE * DECAY) as f32;
                for (((value, speed), ahead), slope) in
                    table.iter_mut().zip(&mut table_speed).zip(&table_ahead).zip(&table_slope)
                {
                    *speed = momentum as f32 * *speed - (rate * slope + decay * ahead);
                    *value += *speed;
                }
            }
        }
        for (of, vector) in dense.iter_mut().enumerate() {
            for (dim, value) in vector.iter_mut().enumerate() {
                *value = f64::from(table[dim * self.width + of]);
            }
        }
    }

    /// Turns an example's dense logits into what the head gets wrong: probability less truth, for each move.
    fn errors_of(&self, at: usize, words: &Weights, ahead: &[f64], row: &mut [f32]) {
        let moves = self.data.moves;
        row.iter_mut().for_each(|logit| *logit *= GAIN as f32);
        for &(key, share) in &self.shares[at] {
            let share = share * GAIN * self.word_share;
            for posting in words.starts[key]..words.starts[key + 1] {
                row[words.moves[posting] as usize] += (ahead[posting] * share) as f32;
            }
        }
        let most = row[..moves].iter().copied().fold(f32::MIN, f32::max);
        let mut whole = 0.0;
        for logit in &mut row[..moves] {
            let below = *logit - most;
            *logit = if below < NEGLIGIBLE { 0.0 } else { exp(f64::from(below)) as f32 };
            whole += *logit;
        }
        for share in &mut row[..moves] {
            *share /= whole;
        }
        row[moves..].fill(0.0);
        row[self.data.examples[at].move_index as usize] -= 1.0;
    }
}

/// `out = a · b`, where `a` has rows of `inner` numbers, a multiple of [`ROWS`] of them, and `b` rows of `width`.
pub(super) fn product(a: &[f32], b: &[f32], inner: usize, width: usize, out: &mut [f32]) {
    let mut panel = vec![[0.0f32; LANES]; inner];
    for column in (0..width).step_by(LANES) {
        for (lane, row) in panel.iter_mut().zip(b.chunks_exact(width)) {
            lane.copy_from_slice(&row[column..column + LANES]);
        }
        for (four, into) in a.chunks_exact(inner * ROWS).zip(out.chunks_exact_mut(width * ROWS)) {
            let (first, rest) = four.split_at(inner);
            let (second, rest) = rest.split_at(inner);
            let (third, fourth) = rest.split_at(inner);
            let mut sums = [[0.0f32; LANES]; ROWS];
            for ((((lane, a), b), c), d) in panel.iter().zip(first).zip(second).zip(third).zip(fourth) {
                for (sum, value) in sums.iter_mut().zip([a, b, c, d]) {
                    for (total, weight) in sum.iter_mut().zip(lane) {
                        *total += value * weight;
                    }
                }
            }
            for (sum, row) in sums.iter().zip(into.chunks_exact_mut(width)) {
                row[column..column + LANES].copy_from_slice(sum);
            }
        }
    }
}
