//! Slots by meaning: which of a few options a free phrase means.

use super::model::{DIMS, LENGTH, Model, dot};
use super::numbers::{ONE, fall, logistic};
use super::phrase_vector;
use crate::language::Language;
use crate::text::normalize;

/// How sharply cosines tell options apart.
const SHARPNESS: i64 = 14;
/// A phrase that comes no nearer to the best option than this cosine, in hundredths, means none.
const NEAREST: i64 = 4;

/// The option that a phrase means, with a confidence in [0, 1]; `None` when it comes near to none of them. An option is
/// its name and whatever else it is called.
#[must_use]
pub fn option<S: AsRef<str>>(
    language: &'static Language,
    model: &Model<'_>,
    options: &[Vec<S>],
    phrase: &str,
) -> Option<(usize, f64)> {
    let said = vector(language, model, phrase)?;
    let nearness = |names: &Vec<S>| {
        let cosines = names.iter().filter_map(|name| vector(language, model, name.as_ref()));
        cosines.map(|name| cosine(&said, &name)).max().unwrap_or(-ONE)
    };
    let near: Vec<i64> = options.iter().map(nearness).collect();
    let most = near.iter().copied().max()?;
    if most * 100 < NEAREST * ONE {
        return None;
    }
    let best = near.iter().position(|near| *near == most)?;
    let whole: u64 = near.iter().map(|near| fall((most - near) * SHARPNESS)).sum();
    let share = (fall(0) as i64 * ONE) / (whole as i64).max(1);
    // The share says which, the cosine whether any.
    let confidence = logistic(6 * share + 6 * most - 5 * ONE);
    Some((best, confidence as f64 / 10_000.0))
}

fn vector(language: &'static Language, model: &Model<'_>, text: &str) -> Option<[i8; DIMS]> {
    phrase_vector(model, &normalize(language, text))
}

/// In 2^-16.
fn cosine(a: &[i8; DIMS], b: &[i8; DIMS]) -> i64 {
    i64::from(dot(&a.map(i16::from), &b.map(|value| value as u8))) * ONE / (LENGTH * LENGTH)
}
