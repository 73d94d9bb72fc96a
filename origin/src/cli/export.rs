//! `lgdl export` and `lgdl import`: the whole store as JSON lines, texts readable, in constant memory.

use std::io::{self, Read as _};
use std::path::{Path, PathBuf};

use lgdl_origin::archives::ArchivedTurns;
use lgdl_origin::audit::events;
use lgdl_origin::clock::SystemClock;
use lgdl_origin::files::NewFile;
use lgdl_origin::random::SystemRandom;
use lgdl_origin::records::check_reason;
use lgdl_origin::serve::begin_epoch;
use lgdl_origin::transfer::{
    CopyOptions, ExportOptions, ImportError, ImportOptions, LineReport, Progress, PythonSource, Sealing, check_file,
    copy, export, import,
};
use serde_json::json;
use tokio::io::{AsyncBufRead, AsyncSeekExt as _, AsyncWrite, BufReader, BufWriter};

use super::console::Console;
use super::deployment::{Deployment, Where, failed, unusable};
use super::failure::{End, Failure, Verdict};
use super::migrate::{self, show, show_copy};
use super::sqlite_file::PythonFlags;

/// Bytes that are read or written in one go.
const BUFFER_BYTES: usize = 256 * 1024;
/// How every SQLite file begins.
const SQLITE_MAGIC: &[u8; 16] = b"SQLite format 3\0";

#[derive(clap::Args)]
pub(super) struct ExportArguments {
    #[command(flatten)]
    place: Where,
    /// The file, which must not be there yet; `-` for standard output
    #[arg(value_name = "FILE", default_value = "-")]
    file: PathBuf,
    /// Why, for the audit log
    #[arg(long, value_name = "TEXT", default_value = "")]
    reason: String,
}

#[derive(clap::Args)]
pub(super) struct ImportArguments {
    #[command(flatten)]
    place: Where,
    /// What `lgdl export` or `lgdl gdpr export` wrote, or a SQLite file of the Python runtime; `-` for standard input
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// Pass the audit log in the file over, for a store that is in use and has its own
    #[arg(long)]
    without_audit: bool,
    #[command(flatten)]
    python: PythonFlags,
}

pub(super) fn run_export(arguments: &ExportArguments, console: &mut Console) -> End {
    let to_file = arguments.file != Path::new("-");
    if arguments.place.json && !to_file {
        return Err(Failure::Usage("--json reports on an export to a file; standard output is the export".into()));
    }
    if !arguments.reason.is_empty() {
        check_reason(&arguments.reason).map_err(unusable)?;
    }
    arguments.place.with(async |deployment| {
        let archived = ArchivedTurns::read_in(&deployment.config);
        let options = ExportOptions { tenant: arguments.place.tenant.clone(), archived };
        let detail = json!({"reason": arguments.reason.trim(), "tenant": options.tenant});
        // Told before anything is shown.
        deployment.tell_now(events::DATA_EXPORTED, "export", detail).await.map_err(failed)?;
        if !to_file {
            console.flush()?;
            let report = write(&deployment, &options, &mut tokio::io::stdout(), console).await?;
            console.unreadable(&report.unreadable);
            return Ok(Verdict::when(report.unreadable.is_empty()));
        }
        let shown = arguments.file.display();
        let (new, file) = NewFile::begin(&arguments.file).map_err(|error| failed(format!("{shown}: {error}")))?;
        let mut file = tokio::fs::File::from_std(file);
        let report = write(&deployment, &options, &mut file, console).await?;
        let synced = file.sync_all().await;
        synced.and_then(|()| new.finish()).map_err(|error| failed(format!("{shown}: {error}")))?;
        show_lines(report, "exported", arguments.place.json, console)
    })
}

async fn write(
    deployment: &Deployment,
    options: &ExportOptions,
    out: &mut (dyn AsyncWrite + Send + Unpin),
    console: &mut Console,
) -> Result<LineReport, Failure> {
    let mut out = BufWriter::with_capacity(BUFFER_BYTES, out);
    let mut progress = |at: Progress| show(console, "exported", at);
    let now_ms = super::deployment::now_ms();
    let (store, protection) = (&*deployment.store, &*deployment.protection);
    let report = export(store, protection, options, now_ms, &mut out, &mut progress).await;
    console.progress_done();
    report.map_err(ended)
}

