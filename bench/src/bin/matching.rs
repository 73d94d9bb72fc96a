//! Reports the matcher's figures: medians of matching, compiling and loading, in one run.
//!
//! `cargo run --release -p lgdl-bench --bin matching [-- --game FILE --inputs FILE]`
//!
//! Without arguments it measures games that it makes itself, of 10 to 10,000 moves. With them it measures that game and
//! those inputs: a JSON array of `{"text", "move"?}`, or an object with such an array under `mixed`.

use std::error::Error;
use std::hint::black_box;
use std::time::{Duration, Instant};

use lgdl::compiled::CompiledGame;
use lgdl::entities::{Direction, Language, Reference};
use lgdl::matcher::{self, Query, Scratch};

/// Runs over all inputs; the median over runs is reported for each input.
const ROUNDS: usize = 51;

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match arguments.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        [] => own_games(),
        ["--game", game, "--inputs", inputs] => {
            let source = std::fs::read(game)?;
            measure(game, &source, &read_inputs(&std::fs::read(inputs)?)?);
            Ok(())
        }
        _ => Err("usage: matching [--game FILE --inputs FILE]".into()),
    }
}

type Inputs = Vec<(String, Option<Option<String>>)>;

fn own_games() -> Result<(), Box<dyn Error>> {
    for moves in [10, 100, 1_000, 10_000] {
        let generated = lgdl_bench::games::generate(moves);
        let expected = |index: &Option<usize>| Some(index.map(|index| format!("move_{index}")));
        let inputs: Inputs = generated.utterances.iter().map(|(text, index)| (text.clone(), expected(index))).collect();
        measure(&format!("{moves} moves"), generated.source.as_bytes(), &inputs);
    }
    Ok(())
}

fn read_inputs(json: &[u8]) -> Result<Inputs, Box<dyn Error>> {
    let value: serde_json::Value = serde_json::from_slice(json)?;
    let list = value.get("mixed").unwrap_or(&value).as_array().ok_or("the inputs are no array")?;
    list.iter()
        .map(|item| {
            let text = item["text"].as_str().ok_or("an input has no text")?.to_owned();
            Ok((text, item.get("move").map(|name| name.as_str().map(str::to_owned))))
        })
        .collect()
}

fn measure(name: &str, source: &[u8], inputs: &Inputs) {
    let before = peak_memory();
    let start = Instant::now();
    let parsed = lgdl::syntax::parse(source, None);
    let parse = start.elapsed();
    let Some(entry) = parsed.entry else { return eprintln!("{name}: no game: {:?}", parsed.diagnostics.first()) };
    let ir = &parsed.games[entry];
    let game = CompiledGame::compile(ir).expect("it compiles");
    let peak = peak_memory();
    let compile = median(9, || CompiledGame::compile(black_box(ir)).expect("it compiles"));
    let bytes: std::sync::Arc<[u8]> = game.bytes().into();
    let load = median(101, || CompiledGame::load(black_box(bytes.clone())).expect("it loads"));
    let first = median(101, || {
        let game = CompiledGame::load(bytes.clone()).expect("it loads");
        find(&game, &inputs[0].0, &mut Scratch::default())
    });
    println!("{name}: {} bytes of source, {} compiled", source.len(), bytes.len());
    println!("    parse and check {parse:?}, compile {compile:?}; peak memory {before} then {peak} kB");
    println!("    load {load:?}, load and first match {first:?}");

    let mut scratch = Scratch::default();
    let mut times: Vec<Duration> = inputs
        .iter()
        .map(|(text, _)| {
            find(&game, text, &mut scratch);
            median(ROUNDS, || find(&game, black_box(text), &mut scratch))
        })
        .collect();
    times.sort_unstable();
    let total: Duration = times.iter().sum();
    println!(
        "    match: median {:?}, mean {:?}, p95 {:?}, max {:?}",
        times[times.len() / 2],
        total / times.len() as u32,
        times[times.len() * 95 / 100],
        times[times.len() - 1]
    );
    let judged = inputs.iter().filter_map(|(text, expected)| Some((text, expected.as_ref()?)));
    let (mut right, mut all) = (0, 0);
    for (text, expected) in judged {
        let found = find(&game, text, &mut scratch).first().map(|found| ir.moves[found.move_index].name.clone());
        all += 1;
        right += usize::from(found == *expected);
        if found != *expected {
            println!("    wrong: {text:?} reaches {found:?}, not {expected:?}");
        }
    }
    if all > 0 {
        println!("    right: {right} of {all}");
    }
    for (what, text) in worst_cases() {
        let time = median(21, || find(&game, black_box(&text), &mut scratch));
        println!("    4,096 characters of {what}: {time:?}");
    }
}

/// Utterances of the greatest length that are made to be slow.
fn worst_cases() -> Vec<(&'static str, String)> {
    const LENGTH: usize = 4_096;
    let long = |piece: &str| piece.chars().cycle().take(LENGTH).collect::<String>();
    vec![
        ("one telling word", long("pain ")),
        ("patterns and captures", long("pain in my left knee hurts and fell from see me ")),
        ("misspelt words", long("chets pian braething hurtss attakc ")),
        ("grammar", long("i want to the in of my ")),
        ("unknown words", long("zqxv wkpf jjhy bvcx ")),
        ("negations", long("no not never without chest pain ")),
        ("one word", long("a")),
        ("characters", long("你好")),
        ("generated patterns", long("i want to repair the red lantern bakeba in three of the blue house ")),
    ]
}

fn find(game: &CompiledGame, text: &str, scratch: &mut Scratch) -> Vec<matcher::Candidate> {
    let reference = Reference {
        now: jiff::civil::date(2026, 11, 21).at(10, 0, 0, 0),
        offset_seconds: 0,
        direction: Direction::Past,
        language: Language::English,
        place: lgdl::entities::Place::DEFAULT,
    };
    let query = Query { text, participant: "user", reference: &reference, admits: &|_| true, plausible: &|_| true };
    matcher::find_with(game, &query, scratch)
}

/// The most memory the process has held so far, kB; 0 where the system does not tell.
fn peak_memory() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap_or("");
    line.trim().trim_end_matches(" kB").parse().unwrap_or(0)
}

fn median<T>(rounds: usize, mut run: impl FnMut() -> T) -> Duration {
    let mut times: Vec<Duration> = (0..rounds)
        .map(|_| {
            let start = Instant::now();
            black_box(run());
            start.elapsed()
        })
        .collect();
    times.sort_unstable();
    times[rounds / 2]
}
