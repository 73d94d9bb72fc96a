//! Values that no conversation can be right about: regular expressions (E105).

use crate::diagnostics::Code;
use crate::entities::BusinessHours;
use crate::language::{Language, Locale};

use super::super::ast::{Abilities, Game, Text, Type};
use super::super::limits::{MAX_REGEX_BYTES, MAX_REGEX_COMPILED_BYTES};
use super::super::text::{Escapes, decode};
use super::walk::{Met, blocks, slot};
use super::{Checker, Condition};

impl Checker<'_, '_, '_> {
    pub(super) fn values(&mut self) {
        for game in &self.resolved.file.games {
            self.spoken(game);
            self.business_hours(game);
            for participant in &game.participants {
                if let Abilities::Matching(regex) = &participant.abilities {
                    self.regex(*regex);
                }
            }
            for definition in &game.types {
                self.type_regex(&definition.ty);
            }
            let mut matches = |met: Met<'_, '_>| {
                if let Met::Condition(Condition::Matches(_, regex)) = met {
                    self.regex(*regex);
                }
            };
            for found in &game.moves {
                found.slots.iter().for_each(|found| slot(found, &mut matches));
                blocks(&found.blocks, &mut matches);
            }
            blocks(&game.events, &mut matches);
            for found in game.moves.iter().flat_map(|found| &found.slots) {
                self.type_regex(&found.ty);
                if let Some(expression) = found.expression {
                    self.regex(expression);
                }
            }
        }
    }

    /// What a game speaks must be a language and a locale of this build, and of each other.
    fn spoken(&mut self, game: &Game<'_>) {
        let language = game.language.map(|tag| (tag, tag.code(self.source)));
        let locale = game.locale.map(|tag| (tag, tag.code(self.source)));
        if let Some((tag, code)) = &language
            && Language::coded(code).is_none()
        {
            let message = format!("no language of this build is called `{code}`");
            let known: Vec<&str> = Language::all().iter().map(|language| language.code).collect();
            let hint = format!("it has {}", known.join(", "));
            return self.report_hint(Code::UnknownLanguage, tag.span, message, hint);
        }
        let Some((tag, code)) = &locale else { return };
        let spoken = language.as_ref().and_then(|(_, code)| Language::coded(code));
        let message = match (Locale::tagged(code), spoken) {
            (None, _) => format!("no locale of this build is called `{code}`"),
            (Some(locale), Some(spoken)) if locale.language != spoken => {
                format!("the locale `{code}` is not one of the language `{}`", spoken.code)
            }
            _ => return,
        };
        let known: Vec<&str> = Language::all()
            .iter()
            .filter(|language| spoken.is_none_or(|spoken| spoken == **language))
            .flat_map(|language| language.locales.iter().copied())
            .collect();
        self.report_hint(Code::UnknownLanguage, tag.span, message, format!("expected one of {}", known.join(", ")));
    }

    /// Business hours are full hours of one day.
    fn business_hours(&mut self, game: &Game<'_>) {
        let Some(text) = game.business_hours else { return };
        let written = self.decoded(text);
        if BusinessHours::parse(&written).is_none() {
            let message = format!("`{written}` are no business hours");
            let hint = "write full hours of one day, such as \"8:00-20:00\"; 24:00 is the end of the day";
            self.report_hint(Code::BadHours, text.span, message, hint.to_owned());
        }
    }

    fn type_regex(&mut self, ty: &Type<'_>) {
        match ty {
            Type::Pattern(regex) => self.regex(*regex),
            Type::List(item) => self.type_regex(item),
            Type::Composite(parts, _) => parts.iter().for_each(|part| self.type_regex(&part.definition.ty)),
            _ => {}
        }
    }

    fn regex(&mut self, text: Text) {
        let regex = decode(self.written(text), Escapes::Regex);
        if regex.len() > MAX_REGEX_BYTES {
            let message = format!("a regular expression has at most {MAX_REGEX_BYTES} bytes; this has {}", regex.len());
            return self.report(Code::BadRegex, text.span, message);
        }
        let built = regex_lite::RegexBuilder::new(&regex).size_limit(MAX_REGEX_COMPILED_BYTES).build();
        if let Err(error) = built {
            let message = format!("this regular expression cannot be used: {error}");
            let hint = "there are no look-around and no back-references, so that every match takes linear time";
            self.report_hint(Code::BadRegex, text.span, message, hint);
        }
    }
}

pub(super) fn number(text: &str) -> Option<f64> {
    crate::template::numeric(&serde_json::Value::String(text.to_owned()))
}
