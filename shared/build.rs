//! Turns the data files of each language in `src/language/` into static tables. What is wrong in a file is an error of
//! the build that names file and line.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::path::PathBuf;

#[path = "src/text/hash.rs"]
#[allow(dead_code)]
mod hash;
#[path = "src/language/sections.rs"]
#[allow(dead_code, unreachable_pub)] // the library uses the rest, and shows it
mod sections;
#[path = "src/text/stem.rs"]
#[allow(dead_code, unreachable_pub)] // the library uses the rest, and shows it
mod stem;
#[path = "build_unicode.rs"]
mod unicode;

use sections::{Class, Cue, Text};
use stem::{Inflection, Rule};

/// Folders in `src/language/`, and the names of their statics.
const LANGUAGES: &[(&str, &str)] = &[("english", "ENGLISH"), ("spanish", "SPANISH"), ("german", "GERMAN")];

fn main() {
    let root = PathBuf::from(std::env::var_os("CARGO_MANIFEST_DIR").expect("cargo sets it"));
    let out = PathBuf::from(std::env::var_os("OUT_DIR").expect("cargo sets it"));
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-changed=build_unicode.rs");
    println!("cargo::rerun-if-changed=src/language");
    println!("cargo::rerun-if-changed=src/text/hash.rs");
    println!("cargo::rerun-if-changed=src/text/stem.rs");
    std::fs::write(out.join("unicode.rs"), unicode::tables()).expect("OUT_DIR can be written");
    let mut faults = Vec::new();
    for (folder, name) in LANGUAGES {
        let mut reader = Reader { root: root.join("src/language").join(folder), folder, faults: &mut faults };
        let code = reader.language(name);
        std::fs::write(out.join(format!("{folder}.rs")), code).expect("OUT_DIR can be written");
    }
    if !faults.is_empty() {
        for fault in &faults {
            println!("cargo::error={fault}");
        }
        std::process::exit(1);
    }
}

/// One line that says something.
struct Line {
    number: usize,
    section: String,
    text: String,
}

struct Reader<'f> {
    root: PathBuf,
    folder: &'f str,
    faults: &'f mut Vec<String>,
}

/// How words of this language are written in normal form.
#[derive(Default)]
struct Spelling {
    folds: Vec<(char, String)>,
    /// A word without apostrophe, and the two that it stands for.
    words: BTreeMap<String, (String, String)>,
    /// What stands before and after an apostrophe, in order: `(before, whole, after, first, second)`.
    apostrophes: Vec<Apostrophe>,
}

struct Apostrophe {
    before: String,
    whole: bool,
    after: String,
    first: String,
    second: String,
}

