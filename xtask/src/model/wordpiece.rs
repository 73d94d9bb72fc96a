//! Cutting words into the pieces that the sentence model knows.

use std::collections::BTreeMap;

/// The pieces, by their text; one that continues a word begins with `##`.
pub(crate) struct Pieces {
    ids: BTreeMap<String, u32>,
    texts: Vec<String>,
}

/// The longest word that is cut, in characters.
const MAX_WORD_CHARS: usize = 100;

impl Pieces {
    /// Reads `vocab.txt`: a piece a line.
    pub(crate) fn read(text: &str) -> Pieces {
        let texts: Vec<String> = text.lines().map(str::to_owned).collect();
        let ids = texts.iter().enumerate().map(|(id, piece)| (piece.clone(), id as u32)).collect();
        Pieces { ids, texts }
    }

    /// All pieces, by id.
    pub(crate) fn texts(&self) -> &[String] {
        &self.texts
    }

    /// A piece's id.
    pub(crate) fn id(&self, piece: &str) -> Option<u32> {
        self.ids.get(piece).copied()
    }

    /// The pieces of a word of lower-case letters, the longest first; `None` when it can't be cut.
    pub(crate) fn cut(&self, word: &str) -> Option<Vec<u32>> {
        if word.chars().count() > MAX_WORD_CHARS {
            return None;
        }
        let mut found = Vec::new();
        let mut at = 0;
        while at < word.len() {
            let mark = if at == 0 { "" } else { "##" };
            let ends = (at + 1..=word.len()).rev().filter(|&end| word.is_char_boundary(end));
            let (end, id) =
                ends.filter_map(|end| Some((end, self.id(&format!("{mark}{}", &word[at..end]))?))).next()?;
            found.push(id);
            at = end;
        }
        Some(found)
    }
}
