//! The file, its games, and their sections (all but `learning`).

use crate::diagnostics::{Code, Diagnostic, Span};
use crate::ir::Modifiers;

use super::super::ast::{Abilities, File, Game, Import, Marked, Name, Participant, Service, Tag, Term, Text};
use super::super::lexer::Kind;
use super::super::limits::{MAX_GAMES, MAX_SECTION_ENTRIES};
use super::super::text::{Escapes, decode};
use super::{Layout, MODIFIERS, Parser, Read, Reported};

const SECTIONS: &[&str] = &[
    "description:",
    "language:",
    "locale:",
    "business_hours:",
    "participants {",
    "vocabulary {",
    "capabilities {",
    "types {",
    "moves {",
    "when event NAME {",
    "learning {",
];

impl<'s> Parser<'s, '_> {
    pub(super) fn file(&mut self) -> File<'s> {
        let mut file = File::default();
        while !self.is(Kind::End) {
            if self.is_word("import") {
                self.mark(Layout::Line);
                self.bump();
                if let Ok(path) = self.text_token("the file to import, in quotes") {
                    file.imports.push(Import { path });
                } else {
                    self.skip_until(|parser| parser.peek().first_on_line);
                }
                continue;
            }
            if !self.is_word("game") {
                self.outside_of_games();
                continue;
            }
            self.mark(Layout::Paragraph);
            if file.games.len() == MAX_GAMES {
                let message = format!("a file has at most {MAX_GAMES} games; the rest was not read");
                let span = self.peek().span();
                self.report(Diagnostic::new(Code::LimitExceeded, span, message));
                break;
            }
            if let Ok(game) = self.game() {
                file.games.push(game);
            }
        }
        if file.games.is_empty() && !self.findings.has_errors() {
            let span = self.peek().span();
            let found = Diagnostic::new(Code::NoGame, span, "expected `game NAME { … }`; the file holds no game");
            self.report(found.with_hint("a game begins with `game NAME {` and has a `moves { … }` section"));
        }
        file
    }

    /// Something between games: one complaint for all of it.
    fn outside_of_games(&mut self) {
        let closes = self.is(Kind::CloseBrace);
        if closes && self.at > 0 {
            self.unexpected_hint(
                "`game NAME { … }`",
                Some("this `}` closes nothing; is there one too many above?".to_owned()),
            );
        } else if self.at > 0 && self.begins_element() {
            let hint = "this stands in no game; is there one `}` too many above?";
            self.unexpected_hint("`game NAME { … }`", Some(hint.to_owned()));
        } else {
            self.unknown_word("`game NAME { … }`", &["game NAME {"]);
        }
        while !self.is(Kind::End) && !self.begins_game() && !self.begins_import() {
            match self.peek().kind {
                Kind::OpenBrace | Kind::OpenBracket | Kind::OpenParen => self.skip_balanced(),
                _ => {
                    self.bump();
                }
            }
        }
    }

    fn game(&mut self) -> Read<Game<'s>> {
        self.bump();
        let name = self.name("the game's name")?;
        let base = if self.eat_word("extends") { self.name("the name of the game it extends").ok() } else { None };
        let mut game = Game {
            name,
            base,
            description: None,
            language: None,
            locale: None,
            business_hours: None,
            participants: Vec::new(),
            vocabulary: Vec::new(),
            services: Vec::new(),
            moves: Vec::new(),
            learning: Vec::new(),
            types: Vec::new(),
            events: Vec::new(),
        };
        let wanted = "`{` after the game's name";
        // A game whose braces fail is still a game: what was read of it is checked.
        let _ = self.braces(wanted, Parser::begins_game, |parser| parser.section(&mut game));
        Ok(game)
    }

    /// `language: en`, `locale: en-GB`: names joined by hyphens, or the same in quotes.
    fn tag(&mut self, word: &'static str, what: &str) -> Read<Tag> {
        self.bump();
        self.colon(word);
        if self.is(Kind::Text) {
            return Ok(Tag { span: self.text_token(what)?.span });
        }
        let mut span = self.name(what)?.span;
        while self.is(Kind::Minus) && self.ahead(1).kind == Kind::Name {
            self.bump();
            span = Span::new(span.start, self.name(what)?.span.end);
        }
        Ok(Tag { span })
    }

    fn section(&mut self, game: &mut Game<'s>) -> Read<()> {
        let word = if self.is(Kind::Name) { self.text(self.peek()) } else { "" };
        let clause = matches!(word, "description" | "language" | "locale" | "business_hours");
        self.mark(if clause { Layout::Line } else { Layout::Paragraph });
        let first = self.peek();
        match word {
            "description" => {
                self.bump();
                self.colon("description");
                let text = self.text_token("the description, a text")?;
                if game.description.replace(text).is_some() {
                    self.repeated(first.span(), "`description:` stands twice in this game");
                }
                Ok(())
            }
            "language" => {
                let tag = self.tag("language", "a language, such as `en`")?;
                if game.language.replace(tag).is_some() {
                    self.repeated(first.span(), "`language:` stands twice in this game");
                }
                Ok(())
            }
            "locale" => {
                let tag = self.tag("locale", "a locale, such as `en-GB`")?;
                if game.locale.replace(tag).is_some() {
                    self.repeated(first.span(), "`locale:` stands twice in this game");
                }
                Ok(())
            }
            "business_hours" => {
                self.bump();
                self.colon("business_hours");
                let text = self.text_token("the hours, such as \"8:00-20:00\"")?;
                if game.business_hours.replace(text).is_some() {
                    self.repeated(first.span(), "`business_hours:` stands twice in this game");
                }
                Ok(())
            }
            "participants" => {
                self.bump();
                self.braces("`{` after `participants`", Parser::begins_game, |parser| {
                    let participant = parser.participant()?;
                    parser.push(
                        &mut game.participants,
                        participant,
                        MAX_SECTION_ENTRIES,
                        "a game has at most {} participants",
                    )
                })
            }
            "vocabulary" => {
                self.bump();
                let terms = self.vocabulary()?;
                game.vocabulary.extend(terms);
                Ok(())
            }
            "capabilities" => {
                self.bump();
                self.braces("`{` after `capabilities`", Parser::begins_game, |parser| {
                    let service = parser.service()?;
                    parser.push(&mut game.services, service, MAX_SECTION_ENTRIES, "a game has at most {} services")
                })
            }
            "types" => {
                self.bump();
                self.types(&mut game.types)
            }
            "when" => {
                let block = self.block()?;
                self.push(&mut game.events, block, MAX_SECTION_ENTRIES, "a game has at most {} blocks for events")
            }
            "moves" => {
                self.bump();
                self.braces("`{` after `moves`", Parser::begins_game, |parser| {
                    let found = parser.move_declaration()?;
                    game.moves.push(found);
                    Ok(())
                })
            }
            "learning" => {
                self.bump();
                self.learning(&mut game.learning)
            }
            "import" => {
                let hint = "`import` stands before the games of the file".to_owned();
                Err(self.unexpected_hint("a section of the game", Some(hint)))
            }
            "move" => {
                let hint = "moves stand inside `moves { … }`".to_owned();
                self.unexpected_hint("a section of the game", Some(hint));
                let found = self.move_declaration()?;
                game.moves.push(found);
                Ok(())
            }
            _ => Err(self.unknown_word("a section of the game", SECTIONS)),
        }
    }

    pub(super) fn repeated(&mut self, span: crate::diagnostics::Span, message: &str) {
        self.report(Diagnostic::new(Code::RepeatedClause, span, message).with_hint("keep one of them"));
    }

    fn participant(&mut self) -> Read<Participant<'s>> {
        self.mark(Layout::Line);
        let name = self.name("a participant's name, then `can do:`")?;
        self.words(&["can", "do"]);
        self.colon("can do");
        const WANTED: &str = "`[ … ]`, `anything` or `actions matching \"…\"`";
        let abilities = if self.is(Kind::OpenBracket) {
            Abilities::Listed(self.list(false, "an ability", |parser| parser.text_token("an ability, a text")))
        } else if self.eat_word("anything") {
            Abilities::Anything
        } else if self.is_word("actions") {
            self.bump();
            self.words(&["matching"]);
            Abilities::Matching(self.text_token("a regular expression in quotes")?)
        } else {
            return Err(self.unknown_word(WANTED, &["anything", "actions matching \"…\""]));
        };
        Ok(Participant { name, abilities })
    }

    /// `{ "term" also means: [ … ] … }`
    pub(super) fn vocabulary(&mut self) -> Read<Vec<Term>> {
        let mut terms = Vec::new();
        self.braces("`{` after `vocabulary`", Parser::begins_move, |parser| {
            parser.mark(Layout::Line);
            let text = parser.text_token("a term in quotes, then `also means:`")?;
            let modifiers = parser.modifiers();
            parser.words(&["also", "means"]);
            parser.colon("also means");
            let synonyms = parser.list(false, "a synonym", |parser| parser.marked("a synonym in quotes"));
            terms.push(Term { text, modifiers, synonyms });
            Ok(())
        })?;
        Ok(terms)
    }

    fn service(&mut self) -> Read<Service<'s>> {
        self.mark(Layout::Line);
        let name = self.name_or_quoted("a service's name, then `:`")?;
        self.colon(name.text);
        if self.is(Kind::Text) || self.is(Kind::Block) {
            let description = self.text_token("a description")?;
            return Ok(Service { name, functions: Vec::new(), description: Some(description) });
        }
        if !self.is(Kind::OpenBracket) {
            return Err(self.unexpected("a list of functions `[ … ]` or a description in quotes"));
        }
        let functions = self.list(false, "a function", |parser| parser.name_or_quoted("a function's name"));
        Ok(Service { name, functions, description: None })
    }

    /// A name, with or without quotes.
    fn name_or_quoted(&mut self, what: &str) -> Read<Name<'s>> {
        let token = self.peek();
        if token.kind != Kind::Text {
            return self.name(what);
        }
        let decoded = decode(self.text(token), Escapes::Plain);
        let is_name = |text: &str| {
            text.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
                && text.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
        };
        match decoded {
            std::borrow::Cow::Borrowed(text) if is_name(text) => {
                self.bump();
                Ok(Name { text, span: token.span() })
            }
            _ => Err(self.unexpected_hint(what, Some("letters a to z, digits and `_`".to_owned()))),
        }
    }

    /// A text and its modifiers.
    pub(super) fn marked(&mut self, what: &str) -> Read<Marked> {
        let text: Text = self.text_token(what)?;
        Ok(Marked { text, modifiers: self.modifiers() })
    }

    /// `(strict, fuzzy, context-sensitive, learned)`, or nothing.
    fn modifiers(&mut self) -> Modifiers {
        let mut modifiers = Modifiers::default();
        let open = self.peek();
        if !self.eat(Kind::OpenParen) {
            return modifiers;
        }
        while !self.eat(Kind::CloseParen) {
            if self.modifier(&mut modifiers).is_err() {
                self.skip_until(|parser| {
                    matches!(parser.peek().kind, Kind::Comma | Kind::CloseParen | Kind::CloseBracket)
                        || parser.ends_construct()
                });
            }
            if self.is(Kind::CloseBracket) || self.ends_construct() {
                self.unclosed(open, ")");
                break;
            }
            if !self.is(Kind::CloseParen) && !self.eat(Kind::Comma) {
                self.unexpected("`,` or `)` after a modifier");
                self.skip_until(|parser| {
                    matches!(parser.peek().kind, Kind::CloseParen | Kind::CloseBracket) || parser.ends_construct()
                });
            }
        }
        if modifiers.strict && modifiers.fuzzy {
            let span = self.span_from(open);
            self.repeated(span, "`strict` and `fuzzy` contradict each other");
        }
        modifiers
    }

    fn modifier(&mut self, modifiers: &mut Modifiers) -> Read<()> {
        let token = self.peek();
        if token.kind != Kind::Name {
            return Err(self.unexpected("a modifier: strict, fuzzy, context-sensitive or learned"));
        }
        if self.is_word("context") && self.ahead(1).kind == Kind::Minus && self.is_word_at(2, "sensitive") {
            self.at += 3;
            modifiers.context_sensitive = true;
            return Ok(());
        }
        match self.text(token) {
            "strict" => modifiers.strict = true,
            "fuzzy" => modifiers.fuzzy = true,
            "learned" => modifiers.learned = true,
            word => {
                let near = match word {
                    "context" | "context_sensitive" | "contextual" => Some("context-sensitive"),
                    _ => super::nearest(word, MODIFIERS.iter().copied()),
                };
                let message = format!("`{word}` is no modifier: expected strict, fuzzy, context-sensitive or learned");
                let found = Diagnostic::new(Code::UnknownModifier, token.span(), message);
                self.last_report = Some(token.start);
                self.report(match near {
                    Some(near) => found.with_hint(format!("did you mean `{near}`?")),
                    None => found,
                });
                return Err(Reported);
            }
        }
        self.bump();
        Ok(())
    }
}