pub(super) fn run_import(arguments: &ImportArguments, console: &mut Console) -> End {
    let (path, place) = (&arguments.file, &arguments.place);
    let from_file = path != Path::new("-");
    if from_file && !path.is_file() {
        return Err(Failure::Usage(format!("{} is no file", path.display())));
    }
    place.with(async |deployment| {
        if from_file && is_sqlite(path).map_err(|error| failed(format!("{}: {error}", path.display())))? {
            return from_python(&deployment, arguments, console).await;
        }
        let report = if from_file {
            let file = tokio::fs::File::open(path).await;
            let mut file = file.map_err(|error| failed(format!("{}: {error}", path.display())))?;
            // Before anything is imported: an altered file may hold what nobody has said.
            let mut whole = BufReader::with_capacity(BUFFER_BYTES, &mut file);
            check_file(&mut whole).await.map_err(ended)?;
            file.rewind().await.map_err(|error| failed(format!("{}: {error}", path.display())))?;
            read(&deployment, arguments, &mut BufReader::with_capacity(BUFFER_BYTES, file), console).await?
        } else {
            let input = tokio::io::stdin();
            read(&deployment, arguments, &mut BufReader::with_capacity(BUFFER_BYTES, input), console).await?
        };
        if report.imported.written > 0 {
            begin_epoch(&*deployment.store, &SystemClock, &SystemRandom).await.map_err(failed)?;
        }
        let detail = json!({"records": report.records, "written": report.imported.written});
        deployment.tell(events::DATA_IMPORTED, "import", detail).await.map_err(failed)?;
        show_lines(report, "read", place.json, console)
    })
}

async fn read(
    deployment: &Deployment,
    arguments: &ImportArguments,
    file: &mut (dyn AsyncBufRead + Send + Unpin),
    console: &mut Console,
) -> Result<LineReport, Failure> {
    let mut progress = |at: Progress| show(console, "imported", at);
    let options = ImportOptions { without_audit: arguments.without_audit };
    let report = import(&*deployment.store, &*deployment.protection, options, file, &mut progress).await;
    console.progress_done();
    report.map_err(ended)
}

fn is_sqlite(path: &Path) -> io::Result<bool> {
    let mut start = Vec::new();
    std::fs::File::open(path)?.take(SQLITE_MAGIC.len() as u64).read_to_end(&mut start)?;
    Ok(start == SQLITE_MAGIC)
}

async fn from_python(deployment: &Deployment, arguments: &ImportArguments, console: &mut Console) -> End {
    let path = &arguments.file;
    if !PythonSource::recognizes(path).map_err(failed)? {
        let shown = path.display();
        return Err(Failure::Usage(format!(
            "{shown} is a SQLite store; name it with LGDL_SQLITE_PATH, or copy it with `lgdl migrate sqlite-to-postgres`"
        )));
    }
    let python = arguments.python.open(path, deployment).await?;
    let sealing = Sealing { source: &python, protection: &*deployment.protection };
    let mut progress = |at: Progress| show(console, "imported", at);
    let report = copy(&sealing, &*deployment.store, CopyOptions::Resume, &mut progress).await;
    console.progress_done();
    let report = report.map_err(failed)?;
    let detail = json!({"written": report.imported.written});
    deployment.tell(events::DATA_IMPORTED, "import", detail).await.map_err(failed)?;
    let left_behind = python.left_behind().map_err(failed)?;
    show_copy(&report, left_behind, CopyOptions::Resume, arguments.place.json, console)
}

fn show_lines(report: LineReport, done: &str, as_json: bool, console: &mut Console) -> End {
    let verdict = Verdict::when(report.unreadable.is_empty());
    if as_json {
        console.json(&report)?;
        return Ok(verdict);
    }
    let LineReport { records, imported, unreadable } = report;
    console.line(format_args!("{records} records {done}"))?;
    if done == "read" {
        console.line(migrate::imported(&imported))?;
    }
    console.unreadable(&unreadable);
    Ok(verdict)
}

fn ended(error: ImportError) -> Failure {
    match error {
        ImportError::File(error) if error.kind() == io::ErrorKind::BrokenPipe => Failure::ReaderGone,
        other => failed(other),
    }
}
