//! Matching, compiling and loading, for changes of a few per cent. The figures to report come from `--bin matching`.

use std::hint::black_box;
use std::sync::Arc;

use criterion::{Criterion, criterion_group, criterion_main};
use lgdl::compiled::CompiledGame;
use lgdl::entities::{Direction, Language, Place, Reference};
use lgdl::matcher::{Query, Scratch, find_with};
use lgdl_bench::games::generate;

fn matching(criterion: &mut Criterion) {
    let now = jiff::civil::date(2026, 11, 21).at(10, 0, 0, 0);
    let reference = Reference {
        now,
        offset_seconds: 0,
        direction: Direction::Past,
        language: Language::English,
        place: Place::DEFAULT,
    };
    for moves in [10, 1_000] {
        let generated = generate(moves);
        let parsed = lgdl::syntax::parse(generated.source.as_bytes(), None);
        let ir = &parsed.games[parsed.entry.expect("a game")];
        let game = CompiledGame::compile(ir).expect("it compiles");
        let bytes: Arc<[u8]> = game.bytes().into();
        let mut scratch = Scratch::default();
        criterion.bench_function(&format!("match 100 utterances, {moves} moves"), |bencher| {
            bencher.iter(|| {
                for (text, _) in &generated.utterances {
                    let query = Query {
                        text,
                        participant: "user",
                        reference: &reference,
                        admits: &|_| true,
                        plausible: &|_| true,
                    };
                    black_box(find_with(&game, &query, &mut scratch));
                }
            });
        });
        criterion.bench_function(&format!("compile, {moves} moves"), |bencher| {
            bencher.iter(|| CompiledGame::compile(black_box(ir)).expect("it compiles"));
        });
        criterion.bench_function(&format!("load, {moves} moves"), |bencher| {
            bencher.iter(|| CompiledGame::load(black_box(bytes.clone())).expect("it loads"));
        });
    }
}

criterion_group!(benches, matching);
criterion_main!(benches);
