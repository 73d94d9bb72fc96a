//! Lists of options that are edited in words: added to, taken from, replaced, or taken whole.

use serde_json::{Value as Json, json};

use super::convert::Found;
use super::options::{self, Mentioned};
use super::scan::Scan;
use super::{effective_type, strings, yes_no};
use crate::ir::{Slot, SlotType};
use crate::language::{Class, Cue, Language};
use crate::text::{Heard, Word};

/// What is done with the members that are named.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Edit {
    /// Nothing is said about it: "ham and cheese".
    Name,
    Add,
    Remove,
    Only,
}

/// The list that an utterance makes of the one that is held, perhaps an empty one; `None` when it edits nothing.
pub(crate) fn edit_list(slot: &Slot, held: &Json, scan: &Scan<'_>) -> Option<Found> {
    let SlotType::Enum(choices) = effective_type(slot).item() else { return edit_words(slot, held, scan) };
    let members = held.as_array().map_or(std::slice::from_ref(held), Vec::as_slice);
    let members: Vec<String> = members.iter().filter_map(|item| item.as_str().map(str::to_owned)).collect();
    if let Some(swapped) = swapped(choices, slot, scan, &members).filter(|_| held.is_array()) {
        return Some(swapped);
    }
    let edited = edited(choices, slot, scan, members).filter(|edited| edited.edits)?;
    match edited.members.as_slice() {
        [] if edited.removed.is_empty() => None,
        // "forget the delivery, I'll collect": one option in the place of another.
        [only] if !held.is_array() => Some(Found { value: json!(only), ..found(scan, edited) }),
        [..] => held.is_array().then(|| found(scan, edited)),
    }
}

/// "swap the ham for bacon", "change ham to bacon", "bacon por jamón": of two members between which stands what one is exchanged for,
/// the one that the list holds makes room for the other.
fn swapped(choices: &[String], slot: &Slot, scan: &Scan<'_>, held: &[String]) -> Option<Found> {
    let words = scan.heard.words.as_slice();
    let mentioned = options::mentioned(choices, scan.vocabulary(slot), &scan.heard);
    let [one, other] = mentioned.as_slice() else { return None };
    let leads = |at: usize| scan.language().prefix(&words[at..one.first], [Cue::CorrectionChange, Cue::ListRemove]) > 0;
    let told = (0..one.first).any(leads);
    let between: Vec<&Word> =
        words[one.end..other.first].iter().filter(|word| !word.class.is(Class::DETERMINER)).collect();
    let [into] = between.as_slice() else { return None };
    let bare = || words[..one.first].iter().chain(&words[other.end..]).all(|word| !word.tells());
    let exchanges = if told {
        into.is(Cue::CorrectionTo) || into.class.is(Class::FOR)
    } else {
        into.class.is(Class::FOR) && bare()
    };
    if !exchanges || words[one.end..=other.first].iter().any(|word| word.after_break) {
        return None;
    }
    let (one_held, other_held) = (held.contains(&choices[one.index]), held.contains(&choices[other.index]));
    let (out, new) = match (one_held, other_held) {
        (true, false) => (one, other),
        (false, true) => (other, one),
        _ => return None,
    };
    let put = |member: &String| if *member == choices[out.index] { &choices[new.index] } else { member }.clone();
    let members: Vec<String> = held.iter().map(put).collect();
    let text = scan.language().together(&members);
    let span = (words[one.first].start, words[other.end - 1].end);
    Some(Found::new(span, text, members.into_iter().map(Json::String).collect()))
}

/// The list that an utterance states by itself, without what it takes back of it; `None` when it names no member.
pub(crate) fn state_list(choices: &[String], slot: &Slot, scan: &Scan<'_>) -> Option<Found> {
    let stated = edited(choices, slot, scan, Vec::new())?;
    // "that's all" ends an order, it does not take all, nor does "nah, got all that".
    let refuses = scan.heard.begins_with(Cue::No) > 0 && stated.removed.is_empty();
    let ends = stated.said_all && (refuses || strings::is_decline(&scan.heard));
    (!stated.members.is_empty() && !ends).then(|| found(scan, stated))
}

