//! Names of people that are said beside something else: "for my mum, Ana Reis", "I'm Tom Okafor", "para Rosa Lund, 82".

use super::counts::is_option_of_another;
use super::fill::Stated;
use super::hear::Span;
use super::run::Run;
use super::state::Open;
use crate::entities::{Entity, Kind, Value};
use crate::ir::{Move, Slot};
use crate::language::{Class, Cue, Language};
use crate::slots::labels::Wanted;
use crate::slots::{self, Found, Scan, is_text};
use crate::text::{Heard, Word, hash};

/// Words of a name at most.
const MAX_NAME_WORDS: usize = 4;
/// The value of a word for one who speaks.
const SPEAKER: &str = "one";
/// Where people are said to be there, how many they are, and the slot that counts them.
pub(super) type Party<'m> = (Span, Option<u32>, Option<&'m str>);
/// People of one kind who are named in a list, at most: "our two boys".
const MAX_PARTY: u32 = 100;

/// Whose name a slot asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Asks {
    /// Another person's, or an animal's: "What is your child's name?"
    Another,
    /// The speaker's, or whoever's it is: "What is your name?"
    Speaker,
    /// A thing that may have a name: "Which show?"
    Thing,
    /// Where something is.
    Place,
    /// What nobody takes for a name: an address, a code, any words.
    Other,
}

