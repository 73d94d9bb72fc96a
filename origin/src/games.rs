//! Publishing games: from source and contract, or compiled already. What does not compile, or fails the golden
//! dialogues that come with it, is not published.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use lgdl::compiled::CompiledGame;
use lgdl::diagnostics::{Diagnostic, Severity};
use lgdl::golden::{GoldenError, GoldenFile, Mismatch};
use lgdl::ids::Id;
use lgdl::meaning::Meaning;
use lgdl::mocks::Mocks;
use lgdl::wire::origin::GamePolicy;

use serde::Serialize;

use crate::audit::events;
use crate::bundle::bundled;
use crate::clock::Millis;
use crate::computing::compute;
use crate::hex;
use crate::records::{Malformed, check_id};
use crate::store::{GameVersionRow, Publication, PublishOutcome, Store, StoreError};
use crate::withdrawals::{self, WithdrawError};

/// A file of translations that cannot be used.
pub const TRANSLATIONS: &str = "E162";

/// Largest source file that is published, bytes.
pub const MAX_SOURCE_BYTES: usize = 16 * 1024 * 1024;

/// Publications that an origin takes over its admin API at once: one of them is compiled, the others wait for their turn.
const MAX_PUBLISHING: usize = 6;
/// The same of one tenant.
const MAX_PUBLISHING_OF_ONE: usize = 3;

/// Publications that are under way at an origin, by tenant.
#[derive(Debug, Default)]
pub(crate) struct Publishing {
    of: Mutex<Vec<String>>,
}

/// A place among them, until it is dropped.
#[derive(Debug)]
pub(crate) struct UnderWay {
    publishing: Arc<Publishing>,
    tenant: String,
}

impl Publishing {
    /// A place for a publication of a tenant; `None` when there is none: then it has to come again.
    pub(crate) fn begin(self: &Arc<Self>, tenant: &str) -> Option<UnderWay> {
        let mut of = self.of.lock().unwrap_or_else(PoisonError::into_inner);
        let own = of.iter().filter(|other| *other == tenant).count();
        if of.len() >= MAX_PUBLISHING || own >= MAX_PUBLISHING_OF_ONE {
            return None;
        }
        of.push(tenant.to_owned());
        Some(UnderWay { publishing: Arc::clone(self), tenant: tenant.to_owned() })
    }
}

impl Drop for UnderWay {
    fn drop(&mut self) {
        let mut of = self.publishing.of.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(at) = of.iter().position(|tenant| *tenant == self.tenant) {
            of.swap_remove(at);
        }
    }
}

/// What is to be published.
#[derive(Debug, Clone, Copy)]
pub enum Content<'a> {
    /// A source file, with the text of its capability contract if it has one.
    Source {
        /// The bytes of the file.
        source: &'a [u8],
        /// JSON text.
        contract: Option<&'a str>,
    },
    /// A compiled form, made elsewhere.
    Compiled(&'a [u8]),
}

/// Golden dialogues that a version must hold before it is published.
#[derive(Debug, Clone, Copy)]
pub struct Goldens<'a> {
    /// Files of YAML, as `golden_dialogs.yaml` is one. Those that are for another game of the source are passed over.
    pub dialogs: &'a [&'a [u8]],
    /// YAML, as `capability_mocks.yaml` holds what services answer in them.
    pub mocks: Option<&'a [u8]>,
}

/// A wish to publish.
#[derive(Debug, Clone)]
pub struct PublishRequest<'a> {
    /// The tenant.
    pub tenant: &'a str,
    /// The id in URLs.
    pub game: &'a str,
    /// What.
    pub content: Content<'a>,
    /// What a source is trained with; a compiled form has been trained.
    pub meaning: Meaning,
    /// What it must hold first.
    pub goldens: Option<Goldens<'a>>,
    /// What every node must heed.
    pub policy: GamePolicy,
    /// Who publishes: the id of a key or of an administrator.
    pub actor: &'a str,
    /// The origin's time.
    pub now_ms: Millis,
}

/// A published version.
#[derive(Debug, Clone, PartialEq)]
pub struct Published {
    /// The hash of the compiled form.
    pub version: String,
    /// What came of it.
    pub outcome: PublishOutcome,
    /// Warnings of the compiler.
    pub warnings: Vec<Diagnostic>,
}