impl Reader<'_> {
    fn fault(&mut self, file: &str, line: usize, what: impl std::fmt::Display) {
        self.faults.push(format!("shared/src/language/{}/{file}:{line}: {what}", self.folder));
    }

    fn language(&mut self, name: &str) -> String {
        let mut code = String::new();
        let identity = self.settings("language.txt");
        let setting = |reader: &mut Self, key: &str| match identity.iter().find(|(known, _, _)| known == key) {
            Some((_, value, _)) => value.clone(),
            None => {
                reader.fault("language.txt", 1, format_args!("`{key} = …` is missing"));
                String::new()
            }
        };
        let (tag, called) = (setting(self, "code"), setting(self, "name"));
        let locales: Vec<String> = setting(self, "locales").split_whitespace().map(str::to_owned).collect();
        let spelling = self.spelling(&identity);
        let classes = self.lexicon(&spelling, &mut code);
        let forms = self.inflection(&spelling);
        let inflection = inflection(&forms);
        let cues = self.phrases(&spelling, &forms, &mut code);
        let dangers = self.dangers(&spelling);
        let wording = self.wording();
        let entries = self.settings("formats.txt");
        let formats = formats(&entries);
        let places: String = std::iter::once(&tag).chain(&locales).map(|tag| place(&entries, tag)).collect();
        let folds: String = spelling.folds.iter().map(|(from, to)| format!("({from:?}, {to:?}), ")).collect();
        let contractions: String =
            spelling.words.iter().map(|(word, (a, b))| format!("({word:?}, {a:?}, {b:?}), ")).collect();
        let apostrophes: String = spelling
            .apostrophes
            .iter()
            .map(|a| {
                let (before, after) = (&a.before, &a.after);
                format!(
                    "Apostrophe {{ before: {before:?}, whole: {}, after: {after:?}, first: {:?}, second: {:?} }}, ",
                    a.whole, a.first, a.second
                )
            })
            .collect();
        let _ = writeln!(
            code,
            "pub(super) static {name}: Language = Language {{ code: {tag:?}, name: {called:?}, locales: &{locales:?}, places: &[{places}], folds: &[{folds}], \
             dangers: &{dangers:?}, \
             contractions: &[{contractions}], apostrophes: &[{apostrophes}], classes: {classes}, cues: {cues}, \
             wording: &[{wording}], inflection: {inflection}, formats: {formats} }};"
        );
        code
    }

    fn text(&mut self, file: &str) -> String {
        let path = self.root.join(file);
        match std::fs::read_to_string(&path) {
            Ok(text) => text,
            Err(error) => {
                self.fault(file, 1, format_args!("cannot be read: {error}"));
                String::new()
            }
        }
    }

    /// The lines of a file that are neither empty nor comments, with the section each stands in.
    fn lines(&mut self, file: &str) -> Vec<Line> {
        let mut lines = Vec::new();
        let mut section = String::new();
        for (at, line) in self.text(file).lines().enumerate() {
            let line = line.trim();
            if line.is_empty() || line.starts_with('#') {
                continue;
            }
            match line.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
                Some(name) => section = name.trim().to_owned(),
                None => lines.push(Line { number: at + 1, section: section.clone(), text: line.to_owned() }),
            }
        }
        lines
    }

    /// `key = value` lines.
    fn settings(&mut self, file: &str) -> Vec<(String, String, usize)> {
        let mut settings: Vec<(String, String, usize)> = Vec::new();
        for line in self.lines(file) {
            let Some((key, value)) = line.text.split_once('=') else {
                self.fault(file, line.number, "expected `key = value`");
                continue;
            };
            let value = value.trim();
            // Quotation marks keep the spaces at the ends.
            let value = value.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')).unwrap_or(value);
            let key = match line.section.as_str() {
                "" => key.trim().to_owned(),
                section => format!("{section}/{}", key.trim()),
            };
            if settings.iter().any(|(known, _, _)| *known == key) {
                self.fault(file, line.number, format_args!("`{key}` is there already"));
            }
            settings.push((key, value.to_owned(), line.number));
        }
        settings
    }

    fn spelling(&mut self, identity: &[(String, String, usize)]) -> Spelling {
        const FILE: &str = "contractions.txt";
        let mut spelling = Spelling::default();
        for (key, value, line) in identity {
            if key != "fold" {
                continue;
            }
            for pair in value.split_whitespace() {
                let mut halves = pair.splitn(2, ':');
                match (halves.next().map(str::chars), halves.next()) {
                    (Some(mut from), Some(to)) if from.clone().count() == 1 => {
                        spelling.folds.extend(from.next().map(|letter| (letter, to.to_owned())));
                    }
                    _ => self.fault("language.txt", *line, format_args!("`{pair}`: expected `letter:letters`")),
                }
            }
        }
        spelling.folds.sort();
        for (word, stands_for, line) in self.settings(FILE) {
            let (word, stands_for) = (spelling.folded(&word), spelling.folded(&stands_for));
            let words: Vec<&str> = stands_for.split_whitespace().collect();
            let (first, second) = match words.as_slice() {
                [first] => ((*first).to_owned(), String::new()),
                [first, second] => ((*first).to_owned(), (*second).to_owned()),
                _ => {
                    self.fault(FILE, line, "a contraction stands for one or two words");
                    continue;
                }
            };
            match word.split_once('\'') {
                None => {
                    spelling.words.insert(word, (first, second));
                }
                Some((before, after)) => {
                    let whole = !before.starts_with('*');
                    let before = before.trim_start_matches('*').to_owned();
                    let first = if first == "*" { String::new() } else { first };
                    spelling.apostrophes.push(Apostrophe { before, whole, after: after.to_owned(), first, second });
                }
            }
        }
        spelling
    }

    /// `lexicon.txt`: sections named by classes, words parted by white space.
    fn lexicon(&mut self, spelling: &Spelling, code: &mut String) -> String {
        const FILE: &str = "lexicon.txt";
        let mut classes: BTreeMap<String, u64> = BTreeMap::new();
        let mut wanted = |word: &str, class: Class| *classes.entry(word.to_owned()).or_default() |= class.0;
        for line in self.lines(FILE) {
            let Some((_, class)) = Class::NAMES.iter().find(|(name, _)| *name == line.section) else {
                self.fault(FILE, line.number, format_args!("no class is called [{}]", line.section));
                continue;
            };
            for word in line.text.split_whitespace() {
                match spelling.normal(word).as_slice() {
                    [word] => wanted(word, *class),
                    _ => self.fault(FILE, line.number, format_args!("`{word}` is not one word")),
                }
            }
        }
        for word in spelling.words.keys() {
            wanted(word, Class::CONTRACTION);
        }
        self.unique(FILE, classes.keys().map(String::as_str));
        table(code, "CLASS", "u64", &classes)
    }

    fn unique<'w>(&mut self, file: &str, words: impl ExactSizeIterator<Item = &'w str>) {
        let mut seen = BTreeSet::new();
        let bits = bucket_bits(words.len());
        for word in words {
            if !seen.insert(hash::place(hash::of(word.as_bytes()), bits)) {
                self.fault(file, 1, format_args!("`{word}` has the hash of another entry"));
            }
        }
    }

    /// `phrases.txt`: sections named by cues; phrases parted by line ends or commas, each perhaps with `= value`.
    fn phrases(&mut self, spelling: &Spelling, forms: &Inflection, code: &mut String) -> String {
        const FILE: &str = "phrases.txt";
        let mut cues: BTreeMap<String, CueBits> = BTreeMap::new();
        let mut values: BTreeMap<String, String> = BTreeMap::new();
        let mut longest = vec![0u8; Cue::NAMES.len()];
        for line in self.lines(FILE) {
            let Some((_, cue)) = Cue::NAMES.iter().find(|(name, _)| *name == line.section) else {
                self.fault(FILE, line.number, format_args!("no cue is called [{}]", line.section));
                continue;
            };
            // "fire: smoke, flames" is "smoke = fire, flames = fire".
            let (shared, entries) = match line.text.split_once(':') {
                Some((value, entries)) => (Some(value.trim()), entries),
                None => (None, line.text.as_str()),
            };
            for entry in entries.split(',') {
                let (phrase, value) = match entry.split_once('=') {
                    Some((phrase, value)) => (phrase, Some(value.trim())),
                    None => (entry, shared),
                };
                // "~faint" is "faint" in all its forms.
                let (phrase, inflected) =
                    (phrase.trim().trim_start_matches(INFLECTED), phrase.trim().starts_with(INFLECTED));
                let words = spelling.normal(phrase);
                if words.is_empty() || words.len() > MAX_PHRASE_WORDS {
                    self.fault(FILE, line.number, format_args!("`{phrase}`: expected 1 to {MAX_PHRASE_WORDS} words"));
                    continue;
                }
                let joined = if inflected { stems(forms, &words) } else { words.join(" ") };
                if let Some(value) = value {
                    let ends: String = hash::digits(*cue as u8).into_iter().map(char::from).collect();
                    let held: &mut String = values.entry(format!("{joined}{ends}")).or_default();
                    let space = if held.is_empty() { "" } else { " " };
                    *held = format!("{held}{space}{value}");
                }
                cues.entry(joined).or_default()[*cue as usize / 64] |= 1 << (*cue as usize % 64);
                let most = &mut longest[*cue as usize];
                *most = (*most).max(words.len() as u8);
            }
        }
        for (name, cue) in Cue::NAMES {
            if longest[*cue as usize] == 0 {
                self.fault(FILE, 1, format_args!("section [{name}] is missing or empty"));
            }
        }
        self.unique(FILE, cues.keys().map(String::as_str));
        let none = vec![CueBits::default(); 1 << PLACES_BITS];
        let (mut firsts, mut lasts) = (none.clone(), none);
        let join = |held: &mut CueBits, set: &CueBits| held.iter_mut().zip(set).for_each(|(held, set)| *held |= set);
        for (phrase, set) in &cues {
            let words = phrase.trim_end_matches(char::from(hash::STEMMED));
            let first = words.split(' ').next().unwrap_or(words);
            let last = words.rsplit(' ').next().unwrap_or(words);
            join(&mut firsts[hash::slot(hash::of(first.as_bytes()), PLACES_BITS)], set);
            join(&mut lasts[hash::slot(hash::of(last.as_bytes()), PLACES_BITS)], set);
        }
        let places: BTreeSet<CueBits> = firsts.iter().chain(&lasts).copied().collect();
        let places: Vec<CueBits> = places.into_iter().collect();
        for (name, sets) in [("FIRSTS", firsts), ("LASTS", lasts)] {
            let _ = write!(code, "static {name}: [u16; {}] = [", sets.len());
            sets.iter().for_each(|set| {
                let index = places.binary_search(set).expect("it was collected");
                let _ = write!(code, "{index},");
            });
            code.push_str("];\n");
        }
        let _ = write!(code, "static PLACES: [CueBits; {}] = [", places.len());
        places.iter().for_each(|set| {
            let _ = write!(code, "{set:?},");
        });
        code.push_str("];\n");
        let sets = table(code, "CUE", "CueBits", &cues);
        self.unique(FILE, values.keys().map(String::as_str));
        let values: BTreeMap<String, &str> = values.iter().map(|(key, value)| (key.clone(), value.as_str())).collect();
        let values = table(code, "CUE_VALUE", "&str", &values);
        format!(
            "Cues {{ sets: {sets}, longest: &{longest:?}, \
             firsts: &FIRSTS, lasts: &LASTS, places: &PLACES, values: {values} }}"
        )
    }

    /// The words of the dangers that no class has, by their first letters, before each how many bytes it has: `A` for one.
    fn dangers(&mut self, spelling: &Spelling) -> Vec<String> {
        const MIN_LETTERS: usize = 3;
        const MAX_LETTERS: usize = (b'~' - b'@') as usize;
        let mut words: BTreeSet<String> = BTreeSet::new();
        for line in self.lines("phrases.txt").iter().filter(|line| line.section.starts_with(DANGERS)) {
            let (kind, entries) = line.text.split_once(':').unwrap_or(("", &line.text));
            let dangers = entries.split(',').filter_map(|entry| match entry.split_once('=') {
                Some((phrase, kind)) => (kind.trim() != NO_DANGER).then_some(phrase),
                None => (kind != NO_DANGER).then_some(entry),
            });
            words.extend(dangers.flat_map(|phrase| spelling.normal(phrase.trim().trim_start_matches(INFLECTED))));
        }
        for line in self.lines("lexicon.txt") {
            line.text.split_whitespace().flat_map(|word| spelling.normal(word)).for_each(|word| {
                words.remove(&word);
            });
        }
        words.retain(|word| (MIN_LETTERS..=MAX_LETTERS).contains(&word.len()));
        let words: Vec<String> = words.into_iter().collect();
        let counted = |word: &String| format!("{}{word}", char::from(word.len() as u8 + b'@'));
        let groups = words.chunk_by(|one, next| one.as_bytes()[0] == next.as_bytes()[0]);
        groups.map(|group| group.iter().map(counted).collect()).collect()
    }

    /// `wording.txt`: every text of the engine, with its placeholders.
    fn wording(&mut self) -> String {
        const FILE: &str = "wording.txt";
        let texts = self.settings(FILE);
        let mut code = String::new();
        for (key, places) in Text::NAMES {
            let Some((_, text, line)) = texts.iter().find(|(known, _, _)| known == key) else {
                self.fault(FILE, 1, format_args!("`{key} = …` is missing"));
                continue;
            };
            for place in *places {
                if !text.contains(&format!("{{{place}}}")) {
                    self.fault(FILE, *line, format_args!("`{key}` must hold {{{place}}}"));
                }
            }
            let held = text.matches('{').count();
            if held > places.iter().map(|place| text.matches(&format!("{{{place}}}")).count()).sum() {
                self.fault(FILE, *line, format_args!("`{key}` holds a placeholder that nothing fills"));
            }
            let _ = write!(code, "{text:?}, ");
        }
        for (key, _, line) in &texts {
            if !Text::NAMES.iter().any(|(known, _)| known == key) {
                self.fault(FILE, *line, format_args!("no text is called `{key}`"));
            }
        }
        code
    }

    /// `inflection.txt`: `[rules]`, in steps of which each applies its first rule that fits, and `[irregular]` forms.
    fn inflection(&mut self, spelling: &Spelling) -> Inflection {
        const FILE: &str = "inflection.txt";
        let mut steps: Vec<Vec<Rule>> = Vec::new();
        let mut irregular: BTreeMap<u32, &'static str> = BTreeMap::new();
        for line in self.lines(FILE) {
            match line.section.as_str() {
                "rules" if line.text == "step" => steps.push(Vec::new()),
                "rules" => {
                    let Some(rule) = rule(&line.text) else {
                        self.fault(FILE, line.number, "expected `suffix > replacement ; letters [vowel|single|stop]…`");
                        continue;
                    };
                    match steps.last_mut() {
                        Some(step) => step.push(rule),
                        None => self.fault(FILE, line.number, "a rule stands in a `step`"),
                    }
                }
                "irregular" => {
                    let Some((base, forms)) = line.text.split_once(':') else {
                        self.fault(FILE, line.number, "expected `base: form, form`");
                        continue;
                    };
                    for form in forms.split(',') {
                        match (spelling.normal(form).as_slice(), spelling.normal(base).as_slice()) {
                            ([form], [base]) => {
                                irregular.insert(hash::half(hash::of(form.as_bytes())), base.clone().leak());
                            }
                            _ => self.fault(FILE, line.number, format_args!("`{form}`: expected one word")),
                        }
                    }
                }
                other => self.fault(FILE, line.number, format_args!("no section is called [{other}]")),
            }
        }
        let steps: Vec<&'static [Rule]> = steps.into_iter().map(|step| &*step.leak()).collect();
        Inflection { steps: steps.leak(), irregular: irregular.into_iter().collect::<Vec<_>>().leak() }
    }
}

