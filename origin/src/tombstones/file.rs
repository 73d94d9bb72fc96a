//! The file itself. Its first line, of a fixed length, says how many lines follow, how many bytes that is, and what their
//! hash chain comes to: a file that was emptied, cut or altered is noticed, wherever it was copied from.
//!
//! Lines are added behind, then the head is written over. A process that dies in between leaves lines that the head does not
//! know of; the next one who adds takes them in.

use std::fs::File;
use std::io::{self, Read as _, Seek as _, SeekFrom, Write as _};
use std::path::Path;

use lgdl_files::id_of;
use serde::{Deserialize, Serialize};
use tokio::io::AsyncBufRead;

use super::TombstoneError;
use crate::clock::Millis;
use crate::files::NewFile;
use crate::hex;
use crate::store::{ErasureRow, Record};
use crate::transfer::{ImportError, read_line};

/// What a chain begins with.
const GENESIS: &str = "0000000000000000000000000000000000000000000000000000000000000000";
/// The kind of the first line.
const KIND: &str = "tombstones";
/// Digits of a file's name for itself.
const FILE_ID_CHARS: usize = 16;
/// How often a file that is being replaced is opened anew.
const MAX_OPENINGS: usize = 10;

/// How much a file holds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Head {
    /// What tells the file from others that the same store writes to: each origin may have one.
    pub file: String,
    /// Lines after the first.
    pub lines: u64,
    /// Bytes, the first line included.
    pub bytes: u64,
    /// The hash chain over the lines.
    pub chain: String,
}

/// What a file of tombstones, or an export, has to say.
#[derive(Debug, Default)]
pub struct Contents {
    /// The tombstones, in order.
    pub stones: Vec<ErasureRow>,
    /// Lines that were torn off when they were written; their tombstones were written again after them.
    pub torn: u64,
}

/// Whether a file must say how much it holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Counting {
    /// It must.
    #[default]
    Needed,
    /// An older program wrote it, and nobody knows whether all of it is there.
    Waived,
}

impl Head {
    /// Of a file that is begun at a time, with a line.
    fn begin(now_ms: Millis, line: &str) -> Head {
        let file = hex::sha256(format!("{now_ms} {line}").as_bytes())[..FILE_ID_CHARS].to_owned();
        let mut head = Head { file, lines: 0, bytes: 0, chain: GENESIS.into() };
        head.bytes = head.text().len() as u64;
        head
    }

    /// The first line, as long whatever it says.
    fn text(&self) -> String {
        let Head { file, lines, bytes, chain } = self;
        format!(
            "{{\"kind\":\"{KIND}\",\"version\":1,\"file\":\"{file}\",\"lines\":\"{lines:020}\",\"bytes\":\"{bytes:020}\",\
             \"chain\":\"{chain}\"}}\n"
        )
    }

    /// Reads a first line; `None`: it is none.
    fn read(line: &str) -> Option<Head> {
        let value: serde_json::Value = serde_json::from_str(line).ok()?;
        let number = |name: &str| value[name].as_str()?.parse().ok();
        let chain = value["chain"].as_str().filter(|chain| chain.len() == GENESIS.len())?.to_owned();
        let file = value["file"].as_str().filter(|file| file.len() == FILE_ID_CHARS)?.to_owned();
        (value["kind"] == KIND).then_some(Head { file, lines: number("lines")?, bytes: number("bytes")?, chain })
    }

    /// Takes lines in, each without its end.
    fn take(&mut self, line: &[u8]) {
        self.lines += 1;
        self.bytes += line.len() as u64 + 1;
        self.chain = linked(&self.chain, line);
    }
}

fn linked(chain: &str, line: &[u8]) -> String {
    hex::sha256(&[chain.as_bytes(), line].concat())
}

