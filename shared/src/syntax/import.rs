//! `import "file.lgdl"`: the texts of several files read as one, each with its place, so that everything after the lexer
//! knows one text only. The file itself comes first: what is said of it keeps its place.

use std::collections::BTreeMap;

use crate::diagnostics::{Code, Diagnostic, Lines, Span};

use super::ast::{File, Text};
use super::findings::Findings;
use super::lexer::lex;
use super::limits::{MAX_IMPORTS, MAX_SOURCE_BYTES};
use super::parser;
use super::text::{Escapes, decode};

/// Gives the text of a file that is imported, or the reason why there is none. Paths are relative to the file that is
/// read, with `/` between their parts.
pub type Importer<'i> = &'i dyn Fn(&str) -> Result<Vec<u8>, String>;

/// How the names of parts begin that come with the program.
const LIBRARY: &str = "lgdl:";
const KEYWORD: &[u8] = b"import";

/// How a line begins behind which another file stands, in a text that brings its files along.
const FILE: &str = "# lgdl:file ";

/// Files read as one.
pub(super) struct Sources {
    pub(super) text: Vec<u8>,
    /// The files that the text brought along, by path.
    pub(super) files: BTreeMap<String, String>,
    segments: Vec<Segment>,
}

/// A file in the text.
struct Segment {
    /// Its path from the file that is read; empty for that file itself.
    path: String,
    start: usize,
    end: usize,
    /// The import that led here, in the file that is read.
    import: Span,
}

/// An import that is to be followed.
struct Pending {
    path: String,
    from: Vec<String>,
    import: Span,
}

/// Reads a file and whatever it imports, directly or not, each once.
pub(super) fn gather(whole: &[u8], importer: Importer<'_>, findings: &mut Findings) -> Sources {
    let (source, files) = unbundled(whole);
    let start = Segment { path: String::new(), start: 0, end: source.len(), import: Span::default() };
    let mut sources = Sources { text: source.to_vec(), files, segments: vec![start] };
    let mut pending = Vec::new();
    for (path, span) in imports(source) {
        pending.push(Pending { path, from: Vec::new(), import: span });
    }
    if pending.is_empty() {
        return sources;
    }
    let language = language_of(source);
    pending.reverse();
    while let Some(next) = pending.pop() {
        let Some(path) = joined(next.from.last().map_or("", String::as_str), &next.path) else {
            findings.push(bad(next.import, format!("`{}` is not a path to a file beside this one", next.path)));
            continue;
        };
        if next.from.contains(&path) {
            let way = next.from.iter().chain([&path]).cloned().collect::<Vec<_>>().join(" imports ");
            findings.push(bad(next.import, format!("files import each other in a circle: {way}")));
            continue;
        }
        if sources.segments.iter().any(|segment| segment.path == path) {
            continue;
        }
        if sources.segments.len() > MAX_IMPORTS {
            findings.push(bad(next.import, format!("a file imports at most {MAX_IMPORTS} others")));
            return sources;
        }
        let read = match path.strip_prefix(LIBRARY) {
            Some(part) => super::library::part(part, &language).map(|text| text.as_bytes().to_vec()),
            None => match sources.files.get(&path) {
                Some(text) => Ok(text.clone().into_bytes()),
                None => importer(&path),
            },
        };
        let text = match read {
            Ok(text) if sources.text.len() + text.len() < MAX_SOURCE_BYTES => text,
            Ok(_) => {
                findings
                    .push(bad(next.import, format!("with `{path}` the file is larger than {MAX_SOURCE_BYTES} bytes")));
                continue;
            }
            Err(reason) => {
                findings.push(bad(next.import, format!("`{path}` cannot be imported: {reason}")));
                continue;
            }
        };
        let mut from = next.from;
        from.push(path.clone());
        for (inner, _) in imports(&text).into_iter().rev() {
            pending.push(Pending { path: inner, from: from.clone(), import: next.import });
        }
        sources.text.push(b'\n');
        let start = sources.text.len();
        sources.text.extend(text.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(&text));
        sources.segments.push(Segment { path, start, end: sources.text.len(), import: next.import });
    }
    sources
}

/// A file with those that it imports, and others, in one text that says the same wherever it is read.
#[must_use]
pub fn bundle(source: &[u8], importer: Importer<'_>, others: &[(String, String)]) -> Vec<u8> {
    let sources = gather(source, importer, &mut Findings::default());
    let mut out = unbundled(source).0.to_vec();
    let mut add = |path: &str, text: &[u8]| {
        if !out.ends_with(b"\n") {
            out.push(b'\n');
        }
        out.extend_from_slice(format!("{FILE}{path}\n").as_bytes());
        out.extend_from_slice(text);
    };
    for segment in sources.segments.iter().skip(1).filter(|segment| !segment.path.starts_with(LIBRARY)) {
        add(&segment.path, &sources.text[segment.start..segment.end]);
    }
    for (path, text) in others {
        add(path, text.as_bytes());
    }
    out
}

