//! What the recognizers know of a language, as data. A language is one `Grammar`; no code branches on which.

#[path = "../../language/english/numbers.rs"]
mod english;
#[cfg(feature = "german")]
#[path = "../../language/german/numbers.rs"]
mod german;
mod lexicon;
#[path = "../../language/spanish/numbers.rs"]
mod spanish;

pub use lexicon::Lexicon;

use super::Language;
use super::table::Table;

/// What a word does in a number phrase.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Numeral {
    /// A whole number below one hundred that takes no unit after it: `seven`, `twelve`, `veintidós`.
    Small(u8),
    /// A number below ten that may also be an article or pronoun: `one`, `uno`.
    One,
    /// A multiple of ten that takes a unit after it: `twenty`, `treinta`.
    Tens(u8),
    /// A whole number below a million written as one word: `zweihundertdreiundvierzig`.
    Whole(u32),
    /// A multiple of one hundred in one word: `doscientos`.
    Hundreds(u16),
    /// `hundred`: multiplies what stands before it by one hundred.
    Hundred,
    /// A multiplier that needs a number before it: `million`.
    Scale(u64),
    /// A multiplier that is a number by itself as well: `mil`.
    LoneScale(u64),
    /// `dozen`.
    Dozen,
    /// `a`, `an`, `un`: one, if a multiplier or a fraction follows.
    Article,
    /// `couple`, `par`: two, where a quantity is expected.
    Couple,
    /// A place in a row, and the name of a fraction: `third`.
    Ordinal(u64),
    /// The name of several fractions: `thirds`.
    Fractions(u64),
    /// `half`, `quarter`: the name of a fraction that is no ordinal.
    Part(u8),
    /// `halves`, `quarters`.
    Parts(u8),
    /// `and`, `y`: joins the parts of a number.
    And,
    /// `point`, `coma`: what stands between whole and fraction.
    Point,
    /// `over`: stands between numerator and denominator.
    Over,
    /// `minus`, `negative`.
    Minus,
}

/// A relative place in a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Anchor {
    /// From where one is: `next` is +1.
    Current,
    /// From the end: `last` is 0, the one before it -1.
    End,
}

/// Letters after digits that multiply them: `5k`.
#[derive(Debug, Clone, Copy)]
pub struct Suffix {
    /// As written; case counts (`M` is a million, `m` a metre).
    pub letters: &'static str,
    /// The power of ten.
    pub power: u8,
    /// Whether a blank may stand before it.
    pub may_be_apart: bool,
}

/// The ending of an ordinal in digits.
#[derive(Debug, Clone, Copy)]
pub struct OrdinalEnding {
    /// Folded.
    pub letters: &'static str,
    /// The last digit it goes with; any when `None`.
    pub after: Option<u8>,
}

/// How number words are written together: `dreiundvierzig`, `zweitausendfünfhundert`.
#[derive(Debug, Clone, Copy)]
pub struct Compounds {
    /// Between a unit and the tens behind it.
    pub and: &'static str,
    /// Behind what counts hundreds.
    pub hundred: &'static str,
    /// Behind what counts thousands.
    pub thousand: &'static str,
}

/// The units of an age, by number.
pub const AGE_UNITS: [&str; 4] = ["Year", "Month", "Week", "Day"];

