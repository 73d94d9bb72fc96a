//! Product quantisation: each part of a row becomes the number of the nearest of 256 vectors.

use lgdl::meaning::{CODES, DIMS};

/// Rounds of k-means.
const ROUNDS: usize = 12;

/// Rows in codes, and what the codes stand for.
pub(crate) struct Coded {
    /// For each part, [`CODES`] vectors of `part` numbers in eight bits.
    pub(crate) books: Vec<u8>,
    /// For each row, a code a part.
    pub(crate) codes: Vec<u8>,
}

/// Codes rows of length one. The start is fixed and ties go to the lower code, so that every run gives the same.
pub(crate) fn quantise(rows: &[Vec<f32>], part: usize) -> Coded {
    let parts = DIMS / part;
    let most = rows.iter().flatten().fold(0.0f32, |most, value| if value.abs() > most { value.abs() } else { most });
    let mut books = Vec::new();
    let mut codes = vec![0u8; rows.len() * parts];
    for at in 0..parts {
        let pieces: Vec<&[f32]> = rows.iter().map(|row| &row[at * part..(at + 1) * part]).collect();
        let mut centers = Centers::new(part);
        for code in 0..CODES {
            centers.set(code, pieces[code * pieces.len() / CODES].iter().copied());
        }
        for round in 0..=ROUNDS {
            let mut sums = vec![vec![0.0f64; part]; CODES];
            let mut counts = vec![0usize; CODES];
            for (row, piece) in pieces.iter().enumerate() {
                let code = centers.nearest(piece);
                codes[row * parts + at] = code as u8;
                counts[code] += 1;
                sums[code].iter_mut().zip(*piece).for_each(|(sum, value)| *sum += f64::from(*value));
            }
            if round < ROUNDS {
                for (code, (sum, count)) in sums.iter().zip(&counts).enumerate().filter(|entry| *entry.1.1 > 0) {
                    centers.set(code, sum.iter().map(|sum| (sum / *count as f64) as f32));
                }
            }
        }
        for code in 0..CODES {
            books.extend(centers.values.iter().map(|values| (values[code] / most * 127.0).round() as i8 as u8));
        }
    }
    Coded { books, codes }
}

/// The vectors of a codebook: for each of their numbers, that of every vector.
struct Centers {
    values: Vec<[f32; CODES]>,
}

impl Centers {
    fn new(part: usize) -> Centers {
        Centers { values: vec![[0.0; CODES]; part] }
    }

    fn set(&mut self, code: usize, vector: impl Iterator<Item = f32>) {
        self.values.iter_mut().zip(vector).for_each(|(values, value)| values[code] = value);
    }

    /// The nearest, the first among equals.
    fn nearest(&self, piece: &[f32]) -> usize {
        let mut distances = [0.0f32; CODES];
        for (values, value) in self.values.iter().zip(piece) {
            for (distance, center) in distances.iter_mut().zip(values) {
                *distance += (center - value) * (center - value);
            }
        }
        let least = distances.iter().copied().fold(f32::MAX, f32::min);
        distances.iter().position(|distance| *distance == least).unwrap_or(0)
    }
}