/// Whether a name or a question tells of what is not wanted: "allergies", "leave out".
pub(crate) fn tells_of_aversions(language: &'static Language, text: &str) -> bool {
    let words = Heard::of(language, text).words;
    (0..words.len()).any(|at| {
        let removes = &words[at..at + language.prefix(&words[at..], Cue::ListRemove)];
        // "take away" is also what one wants, "leave out" is not.
        let unwanted = !removes.is_empty() && language.value_of(Cue::ListRemove, removes).is_some();
        words[at].class.is(Class::AVERSE) || unwanted
    })
}

/// Whether a list is of what is not wanted: `allergies`, `leave_out`. "No nuts" names a member of it.
pub(crate) fn is_of_aversions(language: &'static Language, slot: &Slot) -> bool {
    let tells = |text: &str| tells_of_aversions(language, text);
    matches!(effective_type(slot), SlotType::List(_))
        && (tells(&super::named(slot)) || slot.context.as_deref().is_some_and(tells))
}

/// "no nuts", "I'm allergic to fish": the members of a list of what is not wanted, wherever that is said.
pub(crate) fn state_aversions(choices: &[String], slot: &Slot, scan: &Scan<'_>) -> Option<Found> {
    edited(choices, slot, scan, Vec::new()).filter(|stated| stated.of_aversions).map(|stated| found(scan, stated))
}

/// "everything except bacon": a list that is stated as all of its options but some; `None` when none or all are named.
pub(crate) fn state_all(choices: &[String], slot: &Slot, scan: &Scan<'_>) -> Option<Found> {
    let stated = edited(choices, slot, scan, Vec::new())?;
    let all_but_some = stated.said_all && !stated.members.is_empty() && stated.members.len() < choices.len();
    all_but_some.then(|| found(scan, stated))
}

struct Edited {
    members: Vec<String>,
    /// What is named to be left out.
    removed: Vec<String>,
    span: (usize, usize),
    /// Whether something was said to be done, not only named.
    edits: bool,
    /// Whether it was said that all are meant.
    said_all: bool,
    /// Whether the members are what is not wanted, of a list of such things.
    of_aversions: bool,
}

fn found(scan: &Scan<'_>, edited: Edited) -> Found {
    let text = scan.language().together(&edited.members);
    Found::new(edited.span, text, edited.members.into_iter().map(Json::String).collect())
}

