//! Whitening: the mean of real phrases is taken away, and directions in which all phrases differ anyway count less.

use super::minilm::WIDTH;

/// Sweeps of the eigenvalue iteration; it is done long before.
const MAX_SWEEPS: usize = 20;

/// A linear map to fewer dimensions.
pub(crate) struct Whitening {
    mean: Vec<f64>,
    /// One direction a dimension, scaled.
    directions: Vec<Vec<f64>>,
}

impl Whitening {
    /// From the vectors of phrases. A direction is divided by the square root of its singular value: half way to all
    /// directions being alike.
    pub(crate) fn of(phrases: &[Vec<f64>], dims: usize) -> Whitening {
        let count = phrases.len() as f64;
        let mut mean = vec![0.0; WIDTH];
        for phrase in phrases {
            mean.iter_mut().zip(phrase).for_each(|(sum, value)| *sum += value / count);
        }
        let mut covariance = vec![vec![0.0; WIDTH]; WIDTH];
        for phrase in phrases {
            let centered: Vec<f64> = phrase.iter().zip(&mean).map(|(value, mean)| value - mean).collect();
            for (row, left) in covariance.iter_mut().zip(&centered) {
                row.iter_mut().zip(&centered).for_each(|(sum, right)| *sum += left * right / count);
            }
        }
        let (values, vectors) = eigen(covariance);
        let mut order: Vec<usize> = (0..WIDTH).collect();
        order.sort_by(|a, b| values[*b].total_cmp(&values[*a]));
        let scaled = |at: &usize| {
            let singular = values[*at].max(1e-12).sqrt();
            vectors.iter().map(|row| row[*at] / singular.sqrt()).collect()
        };
        Whitening { mean, directions: order.iter().take(dims).map(scaled).collect() }
    }

    /// A vector's image.
    pub(crate) fn apply(&self, vector: &[f64]) -> Vec<f64> {
        let centered: Vec<f64> = vector.iter().zip(&self.mean).map(|(value, mean)| value - mean).collect();
        self.directions.iter().map(|direction| direction.iter().zip(&centered).map(|(a, b)| a * b).sum()).collect()
    }
}

/// Eigenvalues and eigenvectors (as columns) of a symmetric matrix, by Jacobi's rotations in a fixed order.
fn eigen(mut matrix: Vec<Vec<f64>>) -> (Vec<f64>, Vec<Vec<f64>>) {
    let count = matrix.len();
    // Kept as rows, so that a rotation touches two of them.
    let mut vectors: Vec<Vec<f64>> =
        (0..count).map(|row| (0..count).map(|column| if row == column { 1.0 } else { 0.0 }).collect()).collect();
    for _ in 0..MAX_SWEEPS {
        let off: f64 = (0..count).flat_map(|row| matrix[row][row + 1..].iter()).map(|value| value * value).sum();
        let whole: f64 = (0..count).map(|at| matrix[at][at] * matrix[at][at]).sum();
        if off <= whole * 1e-18 {
            break;
        }
        for p in 0..count {
            for q in p + 1..count {
                if matrix[p][q] * matrix[p][q] <= whole * 1e-24 {
                    continue;
                }
                let theta = (matrix[q][q] - matrix[p][p]) / (2.0 * matrix[p][q]);
                let sign = if theta < 0.0 { -1.0 } else { 1.0 };
                let tangent = sign / (theta.abs() + (theta * theta + 1.0).sqrt());
                let cosine = 1.0 / (tangent * tangent + 1.0).sqrt();
                let sine = tangent * cosine;
                for row in &mut matrix {
                    let (left, right) = (row[p], row[q]);
                    row[p] = cosine * left - sine * right;
                    row[q] = sine * left + cosine * right;
                }
                rotate(&mut matrix, p, q, cosine, sine);
                rotate(&mut vectors, p, q, cosine, sine);
            }
        }
    }
    let values = (0..count).map(|at| matrix[at][at]).collect();
    let columns = (0..count).map(|row| (0..count).map(|column| vectors[column][row]).collect()).collect();
    (values, columns)
}

fn rotate(rows: &mut [Vec<f64>], p: usize, q: usize, cosine: f64, sine: f64) {
    let (before, from) = rows.split_at_mut(q);
    for (left, right) in before[p].iter_mut().zip(&mut from[0]) {
        let (a, b) = (*left, *right);
        *left = cosine * a - sine * b;
        *right = sine * a + cosine * b;
    }
}