/// The words of a phrase by their stems, as what is meant in all its forms is looked up.
fn stems(forms: &Inflection, words: &[String]) -> String {
    let stemmed = |word: &String| <[&str; 2]>::from(forms.stem(word).pieces()).concat();
    let words: Vec<String> = words.iter().map(stemmed).collect();
    format!("{}{}", words.join(" "), char::from(hash::STEMMED))
}

/// The expression for what `inflection.txt` says.
fn inflection(forms: &Inflection) -> String {
    let steps: String = forms.steps.iter().map(|rules| format!("&{rules:?}, ")).collect();
    format!("Inflection {{ steps: &[{steps}], irregular: &{:?} }}", forms.irregular)
}

/// `formats.txt`: how values are shown.
fn formats(entries: &[(String, String, usize)]) -> String {
    let mut sorted: Vec<(&str, &str)> = entries.iter().map(|(k, v, _)| (k.as_str(), v.as_str())).collect();
    sorted.sort_unstable();
    let entries: String = sorted.iter().map(|(key, value)| format!("({key:?}, {value:?}), ")).collect();
    format!("Formats {{ entries: &[{entries}] }}")
}

/// What figures and signs mean in a locale; of a language alone where `tag` is its code.
fn place(entries: &[(String, String, usize)], tag: &str) -> String {
    let entry = |key: &str| entries.iter().find(|(known, _, _)| known == key).map(|(_, value, _)| value.as_str());
    let own = |key: &str| entry(&format!("{tag}/{key}"));
    let format = |key: &str| own(key).or_else(|| entry(key)).filter(|value| !value.is_empty());
    let date_order = match format("date.order") {
        Some("day") => "DayFirst",
        Some("month") => "MonthFirst",
        _ => "OfLanguage",
    };
    // A language alone is no country: weeks begin as in ISO 8601, and an amount has no currency of its own.
    let week_start = if own("week.first") == Some("Sunday") { "Sunday" } else { "Monday" };
    format!(
        "({tag:?}, Place {{ date_order: DateOrder::{date_order}, week_start: WeekStart::{week_start}, money: HomeMoney {{ \
         dollar_sign: {:?}, pound: {:?}, own: {:?} }}, group_mark: {:?}, ..Place::DEFAULT }}), ",
        format("currency.$"),
        format("currency.£"),
        own("currency"),
        own("group").and_then(|mark| mark.chars().next())
    )
}

