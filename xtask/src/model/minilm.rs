//! The forward pass of the sentence model from which the table is distilled: a six-layer BERT of 384 dimensions.
//!
//! Plain `f32`, one thread, sums in a fixed order and no fused operations, so that every machine computes the same
//! bits. Inputs are short and run in batches; what one yields does not depend on which others run beside it.

use anyhow::{Context, Result, bail, ensure};
use serde_json::Value;

/// Width of a token's vector.
pub(crate) const WIDTH: usize = 384;
const INNER: usize = 1_536;
const HEADS: usize = 12;
const HEAD: usize = WIDTH / HEADS;
const LAYERS: usize = 6;
const EPSILON: f32 = 1e-12;
/// Outputs computed side by side.
const LANES: usize = 32;
/// Tokens computed side by side.
const ROWS: usize = 4;

/// The model's weights.
pub(crate) struct MiniLm {
    words: Vec<f32>,
    positions: Vec<f32>,
    kind: Vec<f32>,
    norm: Norm,
    layers: Vec<Layer>,
}

struct Layer {
    query: Dense,
    key: Dense,
    value: Dense,
    attended: Dense,
    after_attention: Norm,
    widen: Dense,
    narrow: Dense,
    after_all: Norm,
}

struct Norm {
    weight: Vec<f32>,
    bias: Vec<f32>,
}

/// A linear map, its weights in panels of [`LANES`] outputs.
struct Dense {
    panels: Vec<f32>,
    bias: Vec<f32>,
    inputs: usize,
}

/// A `safetensors` file: a header of names and places, then numbers.
struct Tensors<'a> {
    header: Value,
    data: &'a [u8],
}

impl Tensors<'_> {
    fn get(&self, name: &str) -> Result<Vec<f32>> {
        let entry = self.header.get(name).with_context(|| format!("the model has no {name}"))?;
        ensure!(entry["dtype"] == "F32", "{name} is not made of 32-bit numbers");
        let place = |index: usize| entry["data_offsets"][index].as_u64().map(|at| at as usize);
        let (Some(start), Some(end)) = (place(0), place(1)) else { bail!("{name} has no place in the model") };
        let bytes = self.data.get(start..end).with_context(|| format!("{name} lies outside of the model"))?;
        Ok(bytes.as_chunks::<4>().0.iter().map(|four| f32::from_le_bytes(*four)).collect())
    }

    fn dense(&self, name: &str, inputs: usize, outputs: usize) -> Result<Dense> {
        let weights = self.get(&format!("{name}.weight"))?;
        ensure!(weights.len() == inputs * outputs, "{name} has another shape");
        let mut panels = vec![0.0; weights.len()];
        for output in 0..outputs {
            for input in 0..inputs {
                let at = (output / LANES * inputs + input) * LANES + output % LANES;
                panels[at] = weights[output * inputs + input];
            }
        }
        Ok(Dense { panels, bias: self.get(&format!("{name}.bias"))?, inputs })
    }

    fn norm(&self, name: &str) -> Result<Norm> {
        Ok(Norm { weight: self.get(&format!("{name}.weight"))?, bias: self.get(&format!("{name}.bias"))? })
    }
}

impl Dense {
    /// `out[row] = weights · x[row] + bias`, for every row; `rows` is a multiple of [`ROWS`].
    fn apply(&self, x: &[f32], rows: usize, out: &mut [f32]) {
        let outputs = self.bias.len();
        for panel in 0..outputs / LANES {
            let weights = &self.panels[panel * self.inputs * LANES..(panel + 1) * self.inputs * LANES];
            for row in (0..rows).step_by(ROWS) {
                let mut sums = [[0.0f32; LANES]; ROWS];
                let inputs: [&[f32]; ROWS] =
                    std::array::from_fn(|at| &x[(row + at) * self.inputs..(row + at + 1) * self.inputs]);
                for (at, lane) in weights.as_chunks::<LANES>().0.iter().enumerate() {
                    for (sum, input) in sums.iter_mut().zip(inputs) {
                        let value = input[at];
                        for (total, weight) in sum.iter_mut().zip(lane) {
                            *total += value * weight;
                        }
                    }
                }
                for (at, sum) in sums.iter().enumerate() {
                    let start = (row + at) * outputs + panel * LANES;
                    for (lane, total) in sum.iter().enumerate() {
                        out[start + lane] = total + self.bias[panel * LANES + lane];
                    }
                }
            }
        }
    }
}

