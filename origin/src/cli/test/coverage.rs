//! What of a game its dialogues reached: moves, blocks (each branch by its line) and patterns.

use std::collections::{BTreeMap, BTreeSet};

use lgdl::engine::Outcome;
use lgdl::ir::{Block, Game, Statement};
use serde::Serialize;

/// What there is, and what of it was reached.
pub(super) struct Coverage {
    pub(super) moves: Kind<String>,
    pub(super) blocks: Kind<u32>,
    pub(super) patterns: Kind<(String, String)>,
    /// The moves that have a block on a line; several when one extends another.
    moves_by_line: BTreeMap<u32, Vec<String>>,
    /// For the patterns of translations, by move and text, the game's own pattern in the same place.
    translated: BTreeMap<(String, String), String>,
}

/// One kind of thing: each by its key, with the line where it stands and whether it was reached.
pub(super) struct Kind<K: Ord> {
    things: BTreeMap<K, u32>,
    reached: BTreeSet<K>,
}

/// One kind of thing, counted.
#[derive(Debug, PartialEq, Eq, Serialize)]
pub(super) struct Share {
    pub(super) total: usize,
    pub(super) reached: usize,
    /// Source lines of what was not reached, ascending.
    pub(super) missed_lines: Vec<u32>,
}

impl<K: Ord> Kind<K> {
    fn of(things: impl IntoIterator<Item = (K, u32)>) -> Kind<K> {
        Kind { things: things.into_iter().collect(), reached: BTreeSet::new() }
    }

    fn reach(&mut self, key: K) {
        if self.things.contains_key(&key) {
            self.reached.insert(key);
        }
    }

    /// The keys of what was reached.
    pub(super) fn reached(&self) -> impl Iterator<Item = &K> {
        self.reached.iter()
    }

    pub(super) fn share(&self) -> Share {
        let missed = self.things.iter().filter(|(key, _)| !self.reached.contains(key));
        let lines: BTreeSet<u32> = missed.map(|(_, line)| *line).collect();
        Share { total: self.things.len(), reached: self.reached.len(), missed_lines: lines.into_iter().collect() }
    }
}

impl Kind<String> {
    /// Names of what was not reached, with their lines.
    pub(super) fn missed(&self) -> impl Iterator<Item = (&str, u32)> {
        self.things.iter().filter(|(name, _)| !self.reached.contains(*name)).map(|(name, line)| (name.as_str(), *line))
    }
}

impl Share {
    /// In percent; all of nothing is everything.
    pub(super) fn percent(&self) -> f64 {
        if self.total == 0 { 100.0 } else { self.reached as f64 * 100.0 / self.total as f64 }
    }
}

impl Coverage {
    /// Nothing reached yet.
    pub(super) fn of(game: &Game, lines: u32) -> Coverage {
        // What is imported stands behind the file's own lines, and is tested where it is written.
        let own = || game.moves.iter().filter(|mv| mv.line <= lines);
        let moves = own().map(|mv| (mv.name.clone(), mv.line));
        let mut moves_by_line: BTreeMap<u32, Vec<String>> = BTreeMap::new();
        for mv in own() {
            let mut lines = BTreeSet::new();
            mv.blocks.iter().for_each(|block| branch_lines(block, &mut lines));
            for line in lines {
                moves_by_line.entry(line).or_default().push(mv.name.clone());
            }
        }
        let patterns = own().flat_map(|mv| {
            let patterns = mv.triggers.iter().flat_map(|trigger| &trigger.patterns);
            patterns.map(|pattern| ((mv.name.clone(), pattern.text.clone()), pattern.line))
        });
        Coverage {
            moves: Kind::of(moves),
            blocks: Kind::of(moves_by_line.keys().map(|line| (*line, *line))),
            patterns: Kind::of(patterns),
            moves_by_line,
            translated: translated(game),
        }
    }

    /// Takes note of what a turn reached.
    pub(super) fn add(&mut self, outcome: &Outcome) {
        self.moves.reach(outcome.record.move_id.clone());
        outcome.record.part.iter().for_each(|part| self.moves.reach(part.clone()));
        let Some(explanation) = &outcome.explanation else { return };
        for line in &explanation.blocks {
            self.blocks.reach(*line);
            // A move that another delegated to does not give its name to the turn.
            if let Some([only]) = self.moves_by_line.get(line).map(Vec::as_slice) {
                self.moves.reach(only.clone());
            }
        }
        // The best candidate of the move that answered is the pattern that led to it.
        let winner = explanation.candidates.iter().find(|candidate| candidate.move_id == outcome.record.move_id);
        if let Some(winner) = winner {
            let said = (winner.move_id.clone(), winner.pattern.clone());
            match self.translated.get(&said) {
                Some(own) => self.patterns.reach((said.0, own.clone())),
                None => self.patterns.reach(said),
            }
        }
    }
}

