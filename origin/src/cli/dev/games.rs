//! The games of a development node: which they are, whether their files changed, and publishing them.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use lgdl::diagnostics::{Colour, render};
use lgdl::mocks::Mocks;
use lgdl_origin::bundle::bundled;
use lgdl_origin::games::{Content, PublishError, PublishRequest, publish};
use lgdl_origin::http::Origin;
use serde::Serialize;

use crate::cli::failure::Failure;
use crate::cli::graph;
use crate::cli::source::{self, CONTRACT_FILE, GAME_FILE, MOCKS_FILE};

/// The tenant of a fresh installation.
const TENANT: &str = "default";
/// Who publishes, in the audit log.
const ACTOR: &str = "lgdl-dev";

/// All of them.
pub(super) struct Games {
    games: Vec<Game>,
}

/// One game, and what became of its files when they were last looked at.
struct Game {
    id: String,
    path: PathBuf,
    seen: Option<Read>,
    mocks: Mocks,
    version: Option<String>,
    problem: Option<String>,
    /// The version that is served, drawn.
    picture: Option<String>,
    /// The queues that it names.
    queues: BTreeSet<String>,
}

/// The files of a game, as they were read.
#[derive(PartialEq, Eq)]
struct Files {
    game: Vec<u8>,
    contract: Option<Vec<u8>>,
    mocks: Option<Vec<u8>>,
}

/// The same, or what can't be read.
type Read = Result<Files, String>;

/// What came of a change of a game's files.
pub(super) struct Change {
    pub(super) game: String,
    /// The version that is served now, or what is wrong.
    pub(super) outcome: Result<String, String>,
    /// Whether the stand-ins for services are others than before.
    pub(super) mocks: bool,
    served: bool,
}

impl Change {
    /// What a problem means for those who talk to the game.
    pub(super) fn consequence(&self) -> &'static str {
        if self.served { "not published; the version before is still served" } else { "not published" }
    }
}

/// What the page is told.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub(super) struct Status {
    errors: Vec<Problem>,
    games: BTreeMap<String, Option<String>>,
    /// The pictures of the games, which are asked for one by one.
    #[serde(skip)]
    pub(super) pictures: BTreeMap<String, String>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
struct Problem {
    game: String,
    text: String,
}

impl Games {
    /// The games that are named, each with an id of its own.
    pub(super) fn find(arguments: &[PathBuf]) -> Result<Games, Failure> {
        let mut games: Vec<Game> = Vec::new();
        for argument in arguments {
            let path = source::locate(argument)?;
            let id = id_of(&path)?;
            if let Some(other) = games.iter().find(|game| game.id == id) {
                return Err(Failure::Usage(format!(
                    "{} and {} would both be reached as `{id}`; rename one",
                    other.path.display(),
                    path.display()
                )));
            }
            games.push(Game {
                id,
                path,
                seen: None,
                mocks: Mocks::default(),
                version: None,
                problem: None,
                picture: None,
                queues: BTreeSet::new(),
            });
        }
        Ok(Games { games })
    }

    /// Their ids.
    pub(super) fn ids(&self) -> impl Iterator<Item = &str> {
        self.games.iter().map(|game| game.id.as_str())
    }

    /// Publishes those whose files changed since the last look.
    ///
    /// # Errors
    /// When the store fails; what is wrong with a game is in its [`Change`].
    pub(super) async fn look(&mut self, origin: &Origin) -> Result<Vec<Change>, Failure> {
        let mut changes = Vec::new();
        for game in &mut self.games {
            let files = Files::read(&game.path);
            if game.seen.as_ref() == Some(&files) {
                continue;
            }
            changes.push(game.take(&files, origin).await?);
            game.seen = Some(files);
        }
        Ok(changes)
    }

    /// What the page is told.
    pub(super) fn status(&self) -> Status {
        let problem = |game: &Game| Some(Problem { game: game.id.clone(), text: game.problem.clone()? });
        Status {
            errors: self.games.iter().filter_map(problem).collect(),
            games: self.games.iter().map(|game| (game.id.clone(), game.version.clone())).collect(),
            pictures: self.games.iter().filter_map(|game| Some((game.id.clone(), game.picture.clone()?))).collect(),
        }
    }

    /// The queues that they hand conversations over to.
    pub(super) fn queues(&self) -> BTreeSet<String> {
        self.games.iter().flat_map(|game| game.queues.iter().cloned()).collect()
    }

    /// The stand-ins for services, by game.
    pub(super) fn mocks(&self) -> BTreeMap<String, Mocks> {
        self.games.iter().map(|game| (game.id.clone(), game.mocks.clone())).collect()
    }

    /// The same, as a setting of the node.
    pub(super) fn mocks_as_json(&self) -> Result<String, Failure> {
        serde_json::to_string(&self.mocks()).map_err(|error| Failure::Failed(error.to_string()))
    }
}