/// Adds lines, and returns what the file holds then.
pub(super) fn append(path: &Path, lines: &[String], now_ms: Millis) -> Result<Head, TombstoneError> {
    let failed = |error| TombstoneError::File(path.to_owned(), error);
    let mut file = open_alone(path).map_err(failed)?;
    let mut head = match file.metadata().map_err(failed)?.len() {
        0 => begin(&mut file, now_ms, lines).map_err(failed)?,
        _ => head_of(&mut file, path)?,
    };
    if file.metadata().map_err(failed)?.len() < head.bytes {
        return Err(TombstoneError::Cut(path.to_owned()));
    }
    // What a process that died has written, and the head does not know of.
    let mut rest = Vec::new();
    file.seek(SeekFrom::Start(head.bytes)).and_then(|_| file.read_to_end(&mut rest)).map_err(failed)?;
    let mut text = String::new();
    if let Some(last) = rest.last() {
        if *last != b'\n' {
            text.push('\n');
        }
        rest.strip_suffix(b"\n").unwrap_or(&rest).split(|byte| *byte == b'\n').for_each(|line| head.take(line));
    }
    for line in lines {
        head.take(line.as_bytes());
        text.push_str(line);
        text.push('\n');
    }
    let mut write = || {
        file.seek(SeekFrom::End(0))?;
        file.write_all(text.as_bytes())?;
        file.sync_data()?;
        file.seek(SeekFrom::Start(0))?;
        file.write_all(head.text().as_bytes())?;
        file.sync_data()
    };
    write().map_err(failed)?;
    Ok(head)
}

fn begin(file: &mut File, now_ms: Millis, lines: &[String]) -> io::Result<Head> {
    let head = Head::begin(now_ms, lines.first().map_or("", String::as_str));
    file.write_all(head.text().as_bytes())?;
    file.sync_all()?;
    Ok(head)
}

fn head_of(file: &mut File, path: &Path) -> Result<Head, TombstoneError> {
    let failed = |error| TombstoneError::File(path.to_owned(), error);
    file.seek(SeekFrom::Start(0)).map_err(failed)?;
    let mut first = vec![0; Head::begin(0, "").text().len()];
    match file.read_exact(&mut first) {
        Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => return Err(TombstoneError::Cut(path.to_owned())),
        read => read.map_err(failed)?,
    }
    let head = std::str::from_utf8(&first).ok().and_then(Head::read);
    head.ok_or_else(|| TombstoneError::Uncounted(path.to_owned()))
}

/// Opens the file, made if it is not there, for nobody else to write meanwhile.
fn open_alone(path: &Path) -> io::Result<File> {
    let mut options = File::options();
    options.read(true).write(true).create(true).truncate(false);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    for _ in 0..MAX_OPENINGS {
        let file = options.open(path)?;
        file.lock()?;
        // It may have been replaced while we waited for it.
        if id_of(&file.metadata()?) == id_of(&std::fs::metadata(path)?) {
            return Ok(file);
        }
    }
    Err(io::Error::new(io::ErrorKind::ResourceBusy, "somebody replaces it again and again"))
}

/// Gives a head to a file that an older program wrote.
pub(super) fn count_anew(path: &Path, now_ms: Millis) -> Result<(), TombstoneError> {
    let failed = |error| TombstoneError::File(path.to_owned(), error);
    let old = open_alone(path).map_err(failed)?;
    let bytes = std::fs::read(path).map_err(failed)?;
    let mut head = Head::begin(now_ms, &path.display().to_string());
    let lines = bytes.strip_suffix(b"\n").unwrap_or(&bytes);
    lines.split(|byte| *byte == b'\n').for_each(|line| head.take(line));
    let (new, mut file) = NewFile::replace(path).map_err(failed)?;
    let mut write = || {
        file.write_all(head.text().as_bytes())?;
        file.write_all(lines)?;
        file.write_all(b"\n")?;
        file.sync_all()
    };
    write().and_then(|()| new.finish()).map_err(failed)?;
    drop(old);
    Ok(())
}

/// The head of a file; `None` where it has none.
///
/// # Errors
/// When the file can't be read.
pub(super) fn head(path: &Path) -> Result<Option<Head>, TombstoneError> {
    let mut file = File::open(path).map_err(|error| TombstoneError::File(path.to_owned(), error))?;
    match head_of(&mut file, path) {
        Ok(head) => Ok(Some(head)),
        Err(TombstoneError::Cut(_) | TombstoneError::Uncounted(_)) => Ok(None),
        Err(error) => Err(error),
    }
}

/// Whether a file has any tombstone, whole or not.
///
/// # Errors
/// When the file can't be read.
pub fn holds_any(path: &Path) -> Result<bool, TombstoneError> {
    match head(path)? {
        Some(head) => Ok(head.lines > 0),
        // One of before, or a damaged one, which is told when it is read.
        None => {
            let length = std::fs::metadata(path).map_err(|error| TombstoneError::File(path.to_owned(), error))?.len();
            Ok(length > 0)
        }
    }
}

