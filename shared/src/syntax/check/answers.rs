//! How people will answer: emergencies with few phrases (E135), questions that ask for something else than their slot takes
//! (E136), values that cannot be told apart (E137), and templates that put a value right behind a word, or twice (E134).
//!
//! All of it compiles and works; it is what authors find out from people, when nobody tells them before.

use crate::diagnostics::{Code, Span};
use crate::ir::{SlotType, TemplatePart};
use crate::language::{Class, Cue, Language};
use crate::meaning::MIN_EXAMPLES;
use crate::slots::offered::{Forms, SaidFor, named};
use crate::slots::strings::asks_yes_or_no;
use crate::slots::tells_of_aversions;
use crate::template;
use crate::text::{Heard, Word, readable};

use super::super::ast::{Action, ActionKind, Condition, Name, Slot, Term, Text, Type};
use super::super::text::{Escapes, decode};
use super::comparisons::Holds;
use super::references::looks_misspelt;
use super::walk::{Met, blocks, slot as walk_slot, statements};
use super::{Checker, Context};

/// Words of a question that may say nothing of what it asks for.
const MAX_VAGUE_WORDS: usize = 4;

impl<'f, 's> Checker<'f, 's, '_> {
    pub(super) fn answers(&mut self, context: &Context<'f, 's>) {
        self.few_phrases(context);
        self.alike(context);
        self.glued(context);
        let language = self.language_of(context.id.game);
        for slot in &context.written.slots {
            for action in self.questions(context, slot.name.text) {
                match &action.kind {
                    ActionKind::PromptSlot(texts) | ActionKind::AskForClarification(texts) => {
                        texts.iter().for_each(|text| self.question(context, language, slot, *text));
                    }
                    ActionKind::OfferChoices(choices) => self.choices(context, slot, choices),
                    _ => {}
                }
            }
        }
    }

    /// The language that a game says, or the one that it extends.
    pub(super) fn language_of(&self, game: usize) -> &'static Language {
        let games = &self.resolved.file.games;
        let mut found = games.get(game);
        // No more steps than there are games: what goes in circles is reported elsewhere.
        for _ in 0..games.len() {
            let Some(written) = found else { break };
            if let Some(tag) = written.language {
                return Language::coded(&tag.code(self.source)).unwrap_or_else(Language::english);
            }
            found = written.base.and_then(|base| games.iter().find(|other| other.name.text == base.text));
        }
        Language::english()
    }

    fn few_phrases(&mut self, context: &Context<'f, 's>) {
        let urgent = context.lineage.iter().rev().find_map(|found| found.priority) == Some(crate::ir::Priority::Urgent);
        let count: usize =
            context.lineage.iter().flat_map(|found| &found.triggers).map(|trigger| trigger.patterns.len()).sum();
        if urgent && (1..MIN_EXAMPLES).contains(&count) {
            let name = context.written.name;
            let phrases = if count == 1 { "phrase" } else { "phrases" };
            let message = format!("the urgent move `{}` has {count} {phrases}, and is heard in little else", name.text);
            let hint = format!("from {MIN_EXAMPLES} phrases on, sentences that mean the same are heard as well");
            self.report_hint(Code::FewPhrases, name.span, message, hint);
        }
    }

    /// `date1: date  date2: date`
    fn alike(&mut self, context: &Context<'f, 's>) {
        for (at, slot) in context.slots.iter().enumerate() {
            let own = context.written.slots.iter().any(|own| std::ptr::eq(own, *slot));
            let other = context.slots[..at].iter().find(|other| {
                other.name.text != slot.name.text
                    && same_kind(&other.ty, &slot.ty)
                    && root(other.name.text) == root(slot.name.text)
            });
            let (true, Some(other)) = (own, other) else { continue };
            let message = format!(
                "`{}` and `{}` take the same kind of value, and their names do not say which is which: what is said in passing fills neither",
                other.name.text, slot.name.text
            );
            let hint = "name them by what they mean, such as `arrival` and `departure`";
            self.report_hint(Code::HardToTell, slot.name.span, message, hint);
        }
    }

    /// A word that is said for two options of one slot.
    pub(super) fn said_twice(&mut self, options: &[String], terms: &[Term]) {
        let mut said = SaidFor::default();
        for option in options {
            // An option that stands twice is reported elsewhere.
            let _ = said.add(option, option);
        }
        for term in terms {
            let option = self.decoded(term.text);
            for synonym in &term.synonyms {
                let text = self.decoded(synonym.text);
                if let Some(other) = said.add(&text, &option) {
                    let message =
                        format!("`{text}` is said for `{option}` and for `{other}`: nobody can tell which is meant");
                    self.report_hint(Code::HardToTell, synonym.text.span, message, "keep it with one of them");
                }
            }
        }
    }

    /// What is done where a slot is asked for.
    fn questions(&self, context: &Context<'f, 's>, name: &str) -> Vec<&'f Action<'s>> {
        let branches = context.lineage.iter().flat_map(|found| &found.blocks).flat_map(|block| &block.branches);
        let mut actions = Vec::new();
        for branch in branches.filter(|branch| asks_for(&branch.condition, name)) {
            statements(&branch.body, &mut |met| {
                if let Met::Action(action) = met {
                    actions.push(action);
                }
            });
        }
        actions
    }

    /// The options of a slot, and what people call them.
    pub(super) fn forms_of(
        &self,
        game: usize,
        language: &'static Language,
        slot: &Slot<'s>,
        options: &[String],
    ) -> Forms {
        Forms::of(language, self.called(game, slot, options).iter().map(String::as_str))
    }

    fn called(&self, game: usize, slot: &Slot<'s>, options: &[String]) -> Vec<String> {
        let definitions = self.resolved.definitions(game, &slot.ty);
        let terms = slot.vocabulary.iter().chain(definitions.iter().flat_map(|definition| &definition.vocabulary));
        let synonyms = terms.flat_map(|term| term.synonyms.iter().map(|synonym| self.decoded(synonym.text)));
        options.iter().cloned().chain(synonyms).collect()
    }

    fn question(&mut self, context: &Context<'f, 's>, language: &'static Language, slot: &Slot<'s>, text: Text) {
        let written = self.decoded(text);
        let said = outside(&written, '{', '}');
        let name = slot.name;
        let is_short = said == written && said.split_whitespace().count() <= MAX_VAGUE_WORDS;
        if is_short && says_nothing(&Heard::of(language, &said)) {
            let message = format!("nothing in this question says what `{}` is", name.text);
            let hint = "name it, as in \"What is your order number?\": people answer what they are asked";
            self.report_hint(Code::QuestionMismatch, text.span, message, hint);
        }
        match self.holds(context.id.game, &slot.ty) {
            Some(Holds::OneOf(options)) => {
                self.offers(context.id.game, language, slot, &options, &said, text.span);
                self.asks_for_aversions(language, slot, &said, text.span);
            }
            _ if matches!(slot.ty, Type::Simple(SlotType::Boolean)) && leaves_a_choice(&Heard::of(language, &said)) => {
                let message = format!("this question leaves a choice, and `{}` is yes or no", name.text);
                let hint = "ask for one thing that yes or no answers, or make the slot an `enum` of what may be chosen";
                self.report_hint(Code::QuestionMismatch, text.span, message, hint);
            }
            _ if is_optional_text(slot) && asks_yes_or_no(&said, &Heard::of(language, &said)) => {
                let message = format!("people may answer this with a plain yes, and `{}` is text", name.text);
                let hint = "ask for the text itself, as in \"What shall we know? Say skip if there is nothing.\"";
                self.report_hint(Code::QuestionMismatch, text.span, message, hint);
            }
            _ => {}
        }
    }

    /// "Small, medium or large?" for `enum("small", "large")`
    fn offers(
        &mut self,
        game: usize,
        language: &'static Language,
        slot: &Slot<'s>,
        options: &[String],
        said: &str,
        span: Span,
    ) {
        // "Small (9 inches) or large (12)?": what stands in parentheses describes an option.
        let said = outside(said, '(', ')');
        if !said.contains([',', ':']) {
            return;
        }
        let forms = self.forms_of(game, language, slot, options);
        let (announced, list) = said.rsplit_once(':').map_or((false, said.as_str()), |(_, list)| (true, list));
        let heard = Heard::of(language, list);
        let mut pieces = offered(&heard);
        // Where no option has a figure, one measures or prices an option.
        let has_figure = |text: &str| text.contains(|c: char| c.is_ascii_digit());
        if !self.called(game, slot, options).iter().any(|form| has_figure(form)) {
            pieces.retain(|piece| !piece.iter().any(|word| has_figure(&word.text)));
        }
        let (taken, rest): (Vec<_>, Vec<_>) = pieces.iter().partition(|piece| forms.stand_in(language, piece));
        let unknown: Vec<String> = rest.iter().filter_map(|piece| named(piece)).collect();
        // Behind a colon nothing but options is named; elsewhere two of them tell that the others are meant to be some.
        let is_list = if announced { pieces.len() > 1 && unknown.len() == rest.len() } else { taken.len() > 1 };
        if unknown.is_empty() || !is_list {
            return;
        }
        let message = format!("this question offers {}, which `{}` does not take", unknown.join(", "), slot.name.text);
        let hint = "add it to the options, or as what people call one of them: `with vocabulary { \"…\" also means: […] }`; \
             what only describes an option stands in parentheses";
        self.report_hint(Code::QuestionMismatch, span, message, hint);
    }

    /// "Any allergies?" for `diet: list of enum("nuts", …)`
    fn asks_for_aversions(&mut self, language: &'static Language, slot: &Slot<'s>, said: &str, span: Span) {
        let tells = |text: &str| tells_of_aversions(language, text);
        let hinted = slot.context.is_some_and(|context| tells(&self.decoded(context)));
        if !matches!(slot.ty, Type::List(_)) || !tells(said) || tells(&readable(slot.name.text)) || hinted {
            return;
        }
        let message = format!(
            "this asks for what is not wanted, and the name of `{}` does not say so: an answer such as \"no …\" would leave that out of the list",
            slot.name.text
        );
        let hint = "name the slot by it (`allergies`, `leave_out`), or add `with context \"allergies\"`";
        self.report_hint(Code::QuestionMismatch, span, message, hint);
    }

    /// Of yes or no a conditional text shows no value.
    fn is_yes_or_no(&self, context: &Context<'f, 's>, path: &[String]) -> bool {
        let boolean = |ty: &Type<'s>| matches!(ty, Type::Simple(SlotType::Boolean));
        let types_of = |slot: &Slot<'s>| {
            boolean(&slot.ty)
                || self.resolved.definitions(context.id.game, &slot.ty).iter().any(|definition| boolean(&definition.ty))
        };
        matches!(path, [name] if context.slots.iter().any(|slot| slot.name.text == name && types_of(slot)))
    }

    /// `monthly{paid?, in advance}`, `{voucher?, voucher voucher}`
    fn glued(&mut self, context: &Context<'f, 's>) {
        let mut texts = Vec::new();
        let mut collect = |met: Met<'_, '_>| {
            if let Met::Template(text) = met {
                texts.push(text);
            }
        };
        blocks(&context.written.blocks, &mut collect);
        context.written.slots.iter().for_each(|found| walk_slot(found, &mut collect));
        for text in texts {
            // Most texts have no fallback at all.
            if !self.written(text).contains('?') || !self.written(text).contains('{') {
                continue;
            }
            let Ok(parsed) = template::parse(&decode(self.written(text), Escapes::Marked)) else { continue };
            let mut before: Option<&TemplatePart> = None;
            for part in &parsed.parts {
                if let TemplatePart::Conditional { path, pieces, .. } = part
                    && pieces.len() > 2
                    && !self.is_yes_or_no(context, path)
                {
                    let name = path.join(".");
                    let message = format!("the value of `{name}` stands {} times in this text", pieces.len() - 1);
                    let hint = format!(
                        "wherever the text behind `?` holds the word `{name}`, the value takes its place: name the slot otherwise"
                    );
                    self.report_hint(Code::GluedValue, text.span, message, hint);
                }
                if let TemplatePart::ValueOr(path, fallback) = part
                    && let Some(near) = self.misspelt_in(context, path, fallback)
                {
                    let name = path.join(".");
                    let message = format!("the text behind `{name}?` says `{near}`, and would show that word");
                    self.report_hint(Code::DoubtfulReference, text.span, message, format!("did you mean `{name}`?"));
                } else if let TemplatePart::ValueOr(path, fallback) = part
                    && fallback.starts_with(|first: char| !first.is_alphanumeric())
                    && before.is_some_and(sticks)
                {
                    let name = path.join(".");
                    let message = format!("a value of `{name}` would stand right behind what is before it");
                    let hint = format!(
                        "a text that is said only where there is a value holds the name: `{{{name}? … {name}}}`"
                    );
                    self.report_hint(Code::GluedValue, text.span, message, hint);
                }
                before = Some(part);
            }
        }
    }
}