/// Who is told of where a name stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Led<'w> {
    /// "I'm …"
    Speaker,
    /// "my mum, …", "my rabbit …"
    Relative(&'w Word),
    /// "guest …"
    Noun(&'w Word),
    /// "she is called …"
    Called,
    /// "for …"
    For,
    /// A clause of nothing but the name.
    Alone,
}

impl Run<'_> {
    /// Names that the utterance says for open slots of people, outside the spans in `taken`; what is open for the name of somebody
    /// takes one where no other slot could.
    pub(super) fn people_named(&self, mv: &Move, open: &[&Slot], scan: &Scan<'_>, taken: &[Span]) -> Vec<Stated> {
        let words = scan.heard.words.as_slice();
        let asks_for_text = || match self.state.active.as_ref().and_then(|frame| frame.open.as_ref()) {
            Some(Open::Slot { name } | Open::Confirm { name }) => {
                mv.slots.iter().any(|slot| slot.name == *name && is_text(slot))
            }
            _ => false,
        };
        // Where every noun is written with a capital, none tells of a name.
        if !words.iter().any(|word| word.is_capital(scan.text))
            || !open.iter().any(|slot| is_text(slot))
            || scan.language().formats.get("nouns").is_some()
            || asks_for_text()
        {
            return Vec::new();
        }
        let asking: Vec<(&Slot, Asks)> =
            open.iter().filter(|slot| is_text(slot)).map(|slot| (*slot, self.asks_whom(mv, slot))).collect();
        let only = |wanted: &dyn Fn(&(&Slot, Asks)) -> bool| {
            let mut slots = asking.iter().filter(|slot| wanted(slot));
            slots.next().filter(|_| slots.next().is_none()).map(|(slot, _)| *slot)
        };
        let of_an_option =
            |who: &Word| asking.first().is_some_and(|(slot, _)| is_option_of_another(mv, slot, scan, who.start));
        let mut found: Vec<Stated> = Vec::new();
        let mut at = 0;
        while at < words.len() {
            // "Soy Marta Gil": what introduces a name is none of it, though a sentence begins with it.
            if at == 0 || words[at].after_break {
                let introduced = scan.language().prefix(&words[at..], Cue::IntroductionName);
                at = (at + introduced).min(words.len() - 1);
            }
            let end = at + name_at(scan.text, words, at);
            let span = words.get(end.max(at + 1) - 1).map_or((0, 0), |last| (words[at].start, last.end));
            let free = taken.iter().all(|(from, until)| span.1 <= *from || *until <= span.0);
            let led = if end > at && free { led(scan, at, end, of_an_option) } else { None };
            // "enrol … to", "inscribir a Daniela"
            let to = || match &words[..at] {
                [.., verb, to] => to.is(Cue::Into) && self.is_of_the_move(mv, std::slice::from_ref(verb)),
                _ => false,
            };
            let led = led.or_else(|| (end > at && free && !words[at].after_break && to()).then_some(Led::For));
            let slot = match led {
                Some(Led::Speaker) => {
                    only(&|(_, asks)| *asks == Asks::Speaker).or_else(|| self.may_be_the_speaker(mv, &asking, scan))
                }
                Some(Led::Noun(noun)) => {
                    only(&|(slot, asks)| *asks == Asks::Another && self.question(mv, slot).name.holds(noun))
                }
                Some(Led::Relative(who)) => {
                    let called = |slot: &Slot| self.is_called(mv, slot, scan, who);
                    only(&|(slot, asks)| *asks == Asks::Another && called(slot))
                        .or_else(|| only(&|(_, asks)| *asks == Asks::Another))
                }
                Some(Led::Called) => only(&|(_, asks)| *asks == Asks::Another),
                Some(Led::For) => only(&|(_, asks)| matches!(asks, Asks::Another | Asks::Thing | Asks::Place))
                    .filter(|slot| self.asks_whom(mv, slot) == Asks::Another),
                Some(Led::Alone) => only(&|(_, asks)| *asks != Asks::Other)
                    .filter(|slot| !matches!(self.asks_whom(mv, slot), Asks::Thing | Asks::Place)),
                None => None,
            };
            if let Some(slot) = slot {
                let name = Found::text(span, scan.text.get(span.0..span.1).unwrap_or_default());
                found.push(Stated { slot: slot.name.clone(), found: name });
            }
            at = end.max(at + 1);
        }
        // Two names for one slot leave open which is meant.
        let slots: Vec<String> = found.iter().map(|stated| stated.slot.clone()).collect();
        found.retain(|stated| slots.iter().filter(|slot| **slot == stated.slot).count() == 1);
        found
    }

    /// Those who are said to be there, how many they are, where that is known, and the only slot of the move that counts people; none
    /// where several do, or one counts only some of them ("How many children?"). A number among them is none by itself.
    pub(super) fn party<'m>(&self, mv: &'m Move, scan: &Scan<'_>) -> Option<Party<'m>> {
        let (span, count, counted) = count_of_speakers(scan)?;
        let mut counting = self.counting_people(mv);
        match (counting.next(), counting.next()) {
            (None, _) => counted.then_some((span, count, None)),
            (Some((slot, age)), None) if age.is_none() || !counted => Some((span, count, Some(&slot.name))),
            _ => None,
        }
    }

    /// The slots whose questions count people, each with of what age only.
    fn counting_people<'m>(&self, mv: &'m Move) -> impl Iterator<Item = (&'m Slot, Option<&'static str>)> {
        let language = self.language();
        let person = move |word: &Word| {
            let somebody = word.class.is_person() || language.cues(word.hash).has(Cue::People);
            somebody && !word.class.is(Class::PRONOUN)
        };
        mv.slots.iter().filter(|slot| slots::is_number(slot)).filter_map(move |slot| {
            let question = self.question(mv, slot);
            let words = question.heard.words.as_slice();
            // "How many of you?"
            let of_you = words.windows(2).any(|pair| pair[0].class.is(Class::OF) && pair[1].class.is(Class::ADDRESSED));
            let mut people = words.iter().filter(|word| person(word)).peekable();
            (of_you || people.peek().is_some()).then(|| (slot, people.find_map(|word| age_of(language, word))))
        })
    }

    /// Whether a slot is the only one of its move that counts people, and of those the ones whom a noun names.
    pub(super) fn counts_people(&self, mv: &Move, slot: &Slot, noun: &Word) -> bool {
        let mut counting = self.counting_people(mv);
        let (Some((only, age)), None) = (counting.next(), counting.next()) else { return false };
        let language = self.language();
        only.name == slot.name && language.is_somebody(noun) && (age.is_none() || age == age_of(language, noun))
    }

    /// The only slot that asks what somebody is called who may be the speaker ("What is the guest's name?"), where no other
    /// person is spoken of.
    fn may_be_the_speaker<'s>(&self, mv: &Move, asking: &[(&'s Slot, Asks)], scan: &Scan<'_>) -> Option<&'s Slot> {
        let mut people = asking.iter().filter(|(_, asks)| matches!(asks, Asks::Another | Asks::Speaker));
        let ((slot, _), None) = (people.next()?, people.next()) else { return None };
        let question = self.question(mv, slot);
        let another = |word: &Word| is_possessive(word) || word.class.is(Class::KIN);
        let spoken_of = scan.heard.words.iter().any(|word| is_relative(scan, word));
        (question.wanted() == Wanted::Name && !spoken_of && !question.heard.words.iter().any(another)).then_some(*slot)
    }

    /// Whether a name is the speaker's by what leads to it, and the slot asks for somebody's who may be another: one that is called
    /// "guest" does, one that is called "name" takes whoever's it is.
    pub(super) fn is_of_the_speaker(&self, mv: &Move, slot: &Slot, scan: &Scan<'_>, found: &Found) -> bool {
        let words = scan.heard.words_of(found.span());
        is_text(slot)
            && !self.question(mv, slot).name.words.iter().all(|word| word.is(Cue::SlotOfName))
            && self.asks_whom(mv, slot) == Asks::Another
            && !self.is_for_oneself(mv, scan)
            && matches!(led(scan, words.start, words.end, |_| false), Some(Led::Speaker))
    }

    /// "inscribirme", "me apunto": what the move is about is done for the one who speaks.
    fn is_for_oneself(&self, mv: &Move, scan: &Scan<'_>) -> bool {
        let language = self.language();
        let me = |text: &str| {
            let key = hash::of(text.as_bytes());
            language.cues(key).has(Cue::Speaker) && language.class(key).is(Class::PRONOUN)
        };
        let own = |verb: &Word| verb.tells() && self.is_of_the_move(mv, std::slice::from_ref(verb));
        let clitic = |verb: &Word| {
            let stem = verb.stem(language).pieces().0.len();
            let tails = verb.text.char_indices().map(|(at, _)| at).filter(|at| *at > stem);
            tails.filter_map(|at| verb.text.get(at..)).any(me) && own(verb)
        };
        let object = |word: &Word| word.class.is(Class::PRONOUN) && !word.is_subject() && word.is(Cue::Speaker);
        let words = scan.heard.words.as_slice();
        words.iter().any(clitic) || words.windows(2).any(|pair| object(&pair[0]) && own(&pair[1]))
    }

    pub(super) fn asks_whom(&self, mv: &Move, slot: &Slot) -> Asks {
        let question = self.question(mv, slot);
        let language = self.language();
        let person = |word: &Word| word.class.is_person() || language.cues(word.hash).has(Cue::People);
        let of_person = |heard: &Heard| heard.words.iter().any(|word| person(word) && !word.class.is(Class::PRONOUN));
        match question.wanted() {
            Wanted::Name | Wanted::Person if of_person(&question.heard) || of_person(&question.name) => Asks::Another,
            Wanted::Name | Wanted::Person if is_of_a_noun(&question.heard) || question.wanted() == Wanted::Person => {
                Asks::Another
            }
            Wanted::Name => Asks::Speaker,
            Wanted::Label if of_person(&question.heard) || of_person(&question.name) => Asks::Another,
            Wanted::Label
                if [&question.heard, &question.name]
                    .iter()
                    .any(|heard| heard.words.iter().any(|word| word.is(Cue::Label))) =>
            {
                Asks::Other
            }
            Wanted::Label => Asks::Thing,
            Wanted::Place => Asks::Place,
            _ => Asks::Other,
        }
    }

    /// "my son …" for `child`, where the game says that a son is one.
    fn is_called(&self, mv: &Move, slot: &Slot, scan: &Scan<'_>, who: &Word) -> bool {
        let question = self.question(mv, slot);
        let holds = |text: &str| Heard::of(self.language(), text).holds(who);
        let own = |text: &str| {
            Heard::of(self.language(), text)
                .words
                .iter()
                .any(|word| question.heard.holds(word) || question.name.holds(word))
        };
        question.heard.holds(who)
            || question.name.holds(who)
            || slot
                .vocabulary
                .iter()
                .chain(scan.terms())
                .any(|term| own(&term.text) && term.synonyms.iter().any(|synonym| holds(&synonym.text)))
    }
}

