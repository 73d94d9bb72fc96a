//! Free text without the values that other slots take of it, and without the words that lead to them.

use crate::ir::Slot;
use crate::language::{Class, Cue, Language};
use crate::slots::{self, Found};
use crate::text::{Heard, Word};

/// Free text within `span`, without the values in `stated` and the words that tie them to it.
/// `None` when nothing of its own is left.
pub(super) fn without(
    language: &'static Language,
    slot: &Slot,
    text: &str,
    span: (usize, usize),
    stated: &[(usize, usize)],
) -> Option<Found> {
    let (mut start, mut end) = span;
    let mut inside: Vec<(usize, usize)> =
        stated.iter().copied().filter(|(from, to)| *from < end && *to > start).collect();
    crate::order::sort_by_key(&mut inside, |span| *span);
    // From the end inwards: a value cuts off what stands behind it when it ends the text or a clause.
    while let Some((from, to)) = inside.pop() {
        let head = text.get(start..from)?;
        let tail = text.get(to.min(end)..end)?;
        if has_words(head) && ends_with_value(language, head, tail) {
            end = start + trimmed_end(language, head);
        } else if !has_words(head) {
            start = to.min(end) + (tail.len() - trimmed_start(language, tail).len());
        } else if head.trim_end().ends_with(['.', ';', '!', '?', '\n']) {
            // "Leith. Tomorrow if you can": what is set apart with the value is no part of the text.
            end = start + trimmed_end(language, head);
        } else if let Some(cut) = clause_break(language, head) {
            // "my back, since yesterday, it burns": the clause with the value goes, and what comes after it.
            end = start + cut;
        }
        if start >= end {
            return None;
        }
    }
    let piece = text.get(start..end)?;
    let (from, to) = slots::strings::value_span(language, slots::spoken_name(slot), piece)?;
    let said = piece.get(from..to)?;
    if slots::strings::is_noise(&Heard::of(language, said)) && !stated.is_empty() {
        return None;
    }
    Some(Found::text((from, to), said).behind(start))
}

/// Whether a value is the end of a text: nothing follows, or, behind a phrase, grammar alone ("for the two of us").
fn ends_with_value(language: &'static Language, head: &str, tail: &str) -> bool {
    let grammar = |word: &Word| word.class.is(Class::FUNCTION.and(Class::FILLER));
    let says = || slots::labels::says_something_of(head, &Heard::of(language, head));
    !has_words(tail) || Heard::of(language, tail).words.iter().all(grammar) && !says()
}

fn has_words(text: &str) -> bool {
    text.chars().any(char::is_alphanumeric)
}

/// Where free text ends that is followed by a value: before the words that lead to it ("about", "since", "it's a").
fn trimmed_end(language: &'static Language, head: &str) -> usize {
    let heard = Heard::of(language, head);
    let mut end = heard.words.len();
    // "call it a box" says nothing but the value.
    let introduced = heard.begins_with(Cue::Introduction);
    if introduced > 0 && heard.words[introduced..].iter().all(|word| word.is(Cue::ArticleIndefinite)) {
        return 0;
    }
    // "the noise level, 7": what a mark sets apart from the value does not lead to it.
    let tail = heard.words.last().and_then(|last| head.get(last.end..)).unwrap_or_default();
    let set_apart = tail.contains([',', ';', ':', '.', '!', '?', '\n', '–', '—']);
    // "Jo, and add olives"
    let adds = language.suffix(&heard.words, Cue::ListAdd);
    if !set_apart && adds > 0 {
        end -= adds;
        end -= language.suffix(&heard.words[..end], Cue::Linker);
    }
    while !set_apart && end > 0 && heard.words[end - 1].is(Cue::TieBefore) {
        end -= 1;
        if heard.words[end].after_break {
            break;
        }
    }
    // What is left of a clause that only leads to the value goes as well: "… my number is".
    let clause = heard.words[..end].iter().rposition(|word| word.after_break);
    let names = |word: &Word| word.class.is(Class::FUNCTION) || word.is([Cue::Label, Cue::TypeName, Cue::SlotOfName]);
    if let Some(from) = clause.filter(|from| !set_apart && heard.words[*from..end].iter().all(names)) {
        end = from;
    }
    end.checked_sub(1).map_or(0, |last| heard.words[last].end)
}

fn trimmed_start<'t>(language: &'static Language, tail: &'t str) -> &'t str {
    let heard = Heard::of(language, tail);
    let first = heard.words.iter().find(|word| !word.is(Cue::TieAfter) || word.after_break);
    first.map_or("", |word| &tail[word.start..])
}

fn clause_break(language: &'static Language, head: &str) -> Option<usize> {
    let heard = Heard::of(language, head);
    let at = heard.words.iter().rposition(|word| word.after_break)?;
    at.checked_sub(1).map(|before| heard.words[before].end)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ir::{Extract, SlotType};

    fn location() -> Slot {
        Slot {
            name: "location".into(),
            ty: SlotType::String,
            required: true,
            default: None,
            extract: Extract::Hybrid,
            expression: None,
            vocabulary: vec![],
            context: None,
            confirm: false,
            sensitive: false,
            retries: 3,
            rules: None,
            declined_by: vec![],
            line: 1,
        }
    }

    fn check(text: &str, values: &[&str], expected: Option<&str>) {
        let stated: Vec<(usize, usize)> =
            values.iter().map(|value| text.find(value).map(|start| (start, start + value.len())).unwrap()).collect();
        let found = without(Language::english(), &location(), text, (0, text.len()), &stated).map(|found| found.text);
        assert_eq!(found.as_deref(), expected, "{text}");
    }

    #[test]
    fn values_beside_free_text_are_cut_off_with_the_words_that_lead_to_them() {
        check("my lower back, about a 7, since yesterday", &["7", "yesterday"], Some("lower back"));
        check("back since yesterday, about 7", &["yesterday", "7"], Some("back"));
        check("knee", &[], Some("knee"));
        check("Leith. tomorrow if you can", &["tomorrow"], Some("Leith"));
        check("Leith on friday for the two of us", &["friday", "two"], Some("Leith"));
        check("I paid 50 for it", &["50"], Some("I paid 50 for it"));
        check("it's a 7", &["7"], None);
        check("in my knee and it started 2 days ago", &["2 days ago"], Some("knee"));
        check("7 out of 10 in my left arm", &["7 out of 10"], Some("left arm"));
    }
}
