//! Lowering: from the tree to [`ir`], inheritance applied.
//!
//! A game takes over every section of its base; what bears the same name is replaced in its place. Problems of texts
//! (templates, patterns, escapes) come up here, each once: where a text is written, not where it is inherited.

use std::borrow::Cow;
use std::collections::HashMap;

use crate::diagnostics::{Code, Diagnostic, Lines, Span};
use crate::entities::BusinessHours;
use crate::ir;
use crate::language::{Language, Locale};
use crate::template;

use super::ast;
use super::findings::Findings;
use super::library;
use super::resolve::{MoveId, Resolved};
use super::text::{Escapes, decode, source_offset, unknown_escapes};

mod defaults;
mod moves;
mod patterns;
mod statements;

#[cfg(feature = "golden")]
pub(super) use patterns::pattern_elements;

/// Lowers every game of a file.
pub(super) fn lower<'d>(
    source: &'d str,
    resolved: &'d Resolved<'d, 'd>,
    contract: &ir::Contract,
    findings: &'d mut Findings,
) -> Vec<ir::Game> {
    let lines = Lines::new(source.as_bytes());
    let mut lowering = Lowering {
        source,
        lines,
        reports: true,
        findings,
        resolved,
        scope: 0,
        locale: Language::english().locale(),
        escalations: 0,
        unanswered: Vec::new(),
    };
    (0..resolved.games.len()).map(|game| lowering.game(resolved, game, contract)).collect()
}

struct Lowering<'s, 'd> {
    source: &'s str,
    resolved: &'d Resolved<'d, 'd>,
    /// The game in which what is lowered is written: names mean what they mean there.
    scope: usize,
    /// For whom that game is.
    locale: Locale,
    lines: Lines<'s>,
    /// Whether problems are reported: only on the pass over the place where something is written.
    reports: bool,
    findings: &'d mut Findings,
    /// Escalations with an `else`, counted in each game.
    escalations: u32,
    /// Those blocks, until they have their place in the move.
    unanswered: Vec<ir::Block>,
}

impl Lowering<'_, '_> {
    fn game(&mut self, resolved: &Resolved<'_, '_>, index: usize, contract: &ir::Contract) -> ir::Game {
        self.escalations = 0;
        let chain = resolved.games[index].chain.clone();
        let mut game = ir::Game {
            name: resolved.file.games[index].name.text.to_owned(),
            contract: contract.clone(),
            ..ir::Game::default()
        };
        for level in &chain {
            self.reports = *level == index;
            self.sections(&resolved.file.games[*level], &mut game);
        }
        self.locale = Locale::of_game(&game);
        let pii: Vec<&str> = contract.pii_fields.iter().map(String::as_str).collect();
        for id in &resolved.games[index].moves {
            let lineage = resolved.lineage(*id);
            let mut lowered = self.one_move(resolved, index, &lineage);
            for slot in &mut lowered.slots {
                let of_a_part = |id: &MoveId| {
                    let written_in = resolved.file.games[id.game].name.text;
                    library::called(written_in, &lowered.name, &slot.name, &game.language)
                };
                if let Some(called) = lineage.iter().find_map(of_a_part) {
                    slot.rules.get_or_insert_with(Box::default).called = Some(called.to_owned());
                }
                let whole = crate::slots::whole_of(&slot.name);
                slot.sensitive |= pii.contains(&slot.name.as_str()) || whole.is_some_and(|whole| pii.contains(&whole));
            }
            game.moves.push(lowered);
        }
        for level in &chain {
            self.reports = *level == index;
            self.scope = *level;
            self.event_moves(&resolved.file.games[*level], &mut game);
        }
        game.events = events_of(&game.moves);
        game
    }

    /// Blocks for events outside of moves: a move of the event's name each, unless the game has one already.
    fn event_moves(&mut self, written: &ast::Game<'_>, game: &mut ir::Game) {
        for block in &written.events {
            let lowered = self.block(block);
            let unanswered = std::mem::take(&mut self.unanswered);
            let Some(name) = lowered.branches.first().and_then(|branch| event_of(&branch.condition)) else { continue };
            match game.moves.iter_mut().find(|found| found.name == name) {
                Some(found) => {
                    found.blocks.insert(0, lowered);
                    found.blocks.extend(unanswered);
                }
                None => game.moves.push(ir::Move {
                    name: name.to_owned(),
                    guard: Vec::new(),
                    triggers: Vec::new(),
                    priority: ir::Priority::default(),
                    threshold: ir::Threshold::default(),
                    slots: Vec::new(),
                    called: None,
                    line: lowered.line,
                    blocks: std::iter::once(lowered).chain(unanswered).collect(),
                }),
            }
        }
    }

