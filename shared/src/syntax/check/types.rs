//! Types that a game names: that they exist, are no types of the language, and do not go in circles (E015, E101, E102).

use crate::diagnostics::{Code, Diagnostic};

use super::super::ast::{Name, Type};
use super::super::parser::TYPES;
use super::super::suggest::nearest;
use super::Checker;

impl Checker<'_, '_, '_> {
    pub(super) fn types(&mut self) {
        for (index, game) in self.resolved.file.games.iter().enumerate() {
            for definition in &game.types {
                if TYPES.contains(&definition.name.text) {
                    let message = format!("`{}` is a type of the language already", definition.name.text);
                    self.report_hint(Code::DuplicateName, definition.name.span, message, "give it another name");
                }
                self.named(index, &definition.ty);
                if self.resolved.in_circles(index, definition) {
                    let message = format!("the type `{}` is made of itself", definition.name.text);
                    self.report(Code::InheritanceCycle, definition.name.span, message);
                }
            }
            for slot in game.moves.iter().flat_map(|found| &found.slots) {
                self.named(index, &slot.ty);
            }
        }
    }

    fn named(&mut self, game: usize, ty: &Type<'_>) {
        match ty {
            Type::Named(name) if self.resolved.type_named(game, name.text).is_none() => self.unknown_type(game, *name),
            Type::List(item) => self.named(game, item),
            _ => {}
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
