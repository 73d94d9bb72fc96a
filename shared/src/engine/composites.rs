//! Composites: values of several parts, each of which is a slot. What is said in one go is told apart into them.

use std::sync::Arc;

use super::hear::blanked;
use super::rules::parts_of;
use super::run::Run;
use crate::ir::{Move, Slot, SlotType};
use crate::slots::{self, Found, Scan, Source, effective_type, whole_of};
use crate::template::View;
use crate::text::Heard;

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
            let shown = crate::template::value_text(&value, Some(effective_type(slot)), &view);
            Some(shown).filter(|text| !text.is_empty())
        });
        let parts: Vec<String> = parts.collect();
        (!parts.is_empty()).then(|| parts.join(", "))
    }

    /// "5 Main Street, Bonn, 53111" for the parts of a composite: those that have no value yet get what is said of them.
    /// Whether something was.
    pub(super) fn fill_composite(&mut self, mv: &Arc<Move>, whole: &str, text: &str, source: Source) -> bool {
        let Some(frame) = &self.state.active else { return false };
        let open: Vec<&Slot> = parts_of(mv, whole).into_iter().filter(|slot| frame.is_open(&slot.name)).collect();
        let found = self.parts_said(mv, &open, text);
        self.fill_parts(mv, &found, |_| source);
        !found.is_empty()
    }

    /// The same where one part is asked for and the answer says others with it; nothing where it says only one.
    pub(super) fn answer_composite(&mut self, mv: &Arc<Move>, asked: &Slot, text: &str) -> bool {
        let Some(frame) = &self.state.active else { return false };
        let parts = match whole_of(&asked.name) {
            Some(whole) => parts_of(mv, whole),
            None => self.parts_of_an_address(mv, asked, text),
        };
        let open: Vec<&Slot> = parts.into_iter().filter(|slot| frame.is_open(&slot.name)).collect();
        if open.len() < 2 || !text.contains(MARKS) {
            return false;
        }
        let found = self.parts_said(mv, &open, text);
        if found.len() < 2 || found.iter().all(|(slot, _)| slot.name != asked.name) {
            return false;
        }
        self.fill_parts(mv, &found, |slot| if slot.name == asked.name { Source::Answer } else { Source::Mention });
        true
    }

    /// "change the address to 9 Elm Street, Kiel": the parts that are said take the places of those that are held.
    pub(super) fn replace_composite(&mut self, mv: &Arc<Move>, whole: &str, text: &str) -> bool {
        let found = self.parts_said(mv, &parts_of(mv, whole), text);
        self.fill_parts(mv, &found, |_| Source::Correction);
        !found.is_empty()
    }

    /// Fills parts that were said in one go: where one text among them is in doubt, so is where the others end.
    fn fill_parts(&mut self, mv: &Move, found: &[(Slot, Found)], source: impl Fn(&Slot) -> Source) {
        let mut texts = found.iter().filter(|(slot, _)| slots::is_text(slot));
        let doubt = texts.find_map(|(slot, found)| self.doubt_of_text(mv, slot, found));
        for (slot, found) in found {
            self.fill(slot, found, source(slot));
            self.read_back_if(slot, doubt.filter(|_| slots::is_text(slot)));
        }
    }

    /// What a text says for parts: values of types by themselves, and what stands between marks for the texts, in their order.
    fn parts_said(&self, mv: &Move, open: &[&Slot], text: &str) -> Vec<(Slot, Found)> {
        let is_text = |slot: &&&Slot| slots::is_text(slot) && slot.expression.is_none();
        let typed: Vec<&Slot> = open.iter().filter(|slot| !is_text(slot)).copied().collect();
        let texts: Vec<&Slot> = open.iter().filter(is_text).copied().collect();
        let names: Vec<&str> = mv.slots.iter().map(|slot| slot.name.as_str()).collect();
        let mentioned = |text: &str| {
            let scan = Scan::of(text, typed.iter().copied(), &self.reference).knowing(&self.input.header.vocabulary);
            slots::mentions(&typed, &names, &scan, &[])
        };
        let mut mentions = mentioned(text);
        let coded = |slot: &&Slot| matches!(effective_type(slot), SlotType::Pattern(_));
        if let Some(house) = house_number(text).filter(|_| typed.iter().any(coded)) {
            let others = mentioned(&blanked(text, house.span));
            if !others.is_empty() || !house.may_be_a_code {
                mentions = others;
            }
        }
        let mut found: Vec<(Slot, Found)> = Vec::new();
        let mut rest = text.to_owned();
        for mention in mentions {
            let span = mention.found.span();
            // A value of a type sets what is before it apart from what is behind it, as a mark does.
            rest = format!("{}{}{}", &rest[..span.0], ",".repeat(span.1 - span.0), &rest[span.1..]);
            if let Some(slot) = typed.get(mention.slot) {
                found.push((Slot::clone(slot), mention.found));
            }
        }
        let pieces: Vec<&str> =
            rest.split(MARKS).map(str::trim).filter(|piece| piece.chars().any(char::is_alphanumeric)).collect();
        let ahead = surplus_ahead(&pieces, texts.len());
        for (index, slot) in texts.iter().enumerate() {
            let from = if index == 0 { 0 } else { index + ahead };
            let to = if index + 1 == texts.len() { pieces.len() } else { index + ahead + 1 };
            let Some([piece, more @ ..]) = pieces.get(from..to) else { continue };
            // Only what it begins with can be words around it: "OH" is no sigh.
            if let Some(Found { text, .. }) = slots::read_string(slot, piece, &Heard::of(self.language(), piece)) {
                let said = std::iter::once(text.as_str()).chain(more.iter().copied()).collect::<Vec<_>>().join(", ");
                found.push((Slot::clone(slot), Found::text((0, said.len()), said)));
            }
        }
        found
    }
}

