//! Product quantisation: each part of a row becomes the number of the nearest of 256 vectors.

use lgdl::meaning::{CODES, DIMS};

/// Rounds of k-means.
const ROUNDS: usize = 12;

/// Rows in codes, and what the codes stand for.
pub struct Coded {
    /// For each part, [`CODES`] vectors of `part` numbers in eight bits.
    pub books: Vec<u8>,
    /// For each row, a code a part.
    pub codes: Vec<u8>,
}

/// Codes rows of length one. The start is fixed and ties go to the lower code, so that every run gives the same.
pub fn quantise(rows: &[Vec<f32>], part: usize) -> Coded {
    let parts = DIMS / part;
    let most = rows.iter().flatten().fold(0.0f32, |most, value| if value.abs() > most { value.abs() } else { most });
    let mut books = Vec::new();
    let mut codes = vec![0u8; rows.len() * parts];
    for at in 0..parts {
        let pieces: Vec<&[f32]> = rows.iter().map(|row| &row[at * part..(at + 1) * part]).collect();
        let mut centers: Vec<Vec<f32>> =
            (0..CODES).map(|code| pieces[code * pieces.len() / CODES].to_vec()).collect();
        for round in 0..=ROUNDS {
            let mut sums = vec![vec![0.0f64; part]; CODES];
            let mut counts = vec![0usize; CODES];
            for (row, piece) in pieces.iter().enumerate() {
                let code = nearest(&centers, piece);
                codes[row * parts + at] = code as u8;
                counts[code] += 1;
                sums[code].iter_mut().zip(*piece).for_each(|(sum, value)| *sum += f64::from(*value));
            }
            if round < ROUNDS {
                for ((center, sum), count) in centers.iter_mut().zip(&sums).zip(&counts).filter(|entry| *entry.1 > 0) {
                    center.iter_mut().zip(sum).for_each(|(value, sum)| *value = (sum / *count as f64) as f32);
                }
            }
        }
        for center in &centers {
            books.extend(center.iter().map(|value| (value / most * 127.0).round() as i8 as u8));
        }
    }
    Coded { books, codes }
}

fn nearest(centers: &[Vec<f32>], piece: &[f32]) -> usize {
    let mut best = (f32::MAX, 0);
    for (code, center) in centers.iter().enumerate() {
        let distance = center.iter().zip(piece).map(|(a, b)| (a - b) * (a - b)).sum::<f32>();
        if distance < best.0 {
            best = (distance, code);
        }
    }
    best.1
}