/// What stands in the place of a game's own patterns in its translations. A language that needs more than there are own ones
/// has the rest in the place of the last.
fn translated(game: &Game) -> BTreeMap<(String, String), String> {
    let mut found = BTreeMap::new();
    for (own, other) in game.translations.iter().flat_map(|other| game.moves.iter().zip(&other.moves)) {
        for (own_trigger, trigger) in own.triggers.iter().zip(&other.triggers) {
            for (index, pattern) in trigger.patterns.iter().enumerate() {
                let in_place = own_trigger.patterns.get(index).or(own_trigger.patterns.last());
                if let Some(in_place) = in_place.filter(|in_place| in_place.text != pattern.text) {
                    found.entry((own.name.clone(), pattern.text.clone())).or_insert_with(|| in_place.text.clone());
                }
            }
        }
    }
    found
}

/// A branch is known by its line; an `else` shares that of its chain.
fn branch_lines(block: &Block, lines: &mut BTreeSet<u32>) {
    let bodies = block.branches.iter().map(|branch| &branch.body).chain(&block.otherwise);
    lines.extend(block.branches.iter().map(|branch| branch.line));
    for statement in bodies.flatten() {
        if let Statement::Block(nested) = statement {
            branch_lines(nested, lines);
        }
    }
}

/// Lines as people write them: `3, 7–9, 12`.
pub(super) fn ranges(lines: &[u32]) -> String {
    let mut parts: Vec<(u32, u32)> = Vec::new();
    for &line in lines {
        match parts.last_mut() {
            Some((_, last)) if *last + 1 == line => *last = line,
            _ => parts.push((line, line)),
        }
    }
    let shown = parts.iter().map(|(first, last)| match last - first {
        0 => first.to_string(),
        1 => format!("{first}, {last}"),
        _ => format!("{first}–{last}"),
    });
    shown.collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_that_follow_each_other_are_one_range() {
        assert_eq!(ranges(&[3, 7, 8, 9, 12, 13]), "3, 7–9, 12, 13");
        assert_eq!(ranges(&[]), "");
    }

    #[test]
    fn what_is_said_in_another_language_reaches_the_pattern_in_its_place() {
        let source = b"game g {\n moves {\n  move m {\n   when user says something like: [\n    \"a b\",\n    \"c d\"\n   ]\n   when confident { respond with: \"1\" }\n  }\n }\n}\n";
        let parsed = lgdl::syntax::parse(source, None);
        let mut game = parsed.games[0].clone();
        let texts = "language: es\ntexts:\n  m.says.user: { source: [\"a b\", \"c d\"], text: [\"uno dos\", \"tres cuatro\", \"cinco seis\"] }\n";
        let file = lgdl::texts::TextsFile::read(texts.as_bytes()).unwrap();
        let other = lgdl::texts::translated(&game, &file).unwrap();
        game.translations.push(other);
        let compiled = lgdl::compiled::CompiledGame::compile(&game).unwrap();
        let golden = "dialogs: [{name: x, context: {locale: es}, turns: [{input: tres cuatro}]}]";
        let golden = lgdl::golden::GoldenFile::read(golden.as_bytes()).unwrap();
        let turns = golden.run(&golden.dialogs[0], &compiled, &lgdl::mocks::Mocks::default()).unwrap();
        let mut coverage = Coverage::of(&game, u32::MAX);
        turns.iter().for_each(|turn| coverage.add(&turn.outcome));
        assert_eq!(coverage.patterns.share().missed_lines, [5]);
    }

    #[test]
    fn nested_branches_count_and_an_else_does_not_count_twice() {
        let source = b"game g {\n moves {\n  move m {\n   when user says something like: [\n    \"a\",\n    \"b\"\n   ]\n   if confident {\n    if x { respond with: \"1\" }\n    else if y { respond with: \"2\" }\n    else { respond with: \"3\" }\n   }\n  }\n }\n}\n";
        let parsed = lgdl::syntax::parse(source, None);
        let mut coverage = Coverage::of(&parsed.games[0], u32::MAX);
        assert_eq!(coverage.blocks.share(), Share { total: 3, reached: 0, missed_lines: vec![8, 9, 10] });
        assert_eq!(coverage.patterns.share().missed_lines, [5, 6]);
        coverage.blocks.reach(9);
        coverage.blocks.reach(1000);
        assert_eq!(coverage.blocks.share(), Share { total: 3, reached: 1, missed_lines: vec![8, 10] });
    }
}