fn edited(choices: &[String], slot: &Slot, scan: &Scan<'_>, held: Vec<String>) -> Option<Edited> {
    let language = scan.language();
    let words = scan.heard.words.as_slice();
    let is_list = matches!(effective_type(slot), SlotType::List(_));
    let mentioned: Vec<Mentioned> = options::mentioned(choices, scan.vocabulary(slot), &scan.heard);
    let aversions = !mentioned.is_empty() && is_of_aversions(language, slot);
    let begins = held.is_empty();
    let (mut edit, mut edits, mut only, mut only_not) = (Edit::Name, false, false, false);
    let (mut everything, mut said_all) = (false, false);
    let (mut added, mut removed): (Vec<usize>, Vec<usize>) = (Vec::new(), Vec::new());
    let mut span: Option<(usize, usize)> = None;
    let (mut opens, mut denied_behind) = (true, 0);
    let mut at = 0;
    while at < words.len() {
        if let Some(member) = mentioned.iter().find(|member| member.first == at) {
            if options::supposed(&scan.heard, member.first, member.end)
                || options::is_had(&scan.heard, member.first, member.end)
            {
                at = member.end;
                continue;
            }
            let said = if is_list && !aversions { said_of(&scan.heard, &mentioned, member) } else { 0 };
            if said > 0 {
                at = member.first + said;
                continue;
            }
            let place = (words[member.first].start, words[member.end - 1].end);
            span = Some(span.map_or(place, |held| (held.0, place.1)));
            // "nobody is vegan but three are vegetarian"
            let denied = edit != Edit::Remove
                && words[at].class == Class::CONTENT
                && words[..at]
                    .iter()
                    .any(|word| word.class.is(Class::NEGATOR) && word.class.is(Class::SUBJECT.and(Class::NOTHING)))
                && options::negated(&scan.heard, member.first, member.end);
            // "I'm allergic to ham", "anything but onions"
            let averse = options::averse(&scan.heard, member.first, member.end);
            // Of what is not wanted it is one more.
            let left_out =
                averse && (begins || !aversions) || !everything && options::excepted(&scan.heard, member.first);
            edits |= left_out || averse;
            if edit == Edit::Remove || denied || left_out { &mut removed } else { &mut added }.push(member.index);
            (at, opens) = (member.end, false);
            // "onions no, just ham", "the olives I don't think so": denied behind it.
            let clause = words[at..].iter().take_while(|next| !next.after_break).count();
            if clause > 0 && yes_no::is_no(language, &words[at..at + clause]) {
                for list in [&mut added, &mut removed] {
                    list.retain(|index| *index != member.index);
                }
                removed.push(member.index);
                (edits, denied_behind) = (true, denied_behind + 1);
                at += clause;
                continue;
            }
            // "not the kitchen, the cellar": "not" reaches to the end of its clause, and where one is chosen anything does.
            if only_not && words.get(at).is_some_and(|word| word.after_break) {
                edit = Edit::Name;
            }
            continue;
        }
        let rest: &[Word] = &words[at..];
        // "…, my brother takes the table": what somebody else has or does is left out.
        let set_apart = at == 0 || rest[0].after_break;
        let is_member = |ahead: usize| mentioned.iter().any(|member| member.first == at + ahead);
        if set_apart && !scan.heard.tokens.classes().is(Class::AVERSE) && tells_of_another(rest, is_member) {
            at += 1 + rest[1..].iter().take_while(|word| !word.after_break).count();
            continue;
        }
        // "halal, no wait, kosher": what was named last is not meant.
        let leads = rest.iter().take_while(|word| word.is([Cue::TakesBack, Cue::Pause, Cue::Hesitation])).count();
        if rest[0].after_break
            && leads > 1
            && rest[..leads].iter().any(|word| word.is(Cue::TakesBack))
            && !added.is_empty()
        {
            added.pop();
            edit = Edit::Name;
            at += leads;
            continue;
        }
        // "and wasps", first of all: one more.
        if opens && rest[0].is(Cue::And) && !held.is_empty() {
            (edit, edits) = (Edit::Add, !mentioned.is_empty());
            at += 1;
            continue;
        }
        opens &= rest[0].is([Cue::Hesitation, Cue::Pause, Cue::NoiseBefore]);
        // "no onions at all": what only rounds off an answer says nothing of all.
        let rounds_off = language.prefix(rest, Cue::Afterword);
        let both = if choices.len() == 2 { language.prefix(rest, Cue::OptionBoth) } else { 0 };
        let all = language.prefix(rest, Cue::ListAll).max(both);
        let all = if all > 0 && !is_all_of_it(language, slot, words, (at, at + all), &mentioned) { 0 } else { all };
        // "wherever you like except the kitchen": where nothing was named, all is meant; "but" alone says less.
        let named = !added.is_empty() || !removed.is_empty();
        let except = language.prefix(rest, Cue::ListExcept);
        let except = if everything || held.is_empty() && !named && !rest[0].is(Cue::But) { except } else { 0 };
        // "no, pens and envelopes": a "no" that is set apart takes nothing away.
        let answers = rest[0].is(Cue::No) && rest.get(1).is_some_and(|next| next.after_break);
        let remove = if answers { 0 } else { language.prefix(rest, Cue::ListRemove) };
        let remove = remove.max(usize::from(parted_remove(scan, &mentioned, at)));
        let only_here = language.prefix(rest, Cue::ListOnly);
        let add = language.prefix(rest, Cue::ListAdd);
        let longest = all.max(except).max(remove).max(only_here).max(add);
        if rounds_off > longest {
            at += rounds_off;
            continue;
        }
        if longest == 0 {
            // "no onion but ham": what follows is wanted again.
            if words[at].is(Cue::But) {
                edit = Edit::Name;
            }
            at += 1;
            continue;
        }
        let named_next = mentioned.iter().any(|member| member.first >= at + longest);
        if longest == all {
            (everything, said_all, edits) = (true, true, true);
            span = span.or(Some((rest[0].start, rest[all - 1].end)));
        } else if longest == except || longest == remove {
            edit = Edit::Remove;
            only_not = longest == remove && (rest[0].is(Cue::Not) || !is_list);
            if longest == except && !named_next {
                // "all of that except …": what is excepted is not known.
                return None;
            }
            if longest == except && !everything {
                (everything, edits) = (true, true);
            }
            edits |= named_next;
        } else if longest == only_here {
            edit = Edit::Only;
            // "just" fills more often than it limits: it must stand right before the member.
            let limits = mentioned.iter().any(|member| member.first == at + longest);
            if limits {
                // "ham and cheese, no, just ham"
                added.clear();
            }
            (only, edits) = (only | limits, edits | limits);
        } else {
            edit = Edit::Add;
            // "bacon as well": said behind the member that it adds.
            let behind = !rest[0].after_break && mentioned.iter().any(|member| member.end == at);
            edits |= named_next || behind;
        }
        at += longest;
    }
    // "nuts yes, fish no" answers.
    let answers = !added.is_empty() && denied_behind == removed.len();
    let of_aversions = aversions && begins && !everything && !only && !removed.is_empty() && !answers;
    if of_aversions {
        // "I can eat fish but no nuts": which of them are meant is not known.
        if !added.is_empty() {
            return None;
        }
        std::mem::swap(&mut added, &mut removed);
    }
    let names = |indices: &[usize]| indices.iter().filter_map(|index| choices.get(*index)).cloned().collect::<Vec<_>>();
    let mut members = match (everything, only) {
        (true, _) => choices.to_vec(),
        (false, true) => Vec::new(),
        (false, false) => held,
    };
    for member in names(&added) {
        if !members.contains(&member) {
            members.push(member);
        }
    }
    let removed = names(&removed);
    members.retain(|member| !removed.contains(member));
    Some(Edited { members, removed, span: span?, edits, said_all, of_aversions })
}