/// The first number of an address that is said in pieces.
struct HouseNumber {
    span: (usize, usize),
    /// "53111 Bonn, Hauptstr. 5": whether it may be the code of a place as well.
    may_be_a_code: bool,
}

/// "1600 Mill Lane, Selby", "Flat 1204, 5 Mill Lane": the first number of the first piece, where others follow.
fn house_number(text: &str) -> Option<HouseNumber> {
    let (piece, others) = text.split_once(MARKS)?;
    let start = piece.find(|sign: char| sign.is_ascii_digit())?;
    let end = piece[start..].find(char::is_whitespace).map_or(piece.len(), |length| start + length);
    let opens = !piece[..start].contains(char::is_alphanumeric);
    let more = piece[end..].bytes().chain(others.bytes()).any(|byte| byte.is_ascii_digit());
    Some(HouseNumber { span: (start, end), may_be_a_code: opens == more })
}

/// How much of what is said beyond the texts belongs to the first of them ("Flat 2, 5 Main Street, Bonn"): all but what
/// says where the last one is ("5 Main Street, Dayton, OH").
fn surplus_ahead(pieces: &[&str], texts: usize) -> usize {
    /// Letters of a short form: "OH", "NSW".
    const SHORT: usize = 3;
    let surplus = pieces.len().saturating_sub(texts);
    let [street, others @ .., last] = pieces else { return 0 };
    if surplus == 0 || texts < 2 {
        return surplus;
    }
    let numbered = |piece: &str| piece.chars().any(|sign| sign.is_ascii_digit());
    let is_name = |piece: &&&str| piece.starts_with(char::is_uppercase) && !numbered(piece);
    if last.chars().count() <= SHORT && !numbered(last) {
        return surplus - 1;
    }
    // A street has its number: names behind that are no part of it.
    let names = others.iter().chain([last]).rev().take_while(is_name).count();
    let is_behind_a_number = numbered(street) || names <= others.len();
    if is_behind_a_number { surplus - surplus.min(names.saturating_sub(texts - 1)) } else { surplus }
}
