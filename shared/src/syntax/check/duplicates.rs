//! Names that are defined twice (E101) and lists that say the same thing twice (E125).

use std::collections::HashMap;

use crate::diagnostics::{Code, Lines, Span};

use super::super::ast::{Abilities, EnumOption, Game, Move, Name, Slot, Term, Type};
use super::Checker;

impl Checker<'_, '_, '_> {
    pub(super) fn duplicates(&mut self) {
        let games = &self.resolved.file.games;
        self.names("game", games.iter().map(|game| game.name));
        for game in games {
            self.game_duplicates(game);
        }
    }

    fn game_duplicates(&mut self, game: &Game<'_>) {
        self.names("participant", game.participants.iter().map(|participant| participant.name));
        self.names("service", game.services.iter().map(|service| service.name));
        self.names("move", game.moves.iter().map(|found| found.name));
        self.names("type", game.types.iter().map(|found| found.name));
        game.types.iter().for_each(|found| self.parts_twice(&found.ty));
        self.vocabulary(&game.vocabulary);
        for participant in &game.participants {
            if let Abilities::Listed(texts) = &participant.abilities {
                let entries: Vec<_> = texts.iter().map(|text| (self.decoded(*text), text.span)).collect();
                self.entries("ability", entries);
            }
        }
        for service in &game.services {
            let entries = service.functions.iter().map(|name| (name.text.to_owned(), name.span)).collect();
            self.entries("function", entries);
        }
        for found in &game.moves {
            self.move_duplicates(found);
        }
    }

    fn move_duplicates(&mut self, found: &Move<'_>) {
        self.names("slot", found.slots.iter().map(|slot| slot.name));
        for Slot { ty, vocabulary, .. } in &found.slots {
            self.vocabulary(vocabulary);
            self.parts_twice(ty);
            if let Type::Enum(options) = ty {
                let entries = options
                    .iter()
                    .map(|option| match option {
                        EnumOption::Quoted(text) => (self.decoded(*text).to_lowercase(), text.span),
                        EnumOption::Bare(words, span) => (words.join(" ").to_lowercase(), *span),
                    })
                    .collect();
                self.entries("option", entries);
            }
        }
    }

    fn parts_twice(&mut self, ty: &Type<'_>) {
        if let Type::Composite(parts, _) = ty {
            self.names("part", parts.iter().map(|part| part.definition.name));
        }
    }

    fn vocabulary(&mut self, terms: &[Term]) {
        let entries = terms.iter().map(|term| (self.decoded(term.text).to_lowercase(), term.text.span)).collect();
        self.entries("term", entries);
        for term in terms {
            let synonyms = term.synonyms.iter().map(|synonym| synonym.text);
            let entries = synonyms.map(|text| (self.decoded(text).to_lowercase(), text.span)).collect();
            self.entries("synonym", entries);
        }
    }

    fn names<'n>(&mut self, what: &str, names: impl Iterator<Item = Name<'n>>) {
        let mut first: HashMap<&str, Span> = HashMap::new();
        for name in names {
            match first.get(name.text) {
                Some(earlier) => {
                    let lines = self.lines.get_or_init(|| Lines::new(self.source.as_bytes()));
                    let line = lines.line(earlier.start);
                    let message = format!("there is already a {what} called `{}`, on line {line}", name.text);
                    self.report_hint(Code::DuplicateName, name.span, message, "rename one of them or take it out");
                }
                None => {
                    first.insert(name.text, name.span);
                }
            }
        }
    }

    fn entries(&mut self, what: &str, entries: Vec<(String, Span)>) {
        let mut seen = std::collections::HashSet::new();
        for (text, span) in entries {
            if seen.contains(&text) {
                self.report(Code::RepeatedEntry, span, format!("this {what} stands in the list already"));
            }
            seen.insert(text);
        }
    }
}