/// Why nothing was published.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum PublishError {
    /// The id is not fit for a URL.
    #[error("E520 {0}")]
    Id(#[from] Malformed),
    /// The source does not compile.
    #[error("E150 the game does not compile: {} error(s)", errors(.0))]
    Source(Vec<Diagnostic>),
    /// The file holds no game.
    #[error("E152 the file holds no game")]
    NoGame,
    /// The file is larger than [`MAX_SOURCE_BYTES`].
    #[error("E153 the file has {0} bytes; the limit is {MAX_SOURCE_BYTES}")]
    TooLarge(usize),
    /// The golden dialogues, or their mocks, can't be used.
    #[error(transparent)]
    GoldenFile(#[from] GoldenError),
    /// Golden dialogues fail.
    #[error("E161 {} turn(s) of the golden dialogues are not as expected", .0.len())]
    Goldens(Vec<FailedTurn>),
    /// The compiled form is not usable.
    #[error(transparent)]
    Compiled(#[from] lgdl::compiled::LoadError),
    /// A file can't be read.
    #[error("E513 {0}")]
    File(String),
    /// This very version was withdrawn.
    #[error("{0}")]
    Withdrawn(String),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// A golden turn that is not as expected.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct FailedTurn {
    /// The dialogue.
    pub dialog: String,
    /// The turn in it, from 1.
    pub turn: usize,
    /// In what.
    pub mismatches: Vec<Mismatch>,
}

/// Compiles what needs compiling, stores the version, makes it active unless the game is pinned, and tells the audit log.
///
/// # Errors
/// When it does not compile, or the store fails.
pub async fn publish(store: &dyn Store, request: PublishRequest<'_>) -> Result<Published, PublishError> {
    check_id(Id::Game, "game", request.game)?;
    let compiled = compile_aside(request.content, request.meaning, request.goldens).await?;
    let version = compiled.game.version();
    withdrawals::check(store, request.tenant, request.game, &version).await.map_err(|error| match error {
        WithdrawError::Store(error) => PublishError::Store(error),
        error => PublishError::Withdrawn(error.to_string()),
    })?;
    let policy = serde_json::to_string(&request.policy).map_err(|error| StoreError::Internal(error.to_string()))?;
    let publication = Publication {
        tenant: request.tenant.to_owned(),
        game: request.game.to_owned(),
        version: GameVersionRow {
            version: version.clone(),
            name: compiled.game.name().to_owned(),
            file_hash: compiled.file_hash,
            policy,
            published_at: request.now_ms,
            published_by: request.actor.to_owned(),
        },
        compiled: compiled.game.bytes().to_vec(),
        source: compiled.source,
        contract: compiled.contract,
    };
    let detail = serde_json::json!({"version": version});
    let PublishRequest { tenant, game, actor, now_ms, .. } = request;
    let told = events::of(now_ms, tenant, events::GAME_PUBLISHED, actor, game, detail);
    let outcome = store.publish(publication, told).await?;
    Ok(Published { version, outcome, warnings: compiled.warnings })
}

struct Compiled {
    game: CompiledGame,
    file_hash: String,
    source: Option<String>,
    contract: Option<String>,
    warnings: Vec<Diagnostic>,
}

/// Compiles and holds the goldens while turns go on.
async fn compile_aside(
    content: Content<'_>,
    meaning: Meaning,
    goldens: Option<Goldens<'_>>,
) -> Result<Compiled, PublishError> {
    let (bytes, contract) = match content {
        Content::Source { source, contract } => (source.to_vec(), Some(contract.map(str::to_owned))),
        Content::Compiled(bytes) => (bytes.to_vec(), None),
    };
    let goldens = goldens.map(|goldens| {
        let dialogs: Vec<Vec<u8>> = goldens.dialogs.iter().map(|dialogs| dialogs.to_vec()).collect();
        (dialogs, goldens.mocks.map(<[u8]>::to_vec))
    });
    let work = move || {
        let content = match &contract {
            Some(contract) => Content::Source { source: &bytes, contract: contract.as_deref() },
            None => Content::Compiled(&bytes),
        };
        let compiled = compile(content, meaning)?;
        if let Some((dialogs, mocks)) = &goldens {
            let dialogs: Vec<&[u8]> = dialogs.iter().map(Vec::as_slice).collect();
            hold(&compiled.game, Goldens { dialogs: &dialogs, mocks: mocks.as_deref() })?;
        }
        Ok(compiled)
    };
    compute(work).await?
}

fn compile(content: Content<'_>, meaning: Meaning) -> Result<Compiled, PublishError> {
    match content {
        Content::Compiled(bytes) => {
            let game = CompiledGame::load(bytes.into())?;
            Ok(Compiled { game, file_hash: hex::sha256(bytes), source: None, contract: None, warnings: Vec::new() })
        }
        Content::Source { source, contract } => {
            if source.len() > MAX_SOURCE_BYTES {
                return Err(PublishError::TooLarge(source.len()));
            }
            let mut parsed = lgdl::syntax::parse(source, contract);
            for (file, problem) in lgdl::texts::add_translations(&mut parsed.games, &parsed.files) {
                parsed.diagnostics.push(Diagnostic {
                    code: TRANSLATIONS.to_owned(),
                    severity: Severity::Error,
                    span: Default::default(),
                    message: format!("{file}: {problem}"),
                    hint: None,
                });
            }
            if errors(&parsed.diagnostics) > 0 {
                return Err(PublishError::Source(parsed.diagnostics));
            }
            let entry = parsed.entry.and_then(|entry| parsed.games.get(entry)).ok_or(PublishError::NoGame)?;
            Ok(Compiled {
                game: CompiledGame::compile_with(entry, meaning)?,
                file_hash: hex::sha256(source),
                source: String::from_utf8(source.to_vec()).ok(),
                contract: contract.map(str::to_owned),
                warnings: parsed.diagnostics,
            })
        }
    }
}

fn hold(game: &CompiledGame, goldens: Goldens<'_>) -> Result<(), PublishError> {
    let mocks = goldens.mocks.map(Mocks::read).transpose()?.unwrap_or_default();
    let mut failed = Vec::new();
    for dialogs in goldens.dialogs {
        let file = GoldenFile::read(dialogs)?;
        if file.game.as_deref().is_some_and(|name| name != game.name()) {
            continue;
        }
        for dialog in &file.dialogs {
            for (result, turn) in file.run(dialog, game, &mocks)?.into_iter().zip(1..) {
                if !result.mismatches.is_empty() {
                    failed.push(FailedTurn { dialog: dialog.name.clone(), turn, mismatches: result.mismatches });
                }
            }
        }
    }
    if failed.is_empty() { Ok(()) } else { Err(PublishError::Goldens(failed)) }
}

/// Publishes a game file, or the `game.lgdl` of a folder, with what lies beside it: `capability_contract.json`, and
/// `golden_dialogs*.yaml` with `capability_mocks.yaml`. Without a policy it keeps the one it has.
///
/// # Errors
/// When a file can't be read, and as [`publish`].
#[allow(clippy::too_many_arguments)] // each is one field of the request that it makes
pub async fn publish_file(
    store: &dyn Store,
    tenant: &str,
    game: &str,
    path: &Path,
    meaning: Meaning,
    policy: Option<GamePolicy>,
    actor: &str,
    now_ms: Millis,
) -> Result<Published, PublishError> {
    let policy = match policy {
        Some(policy) => policy,
        None => active_policy(store, tenant, game).await?,
    };
    let path = if path.is_dir() { path.join("game.lgdl") } else { path.to_owned() };
    let source = read(&path)?.ok_or_else(|| PublishError::File(format!("{} is not there", path.display())))?;
    let source = bundled(&path, source).map_err(PublishError::File)?;
    let beside = |name: &str| read(&path.with_file_name(name));
    let (contract, mocks) = (beside("capability_contract.json")?, beside("capability_mocks.yaml")?);
    let mut files = Vec::new();
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    for file in golden_files(folder)? {
        files.extend(read(&file)?);
    }
    let dialogs: Vec<&[u8]> = files.iter().map(Vec::as_slice).collect();
    let contract = contract.map(String::from_utf8).transpose();
    let contract = contract.map_err(|_| PublishError::File("capability_contract.json is not UTF-8".into()))?;
    let request = PublishRequest {
        tenant,
        game,
        content: Content::Source { source: &source, contract: contract.as_deref() },
        meaning,
        goldens: Some(Goldens { dialogs: &dialogs, mocks: mocks.as_deref() }),
        policy,
        actor,
        now_ms,
    };
    publish(store, request).await
}

async fn active_policy(store: &dyn Store, tenant: &str, game: &str) -> Result<GamePolicy, StoreError> {
    let games = store.games(tenant).await?;
    let Some(row) = games.into_iter().find(|row| row.game == game) else { return Ok(GamePolicy::default()) };
    policy(&row.active)
}

/// The policy that a version was published with.
///
/// # Errors
/// When it is none.
pub fn policy(row: &GameVersionRow) -> Result<GamePolicy, StoreError> {
    serde_json::from_str(&row.policy).map_err(|error| StoreError::Damaged(format!("game_versions.policy: {error}")))
}

/// The files of dialogues in a game's folder, by name.
///
/// # Errors
/// When the folder can't be read.
pub fn golden_files(folder: &Path) -> Result<Vec<PathBuf>, PublishError> {
    let unreadable = |error| PublishError::File(format!("{}: {error}", folder.display()));
    let mut files = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(unreadable)? {
        let path = entry.map_err(unreadable)?.path();
        let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        if name.starts_with("golden_dialogs") && (name.ends_with(".yaml") || name.ends_with(".yml")) {
            files.push(path);
        }
    }
    files.sort();
    Ok(files)
}

/// A file's bytes; `None` when it is not there.
fn read(path: &Path) -> Result<Option<Vec<u8>>, PublishError> {
    match std::fs::metadata(path) {
        Ok(about) if about.len() > MAX_SOURCE_BYTES as u64 => {
            return Err(PublishError::TooLarge(usize::try_from(about.len()).unwrap_or(usize::MAX)));
        }
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        _ => {}
    }
    std::fs::read(path).map(Some).map_err(|error| PublishError::File(format!("{}: {error}", path.display())))
}

fn errors(diagnostics: &[Diagnostic]) -> usize {
    diagnostics.iter().filter(|diagnostic| diagnostic.severity == Severity::Error).count()
}