/// What of a slot's options is named only to be left out, in words: "no ham", "I'm allergic to olives".
pub(crate) fn left_out(slot: &Slot, scan: &Scan<'_>) -> Option<String> {
    let named: Vec<String> = match effective_type(slot) {
        SlotType::List(item) => {
            let SlotType::Enum(choices) = item.as_ref() else { return None };
            let edited = edited(choices, slot, scan, Vec::new()).filter(|edited| edited.members.is_empty())?;
            edited.removed
        }
        SlotType::Enum(choices) if !super::is_yes_no(scan.language(), slot) => {
            let mentioned = options::mentioned(choices, scan.vocabulary(slot), &scan.heard);
            let out = |member: &Mentioned| {
                let Mentioned { first, end, .. } = *member;
                options::negated(&scan.heard, first, end) || options::averse(&scan.heard, first, end)
            };
            if !mentioned.iter().all(out) {
                return None;
            }
            mentioned.iter().filter_map(|member| choices.get(member.index)).cloned().collect()
        }
        _ => return None,
    };
    let labels: Vec<String> = named.iter().map(|option| super::label(slot, option)).collect();
    (!labels.is_empty()).then(|| scan.language().together(&labels))
}

/// Whether the option that a slot holds is named as what is disliked or not tolerated.
pub(crate) fn is_averse_to(slot: &Slot, held: &Json, scan: &Scan<'_>) -> bool {
    let SlotType::Enum(choices) = effective_type(slot) else { return false };
    scan.heard.tokens.classes().is(Class::AVERSE)
        && options::mentioned(choices, scan.vocabulary(slot), &scan.heard).iter().any(|member| {
            choices.get(member.index).is_some_and(|option| *held == *option.as_str())
                && options::averse(&scan.heard, member.first, member.end)
        })
}

/// "all of them", "I want everything", "everything except bacon": a clause that says no more than that all is meant. "All up to
/// date", "all the stuff in the garage" and "blood everywhere" say something else.
fn is_all_of_it(
    language: &'static Language,
    slot: &Slot,
    words: &[Word],
    all: (usize, usize),
    mentioned: &[Mentioned],
) -> bool {
    let name = super::name(language, slot);
    let member = |at: usize| mentioned.iter().any(|member| (member.first..member.end).contains(&at));
    let goes_on = [Cue::ListExcept, Cue::ListRemove, Cue::With, Cue::Without, Cue::Courtesy, Cue::Afterword];
    let goes_on = |at: usize| words[at].is(goes_on) || words[at].class.is(Class::AND.and(Class::BUT));
    let says_more = |at: usize| words[at].class == Class::CONTENT && !member(at) && !name.holds(&words[at]);
    let from = (0..=all.0).rev().find(|at| *at == 0 || words[*at].after_break).unwrap_or(0);
    let leads = |at: &usize| words[*at].is([Cue::Yes, Cue::Request, Cue::ListAdd, Cue::Carrier]);
    let before = (from..all.0).filter(|at| !leads(at)).any(says_more);
    let clause = (all.1..words.len()).take_while(|at| !words[*at].after_break && !goes_on(*at));
    !before && !clause.into_iter().any(says_more)
}