impl Checker<'_, '_, '_> {
    /// `{delivery_address? to delivery_adress}`: a word of the text that is nearly the name.
    fn misspelt_in(&self, context: &Context<'_, '_>, path: &[String], fallback: &str) -> Option<String> {
        let [name] = path else { return None };
        let is_known = context.slots.iter().any(|slot| slot.name.text == name) || context.captures.contains(name);
        let is_part = |sign: char| sign.is_ascii_alphanumeric() || sign == '_';
        // Only a word with `_` is meant as a name: "sized" beside `size` is none.
        let mut words = fallback.split(|sign: char| !is_part(sign)).filter(|word| word.contains('_'));
        let misspelt = |word: &&str| looks_misspelt(word, name);
        words.find(misspelt).filter(|_| is_known).map(str::to_owned)
    }
}

/// Whether what follows a part without a space stands right behind it.
fn sticks(before: &TemplatePart) -> bool {
    match before {
        TemplatePart::Text(text) => text.ends_with(char::is_alphanumeric),
        TemplatePart::Conditional { .. } | TemplatePart::Unless(..) => false,
        _ => true,
    }
}

fn asks_for(condition: &Condition<'_>, slot: &str) -> bool {
    match condition {
        Condition::SlotMissing(name) => name.text == slot,
        Condition::All(parts) => parts.iter().any(|part| asks_for(part, slot)),
        _ => false,
    }
}

