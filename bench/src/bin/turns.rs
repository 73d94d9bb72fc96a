//! Reports the time of whole engine turns: matching, slots, blocks, templates, record and new state.
//!
//! `cargo run --release -p lgdl-bench --bin turns -- GAME.lgdl "I have pain" "lower back" 7 "2 hours ago"`
//!
//! The texts are the turns of one conversation. Each is run many times from the same state; a turn that needs a
//! capability is measured up to its call.

use std::hint::black_box;
use std::path::Path;
use std::time::Instant;

use anyhow::{Context, bail};
use lgdl::compiled::CompiledGame;
use lgdl::engine::{Conversation, begin};
use lgdl_bench::turns::{compiled, finish, turn};

/// Runs of each turn.
const ROUNDS: usize = 5_001;

fn main() -> anyhow::Result<()> {
    let mut arguments = std::env::args().skip(1);
    let Some(path) = arguments.next() else { bail!("usage: turns GAME.lgdl TEXT…") };
    let game = compile(Path::new(&path))?;
    let mut conversation = Conversation::default();
    for text in arguments {
        let mut nanoseconds: Vec<u128> = Vec::with_capacity(ROUNDS);
        for _ in 0..ROUNDS {
            let (state, turn) = (conversation.clone(), turn(&text));
            let began = Instant::now();
            let step = begin(&game, state, turn);
            nanoseconds.push(began.elapsed().as_nanos());
            black_box(step);
        }
        nanoseconds.sort_unstable();
        let at = |share: usize| nanoseconds[ROUNDS * share / 100] as f64 / 1_000.0;
        println!("{:>8.1} µs median, {:>8.1} µs p95  {text}", at(50), at(95));
        conversation = finish(&game, begin(&game, conversation, turn(&text)));
    }
    Ok(())
}

fn compile(path: &Path) -> anyhow::Result<CompiledGame> {
    let source = std::fs::read(path).with_context(|| format!("cannot read {}", path.display()))?;
    let contract = std::fs::read_to_string(path.with_file_name("capability_contract.json")).ok();
    compiled(&source, contract.as_deref())
}