/// "your dog's name", "the name of the dog", "¿Cómo se llama el perro?": a noun beside that of the name.
fn is_of_a_noun(question: &Heard) -> bool {
    let names = |word: &Word| word.is(Cue::SlotOfName) || word.is(Cue::Label);
    let words = question.words.as_slice();
    let noun = |word: &&Word| word.tells() && !word.after_break;
    let asks = (0..words.len()).find(|at| question.language.prefix(&words[*at..], Cue::AsksLabel) > 0);
    let behind = |from: usize| {
        let rest = words.get(from..).unwrap_or_default();
        let light =
            |word: &&Word| word.class.is(Class::DETERMINER.and(Class::OF).and(Class::ARTICLE)) && !word.after_break;
        let led = rest.iter().take_while(light).count();
        led > 0 && rest.get(led).as_ref().is_some_and(noun)
    };
    // "your full name"
    let of_a_name = |at: usize| noun(&&words[at - 1]) && !words[at - 1].is(Cue::NameKind);
    (1..words.len()).any(|at| names(&words[at]) && of_a_name(at))
        || (0..words.len()).any(|at| names(&words[at]) && behind(at + 1))
        || asks.is_some_and(|at| behind(at + question.language.prefix(&words[at..], Cue::AsksLabel)))
}

/// How many words from this one on are written as a name, and not as that of a street.
pub(super) fn name_at(text: &str, words: &[Word], at: usize) -> usize {
    let count = written_at(text, words, at);
    // "Mill Road 5" is where somebody lives.
    let numbered = words.get(at + count).is_some_and(|next| !next.after_break && next.has_digit());
    if numbered { 0 } else { count }
}