/// Reads everything that a file has to say, and checks that all of it is there: also what the store remembers to have written
/// to it, `noted`.
///
/// # Errors
/// When the file can't be read, is empty, cut or altered, or does not say how much it holds.
pub async fn read(path: &Path, noted: Option<&Head>, counting: Counting) -> Result<Contents, TombstoneError> {
    let failed = |error| TombstoneError::File(path.to_owned(), error);
    let file = tokio::fs::File::open(path).await.map_err(failed)?;
    let mut lines = tokio::io::BufReader::new(file);
    let mut reading = Reading { noted, counting, ..Reading::new(path) };
    let lines: &mut (dyn AsyncBufRead + Send + Unpin) = &mut lines;
    let mut number = 0;
    while let Some(line) = read_line(lines, number + 1).await? {
        number += 1;
        reading.take(&line, number)?;
    }
    reading.finish()
}

/// Who says how much a file holds.
#[derive(Debug)]
enum Counted {
    Unknown,
    ByHead(Head),
    /// An export, whose last line says it.
    ByEnd {
        ended: bool,
    },
}

struct Reading<'a> {
    path: &'a Path,
    noted: Option<&'a Head>,
    counting: Counting,
    counted: Counted,
    /// Lines after the first, and their chain.
    lines: u64,
    chain: String,
    chain_holds: bool,
    noted_holds: bool,
    records: u64,
    contents: Contents,
}

impl<'a> Reading<'a> {
    fn new(path: &'a Path) -> Reading<'a> {
        Reading {
            path,
            noted: None,
            counting: Counting::Needed,
            counted: Counted::Unknown,
            lines: 0,
            chain: GENESIS.into(),
            chain_holds: false,
            noted_holds: false,
            records: 0,
            contents: Contents::default(),
        }
    }

    fn take(&mut self, line: &str, number: u64) -> Result<(), TombstoneError> {
        let line = line.strip_suffix('\n').unwrap_or(line);
        if number == 1 {
            if let Some(head) = Head::read(line) {
                self.counted = Counted::ByHead(head);
                self.check();
                return Ok(());
            }
            let first = serde_json::from_str::<serde_json::Value>(line);
            if first.is_ok_and(|first| first["format"].is_string()) {
                self.counted = Counted::ByEnd { ended: false };
            }
        }
        self.lines += 1;
        if matches!(self.counted, Counted::ByHead(_)) {
            self.chain = linked(&self.chain, line.as_bytes());
            self.check();
        }
        match super::again::tombstone(line).map_err(|what| ImportError::Line { line: number, what })? {
            super::again::Line::Torn => self.contents.torn += 1,
            super::again::Line::Stone(stone) => {
                self.records += 1;
                self.contents.stones.push(stone);
            }
            super::again::Line::End(records) => {
                if let Counted::ByEnd { ended } = &mut self.counted {
                    *ended = records == self.records;
                }
            }
            super::again::Line::Other { record } => self.records += u64::from(record),
        }
        Ok(())
    }

    fn check(&mut self) {
        let holds = |head: &Head| head.lines == self.lines && head.chain == self.chain;
        let (by_head, by_note) = match &self.counted {
            Counted::ByHead(head) => (holds(head), self.noted.is_some_and(holds)),
            _ => (false, false),
        };
        self.chain_holds |= by_head;
        self.noted_holds |= by_note;
    }

    fn finish(self) -> Result<Contents, TombstoneError> {
        let whole = match &self.counted {
            _ if self.lines == 0 && !matches!(self.counted, Counted::ByHead(_)) => {
                return Err(TombstoneError::Empty(self.path.to_owned()));
            }
            Counted::ByHead(_) => self.chain_holds,
            Counted::ByEnd { ended } => *ended,
            Counted::Unknown if self.counting == Counting::Waived => true,
            Counted::Unknown => return Err(TombstoneError::Uncounted(self.path.to_owned())),
        };
        // What an export holds is not what the origin has added to its own file.
        let continues = self.noted.is_none() || self.noted_holds || matches!(self.counted, Counted::ByEnd { .. });
        match (whole, continues) {
            (false, _) => Err(TombstoneError::Cut(self.path.to_owned())),
            (true, false) => Err(TombstoneError::Another(self.path.to_owned())),
            (true, true) => Ok(self.contents),
        }
    }
}

/// The line of a tombstone.
pub(super) fn line(stone: &ErasureRow) -> serde_json::Result<String> {
    serde_json::to_string(&Record::Erasure(stone.clone()))
}