    /// Adds one game's own sections (but its moves) to what its bases have.
    fn sections(&mut self, written: &ast::Game<'_>, game: &mut ir::Game) {
        if let Some(description) = written.description {
            game.description = self.text(description);
        }
        if let Some(tag) = written.language {
            game.language = tag.code(self.source).to_lowercase();
            game.locale.clear();
        }
        if let Some(locale) = written.locale.and_then(|tag| Locale::tagged(&tag.code(self.source))) {
            locale.tag.clone_into(&mut game.locale);
            locale.language.code.clone_into(&mut game.language);
        }
        if let Some(hours) = written.business_hours.and_then(|text| BusinessHours::parse(&self.text(text))) {
            game.business_hours = Some(hours);
        }
        for participant in &written.participants {
            let abilities = match &participant.abilities {
                ast::Abilities::Anything => ir::Abilities::Anything,
                ast::Abilities::Matching(regex) => ir::Abilities::Matching(self.regex(*regex)),
                ast::Abilities::Listed(texts) => {
                    ir::Abilities::Listed(texts.iter().map(|text| self.text(*text)).collect())
                }
            };
            let name = participant.name.text.to_owned();
            put(&mut game.participants, ir::Participant { name, abilities }, |one, other| one.name == other.name);
        }
        let terms = self.terms(&written.vocabulary);
        put_all(&mut game.vocabulary, terms, |term| term.text.to_lowercase());
        for service in &written.services {
            let service = ir::Service {
                name: service.name.text.to_owned(),
                functions: service.functions.iter().map(|name| name.text.to_owned()).collect(),
                description: service.description.map(|text| self.text(text)),
            };
            put(&mut game.services, service, |one, other| one.name == other.name);
        }
        for rule in &written.learning {
            let rule = self.rule(rule);
            put(&mut game.learning, rule, same_rule);
        }
    }

    fn rule(&mut self, rule: &ast::Rule<'_>) -> ir::LearningRule {
        match rule {
            ast::Rule::RememberSuccessfulPatterns => ir::LearningRule::RememberSuccessfulPatterns,
            ast::Rule::AdjustConfidenceFromOutcomes => ir::LearningRule::AdjustConfidenceFromOutcomes,
            ast::Rule::AddVariationsThatWorked => ir::LearningRule::AddVariationsThatWorked,
            ast::Rule::TrackConversationPaths => ir::LearningRule::TrackConversationPaths,
            ast::Rule::Strategy { name, text, settings } => ir::LearningRule::Strategy {
                name: name.text.to_owned(),
                text: text.map(|text| self.text(text)),
                settings: settings.iter().map(|(name, value)| (name.text.to_owned(), self.literal(value))).collect(),
            },
        }
    }

    fn terms(&mut self, terms: &[ast::Term]) -> Vec<ir::Term> {
        let lower = |lowering: &mut Self, term: &ast::Term| ir::Term {
            text: lowering.text(term.text),
            modifiers: term.modifiers,
            synonyms: term
                .synonyms
                .iter()
                .map(|synonym| ir::Synonym { text: lowering.text(synonym.text), modifiers: synonym.modifiers })
                .collect(),
        };
        terms.iter().map(|term| lower(self, term)).collect()
    }

    // Texts and values.

    fn written(&self, text: ast::Text) -> &str {
        &self.source[text.span.start as usize..text.span.end as usize]
    }

    fn report(&mut self, diagnostic: Diagnostic) {
        if self.reports {
            self.findings.push(diagnostic);
        }
    }

    fn escapes(&mut self, text: ast::Text) {
        if !self.reports || !self.written(text).contains('\\') {
            return;
        }
        for (at, c) in unknown_escapes(self.written(text), text.span.start as usize) {
            // Offsets fit: the source is limited.
            let at = at as u32;
            let message = format!("`\\{c}` means nothing; it is kept as written");
            let found = Diagnostic::new(Code::UnknownEscape, Span::new(at, at + 2), message);
            self.report(found.with_hint("a backslash as such is written `\\\\`"));
        }
    }