/// How many words from this one on are written with capitals.
pub(super) fn written_at(text: &str, words: &[Word], at: usize) -> usize {
    let goes_on = |word: &Word| !word.after_break;
    // "June Miller": before a name the word for a month is one.
    let timed = |at: usize| {
        let named = |next: &Word| goes_on(next) && next.is_capital(text) && !next.class.is(Class::TIME);
        words[at].class.is(Class::TIME) && !(words[at].class == Class::TIME && words.get(at + 1).is_some_and(named))
    };
    let capital = |at: usize| words[at].is_capital(text) && !timed(at) && !words[at].has_digit();
    // "Ana de la Cruz"
    let joins = Class::OF.and(Class::ARTICLE);
    let mut end = at;
    while end - at < MAX_NAME_WORDS {
        let light = words[end..].iter().take_while(|word| end > at && goes_on(word) && word.class.is(joins)).count();
        match words.get(end + light) {
            Some(word) if capital(end + light) && (end == at || goes_on(word)) => end += light + 1,
            _ => break,
        }
    }
    end - at
}

/// What leads to a name of the words `at..end`, or sets it apart; `of_an_option` tells the nouns that are options.
fn led<'s>(scan: &'s Scan<'_>, at: usize, end: usize, of_an_option: impl Fn(&Word) -> bool) -> Option<Led<'s>> {
    let language = scan.language();
    let words = scan.heard.words.as_slice();
    let before = &words[..at];
    let apart = words[at].after_break;
    let alone = (at == 0 || apart) && words.get(end).is_none_or(|next| next.after_break);
    let full = end - at > 1;
    let of_vocabulary = |word: &Word| {
        let says = |text: &str| {
            let heard = Heard::of(language, text);
            matches!(heard.words.as_slice(), [only] if only.hash == word.hash)
        };
        let kin = |text: &str| Heard::of(language, text).words.iter().any(|word| word.class.is_person());
        scan.terms().iter().any(|term| kin(&term.text) && term.synonyms.iter().any(|synonym| says(&synonym.text)))
    };
    if let [lead @ .., owner, who] = before
        && is_possessive(owner)
        && !who.after_break
        && (is_relative(scan, who)
            || language.cues(who.hash).has(Cue::People)
            || of_vocabulary(who)
            || !apart && of_an_option(who))
    {
        // "a nombre de mi padre, Julio Arce"
        let introduction = &lead[lead.len() - language.suffix(lead, Cue::IntroductionName)..];
        let by_name = introduction.iter().any(|word| word.is(Cue::SlotOfName));
        return Some(if by_name { Led::Speaker } else { Led::Relative(who) });
    }
    if alone {
        // "for the little one, Nico"
        let told = |for_whom: &[Word]| matches!(for_whom, [lead, the, one] if lead.class.is(Class::FOR) && the.class.is(Class::DETERMINER) && one.tells());
        return match before.len().checked_sub(3).is_some_and(|from| told(&before[from..])) {
            _ if full => Some(Led::Alone),
            true => Some(Led::For),
            false => None,
        };
    }
    if apart {
        return None;
    }
    let introduced = language.suffix(before, Cue::IntroductionName);
    let introduction = &before[at - introduced..];
    if language.value_of(Cue::IntroductionName, introduction) == Some("not-speaker") {
        return Some(Led::Called);
    }
    let of_speaker = |word: &Word| {
        word.is([Cue::Speaker, Cue::SlotOfName]) || word.class.is(Class::AUXILIARY) && !word.is(Cue::Copula)
    };
    let telling = introduction.iter().any(|word| !word.class.is(Class::FUNCTION));
    // "it's Steve", "this is Ann": a clause that says no more.
    let points = |word: &Word| word.class.is(Class::PRONOUN.and(Class::DETERMINER)) && !word.class.is(Class::SUBJECT);
    let only = || {
        let leads = introduction.last().is_some_and(|last| last.class.is(Class::LEADS.and(Class::FOR)));
        introduction.first().is_some_and(points)
            && !leads
            && words.get(end).is_none_or(|next| next.after_break)
            && words[at..end].iter().all(|word| word.class == Class::CONTENT)
    };
    // "soy Chuy"; "I'm Dutch" names nobody where that is written with a capital.
    let ends = words.get(end).is_none_or(|next| next.after_break) && language.formats.get("demonyms").is_none();
    if introduction.iter().any(of_speaker) && (telling || full || ends) || only() {
        return Some(Led::Speaker);
    }
    match before.last() {
        Some(lead) if lead.class.is(Class::FOR) => Some(Led::For),
        Some(noun) if noun.class == Class::CONTENT && !noun.is_capital(scan.text) => Some(Led::Noun(noun)),
        _ => None,
    }
}

