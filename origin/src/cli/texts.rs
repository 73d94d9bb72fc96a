//! `lgdl texts`: the texts of a game for translators, and what they made of them.

mod xliff;

use std::fs;
use std::path::{Path, PathBuf};

use lgdl::language::{Language, Locale};
use lgdl::meaning::MIN_EXAMPLES;
use lgdl::texts::{Entry, FILE_FOLDER, Fault, Kind, TextsFile, check, extract, of_the_program};

use super::console::{Console, count};
use super::failure::{End, Failure, Verdict};
use super::source::{self, Loaded};

#[derive(clap::Args)]
pub(super) struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(clap::Args)]
struct Which {
    /// The game
    #[arg(value_name = "GAME")]
    game: PathBuf,
    /// Which game of the file; default: the one that no other game extends
    #[arg(long = "game", value_name = "NAME")]
    name: Option<String>,
}

#[derive(clap::Subcommand)]
enum Command {
    /// Write texts/LANGUAGE.yaml beside the game, or bring it up to date; what is translated stays
    Extract {
        #[command(flatten)]
        which: Which,
        /// The languages, as es or es-MX; default: those that have a file
        #[arg(long = "language", value_name = "TAG")]
        languages: Vec<String>,
    },
    /// Name what is missing, stale, or lost a placeholder
    Check {
        #[command(flatten)]
        which: Which,
    },
    /// Show how much of each language is translated
    Status {
        #[command(flatten)]
        which: Which,
        /// Write the result as one JSON document
        #[arg(long)]
        json: bool,
    },
    /// Write a language as XLIFF 2, for translators' tools
    Export {
        #[command(flatten)]
        which: Which,
        /// The language, as es or es-MX
        #[arg(long, value_name = "TAG")]
        language: String,
        /// Write to this file instead of standard output
        #[arg(short, long, value_name = "FILE")]
        output: Option<PathBuf>,
    },
    /// Take the translations of an XLIFF 2 file over
    Import {
        #[command(flatten)]
        which: Which,
        /// The file
        #[arg(value_name = "XLIFF")]
        file: PathBuf,
    },
}

pub(super) fn run(arguments: &Arguments, console: &mut Console) -> End {
    match &arguments.command {
        Command::Extract { which, languages } => extract_texts(which, languages, console),
        Command::Check { which } => check_texts(which, console),
        Command::Status { which, json } => status(which, *json, console),
        Command::Export { which, language, output } => export(which, language, output.as_deref(), console),
        Command::Import { which, file } => import(which, file, console),
    }
}

/// A game with its texts and the folder of its translations.
struct Texts {
    loaded: Loaded,
    entries: Vec<Entry>,
    folder: PathBuf,
}

impl Texts {
    /// Faults of translations are what these commands are there for: the game is read without them.
    fn of(which: &Which, console: &mut Console) -> Result<Texts, Failure> {
        let loaded = source::load_untranslated(&which.game, which.name.as_deref(), console)?;
        let Some(path) = &loaded.source.path else {
            return Err(Failure::Usage("a game from standard input has no folder for its translations".into()));
        };
        let folder = path.with_file_name(FILE_FOLDER);
        let entries = extract(&loaded.game);
        Ok(Texts { entries, folder, loaded })
    }

    /// Whether the game itself is in a language, so that nothing of a translation into it is ever said.
    fn is_own(&self, language: &str) -> bool {
        language.split('-').next().and_then(Language::coded) == Some(Language::of_game(&self.loaded.game))
    }

    fn path(&self, language: &str) -> PathBuf {
        self.folder.join(format!("{language}.yaml"))
    }

    /// The languages that have a file, by name.
    fn languages(&self) -> Result<Vec<String>, Failure> {
        let mut found = Vec::new();
        if !self.folder.is_dir() {
            return Ok(found);
        }
        let cannot = |error| Failure::Failed(format!("cannot read {}: {error}", self.folder.display()));
        for entry in fs::read_dir(&self.folder).map_err(cannot)? {
            let path = entry.map_err(cannot)?.path();
            if path.extension().is_some_and(|extension| extension == "yaml") {
                found.extend(path.file_stem().map(|stem| stem.to_string_lossy().into_owned()));
            }
        }
        found.sort();
        Ok(found)
    }