/// A name without what only numbers it.
fn root(name: &str) -> &str {
    let root = name.trim_end_matches(|last: char| last.is_ascii_digit()).trim_end_matches('_');
    if root.len() > 1 { root } else { "" }
}

/// Whether two types take the same values, where such a value is told from anything else.
fn same_kind(one: &Type<'_>, other: &Type<'_>) -> bool {
    match (one, other) {
        (Type::Simple(SlotType::String | SlotType::Boolean), _) => false,
        (Type::Simple(one), Type::Simple(other)) => one == other,
        (Type::Range { .. }, Type::Range { .. }) => true,
        (Type::Named(Name { text: one, .. }), Type::Named(Name { text: other, .. })) => one == other,
        _ => false,
    }
}

/// Whether a slot takes any text, and need not be there.
fn is_optional_text(slot: &Slot<'_>) -> bool {
    let plain = slot.vocabulary.is_empty() && slot.expression.is_none();
    matches!(slot.ty, Type::Simple(SlotType::String)) && plain && !slot.required && slot.default.is_none()
}

/// A text without what stands between brackets.
fn outside(text: &str, opening: char, closing: char) -> String {
    let mut out = String::with_capacity(text.len());
    let mut depth = 0usize;
    for character in text.chars() {
        match character {
            _ if character == opening => depth += 1,
            _ if character == closing => depth = depth.saturating_sub(1),
            _ if depth == 0 => out.push(character),
            _ => {}
        }
    }
    out
}

