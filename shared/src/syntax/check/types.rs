//! Types that a game names: that they exist, are no types of the language, and do not go in circles (E015, E101, E102);
//! composites where they cannot stand (E114).

use crate::diagnostics::{Code, Diagnostic, Span};

use super::super::ast::{Name, Reference, Slot, Type};
use super::super::parser::TYPES;
use super::super::suggest::nearest;
use super::Checker;
use super::references::looks_misspelt;

/// Where options come from that a game does not list.
const SOURCES: [&str; 2] = ["context", "result"];

impl<'s> Checker<'_, 's, '_> {
    pub(super) fn types(&mut self) {
        for (index, game) in self.resolved.file.games.iter().enumerate() {
            for definition in &game.types {
                if TYPES.contains(&definition.name.text) {
                    let message = format!("`{}` is a type of the language already", definition.name.text);
                    self.report_hint(Code::DuplicateName, definition.name.span, message, "give it another name");
                }
                self.named(index, &definition.ty);
                self.made_of_parts(index, &definition.ty);
                if self.resolved.in_circles(index, definition) {
                    let message = format!("the type `{}` is made of itself", definition.name.text);
                    self.report(Code::InheritanceCycle, definition.name.span, message);
                }
            }
            for slot in game.moves.iter().flat_map(|found| &found.slots) {
                self.named(index, &slot.ty);
                self.made_of_parts(index, &slot.ty);
                self.of_one_value(index, slot);
            }
        }
    }

    fn named(&mut self, game: usize, ty: &Type<'_>) {
        match ty {
            Type::Named(name) if self.resolved.type_named(game, name.text).is_none() => self.unknown_type(game, *name),
            Type::List(item) => self.named(game, item),
            Type::EnumFrom(from) => self.source_of_options(from),
            Type::Composite(parts, _) => parts.iter().for_each(|part| self.named(game, &part.definition.ty)),
            _ => {}
        }
    }

    /// `enum(from contex.menu)`: nothing is there under such a name, and anything would be taken.
    fn source_of_options(&mut self, from: &Reference<'_>) {
        let [first, _, ..] = from.names.as_slice() else { return };
        if let Some(near) = SOURCES.iter().find(|known| looks_misspelt(first, known)) {
            let message = format!("there are no options in `{}`, so that any text is taken", from.names.join("."));
            self.report_hint(Code::DoubtfulReference, from.span, message, format!("did you mean `{near}`?"));
        }
    }

    /// A composite is a slot's type: its parts are values of one piece, and there are no lists of it.
    fn made_of_parts(&mut self, game: usize, ty: &Type<'s>) {
        let is_composite = |ty: &Type<'s>| !self.resolved.parts(game, ty).is_empty();
        let (span, message, hint) = match ty {
            Type::List(item) if is_composite(item) => {
                let Some(span) = place_of(item) else { return };
                (span, "a list of composites cannot be asked for", "ask for one at a time, in a move that is called")
            }
            Type::Composite(parts, _) => {
                let nested = parts.iter().map(|part| &part.definition.ty).find(|ty| is_composite(ty));
                let Some(span) = nested.and_then(place_of) else { return };
                (span, "a part of a composite cannot be a composite", "write its parts beside the others")
            }
            _ => return,
        };
        self.report_hint(Code::BadComposite, span, message, hint);
    }

    /// What says something of one value says nothing of a composite.
    fn of_one_value(&mut self, game: usize, slot: &Slot<'s>) {
        if self.resolved.parts(game, &slot.ty).is_empty() {
            return;
        }
        let vocabulary = slot.vocabulary.first().map(|term| ("with vocabulary", term.text.span));
        for (word, span) in slot.of_one_value.iter().copied().chain(vocabulary) {
            let message = format!("`{word}` says nothing of a composite, whose parts are asked for one by one");
            let hint = match word {
                "confirm" => "read it back in a block: `call confirm_all`, or `clarify`",
                "default" | "declined by" => "take it out",
                _ => "write it behind the part that it is about",
            };
            self.report_hint(Code::BadComposite, span, message, hint);
        }
    }

    fn unknown_type(&mut self, game: usize, name: Name<'_>) {
        let own: Vec<&str> = self.resolved.types(game).map(|definition| definition.name.text).collect();
        let known: Vec<&str> = TYPES.iter().copied().chain(own).collect();
        let message = format!("`{}` is no type: expected one of {}", name.text, known.join(", "));
        let near = match name.text {
            "text" | "str" => Some("string"),
            "int" | "integer" | "float" | "decimal" => Some("number"),
            "bool" => Some("boolean"),
            "duration" => Some("timeframe"),
            "choice" | "oneof" => Some("enum"),
            "regex" | "matches" => Some("pattern"),
            word => nearest(word, known),
        };
        let found = Diagnostic::new(Code::UnknownType, name.span, message);
        self.findings.push(match near {
            Some(near) => found.with_hint(format!("did you mean `{near}`?")),
            None => found.with_hint("types of your own stand in the game's section `types { … }`"),
        });
    }
}

/// Where a type that is or names a composite stands.
fn place_of(ty: &Type<'_>) -> Option<Span> {
    match ty {
        Type::Composite(_, span) => Some(*span),
        Type::Named(name) => Some(name.span),
        _ => None,
    }
}