/// "my", "their"
pub(super) fn is_possessive(word: &Word) -> bool {
    word.is(Cue::Owner) && !word.class.is(Class::ARTICLE)
}

/// "brother", "friends"
fn is_relative(scan: &Scan<'_>, word: &Word) -> bool {
    let form = scan.language().class(word.stem(scan.language()).hash());
    let grammar = Class::DETERMINER.and(Class::PRONOUN).and(Class::SUBJECT);
    word.class.and(form).is(Class::KIN) && !word.class.is(grammar) && !word.is_capital(scan.text)
}

/// Those who are said to be there, for the only slot that counts people, where it is open.
pub(super) fn speakers_counted(party: Party<'_>, open: &[&Slot], scan: &Scan<'_>, taken: &[Span]) -> Option<Stated> {
    let (span, Some(count), Some(name)) = party else { return None };
    let slot = open.iter().find(|slot| slot.name == name)?;
    let free = taken.iter().all(|(from, until)| span.1 <= *from || *until <= span.0);
    let found = Found::new(span, scan.text.get(span.0..span.1)?, serde_json::json!(count));
    free.then(|| Stated { slot: slot.name.clone(), found })
}

/// "child" for a boy: the age of whom a word names, if it tells.
fn age_of(language: &'static Language, who: &Word) -> Option<&'static str> {
    language.value_of(Cue::People, std::slice::from_ref(who)).filter(|age| *age != SPEAKER)
}

/// "just me", "my wife and I", "me, my wife and our two boys": where it is said how many they are who speak, how many, and whether
/// some of them are counted.
fn count_of_speakers(scan: &Scan<'_>) -> Option<(Span, Option<u32>, bool)> {
    let language = scan.language();
    let words = scan.heard.words.as_slice();
    let span = |from: usize, until: usize| (words[from].start, words[until - 1].end);
    let ends = |at: usize| words.get(at).is_none_or(|next| next.after_break);
    let by_phrase = (0..words.len()).find_map(|at| {
        // "para mi hermana y para mí"
        if at > 0 && words[at - 1].class.is(Class::AND) {
            return None;
        }
        let end = at + language.prefix(&words[at..], Cue::Count);
        let count: u32 = language.value_of(Cue::Count, &words[at..end])?.parse().ok()?;
        let speaks = |word: &Word| {
            let pronoun = word.class.is(Class::PRONOUN) && language.cues(word.hash).has(Cue::People);
            word.is(Cue::Speaker) || pronoun || is_possessive(word)
        };
        (ends(end) && words[at..end].iter().any(speaks)).then(|| (span(at, end), Some(count), false))
    });
    let joined = || {
        let (from, until, count) = (0..words.len()).find_map(|at| party(scan, at))?;
        let counted = |word: &Word| word.class.is(Class::NUMBER) || word.has_digit() || word.is(Cue::ArticleIndefinite);
        Some((span(from, until), count, words[from..until].iter().any(counted)))
    };
    // "para una persona"
    let one = || {
        (1..words.len().saturating_sub(1)).find_map(|at| {
            let article = language.is(&words[at..=at], Cue::ArticleIndefinite);
            let person = language.cues(words[at + 1].hash).has(Cue::People) && !words[at + 1].after_break;
            (article && person && ends(at + 2) && words[at - 1].class.is(Class::FOR))
                .then(|| (span(at, at + 2), Some(1), true))
        })
    };
    by_phrase.or_else(joined).or_else(one)
}

/// Those who are named in a list that begins at a word, up to which word, and how many they are. "2 adults and a toddler" need not
/// have the speaker among them; of "my wife and our two boys" nobody knows.
fn party(scan: &Scan<'_>, from: usize) -> Option<(usize, usize, Option<u32>)> {
    let words = scan.heard.words.as_slice();
    let joins = |at: usize| words.get(at).is_some_and(|word| word.class.is(Class::AND));
    let (mut at, mut until, mut count, mut members) = (from, from, 0, 0);
    let (mut speaks, mut own) = (false, false);
    while let Some((end, people, speaker)) = member(scan, at) {
        (until, count, members, speaks) = (end, count + people, members + 1, speaks || speaker);
        own |= is_possessive(&words[at]);
        let apart = words.get(end).is_some_and(|next| next.after_break);
        if !(apart || joins(end)) {
            break;
        }
        at = end + usize::from(joins(end));
    }
    // "Ana and I", "for me and Sam"; but "to Hull and I want …" names nobody.
    let named =
        |at: usize| words.get(at).is_some_and(|word| word.class == Class::CONTENT && word.is_capital(scan.text));
    let opens = |at: usize| {
        let before = at.checked_sub(1).map(|before| words[before].class);
        words[at].after_break || before.is_none_or(|before| before.is(Class::FOR.and(Class::AUXILIARY)))
    };
    if members == 1 && speaks {
        if from > 1 && joins(from - 1) && named(from - 2) && opens(from - 2) {
            return Some((from - 2, until, Some(2)));
        }
        if joins(until) && named(until + 1) && !words[until + 1].after_break && opens(from) {
            return Some((from, until + 2, Some(2)));
        }
    }
    // "my wife and I and four more"
    let counts = |word: &Word| word.class.is(Class::NUMBER) || word.has_digit();
    let more = words.get(until).is_some_and(counts)
        || joins(until) && words[until + 1..].iter().take(2).take_while(|word| !word.after_break).any(counts);
    (members > 1 && !more).then_some((from, until, (speaks || !own).then_some(count)))
}

/// One of those who are named: "me", "my wife", "our two boys", "a friend". Where it ends, how many they are, and whether it is who speaks.
fn member(scan: &Scan<'_>, at: usize) -> Option<(usize, u32, bool)> {
    let language = scan.language();
    let words = scan.heard.words.as_slice();
    let first = words.get(at)?;
    let speaks = |cue: Cue| language.value_of(cue, std::slice::from_ref(first)) == Some(SPEAKER);
    if speaks(Cue::Speaker) || speaks(Cue::People) {
        return Some((at + 1, 1, true));
    }
    let article = language.is(std::slice::from_ref(first), Cue::ArticleIndefinite);
    // "the wife", "los dos niños"
    let counted = at + usize::from(is_possessive(first) || article || first.class.is(Class::ARTICLE));
    let number = words.get(counted).and_then(|word| {
        let said =
            |entity: &&Entity| entity.kind == Kind::Number && (entity.start, entity.end) == (word.start, word.end);
        match scan.entities.iter().find(said)?.readings.first()? {
            Value::Number { number, .. } => (1..=MAX_PARTY).find(|count| f64::from(*count) == *number),
            _ => None,
        }
    });
    let who = words.get(counted + usize::from(number.is_some())).filter(|who| !who.after_break)?;
    let end = counted + usize::from(number.is_some()) + 1;
    match number {
        Some(number) if is_relative(scan, who) || language.is_somebody(who) => Some((end, number, false)),
        None if article && language.is_somebody(who) => Some((end, 1, false)),
        None if counted > at && who.class.is_person() => Some((end, 1, false)),
        _ => None,
    }
}

/// Whether a number was said as a list of people of whom none is the speaker: "2 adults and a toddler".
pub(super) fn is_sum_of_others(language: &'static Language, words: &[Word]) -> bool {
    let speaks = |word: &Word| word.is(Cue::Speaker) || word.class.is(Class::PRONOUN);
    let joined = |word: &Word| word.class.is(Class::AND) || word.after_break;
    words.iter().skip(1).any(joined) && words.iter().any(|word| language.is_somebody(word)) && !words.iter().any(speaks)
}

/// "law Carol", "Sofia in the toddler room": the name within what a pattern captures for one; `None` where it is all of it, or
/// several are written so.
pub(super) fn name_within(scan: &Scan<'_>) -> Option<Found> {
    let words = scan.heard.words.as_slice();
    if scan.language().formats.get("nouns").is_some() {
        return None;
    }
    let at = words.iter().position(|word| word.is_capital(scan.text))?;
    let end = at + name_at(scan.text, words, at);
    let telling = |word: &Word| !word.class.is(Class::FUNCTION) || word.class.is(Class::LEADS);
    let others = words[..at].iter().any(Word::tells) || words[end..].first().is_some_and(telling);
    let span = (words[at].start, words.get(end.checked_sub(1)?)?.end);
    let only = end > at && !words[end..].iter().any(|word| word.is_capital(scan.text) || word.after_break);
    (others && only).then(|| Found::text(span, scan.text.get(span.0..span.1).unwrap_or_default()))
}