impl Norm {
    fn apply(&self, x: &mut [f32]) {
        for row in x.as_chunks_mut::<WIDTH>().0 {
            let mean = row.iter().sum::<f32>() / WIDTH as f32;
            let variance = row.iter().map(|value| (value - mean) * (value - mean)).sum::<f32>() / WIDTH as f32;
            let scale = 1.0 / (variance + EPSILON).sqrt();
            for ((value, weight), bias) in row.iter_mut().zip(&self.weight).zip(&self.bias) {
                *value = (*value - mean) * scale * weight + bias;
            }
        }
    }
}

impl MiniLm {
    /// Reads the bytes of `model.safetensors`.
    pub(crate) fn read(bytes: &[u8]) -> Result<MiniLm> {
        let (length, rest) = bytes.split_first_chunk::<8>().context("the model is cut off")?;
        let length = u64::from_le_bytes(*length) as usize;
        let (header, data) = rest.split_at_checked(length).context("the model is cut off")?;
        let tensors = Tensors { header: serde_json::from_slice(header)?, data };
        let layer = |index: usize| -> Result<Layer> {
            let name = |part: &str| format!("encoder.layer.{index}.{part}");
            Ok(Layer {
                query: tensors.dense(&name("attention.self.query"), WIDTH, WIDTH)?,
                key: tensors.dense(&name("attention.self.key"), WIDTH, WIDTH)?,
                value: tensors.dense(&name("attention.self.value"), WIDTH, WIDTH)?,
                attended: tensors.dense(&name("attention.output.dense"), WIDTH, WIDTH)?,
                after_attention: tensors.norm(&name("attention.output.LayerNorm"))?,
                widen: tensors.dense(&name("intermediate.dense"), WIDTH, INNER)?,
                narrow: tensors.dense(&name("output.dense"), INNER, WIDTH)?,
                after_all: tensors.norm(&name("output.LayerNorm"))?,
            })
        };
        Ok(MiniLm {
            words: tensors.get("embeddings.word_embeddings.weight")?,
            positions: tensors.get("embeddings.position_embeddings.weight")?,
            kind: tensors.get("embeddings.token_type_embeddings.weight")?,
            norm: tensors.norm("embeddings.LayerNorm")?,
            layers: (0..LAYERS).map(layer).collect::<Result<_>>()?,
        })
    }

