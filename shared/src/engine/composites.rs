//! Composites: values of several parts, each of which is a slot. What is said in one go is told apart into them.

use std::sync::Arc;

use super::rules::parts_of;
use super::run::Run;
use crate::ir::{Move, Slot, SlotType};
use crate::slots::{self, Found, Scan, Source, effective_type, whole_of};
use crate::template::View;

/// Marks that set the parts of a composite apart.
const MARKS: [char; 3] = [',', ';', '\n'];

impl Run<'_> {
    /// A composite as people read it: its parts, one behind the other. `None` where it is none, or has no value.
    pub(super) fn composite_in_words(&self, mv: &Move, whole: &str) -> Option<String> {
        let view =
            View { locale: self.locale, today: Some(self.reference.now.date()), types: &|path| self.slot_type(path) };
        let parts = parts_of(mv, whole).into_iter().filter_map(|slot| {
            let path: Vec<String> = slot.name.split('.').map(str::to_owned).collect();
            let value = self.labelled(&path)?;
            Some(crate::template::value_text(&value, &view)).filter(|text| !text.is_empty())
        });
        let parts: Vec<String> = parts.collect();
        (!parts.is_empty()).then(|| parts.join(", "))
    }

    /// "5 Main Street, Bonn, 53111" for the parts of a composite: those that have no value yet get what is said of them.
    /// Whether something was.
    pub(super) fn fill_composite(&mut self, mv: &Arc<Move>, whole: &str, text: &str, source: Source) -> bool {
        let Some(frame) = &self.state.active else { return false };
        let open: Vec<&Slot> =
            parts_of(mv, whole).into_iter().filter(|slot| frame.slot(&slot.name).is_none()).collect();
        let found = self.parts_said(mv, &open, text);
        for (slot, found) in &found {
            self.fill(slot, found, source);
        }
        !found.is_empty()
    }

    /// The same where one part is asked for and the answer says others with it; nothing where it says only one.
    pub(super) fn answer_composite(&mut self, mv: &Arc<Move>, asked: &Slot, text: &str) -> bool {
        let Some(whole) = whole_of(&asked.name) else { return false };
        let Some(frame) = &self.state.active else { return false };
        let open: Vec<&Slot> =
            parts_of(mv, whole).into_iter().filter(|slot| frame.slot(&slot.name).is_none()).collect();
        if open.len() < 2 || !text.contains(MARKS) {
            return false;
        }
        let found = self.parts_said(mv, &open, text);
        if found.len() < 2 || found.iter().all(|(slot, _)| slot.name != asked.name) {
            return false;
        }
        for (slot, found) in &found {
            let source = if slot.name == asked.name { Source::Answer } else { Source::Mention };
            self.fill(slot, found, source);
        }
        true
    }

    /// "change the address to 9 Elm Street, Kiel": the parts that are said take the places of those that are held.
    pub(super) fn replace_composite(&mut self, mv: &Arc<Move>, whole: &str, text: &str) -> bool {
        let found = self.parts_said(mv, &parts_of(mv, whole), text);
        for (slot, found) in &found {
            self.fill(slot, found, Source::Correction);
        }
        !found.is_empty()
    }

    /// What a text says for parts: values of types by themselves, and what stands between marks for the texts, in their order.
    fn parts_said(&self, mv: &Move, open: &[&Slot], text: &str) -> Vec<(Slot, Found)> {
        let is_text = |slot: &&&Slot| *effective_type(slot) == SlotType::String && slot.expression.is_none();
        let typed: Vec<&Slot> = open.iter().filter(|slot| !is_text(slot)).copied().collect();
        let texts: Vec<&Slot> = open.iter().filter(is_text).copied().collect();
        let names: Vec<&str> = mv.slots.iter().map(|slot| slot.name.as_str()).collect();
        let scan = Scan::of(text, typed.iter().copied(), &self.reference).knowing(&self.input.header.vocabulary);
        let mentions = slots::mentions(&typed, &names, &scan, &[]);
        let mut found: Vec<(Slot, Found)> = Vec::new();
        let mut rest = text.to_owned();
        for mention in mentions {
            let span = (mention.found.start, mention.found.end);
            // A value of a type sets what is before it apart from what is behind it, as a mark does.
            rest = format!("{}{}{}", &rest[..span.0], ",".repeat(span.1 - span.0), &rest[span.1..]);
            if let Some(slot) = typed.get(mention.slot) {
                found.push((Slot::clone(slot), mention.found));
            }
        }
        let pieces: Vec<&str> =
            rest.split(MARKS).map(str::trim).filter(|piece| piece.chars().any(char::is_alphanumeric)).collect();
        let mut said: Vec<String> = Vec::new();
        if let Some((first, last)) = surplus_of(&pieces, texts.len()) {
            said.push(pieces[..=first].join(", "));
            said.extend(pieces[first + 1..last].iter().map(|piece| (*piece).to_owned()));
            said.extend(pieces.get(last..).filter(|last| !last.is_empty()).map(|last| last.join(", ")));
        }
        for (slot, said) in texts.into_iter().zip(said) {
            if let Some(value) = slots::read_string(self.language(), slot, &said) {
                found.push((slot.clone(), value));
            }
        }
        found
    }
}

/// Where the first text ends and the last begins, where more is said than there are texts. What is too much belongs to the
/// first ("Flat 2, 5 Main Street, Bonn"), but for a name behind the place that it is in ("5 Main Street, Dayton, OH").
fn surplus_of(pieces: &[&str], texts: usize) -> Option<(usize, usize)> {
    /// Letters of a short form: "OH", "NSW".
    const SHORT: usize = 3;
    let end = pieces.len().checked_sub(1)?;
    let surplus = pieces.len().saturating_sub(texts);
    if surplus == 0 || texts < 2 {
        return Some((surplus.min(end), end.max(surplus + 1)));
    }
    let numbered = |piece: &str| piece.chars().any(|sign| sign.is_ascii_digit());
    let is_short = pieces[end].chars().count() <= SHORT;
    let is_name = |piece: &&str| piece.starts_with(char::is_uppercase) && !numbered(piece);
    // A street has its number: names behind it are no part of it.
    let names = pieces[1..].iter().rev().take_while(|piece| is_name(piece)).count();
    let behind = match () {
        () if is_short && !numbered(pieces[end]) => 1,
        () if numbered(pieces[0]) || names < end => names.saturating_sub(texts - 1),
        () => 0,
    };
    let behind = behind.min(surplus);
    Some((surplus - behind, end - behind))
}
