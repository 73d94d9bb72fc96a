//! Options by meaning: which option of a slot, or term of its vocabulary, a free phrase comes near to.

use super::convert::Found;
use super::options::{self, Shown};
use super::scan::Scan;
use super::{Source, effective_type, is_text, is_yes_no};
use crate::entities::Reference;
use crate::ir::{Extract, Slot, SlotType};
use crate::meaning::{self, Model};
use crate::text::{Class, readable};

/// A phrase that comes nearer than this to one option and to no other is that option.
const SURE: f64 = 0.75;
/// One that comes less near than this to any is none of them.
const HEARD: f64 = 0.05;
/// Words of a phrase that may name an option; a longer text tells something.
const MAX_WORDS: usize = 8;

/// How sure it is that a phrase means an option.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Sureness {
    Sure,
    /// It is read back before it counts.
    Unsure,
}

/// The option that an answer means; `None` where none is near, or the slot takes nothing by meaning.
pub(crate) fn meant(slot: &Slot, scan: &Scan<'_>, model: Option<&Model<'_>>) -> Option<(Found, Sureness)> {
    match effective_type(slot) {
        SlotType::Enum(options) if slot.extract != Extract::Regex && !is_yes_no(scan.language(), slot) => {
            nearest(options, slot, scan, model)
        }
        _ => None,
    }
}

/// The term of its own vocabulary that a free text says or means, where the slot asks for a term (`extract using
/// semantic`); other free text is what was said.
pub(crate) fn term(
    slot: &Slot,
    said: &str,
    reference: &Reference,
    model: Option<&Model<'_>>,
) -> Option<(Found, Source, Sureness)> {
    if !is_text(slot) || slot.extract != Extract::Semantic || slot.vocabulary.is_empty() {
        return None;
    }
    let terms: Vec<String> = slot.vocabulary.iter().map(|term| term.text.clone()).collect();
    let scan = Scan::of(said, std::iter::empty::<&Slot>(), reference);
    if let Some(chosen) = options::choose(&terms, scan.vocabulary(slot), &scan.heard, Shown::Named) {
        let found = Found::text((chosen.start, chosen.end), terms.get(chosen.index)?);
        return Some((found, Source::Answer, Sureness::Sure));
    }
    let (found, sureness) = nearest(&terms, slot, &scan, model)?;
    Some((found, Source::Meaning, sureness))
}

fn nearest(names: &[String], slot: &Slot, scan: &Scan<'_>, model: Option<&Model<'_>>) -> Option<(Found, Sureness)> {
    let model = model?;
    let words = &scan.heard.words;
    let (first, last) = (words.first()?, words.last()?);
    if words.len() > MAX_WORDS {
        return None;
    }
    let called: Vec<Vec<String>> = names.iter().map(|name| names_of(name, slot, scan)).collect();
    let said = scan.text.get(first.start..last.end)?;
    let (at, confidence) = meaning::option(scan.language(), model, &called, said)?;
    if confidence < HEARD {
        return None;
    }
    // "not my back": vectors can't tell it from its opposite.
    let denies = words.iter().any(|word| word.class.is(Class::NEGATOR));
    let sureness = if confidence >= SURE && !denies { Sureness::Sure } else { Sureness::Unsure };
    Some((Found::text((first.start, last.end), names.get(at)?), sureness))
}

/// An option's name and what else the vocabulary calls it.
fn names_of(name: &str, slot: &Slot, scan: &Scan<'_>) -> Vec<String> {
    let plain = |text: &str| options::plain_words(scan.language(), text);
    let words = plain(name);
    let mut names = vec![readable(name)];
    for (term, _) in scan.vocabulary(slot).terms() {
        let all = || std::iter::once(&term.text).chain(term.synonyms.iter().map(|synonym| &synonym.text));
        if all().any(|text| plain(text) == words) {
            names.extend(all().map(|text| readable(text)));
        }
    }
    names
}
