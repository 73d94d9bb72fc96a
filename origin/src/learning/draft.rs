//! A draft: the source of a game with a phrase more, marked `(learned)`.

use std::collections::BTreeMap;

use lgdl::syntax;

/// Why there is no draft.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DraftError {
    /// The move, or a list of phrases of it, stands in no game of the file.
    #[error("the file has no list of phrases for the move `{0}`; add the phrase where the move is written")]
    NoList(String),
    /// With the phrase it does not compile.
    #[error("with the phrase the game does not compile: {0}")]
    Broken(String),
}

/// What stands around the source of a game.
#[derive(Clone, Copy)]
pub struct Around<'a> {
    /// The capability contract beside it.
    pub contract: Option<&'a str>,
    /// The files that it imports.
    pub import: &'a dyn Fn(&str) -> Result<Vec<u8>, String>,
    /// The files of its translations, by their paths.
    pub files: &'a BTreeMap<String, String>,
}

/// The source with `phrase` in the first list of phrases of the move, laid out as `lgdl fmt` does it.
///
/// # Errors
/// When the move has no such list in this file, or the outcome does not compile.
pub fn draft(source: &str, around: Around<'_>, game: &str, of: &str, phrase: &str) -> Result<String, DraftError> {
    let none = || DraftError::NoList(of.to_owned());
    let parse = |text: &str| syntax::parse_with(text.as_bytes(), around.contract, around.import);
    let before = parse(source);
    let written = before.games.iter().find(|other| other.name == game).ok_or_else(none)?;
    let body = written.moves.iter().find(|body| body.name == of).ok_or_else(none)?;
    let from = line_start(source, body.line).ok_or_else(none)?;
    let (end, last) = end_of_first_list(source.get(from..).ok_or_else(none)?).ok_or_else(none)?;
    let (head, tail) = source.split_at(from + end);
    // On a line of its own, comma and all: what stands before may end in a comment.
    let comma = if matches!(last, b'[' | b',') { "" } else { ", " };
    let with = format!("{}\n            {comma}\"{}\" (learned)\n        {tail}", head.trim_end(), quoted(phrase));
    let with = syntax::format(with.as_bytes()).unwrap_or(with);
    let after = parse(&with);
    if let Some(error) = after.diagnostics.iter().find(|found| found.is_error()) {
        return Err(DraftError::Broken(error.message.clone()));
    }
    let count = |parsed: &syntax::Parsed| {
        let moves = parsed.games.iter().filter(|other| other.name == game).flat_map(|game| &game.moves);
        let triggers = moves.filter(|body| body.name == of).flat_map(|body| &body.triggers);
        triggers.map(|trigger| trigger.patterns.len()).sum::<usize>()
    };
    // The scan is no parser: what it made is looked at.
    if count(&after) != count(&before) + 1 {
        return Err(none());
    }
    Ok(with)
}

/// Whether what stands before a bracket leads to phrases: `… something like:`.
fn begins_phrases(before: &str) -> bool {
    before.trim_end().strip_suffix(':').is_some_and(|words| words.trim_end().ends_with("like"))
}

fn line_start(source: &str, line: u32) -> Option<usize> {
    let mut starts = std::iter::once(0).chain(source.match_indices('\n').map(|(at, _)| at + 1));
    starts.nth(line.checked_sub(1)? as usize)
}

/// Where the first list of phrases ends, and what stands last in it; texts and comments are passed over.
fn end_of_first_list(source: &str) -> Option<(usize, u8)> {
    let bytes = source.as_bytes();
    let (mut at, mut open, mut last) = (0, None, b' ');
    while let Some(&byte) = bytes.get(at) {
        match byte {
            b'#' => at += source.get(at..)?.find('\n').unwrap_or(source.len() - at),
            b'/' if bytes.get(at + 1) == Some(&b'/') => at += source.get(at..)?.find('\n').unwrap_or(source.len() - at),
            b'"' => {
                at += 1;
                while *bytes.get(at)? != b'"' {
                    at += if bytes.get(at) == Some(&b'\\') { 2 } else { 1 };
                }
                last = byte;
            }
            b'/' if bytes.get(at + 1) == Some(&b'*') => at += source.get(at..)?.find("*/")? + 1,
            b'[' if open.is_none() && begins_phrases(source.get(..at)?) => {
                open = Some(at);
                last = byte;
            }
            b']' if open.is_some() => return Some((at, last)),
            _ if byte.is_ascii_whitespace() => {}
            _ => last = byte,
        }
        at += 1;
    }
    None
}

/// A phrase as the text of a pattern: what means something there, wildcards apart, is left out.
fn quoted(phrase: &str) -> String {
    let plain: String =
        phrase.chars().map(|ch| if matches!(ch, '"' | '\\' | '{' | '}' | '\n' | '\r') { ' ' } else { ch }).collect();
    plain.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    const ALONE: Around<'static> =
        Around { contract: None, import: &|_| Err("nothing".to_owned()), files: &BTreeMap::new() };
    const GAME: &str = "game bikes {\n    moves {\n        move repair {\n            when user says something like: [\n                \"fix [it]\", \"the chain, broken\" # ]\n            ]\n            when confident { respond with: \"Repair.\" }\n        }\n    }\n}\n";

    #[test]
    fn the_phrase_stands_in_the_list_marked_as_learned() {
        let source = GAME.replace("fix [it]", "fix it");
        let with = draft(&source, ALONE, "bikes", "repair", "my \"gears\" grind").expect("a draft");
        assert_eq!(syntax::format(with.as_bytes()).as_deref(), Ok(with.as_str()), "it is laid out as every game is");
        assert!(with.contains("\"my gears grind\" (learned)"), "{with}");
        let parsed = syntax::parse(with.as_bytes(), None);
        assert!(parsed.games[0].moves[0].triggers[0].patterns.iter().any(|pattern| pattern.modifiers.learned));
    }

    #[test]
    fn a_move_that_is_not_there_gets_no_phrase() {
        let source = GAME.replace("fix [it]", "fix it");
        assert!(matches!(draft(&source, ALONE, "bikes", "rental", "x y"), Err(DraftError::NoList(_))));
    }
}
