//! Publishing games: from source and contract, or compiled already. What does not compile is not published.

use lgdl::compiled::CompiledGame;
use lgdl::diagnostics::{Diagnostic, Severity};
use lgdl::wire::origin::GamePolicy;

use crate::clock::Millis;
use crate::hex;
use crate::records::{Malformed, check_id};
use crate::store::{GameVersionRow, Publication, PublishOutcome, Store, StoreError};

/// Largest source file that is published, bytes.
pub const MAX_SOURCE_BYTES: usize = 16 * 1024 * 1024;

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

/// A wish to publish.
#[derive(Debug, Clone)]
pub struct PublishRequest<'a> {
    /// The tenant.
    pub tenant: &'a str,
    /// The id in URLs.
    pub game: &'a str,
    /// What.
    pub content: Content<'a>,
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
    /// The compiled form is not usable.
    #[error(transparent)]
    Compiled(#[from] lgdl::compiled::LoadError),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Compiles what needs compiling, stores the version, and makes it active unless the game is pinned.
///
/// # Errors
/// When it does not compile, or the store fails.
pub async fn publish(store: &dyn Store, request: PublishRequest<'_>) -> Result<Published, PublishError> {
    check_id("game", request.game)?;
    let compiled = compile(request.content)?;
    let version = compiled.game.version();
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
    let outcome = store.publish(publication).await?;
    Ok(Published { version, outcome, warnings: compiled.warnings })
}

struct Compiled {
    game: CompiledGame,
    file_hash: String,
    source: Option<String>,
    contract: Option<String>,
    warnings: Vec<Diagnostic>,
}

fn compile(content: Content<'_>) -> Result<Compiled, PublishError> {
    match content {
        Content::Compiled(bytes) => {
            let game = CompiledGame::load(bytes.into())?;
            Ok(Compiled { game, file_hash: hex::sha256(bytes), source: None, contract: None, warnings: Vec::new() })
        }
        Content::Source { source, contract } => {
            if source.len() > MAX_SOURCE_BYTES {
                return Err(PublishError::TooLarge(source.len()));
            }
            let parsed = lgdl::syntax::parse(source, contract);
            if errors(&parsed.diagnostics) > 0 {
                return Err(PublishError::Source(parsed.diagnostics));
            }
            let entry = parsed.entry.and_then(|entry| parsed.games.get(entry)).ok_or(PublishError::NoGame)?;
            Ok(Compiled {
                game: CompiledGame::compile(entry)?,
                file_hash: hex::sha256(source),
                source: String::from_utf8(source.to_vec()).ok(),
                contract: contract.map(str::to_owned),
                warnings: parsed.diagnostics,
            })
        }
    }
}

fn errors(diagnostics: &[Diagnostic]) -> usize {
    diagnostics.iter().filter(|diagnostic| diagnostic.severity == Severity::Error).count()
}