/// The file itself, and those that stand behind it.
fn unbundled(whole: &[u8]) -> (&[u8], BTreeMap<String, String>) {
    let mut files = BTreeMap::new();
    let begins = |at: &usize| *at == 0 || whole.get(at - 1) == Some(&b'\n');
    let marks: Vec<usize> = whole
        .windows(FILE.len())
        .enumerate()
        .filter(|(at, window)| *window == FILE.as_bytes() && begins(at))
        .map(|(at, _)| at)
        .take(MAX_IMPORTS)
        .collect();
    let Some(first) = marks.first().copied() else { return (whole, files) };
    for (index, mark) in marks.iter().enumerate() {
        let end = marks.get(index + 1).copied().unwrap_or(whole.len());
        let Ok(text) = std::str::from_utf8(&whole[mark + FILE.len()..end]) else { continue };
        let (path, text) = text.split_once('\n').unwrap_or((text, ""));
        files.insert(path.trim().to_owned(), text.to_owned());
    }
    (&whole[..first], files)
}

fn bad(span: Span, message: String) -> Diagnostic {
    Diagnostic::new(Code::BadImport, span, message)
}

/// What a text imports. What is wrong with the text is said when it is read as a whole.
fn imports(text: &[u8]) -> Vec<(String, Span)> {
    // Most files import nothing, and need not be read twice to know it.
    if !text.windows(KEYWORD.len()).any(|window| window == KEYWORD) {
        return Vec::new();
    }
    let lexed = lex(text);
    let parse = parser::parse(&lexed, &mut Findings::default());
    parse.file.imports.iter().map(|import| (written(lexed.source, import.path), import.path.span)).collect()
}

fn written(source: &str, text: Text) -> String {
    decode(&source[text.span.start as usize..text.span.end as usize], Escapes::Plain).into_owned()
}

/// The language of the first game of a file.
fn language_of(text: &[u8]) -> String {
    let lexed = lex(text);
    let parse = parser::parse(&lexed, &mut Findings::default());
    let tag = parse.file.games.iter().find_map(|game| game.language.or(game.locale));
    tag.map(|tag| tag.code(lexed.source)).unwrap_or_default()
}

/// A path as seen from the file that is read; `None` for one that is absolute or leaves by too many `..`.
fn joined(from: &str, path: &str) -> Option<String> {
    if path.starts_with(LIBRARY) {
        return Some(path.to_owned());
    }
    if path.is_empty() || path.starts_with('/') || path.contains(['\\', ':']) {
        return None;
    }
    let folder = from.rsplit_once('/').map_or("", |(folder, _)| folder);
    let mut parts: Vec<&str> = folder.split('/').filter(|part| !part.is_empty()).collect();
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." if parts.last().is_some_and(|last| *last != "..") => {
                parts.pop();
            }
            part => parts.push(part),
        }
    }
    (!parts.is_empty()).then(|| parts.join("/"))
}

impl Sources {
    /// How many of the file's games are its own: they come first.
    pub(super) fn own_games(&self, file: &File<'_>) -> usize {
        let own = &self.segments[0];
        file.games.iter().take_while(|game| (game.name.span.start as usize) <= own.end).count()
    }

    /// For each game, the entry games of the files that its file imports.
    pub(super) fn imported(&self, file: &File<'_>, source: &str) -> Vec<Vec<usize>> {
        if self.segments.len() == 1 {
            return vec![Vec::new(); file.games.len()];
        }
        let segment_at = |offset: u32| {
            self.segments.iter().position(|segment| (segment.start..=segment.end).contains(&(offset as usize)))
        };
        let segment_of = |game: usize| segment_at(file.games[game].name.span.start);
        let entry_of = |segment: usize| {
            let inside = |game: &usize| segment_of(*game) == Some(segment);
            let extended = |name: &str| {
                let mut games = (0..file.games.len()).filter(inside).map(|game| &file.games[game]);
                games.any(|game| game.base.is_some_and(|base| base.text == name))
            };
            let free = |game: &usize| inside(game) && !extended(file.games[*game].name.text);
            (0..file.games.len()).rfind(free)
        };
        let mut entries: Vec<Vec<usize>> = vec![Vec::new(); self.segments.len()];
        for import in &file.imports {
            let Some(owner) = segment_at(import.path.span.start) else { continue };
            let Some(path) = joined(&self.segments[owner].path, &written(source, import.path)) else { continue };
            let found = self.segments.iter().position(|segment| segment.path == path);
            entries[owner].extend(found.filter(|found| *found != owner).and_then(entry_of));
        }
        (0..file.games.len()).map(|game| segment_of(game).map(|at| entries[at].clone()).unwrap_or_default()).collect()
    }

    /// The imported files, each with the line before its first.
    pub(super) fn files(&self) -> Vec<(u32, String)> {
        let lines = Lines::new(&self.text);
        let before = |segment: &Segment| lines.line(u32::try_from(segment.start).unwrap_or(u32::MAX)) - 1;
        self.segments.iter().skip(1).map(|segment| (before(segment), segment.path.clone())).collect()
    }

    /// Findings in imported files are said where the import stands.
    pub(super) fn place(&self, diagnostics: Vec<Diagnostic>) -> Vec<Diagnostic> {
        let own = self.segments[0].end;
        let placed = diagnostics.into_iter().filter_map(|found| {
            let at = found.span.start as usize;
            let segment = self.segments.iter().skip(1).find(|segment| (segment.start..=segment.end).contains(&at));
            let Some(segment) = segment.filter(|_| at > own) else { return Some(found) };
            if segment.path.starts_with(LIBRARY) && !found.is_error() {
                return None;
            }
            let text = &self.text[segment.start..segment.end];
            let line = Lines::new(text).line(found.span.start - segment.start as u32);
            let message = format!("in {}, line {line}: {}", segment.path, found.message);
            Some(Diagnostic { span: segment.import, message, ..found })
        });
        placed.collect()
    }
}