/// "And?", "Please tell me."
fn says_nothing(heard: &Heard) -> bool {
    let vague = Class::FUNCTION.and(Class::FILLER).and(Class::LIGHT);
    heard
        .words
        .iter()
        .all(|word| word.class.is(vague) && !word.class.is(Class::QUESTION.and(Class::NUMBER).and(Class::TIME)))
}

/// "Now or later?"; but "Do you want it or not?", "yes or no?", "one or two".
fn leaves_a_choice(heard: &Heard) -> bool {
    let answers = |word: &Word| word.is([Cue::Yes, Cue::No]) || word.class.is(Class::NEGATOR.and(Class::NUMBER));
    let words = heard.words.as_slice();
    words.windows(3).any(|three| three[1].class.is(Class::OR) && !answers(&three[0]) && !answers(&three[2]))
}

/// The things that a question names one behind the other.
fn offered(heard: &Heard) -> Vec<Vec<&Word>> {
    let mut pieces: Vec<Vec<&Word>> = vec![Vec::new()];
    for word in &heard.words {
        if word.after_break || word.class.is(Class::OR.and(Class::AND)) {
            pieces.push(Vec::new());
        }
        let Some(piece) = pieces.last_mut() else { continue };
        if !word.class.is(Class::OR.and(Class::AND)) {
            piece.push(word);
        }
    }
    pieces.retain(|piece| !piece.is_empty());
    pieces
}
