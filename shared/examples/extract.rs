//! `extract --types LIST [--lang es]`: JSON lines from standard input, for scoring the recognizers.

use std::io::{BufRead, Write};

use lgdl::entities::{Language, extract};

fn main() -> std::io::Result<()> {
    let arguments: Vec<String> = std::env::args().collect();
    let option = |name: &str| arguments.iter().position(|a| a == name).and_then(|at| arguments.get(at + 1));
    let kinds = extract::parse_types(option("--types").map_or("number", String::as_str)).expect("types");
    let mut reference = extract::default_reference();
    if option("--lang").is_some_and(|language| language == "es") {
        reference.language = Language::Spanish;
    }
    let mut out = std::io::stdout().lock();
    for line in std::io::stdin().lock().lines() {
        writeln!(out, "{}", extract::extract_line(&line?, kinds, &reference).expect("line"))?;
    }
    Ok(())
}