    fn read(&self, language: &str) -> Result<TextsFile, Failure> {
        let path = self.path(language);
        TextsFile::read(&source::read_file(&path)?)
            .map_err(|error| Failure::Failed(format!("{}: {error}", path.display())))
    }

    /// The file of a language, or an empty one.
    fn read_or_new(&self, language: &str) -> Result<TextsFile, Failure> {
        if self.is_own(language) {
            return Err(Failure::Usage(format!(
                "`{language}` is the game's own language: its texts stand in the game"
            )));
        }
        if self.path(language).is_file() {
            return self.read(language);
        }
        let known = Locale::tagged(language).is_some() || Language::coded(language).is_some();
        if !known {
            let all: Vec<&str> = Language::all().iter().map(|language| language.code).collect();
            let known = all.join(", ");
            return Err(Failure::Usage(format!("`{language}` is no language of this build; it has {known}")));
        }
        let game = Some(self.loaded.game.name.clone());
        Ok(TextsFile { game, language: language.to_owned(), ..TextsFile::default() })
    }

    fn write(&self, language: &str, file: &TextsFile) -> Result<(), Failure> {
        let path = self.path(language);
        let cannot = |error| Failure::Failed(format!("cannot write {}: {error}", path.display()));
        fs::create_dir_all(&self.folder).map_err(cannot)?;
        fs::write(&path, file.brought_up_to_date(&self.entries).written(&self.entries)).map_err(cannot)
    }
}

fn extract_texts(which: &Which, languages: &[String], console: &mut Console) -> End {
    let texts = Texts::of(which, console)?;
    let languages = if languages.is_empty() { texts.languages()? } else { languages.to_vec() };
    if languages.is_empty() {
        return Err(Failure::Usage("which language? say --language es".into()));
    }
    for language in languages {
        let mut file = texts.read_or_new(&language)?;
        for (id, known) in of_the_program(&texts.loaded.game, &language) {
            let held = file.texts.entry(id).or_default();
            if held.text.is_empty() {
                *held = known;
            }
        }
        texts.write(&language, &file)?;
        let waiting = texts.entries.iter().filter(|entry| is_waiting(&file, entry)).count();
        console.line(format_args!(
            "{}: {}, {waiting} to be translated",
            texts.path(&language).display(),
            count(texts.entries.len(), "text")
        ))?;
    }
    Ok(Verdict::Yes)
}

fn is_waiting(file: &TextsFile, entry: &Entry) -> bool {
    file.texts.get(&entry.id).is_none_or(|held| held.text.is_empty())
}

fn check_texts(which: &Which, console: &mut Console) -> End {
    let texts = Texts::of(which, console)?;
    let mut verdict = Verdict::Yes;
    for language in texts.languages()? {
        let shown = texts.path(&language).display().to_string();
        let file = texts.read(&language)?;
        if texts.is_own(&file.language) {
            verdict = Verdict::No;
            console.line(format_args!("{shown}: is in the game's own language, so that nothing of it is said"))?;
            continue;
        }
        for (id, fault) in check(&texts.loaded.game, &file) {
            verdict = Verdict::No;
            let said = match fault {
                Fault::Missing => "is not translated".to_owned(),
                Fault::Stale => "was translated from another text; look at it and bring `source` up to date".to_owned(),
                Fault::Lost(name) => format!("lost `{{{name}}}`"),
                Fault::Strange(name) => format!("has `{{{name}}}`, which no text of the game knows"),
                Fault::Unreadable(reason) => format!("cannot be read: {reason}"),
                Fault::SaidForTwo { text, other } => {
                    format!("says \"{text}\", which is said for `{other}` as well: nobody can tell which is meant")
                }
                Fault::NoOption { text, slot } => {
                    format!("says \"{text}\", which is no option of `{slot}`: write what the option is called")
                }
                Fault::FewPhrases(count) => format!(
                    "has {} for an urgent move, which is heard in little else; {MIN_EXAMPLES} or more, and meaning is heard as well",
                    self::count(count, "phrase")
                ),
                Fault::Unknown => "is no text of the game any more".to_owned(),
            };
            console.line(format_args!("{shown}: {id} {said}"))?;
        }
    }
    Ok(verdict)
}

