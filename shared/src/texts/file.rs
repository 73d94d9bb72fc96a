//! A file of texts, as `texts/es.yaml` beside a game: reading it, and writing it so that people can work on it.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::Value;

use super::{Entry, texts_of};

/// The folder beside a game in which its files of texts lie.
pub const FILE_FOLDER: &str = "texts";
/// The largest file of texts, in bytes.
const MAX_FILE_BYTES: usize = 8 << 20;

/// A file of texts.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct TextsFile {
    /// The game that it is for; any of the file, where it names none.
    pub game: Option<String>,
    /// The language or locale that its texts are in.
    pub language: String,
    /// What stands for what, by id.
    pub texts: BTreeMap<String, Translated>,
}

/// The texts of one place.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Translated {
    /// The game's own, when they were translated.
    pub source: Vec<String>,
    /// What stands in their place; empty while nobody has translated them.
    pub text: Vec<String>,
}

/// A file of texts that cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TextsError {
    /// It is too large to be meant.
    #[error("E162 the file has {0} bytes; the limit is {MAX_FILE_BYTES}")]
    TooLarge(usize),
    /// It is not what it should be; the text says where.
    #[error("E162 {0}")]
    Malformed(String),
    /// Its language is none of this build.
    #[error("E162 `language: {0}` is no language of this build")]
    Language(String),
    /// A text cannot be read as what stands in its place.
    #[error("E162 `{id}`: {reason}")]
    Text {
        /// Which.
        id: String,
        /// What is wrong with it.
        reason: String,
    },
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    #[serde(default)]
    game: Option<String>,
    language: String,
    #[serde(default)]
    texts: BTreeMap<String, WrittenEntry>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenEntry {
    #[serde(default)]
    source: Value,
    #[serde(default)]
    text: Value,
}

impl TextsFile {
    /// Reads a file.
    ///
    /// # Errors
    /// When it is no YAML of this form.
    pub fn read(yaml: &[u8]) -> Result<TextsFile, TextsError> {
        if yaml.len() > MAX_FILE_BYTES {
            return Err(TextsError::TooLarge(yaml.len()));
        }
        let written: Written =
            serde_saphyr::from_slice(yaml).map_err(|error| TextsError::Malformed(error.to_string()))?;
        let mut texts = BTreeMap::new();
        for (id, entry) in written.texts {
            let (Some(source), Some(text)) = (texts_of(&entry.source), texts_of(&entry.text)) else {
                let reason = "`source` and `text` are a text or a list of texts".to_owned();
                return Err(TextsError::Text { id, reason });
            };
            texts.insert(id, Translated { source, text });
        }
        Ok(TextsFile { game: written.game, language: written.language, texts })
    }

    /// The file with the texts that the game has now: what was translated stays, what is new waits for its translation, and
    /// what the game no longer has goes.
    #[must_use]
    pub fn brought_up_to_date(&self, entries: &[Entry]) -> TextsFile {
        let texts = entries.iter().map(|entry| {
            let held = self.texts.get(&entry.id);
            let text = held.map(|held| held.text.clone()).unwrap_or_default();
            // What was translated from another text says so until somebody has looked at it.
            let source = held.filter(|held| !held.text.is_empty()).map_or(&entry.texts, |held| &held.source);
            (entry.id.clone(), Translated { source: source.clone(), text })
        });
        TextsFile { game: self.game.clone(), language: self.language.clone(), texts: texts.collect() }
    }

    /// As YAML, in the order of the entries.
    #[must_use]
    pub fn written(&self, entries: &[Entry]) -> String {
        let mut out =
            String::from("# Written by `lgdl texts extract`; `text` is what stands in the place of `source`.\n");
        if let Some(game) = &self.game {
            out.push_str(&format!("game: {game}\n"));
        }
        out.push_str(&format!("language: {}\ntexts:\n", self.language));
        for entry in entries {
            let Some(held) = self.texts.get(&entry.id) else { continue };
            out.push_str(&format!(
                "  {}:\n    source: {}\n    text: {}\n",
                quoted(&entry.id),
                one_or_several(&held.source),
                one_or_several(&held.text)
            ));
        }
        out
    }
}

fn one_or_several(texts: &[String]) -> String {
    match texts {
        [] => "\"\"".to_owned(),
        [only] => quoted(only),
        several => format!("[{}]", several.iter().map(|text| quoted(text)).collect::<Vec<_>>().join(", ")),
    }
}

/// In the quotes of JSON, which YAML reads as well.
fn quoted(text: &str) -> String {
    Value::String(text.to_owned()).to_string()
}