    /// A text that is neither template, pattern nor regular expression.
    fn text(&mut self, text: ast::Text) -> String {
        self.escapes(text);
        decode(self.written(text), Escapes::Plain).into_owned()
    }

    fn regex(&mut self, text: ast::Text) -> String {
        decode(self.written(text), Escapes::Regex).into_owned()
    }

    /// The text with the escapes that templates and patterns resolve themselves.
    fn marked(&mut self, text: ast::Text) -> Cow<'_, str> {
        self.escapes(text);
        decode(self.written(text), Escapes::Marked)
    }

    /// The place in the source of a range of a template's or pattern's text.
    fn place(&self, text: ast::Text, start: usize, end: usize) -> Span {
        let token = self.written(text);
        let offset = |at| source_offset(token, text.span.start as usize, Escapes::Marked, at) as u32;
        let start = offset(start);
        Span::new(start, offset(end).max(start + 1))
    }

    /// One text, or several of which one is said.
    fn said(&mut self, texts: &[ast::Text]) -> ir::Template {
        match texts {
            [only] => self.template(*only),
            several => {
                let variants = several.iter().map(|text| self.template(*text)).collect();
                ir::Template { parts: vec![ir::TemplatePart::OneOf(variants)] }
            }
        }
    }

    fn template(&mut self, text: ast::Text) -> ir::Template {
        let parsed = template::parse(&self.marked(text));
        match parsed {
            Ok(template) => template,
            Err(errors) => {
                for error in errors {
                    let found = Diagnostic::new(error.code, self.place(text, error.start, error.end), error.message);
                    self.report(match error.hint {
                        Some(hint) => found.with_hint(hint),
                        None => found,
                    });
                }
                ir::Template { parts: Vec::new() }
            }
        }
    }

    fn literal(&mut self, value: &ast::Value<'_>) -> ir::Literal {
        match value {
            ast::Value::Text(text) => ir::Literal::Text(self.text(*text)),
            ast::Value::Number(number) => ir::Literal::Number(number.value),
            ast::Value::Boolean(value, _) => ir::Literal::Boolean(*value),
            ast::Value::Word(name) => ir::Literal::Text(name.text.to_owned()),
        }
    }

    fn line(&self, span: Span) -> u32 {
        self.lines.line(span.start)
    }
}

/// The event that a condition waits for.
fn event_of(condition: &ir::Condition) -> Option<&str> {
    match condition {
        ir::Condition::Event(name) => Some(name),
        ir::Condition::All(parts) => parts.iter().find_map(event_of),
        _ => None,
    }
}

/// Which move has a block for which event; where several have, all, in their order.
fn events_of(moves: &[ir::Move]) -> Vec<(String, String)> {
    let mut events = Vec::new();
    for found in moves {
        for branch in found.blocks.iter().flat_map(|block| &block.branches) {
            let Some(name) = event_of(&branch.condition) else { continue };
            let entry = (name.to_owned(), found.name.clone());
            if !events.contains(&entry) {
                events.push(entry);
            }
        }
    }
    events
}

/// Adds an item, or puts it in the place of the one it replaces. For lists that stay short.
fn put<T>(items: &mut Vec<T>, item: T, same: impl Fn(&T, &T) -> bool) {
    match items.iter_mut().find(|other| same(other, &item)) {
        Some(other) => *other = item,
        None => items.push(item),
    }
}

/// The same for lists of any length.
fn put_all<T>(items: &mut Vec<T>, added: Vec<T>, key: impl Fn(&T) -> String) {
    let mut places: HashMap<String, usize> = items.iter().enumerate().map(|(at, item)| (key(item), at)).collect();
    for item in added {
        match places.get(&key(&item)) {
            Some(at) => items[*at] = item,
            None => {
                places.insert(key(&item), items.len());
                items.push(item);
            }
        }
    }
}

fn same_rule(one: &ir::LearningRule, other: &ir::LearningRule) -> bool {
    match (one, other) {
        (ir::LearningRule::Strategy { name, .. }, ir::LearningRule::Strategy { name: other, .. }) => name == other,
        _ => one == other,
    }
}
