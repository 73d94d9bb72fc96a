//! Prints what the utterances on standard input match in a game.
use std::io::BufRead;

use lgdl::compiled::CompiledGame;
use lgdl::entities::{Direction, Language, Reference};
use lgdl::matcher::{self, Query};

fn main() {
    let path = std::env::args().nth(1).expect("usage: try GAME");
    let parsed = lgdl::syntax::parse(&std::fs::read(path).expect("a readable file"), None);
    for diagnostic in &parsed.diagnostics {
        eprintln!("{diagnostic:?}");
    }
    let game = CompiledGame::compile(&parsed.games[parsed.entry.expect("a game")]).expect("it compiles");
    let now = "2026-11-21T10:00:00".parse().expect("a date");
    let reference = Reference { now, offset_seconds: 0, direction: Direction::Past, language: Language::English };
    for line in std::io::stdin().lock().lines().map_while(Result::ok) {
        println!("{line}");
        let query =
            Query { text: &line, participant: "user", reference: &reference, admits: &|_| true, plausible: &|_| true };
        for found in matcher::find(&game, &query).iter().take(4) {
            let name = game.move_at(found.move_index).map(|m| m.name.clone()).unwrap_or_default();
            let captures: Vec<String> = found.captures.iter().map(|c| format!("{}={}", c.name, c.text)).collect();
            println!("    {:.4} {name} [{}] {}", found.score, found.pattern, captures.join(", "));
        }
    }
}