fn status(which: &Which, json: bool, console: &mut Console) -> End {
    let texts = Texts::of(which, console)?;
    let mut rows = Vec::new();
    for language in texts.languages()? {
        let file = texts.read(&language)?;
        let faults = check(&texts.loaded.game, &file);
        let of = |wanted: fn(&Fault) -> bool| faults.iter().filter(|(_, fault)| wanted(fault)).count();
        let missing = of(|fault| *fault == Fault::Missing);
        rows.push(serde_json::json!({
            "language": language,
            "texts": texts.entries.len(),
            "translated": texts.entries.len() - missing,
            "missing": missing,
            "stale": of(|fault| *fault == Fault::Stale),
            "broken": of(|fault| matches!(fault, Fault::Lost(_) | Fault::Strange(_) | Fault::Unreadable(_))),
        }));
    }
    if json {
        console.json(&serde_json::json!({ "game": texts.loaded.game.name, "languages": rows }))?;
        return Ok(Verdict::Yes);
    }
    let says = texts.entries.iter().filter(|entry| entry.kind == Kind::Said).count();
    console.line(format_args!(
        "{}: {}, {says} of them said",
        texts.loaded.game.name,
        count(texts.entries.len(), "text")
    ))?;
    for row in &rows {
        console.line(format_args!(
            "  {}: {} of {} translated, {} stale, {} broken",
            row["language"].as_str().unwrap_or_default(),
            row["translated"],
            row["texts"],
            row["stale"],
            row["broken"]
        ))?;
    }
    Ok(Verdict::Yes)
}

fn export(which: &Which, language: &str, output: Option<&Path>, console: &mut Console) -> End {
    let texts = Texts::of(which, console)?;
    let file = texts.read_or_new(language)?;
    let own = Language::of_game(&texts.loaded.game).code;
    let text = xliff::write(&texts.loaded.game.name, own, &texts.entries, &file);
    match output {
        Some(path) => fs::write(path, text)
            .map_err(|error| Failure::Failed(format!("cannot write {}: {error}", path.display())))?,
        None => console.file(&text)?,
    }
    Ok(Verdict::Yes)
}

fn import(which: &Which, file: &Path, console: &mut Console) -> End {
    let texts = Texts::of(which, console)?;
    let text = String::from_utf8(source::read_file(file)?)
        .map_err(|_| Failure::Failed(format!("{} is not UTF-8 text", file.display())))?;
    let xliff::Read { language, targets, unreviewed } =
        xliff::read(&text).map_err(|reason| Failure::Failed(format!("{}: {reason}", file.display())))?;
    let mut held = texts.read_or_new(&language)?;
    let mut taken = 0;
    for (id, target) in targets {
        let Some(entry) = texts.entries.iter().find(|entry| entry.id == id) else {
            console.note(format_args!("{id} is no text of the game"));
            continue;
        };
        // What still wants to be looked at stays a translation of the text that it was made from.
        let stays = held.texts.get(&id).filter(|before| unreviewed.contains(&id) && before.text == target);
        let source = stays.map_or(&entry.texts, |before| &before.source).clone();
        let translated = lgdl::texts::Translated { source, text: target };
        taken += usize::from(held.texts.insert(id, translated.clone()) != Some(translated));
    }
    texts.write(&language, &held)?;
    console.line(format_args!("{}: {} taken over", texts.path(&language).display(), count(taken, "text")))?;
    Ok(Verdict::Yes)
}