/// "the fridge and the dishwasher, the oven stays where it is", "…, the oven is not needed", "…, maybe the oven later": a clause
/// of its own says something of a member, where others are named and nothing more, or is not sure of it. How many words the clause
/// has from the member on; 0 where it says nothing.
pub(super) fn said_of(heard: &Heard, mentioned: &[Mentioned], member: &Mentioned) -> usize {
    let (language, words) = (heard.language, heard.words.as_slice());
    let bounds = |member: &Mentioned| {
        let from = (0..=member.first).rev().find(|at| *at == 0 || words[*at].after_break).unwrap_or(0);
        let until = (member.end..words.len()).find(|at| words[*at].after_break).unwrap_or(words.len());
        (from, until)
    };
    let inside = |at: usize| mentioned.iter().any(|member| (member.first..member.end).contains(&at));
    let named = |other: &Mentioned| {
        let (from, until) = bounds(other);
        other.index != member.index
            && (from..until).all(|at| inside(at) || !words[at].class.is(Class::AUXILIARY.and(Class::NEGATOR)))
    };
    let (from, until) = bounds(member);
    // "Tuesdays and Thursdays, maybe Fridays later on"
    let earlier = mentioned.iter().rfind(|other| other.end <= member.first && other.index != member.index);
    let unsure = |earlier: &Mentioned| {
        (earlier.end..member.first).any(|at| language.prefix(&words[at..member.first], Cue::Unsure) > 0)
    };
    if earlier.is_some_and(unsure) {
        return until - member.first;
    }
    let denied = |next: &Word| next.class.is(Class::NEGATOR) || next.is([Cue::Not, Cue::No]);
    let opens =
        words[from..member.first].iter().all(|word| word.class.is(Class::FUNCTION) && !word.class.is(Class::NEGATOR));
    let verb = words.get(member.end).is_some_and(|next| {
        let says = next.class.is(Class::AUXILIARY.and(Class::PRONOUN)) && !next.class.is(Class::DETERMINER);
        !next.after_break && (says || denied(next))
    });
    let adds = !words.get(member.end).is_some_and(denied)
        && (member.end..until).any(|at| language.prefix(&words[at..until], Cue::ListAdd) > 0);
    // "the bonnet came out fine"
    let spared =
        words[member.end..until].iter().any(|word| word.class.is(Class::OVER) && !word.is(Cue::CorrectionPlain));
    if from > 0 && opens && (verb || spared) && !adds && mentioned.iter().any(named) { until - member.first } else { 0 }
}

/// "take the candles off": a verb and its particle with a member between them.
fn parted_remove(scan: &Scan<'_>, mentioned: &[Mentioned], at: usize) -> bool {
    /// Words between the verb and the member.
    const REACH: usize = 3;
    let words = scan.heard.words.as_slice();
    let next = mentioned.iter().find(|member| member.first > at && member.first <= at + REACH);
    let Some(particle) = next.and_then(|member| words.get(member.end)).filter(|word| !word.after_break) else {
        return false;
    };
    options::takes_off(scan.language(), &words[at], particle)
}

/// "my brother takes the table": a clause whose subject is somebody else; no member is that.
fn tells_of_another(rest: &[Word], is_member: impl Fn(usize) -> bool) -> bool {
    let at = usize::from(rest.first().is_some_and(|first| first.class.is(Class::DETERMINER)));
    rest.get(at).is_some_and(|word| word.class.is_person())
        && !is_member(at)
        && rest.get(at + 1).is_some_and(|next| !next.after_break && !next.is([Cue::ListJoin, Cue::And]))
}