/// Before a phrase that is meant in all forms of its words.
const INFLECTED: char = '~';
/// How the sections of dangers begin.
const DANGERS: &str = "danger";
/// The kind of what only looks like a danger.
const NO_DANGER: &str = "-";
/// The longest phrase, in words.
const MAX_PHRASE_WORDS: usize = 12;

/// `suffix > replacement ; letters flags`
fn rule(text: &str) -> Option<Rule> {
    let (suffix, rest) = text.split_once('>')?;
    let (replacement, rest) = rest.split_once(';')?;
    let (suffix, replacement) = (suffix.trim(), replacement.trim());
    let mut rest = rest.split_whitespace();
    let letters: usize = rest.next()?.parse().ok()?;
    let (mut vowel, mut single, mut stop) = (false, false, false);
    for flag in rest {
        match flag {
            "vowel" => vowel = true,
            "single" => single = true,
            "stop" => stop = true,
            _ => return None,
        }
    }
    // What both have in common stays where it is.
    let kept = suffix.bytes().zip(replacement.bytes()).take_while(|(a, b)| a == b).count();
    let (cut, tail) = (suffix.len() - kept, &replacement[kept..]);
    let leak = |text: &str| &*text.to_owned().leak();
    let (suffix, tail) = (leak(suffix), leak(tail));
    (suffix.is_ascii() && replacement.is_ascii()).then_some(Rule { suffix, cut, tail, letters, vowel, single, stop })
}