impl Game {
    /// Publishes the game of these files, or notes what is wrong with them.
    async fn take(&mut self, files: &Read, origin: &Origin) -> Result<Change, Failure> {
        let before = self.mocks.clone();
        let outcome = self.publish(files, origin).await?;
        match &outcome {
            Ok(version) => {
                (self.version, self.problem) = (Some(version.clone()), None);
                let shown = graph::shown(&self.path)?;
                (self.picture, self.queues) = (Some(shown.picture), shown.queues);
            }
            Err(problem) => self.problem = Some(problem.clone()),
        }
        let mocks = self.seen.is_some() && before != self.mocks;
        Ok(Change { game: self.id.clone(), outcome, mocks, served: self.version.is_some() })
    }

    async fn publish(&mut self, files: &Read, origin: &Origin) -> Result<Result<String, String>, Failure> {
        let shown = self.path.display();
        let files = match files {
            Ok(files) => files,
            // Without its contract a game would be another one: nothing is published until all of it can be read.
            Err(problem) => return Ok(Err(problem.clone())),
        };
        let source = &files.game;
        match files.mocks.as_deref().map(Mocks::read).transpose() {
            Ok(mocks) => self.mocks = mocks.unwrap_or_default(),
            Err(error) => return Ok(Err(format!("{}: {error}", self.path.with_file_name(MOCKS_FILE).display()))),
        }
        let contract = match files.contract.as_deref().map(std::str::from_utf8).transpose() {
            Ok(contract) => contract,
            Err(_) => {
                return Ok(Err(format!("{} is not UTF-8 text", self.path.with_file_name(CONTRACT_FILE).display())));
            }
        };
        let request = PublishRequest {
            tenant: TENANT,
            game: &self.id,
            content: Content::Source { source, contract },
            meaning: origin.config.meaning,
            // While a game is written its goldens may fail; `lgdl test` says so.
            goldens: None,
            policy: Default::default(),
            actor: ACTOR,
            now_ms: origin.clock.now_ms(),
        };
        match publish(origin.store.as_ref(), request).await {
            Ok(published) => Ok(Ok(published.version)),
            Err(PublishError::Source(diagnostics)) => {
                Ok(Err(render(source, &shown.to_string(), &diagnostics, Colour::Plain)))
            }
            Err(PublishError::Store(error)) => Err(Failure::Failed(error.to_string())),
            Err(error) => Ok(Err(format!("{shown}: {error}"))),
        }
    }
}

impl Files {
    fn read(game: &Path) -> Read {
        let said = |failure| match failure {
            Failure::Usage(text) | Failure::Failed(text) => text,
            Failure::ReaderGone => "the reader is gone".to_owned(),
        };
        let beside = |name: &str| source::read_if_there(&game.with_file_name(name)).map_err(said);
        Ok(Files {
            game: bundled(game, source::read_file(game).map_err(said)?)?,
            contract: beside(CONTRACT_FILE)?,
            mocks: beside(MOCKS_FILE)?,
        })
    }
}

/// The id of a game in URLs: the name of its folder when the file has the usual name, else that of the file.
fn id_of(path: &Path) -> Result<String, Failure> {
    let path = path.canonicalize().unwrap_or_else(|_| path.to_owned());
    let usual = path.file_name().is_some_and(|name| name == GAME_FILE);
    let name = if usual { path.parent().and_then(Path::file_name) } else { path.file_stem() };
    let name = name.unwrap_or_default().to_string_lossy();
    let id: String =
        name.chars().map(|c| if c.is_ascii_alphanumeric() || c == '_' || c == '-' { c } else { '_' }).collect();
    if id.is_empty() {
        return Err(Failure::Usage(format!("{} gives no name for a game", path.display())));
    }
    Ok(id)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_contract_that_cannot_be_read_is_told_from_none() {
        let folder = tempfile::tempdir().unwrap();
        let game = folder.path().join(GAME_FILE);
        assert!(Files::read(&game).is_err(), "no game");
        std::fs::write(&game, "game a {}").unwrap();
        assert!(Files::read(&game).is_ok_and(|files| files.contract.is_none() && files.mocks.is_none()));
        std::fs::create_dir(folder.path().join(CONTRACT_FILE)).unwrap();
        let Err(problem) = Files::read(&game) else { panic!("taken for none") };
        assert!(problem.contains(CONTRACT_FILE), "{problem}");
    }

    fn check(path: &str, id: &str) {
        assert_eq!(id_of(Path::new(path)).ok().as_deref(), Some(id), "{path}");
    }

    #[test]
    fn a_game_is_reached_under_the_name_of_its_folder_or_file() {
        check("/somewhere/games/clinic_triage/game.lgdl", "clinic_triage");
        check("/somewhere/games/triage full.lgdl", "triage_full");
    }
}