/// A language.
#[derive(Debug)]
pub struct Grammar {
    /// Number words, folded and sorted.
    pub numerals: Lexicon<Numeral>,
    /// What separates groups of three digits.
    pub group_mark: char,
    /// Endings of an ordinal in digits.
    pub ordinal_endings: &'static [OrdinalEnding],
    /// Whether ordinals of tens and units stand side by side (`vigésimo primero`).
    pub ordinals_add_up: bool,
    /// Phrases with an ordinal in them that name no place (`at first`).
    pub not_ordinals: Table,
    /// Words before an ordinal that make it a unit of time (`per second`).
    pub time_unit_before: Table,
    /// Words that may follow a unit of time, where a noun would follow an ordinal (`a second ago`).
    pub after_time_unit: Table,
    /// How ages are said, with the number of the unit in [`AGE_UNITS`].
    pub ages: Table,
    /// How scales of temperature are said, with the number of the scale.
    pub temperatures: Table,
    /// Words before a number with a letter that make it the name of a place or thing (`seat 12C`).
    pub labels: Table,
    /// What a degree is called, of an angle or a scale.
    pub degrees: Table,
    /// Names of scales, as one word: behind `degrees`, no angle.
    pub scale_names: Table,
    /// Words near `degrees` that make them an angle.
    pub angle_words: Table,
    /// What units of measure are called, with the number of the unit.
    pub units: Table,
    /// Endings with which a unit is spoken of fondly, and what stands there otherwise (`euritos`).
    pub diminutives: &'static [(&'static str, &'static str)],
    /// Units behind which a number counts something else, where a noun follows it (`6 feet 3 boards`).
    pub units_apart: Table,
    /// Words that look like a unit's plural and are none (`stones`, where the weight is `stone`).
    pub not_units: Table,
    /// Words before a length that make an area (2) or a volume (3) of it.
    pub powers: Table,
    /// The same, behind it.
    pub powers_behind: Table,
    /// Words between a length and a time that make a speed.
    pub per: Table,
    /// Times of a speed: seconds (1), minutes (2), hours (3).
    pub per_times: Table,
    /// How tens end that may be written together with what is added to them (`twentyfifth`); none when empty.
    pub joined_tens: &'static str,
    /// What joins number words that are written together; none where they stand apart.
    pub compounds: Option<Compounds>,
    /// Words that are a number as a whole answer only.
    pub whole_counts: Lexicon<u8>,
    /// Words before a decimal that begins with its mark (`by point seven`).
    pub before_point: Table,
    /// Words that open a range of amounts (`between 5 and 7 dollars`).
    pub range_leads: Table,
    /// Words between the two amounts of a range; those with a 1 only where a word has opened it.
    pub range_joints: Table,
    /// Words between money and its smaller part, beyond `and` (`veinte euros con cincuenta`).
    pub money_joints: Table,
    /// Words for the money in use, each with the power of ten that it multiplies by (`two grand`).
    pub money_words: Table,
    /// What turns a temperature before it into its negative.
    pub below_zero: Table,
    /// Units that are prepositions too (`in`), with the words that may follow the unit.
    pub prepositions_as_units: Lexicon<&'static [&'static str]>,
    /// Articles, folded.
    pub articles: Table,
    /// Words that begin no noun phrase: prepositions, conjunctions, adverbs.
    pub function_words: Table,
    /// Letters after digits that multiply them.
    pub suffixes: &'static [Suffix],
    /// Relative ordinals, folded, words separated by one blank, the longer before the shorter.
    pub relative_ordinals: Lexicon<(Anchor, i8)>,
    /// Words before the word for one that make it a pronoun (`which one`).
    pub pronoun_before: Table,
    /// Words after the word for one that make it a pronoun (`one of`, `one another`).
    pub pronoun_after: Table,
    /// How percent is said, folded, words separated by one blank.
    pub percent: Table,
    /// Words between a word for percent and the number behind it (`percent of twenty`).
    pub percent_of: Table,
    /// `out of`: between the two numbers of a proportion; words separated by one blank.
    pub proportion: Table,
    /// `in`: the same, but with other uses too.
    pub loose_proportion: Table,
    /// Units of time: after `5 in 10`, no proportion.
    pub time_units: Table,
    /// How people say yes wherever it stands, folded, words separated by one blank, the longer before the shorter.
    pub yes: Table,
    /// How people say no wherever it stands.
    pub no: Table,
    /// Words before a yes that turn it into a no (`not`).
    pub negations: Table,
    /// Phrases with a yes or no in them that are no answers (`no one`, `make sure`).
    pub not_answers: Table,
    /// Words that announce a telephone number.
    pub phone_words: Table,
    /// Words that announce a number that is no telephone number.
    pub other_numbers: Table,
    /// Words that may stand between such a word and its number (`order number is`).
    pub number_words: Table,
    /// What stands between a score and its scale in an answer; words separated by one blank.
    pub score: Table,
    /// Words that carry an answer without changing it, sorted.
    pub carriers: Table,
    /// Words that introduce an address (`my email is`).
    pub address_words: Table,
    /// The marks of addresses as they are said.
    pub spoken_marks: Lexicon<&'static str>,
    /// What the digit zero is called in a telephone number, beyond its number word.
    pub spoken_zero: Table,
    /// What a leading `+` is called.
    pub spoken_plus: &'static str,
    /// Words between a letter and the word that spells it (`a as in alpha`).
    pub spelling_joints: Table,
    /// Words for letters in spelling, by their first letter (`alpha`, `bravo`); a letter by itself needs none.
    pub spelling_words: Table,
    /// Words that say that the next letter is a capital; codes are written in capitals anyway.
    pub capitals: Table,
    /// Words that repeat the digit behind them, and how often it stands then.
    pub repeats: Lexicon<usize>,
}

impl Grammar {
    /// The grammar of a language.
    #[must_use]
    pub fn of(language: Language) -> &'static Grammar {
        match language {
            Language::English => &english::GRAMMAR,
            Language::Spanish => &spanish::GRAMMAR,
            #[cfg(feature = "german")]
            Language::German => &german::GRAMMAR,
            // A build without it has no game that speaks it.
            #[cfg(not(feature = "german"))]
            Language::German => &english::GRAMMAR,
        }
    }
}

const fn ending(letters: &'static str) -> OrdinalEnding {
    OrdinalEnding { letters, after: None }
}

const fn ending_after(letters: &'static str, digit: u8) -> OrdinalEnding {
    OrdinalEnding { letters, after: Some(digit) }
}

const fn apart(letters: &'static str, power: u8) -> Suffix {
    Suffix { letters, power, may_be_apart: true }
}

const fn attached(letters: &'static str, power: u8) -> Suffix {
    Suffix { letters, power, may_be_apart: false }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_lexicon_is_sorted_and_folded() {
        for language in [Language::English, Language::Spanish] {
            let grammar = Grammar::of(language);
            let tables = [
                &grammar.yes,
                &grammar.no,
                &grammar.not_answers,
                &grammar.carriers,
                &grammar.function_words,
                &grammar.ages,
                &grammar.temperatures,
                &grammar.units,
                &grammar.powers,
                &grammar.per_times,
                &grammar.other_numbers,
                &grammar.labels,
            ];
            for table in tables {
                assert!(table.is_sorted(), "{language:?}: {table:?}");
            }
            assert!(grammar.numerals.entries.is_sorted_by(|a, b| a.0 < b.0), "{language:?}: numerals");
            for (word, _) in grammar.numerals.entries {
                assert!(word.bytes().all(|b| b.is_ascii_lowercase()), "{word}");
                assert!(grammar.numerals.word(word).is_some(), "{word}");
            }
        }
    }
}