impl Spelling {
    /// A text without the marks that people leave off.
    fn folded(&self, text: &str) -> String {
        let mut out = String::new();
        for letter in text.chars() {
            match self.folds.iter().find(|(from, _)| *from == letter) {
                Some((_, to)) => out.push_str(to),
                None if letter == 'ß' => out.push_str("ss"),
                None => out.push(letter),
            }
        }
        out
    }

    /// The words of a phrase in normal form; must say the same as `text::Tokens`, which a test compares.
    fn normal(&self, phrase: &str) -> Vec<String> {
        let mut words = Vec::new();
        for word in phrase.split(|letter: char| letter.is_whitespace() || matches!(letter, '-' | '/')) {
            let lower: String = word
                .chars()
                .flat_map(char::to_lowercase)
                .map(|letter| if letter == '’' { '\'' } else { letter })
                .collect();
            let fold = |text: &str| self.folded(text);
            let mut push = |word: &str| {
                if !word.is_empty() {
                    words.push(word.to_owned());
                }
            };
            match lower.split_once('\'') {
                Some((before, after)) => {
                    let (before, after) = (fold(before), fold(after));
                    let expanded = self.apostrophes.iter().find_map(|known| {
                        let fits = if known.whole { before == known.before } else { before.ends_with(&known.before) };
                        (fits && after == known.after).then(|| {
                            let rest = &before[..before.len() - known.before.len()];
                            let first = if known.first.is_empty() { rest.to_owned() } else { known.first.clone() };
                            (first, known.second.clone())
                        })
                    });
                    match expanded {
                        Some((first, second)) => [first, second].iter().for_each(|word| push(word)),
                        None => push(&format!("{before}{after}")),
                    }
                }
                None => {
                    let word = fold(&lower);
                    match self.words.get(&word) {
                        Some((first, second)) => [first, second].iter().for_each(|word| push(word)),
                        None => push(&word),
                    }
                }
            }
        }
        words
    }
}