/// A list of free texts: "remove the onion", "also bacon".
fn edit_words(slot: &Slot, held: &Json, scan: &Scan<'_>) -> Option<Found> {
    let language = scan.language();
    let words = scan.heard.words.as_slice();
    let rest = &words[language.prefix(words, Cue::Request)..];
    let remove = language.prefix(rest, Cue::ListRemove);
    let add = language.prefix(rest, Cue::ListAdd);
    let only = language.prefix(rest, Cue::ListOnly);
    let longest = remove.max(add).max(only);
    let (first, last) = (rest.get(longest)?, rest.last()?);
    if longest == 0 {
        return None;
    }
    let piece = scan.text.get(first.start..last.end)?;
    let (from, to) = strings::value_span(language, super::spoken_name(slot), piece)?;
    let named = piece.get(from..to)?;
    let mut members: Vec<Json> = held.as_array()?.clone();
    let is = |member: &Json| member.as_str().is_some_and(|member| member.eq_ignore_ascii_case(named));
    if longest == remove {
        if !members.iter().any(is) {
            return None;
        }
        members.retain(|member| !is(member));
    } else if longest == only {
        members.retain(is);
    } else if !members.iter().any(is) {
        members.push(json!(named));
    }
    let texts: Vec<&str> = members.iter().filter_map(Json::as_str).collect();
    let text = language.together(&texts);
    Some(Found::new((first.start, last.end), text, Json::Array(members)))
}

/// What was said for one option or several and is none of them: "tuna", as the whole answer.
pub(crate) fn is_no_option(slot: &Slot, scan: &Scan<'_>) -> Option<String> {
    /// Words of one option at most.
    const MAX_WORDS: usize = 3;
    let SlotType::Enum(choices) = effective_type(slot).item() else { return None };
    let words = scan.heard.words.as_slice();
    let article = scan.language().prefix(words, Cue::Article);
    let said = &words[article..words.len() - scan.language().suffix(&words[article..], Cue::Courtesy)];
    let names = (1..=MAX_WORDS).contains(&said.len())
        && said.iter().all(|word| word.tells())
        && options::mentioned(choices, scan.vocabulary(slot), &scan.heard).is_empty()
        && !super::is_yes_no(scan.language(), slot);
    if !names {
        return None;
    }
    let said = scan.text.get(said.first()?.start..said.last()?.end)?;
    // "Robert O'Neill", "9375550107": a name or a number is no thing that one has or has not.
    let capital = |word: &str| word.starts_with(char::is_uppercase);
    let name = said.split_whitespace().count() > 1 && said.split_whitespace().all(capital);
    let figures = said.bytes().any(|byte| byte.is_ascii_digit());
    (!name && !figures).then(|| said.to_owned())
}

/// What was said for a list beside its options and is not one of them: "tuna" of "tuna and cheese".
pub(crate) fn not_among(slot: &Slot, scan: &Scan<'_>) -> Option<String> {
    /// Words of one member at most.
    const MAX_WORDS: usize = 3;
    let SlotType::List(item) = effective_type(slot) else { return None };
    let SlotType::Enum(choices) = item.as_ref() else { return None };
    let mentioned = options::mentioned(choices, scan.vocabulary(slot), &scan.heard);
    let words = scan.heard.words.as_slice();
    let mut pieces: Vec<(usize, usize)> = Vec::new();
    for (at, word) in words.iter().enumerate() {
        if word.is([Cue::ListJoin, Cue::And]) {
            continue;
        }
        match pieces.last_mut() {
            Some(piece) if piece.1 == at && !word.after_break => piece.1 = at + 1,
            _ => pieces.push((at, at + 1)),
        }
    }
    if pieces.len() < 2 || mentioned.is_empty() {
        return None;
    }
    let unknown = pieces.into_iter().find(|piece| {
        let said = &words[piece.0..piece.1];
        let said = &said[scan.language().prefix(said, Cue::Article).min(said.len() - 1)..];
        said.len() <= MAX_WORDS
            && !mentioned.iter().any(|member| member.first < piece.1 && member.end > piece.0)
            && said.iter().all(|word| word.tells())
    })?;
    let unknown = &words[unknown.0..unknown.1];
    let article = scan.language().prefix(unknown, Cue::Article).min(unknown.len() - 1);
    scan.text.get(unknown[article].start..unknown.last()?.end).map(str::to_owned)
}