    /// The mean of each input's token vectors. An input is its tokens, the two that frame it included.
    pub(crate) fn encode(&self, inputs: &[Vec<u32>]) -> Vec<[f32; WIDTH]> {
        let mut starts = vec![0];
        for input in inputs {
            starts.push(starts[starts.len() - 1] + input.len());
        }
        let rows = starts[inputs.len()].next_multiple_of(ROWS);
        let mut x = vec![0.0; rows * WIDTH];
        for (input, start) in inputs.iter().zip(&starts) {
            for (position, token) in input.iter().enumerate() {
                let row = &mut x[(start + position) * WIDTH..][..WIDTH];
                let word = &self.words[*token as usize * WIDTH..][..WIDTH];
                let place = &self.positions[position * WIDTH..][..WIDTH];
                for (lane, value) in row.iter_mut().enumerate() {
                    *value = word[lane] + place[lane] + self.kind[lane];
                }
            }
        }
        self.norm.apply(&mut x);
        let mut wide = vec![0.0; rows * INNER];
        let [mut query, mut key, mut value, mut mixed, mut out] = std::array::from_fn(|_| vec![0.0; rows * WIDTH]);
        for layer in &self.layers {
            layer.query.apply(&x, rows, &mut query);
            layer.key.apply(&x, rows, &mut key);
            layer.value.apply(&x, rows, &mut value);
            for bounds in starts.windows(2) {
                attend(bounds[0]..bounds[1], &query, &key, &value, &mut mixed);
            }
            layer.attended.apply(&mixed, rows, &mut out);
            add(&mut x, &out);
            layer.after_attention.apply(&mut x);
            layer.widen.apply(&x, rows, &mut wide);
            wide.iter_mut().for_each(|value| *value = gelu(*value));
            layer.narrow.apply(&wide, rows, &mut out);
            add(&mut x, &out);
            layer.after_all.apply(&mut x);
        }
        let mean = |bounds: &[usize]| {
            let mut mean = [0.0; WIDTH];
            for row in x[bounds[0] * WIDTH..bounds[1] * WIDTH].as_chunks::<WIDTH>().0 {
                mean.iter_mut().zip(row).for_each(|(sum, value)| *sum += value);
            }
            mean.map(|sum| sum / (bounds[1] - bounds[0]) as f32)
        };
        starts.windows(2).map(mean).collect()
    }
}

fn add(into: &mut [f32], other: &[f32]) {
    into.iter_mut().zip(other).for_each(|(sum, value)| *sum += value);
}

/// The attention of one input's tokens to each other.
fn attend(rows: std::ops::Range<usize>, query: &[f32], key: &[f32], value: &[f32], mixed: &mut [f32]) {
    let scale = 1.0 / (HEAD as f32).sqrt();
    let mut shares = vec![0.0f32; rows.len()];
    for head in 0..HEADS {
        let part = |of: usize| of * WIDTH + head * HEAD..of * WIDTH + (head + 1) * HEAD;
        for row in rows.clone() {
            for (share, other) in shares.iter_mut().zip(rows.clone()) {
                *share = query[part(row)].iter().zip(&key[part(other)]).map(|(a, b)| a * b).sum::<f32>() * scale;
            }
            let most = shares.iter().copied().fold(f32::MIN, f32::max);
            shares.iter_mut().for_each(|share| *share = exp(*share - most));
            let whole: f32 = shares.iter().sum();
            let out = &mut mixed[part(row)];
            out.fill(0.0);
            for (share, other) in shares.iter().zip(rows.clone()) {
                let share = share / whole;
                out.iter_mut().zip(&value[part(other)]).for_each(|(sum, value)| *sum += share * value);
            }
        }
    }
}

/// `x · Φ(x)`, with the error function as a rational approximation (Abramowitz and Stegun 7.1.26).
fn gelu(x: f32) -> f32 {
    let z = x.abs() * std::f32::consts::FRAC_1_SQRT_2;
    let t = 1.0 / (1.0 + 0.327_591_1 * z);
    let series = t * (0.254_829_6 + t * (-0.284_496_74 + t * (1.421_413_7 + t * (-1.453_152 + t * 1.061_405_4))));
    let erf = 1.0 - series * exp(-z * z);
    0.5 * x * (1.0 + if x < 0.0 { -erf } else { erf })
}

/// `e^x` without a mathematical library, whose last bits differ between platforms.
fn exp(x: f32) -> f32 {
    let x = x.clamp(-87.0, 88.0);
    let whole = (x * std::f32::consts::LOG2_E).round_ties_even();
    let rest = x - whole * std::f32::consts::LN_2;
    let series = 1.0
        + rest
            * (1.0
                + rest
                    * (0.5
                        + rest * (0.166_666_67 + rest * (0.041_666_66 + rest * (0.008_333_5 + rest * 0.001_390_7)))));
    series * f32::from_bits(((whole as i32 + 127) as u32) << 23)
}