/// A bit for each cue, as `language/mod.rs` has them.
type CueBits = [u64; Cue::NAMES.len().div_ceil(64)];

/// Bits of a hash that tell which cues may open or end a phrase at a word.
const PLACES_BITS: u32 = 11;

/// Writes a table of values by the hash of a word or phrase, and gives the expression for it.
fn table<V: Copy + Ord + std::fmt::Debug>(
    code: &mut String,
    name: &str,
    of: &str,
    entries: &BTreeMap<String, V>,
) -> String {
    let all: Vec<V> = BTreeSet::from_iter(entries.values().copied()).into_iter().collect();
    let bits = bucket_bits(entries.len());
    let mut placed: Vec<(usize, hash::Rest, usize)> = entries
        .iter()
        .map(|(text, value)| {
            let (bucket, key) = hash::place(hash::of(text.as_bytes()), bits);
            (bucket, key, all.binary_search(value).expect("it was collected"))
        })
        .collect();
    placed.sort_unstable();
    let ends = (0..1usize << bits).map(|bucket| placed.partition_point(|entry| entry.0 <= bucket));
    let mut array = |part: &str, of: &str, values: Vec<String>| {
        let _ = writeln!(code, "static {name}_{part}: [{of}; {}] = [{}];", values.len(), values.join(","));
    };
    array("ENDS", "u16", ends.map(|end| end.to_string()).collect());
    array("KEYS", "[u8; 3]", placed.iter().map(|(_, key, _)| format!("{key:?}")).collect());
    array("VALUES", "u16", placed.iter().map(|(_, _, value)| value.to_string()).collect());
    array("ALL", of, all.iter().map(|value| format!("{value:?}")).collect());
    format!(
        "Table {{ bits: {bits}, ends: &{name}_ENDS, keys: &{name}_KEYS, values: &{name}_VALUES, all: &{name}_ALL }}"
    )
}

/// One or two entries a bucket.
fn bucket_bits(entries: usize) -> u32 {
    entries.max(2).ilog2()
}
