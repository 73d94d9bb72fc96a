//! `lgdl learn`: proposals from stored conversations, what they would change, and drafts. Nothing here changes a live game.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use lgdl::golden::GoldenFile;
use lgdl::ids::Id;
use lgdl::visible::one_line;
use lgdl_origin::archives::ArchivedTurns;
use lgdl_origin::audit::events;
use lgdl_origin::files::NewFile;
use lgdl_origin::learning::{Around, Decision, Kind, Proposal, Trial, Tried, decide, decided, proposals};
use lgdl_origin::records::check_id;
use lgdl_origin::replay::{ShadowRun, Talks, Wanted, talks};
use serde::Serialize;
use serde_json::json;
use std::io::Write as _;

use super::console::{Console, count};
use super::deployment::{Deployment, Where, failed, unusable};
use super::failure::{End, Failure, Verdict};
use super::replay::{counts, looked_at, show_changes};
use super::source::{self, Loaded};

#[derive(clap::Args)]
#[command(
    after_help = "Proposals are made anew from the conversations that are stored now; what is erased is in none of them. A draft is a\n\
                  file: `lgdl games publish` publishes it, and nothing else does."
)]
pub(super) struct Arguments {
    #[command(flatten)]
    place: Where,
    #[command(subcommand)]
    command: Command,
}

/// The game in the store and on disk.
#[derive(clap::Args, Debug)]
struct Of {
    /// The id in URLs
    #[arg(value_name = "ID")]
    game: String,
    /// Its source: a .lgdl file, or a folder with a game.lgdl
    #[arg(value_name = "GAME")]
    path: PathBuf,
    /// Which game of the file; default: the one that no other game extends
    #[arg(long = "game", value_name = "NAME")]
    name: Option<String>,
}

#[derive(clap::Subcommand)]
enum Command {
    /// Say what stored conversations propose, what was decided already apart
    Propose {
        #[command(flatten)]
        of: Of,
    },
    /// Show every proposal, decided ones with their decision
    List {
        #[command(flatten)]
        of: Of,
    },
    /// Show one proposal with its phrases, and what it would change
    Show {
        #[command(flatten)]
        of: Of,
        /// The proposal
        #[arg(value_name = "PROPOSAL")]
        id: String,
    },
    /// Write a draft of the game with the phrase, marked (learned), if the golden dialogues hold with it
    Approve {
        #[command(flatten)]
        of: Of,
        /// The proposal
        #[arg(value_name = "PROPOSAL")]
        id: String,
        /// Where to write the draft, which must not be there yet
        #[arg(long, value_name = "FILE")]
        to: PathBuf,
    },
    /// Propose it no more
    Reject {
        #[command(flatten)]
        of: Of,
        /// The proposal
        #[arg(value_name = "PROPOSAL")]
        id: String,
    },
}

#[derive(Serialize)]
struct Shown<'a> {
    #[serde(flatten)]
    proposal: &'a Proposal,
    decision: Option<Decision>,
    /// What a phrase would change; nothing for what a person must write.
    #[serde(skip_serializing_if = "Option::is_none")]
    shadow: Option<ShadowRun>,
    /// Turns of the golden dialogues that fail with it.
    #[serde(skip_serializing_if = "Option::is_none")]
    failing: Option<usize>,
}

pub(super) fn run(arguments: &Arguments, console: &mut Console) -> End {
    let (Command::Propose { of }
    | Command::List { of }
    | Command::Show { of, .. }
    | Command::Approve { of, .. }
    | Command::Reject { of, .. }) = &arguments.command;
    check_id(Id::Game, "game", &of.game).map_err(unusable)?;
    let loaded = source::load(&of.path, of.name.as_deref(), console)?;
    let json = arguments.place.json;
    arguments.place.with(async |deployment| {
        let (store, tenant) = (&*deployment.store, deployment.tenant.as_str());
        let shown = json!({"game": of.game});
        // Told before anything is shown.
        deployment.tell_now(events::PROPOSALS_SHOWN, &of.game, shown).await.map_err(failed)?;
        let wanted = Wanted { archived: ArchivedTurns::read_in(&deployment.config), ..Wanted::default() };
        let talks = talks(store, &*deployment.protection, tenant, &of.game, &wanted).await.map_err(failed)?;
        let decisions = decided(store, tenant, &of.game).await.map_err(failed)?;
        let all = proposals(&loaded.compiled, &talks.talks);
        looked_at(&talks, console);
        let find = |id: &str| {
            let found = all.iter().find(|proposal| proposal.id == id);
            found.ok_or_else(|| Failure::Failed(format!("no proposal {id}; what it came from may be erased")))
        };
        match &arguments.command {
            Command::Propose { .. } => {
                let open = all.iter().filter(|proposal| !decisions.contains_key(&proposal.id));
                list(open.map(|proposal| shown_as(proposal, None)).collect(), json, console)
            }
            Command::List { .. } => {
                let all = all.iter().map(|proposal| shown_as(proposal, decisions.get(&proposal.id).copied()));
                list(all.collect(), json, console)
            }
            Command::Show { id, .. } => {
                let proposal = find(id)?;
                let tried = match proposal.kind {
                    Kind::Phrase => Some(tried(&deployment, &loaded, proposal, &talks)?),
                    Kind::Collision | Kind::NewMove => None,
                };
                let mut shown = shown_as(proposal, decisions.get(id).copied());
                if let Some(Tried { shadow, failing, .. }) = tried {
                    (shown.shadow, shown.failing) = (Some(shadow), Some(failing));
                }
                show(&shown, json, console)
            }
            Command::Approve { id, to, .. } => {
                let proposal = find(id)?;
                approve(&deployment, &loaded, of, proposal, &talks, to, console).await?;
                decide(store, tenant, &of.game, id, Decision::Approved).await.map_err(failed)?;
                told(&deployment, &of.game, proposal, Decision::Approved).await?;
                Ok(Verdict::Yes)
            }
            Command::Reject { id, .. } => {
                let proposal = find(id)?;
                decide(store, tenant, &of.game, id, Decision::Rejected).await.map_err(failed)?;
                told(&deployment, &of.game, proposal, Decision::Rejected).await?;
                console.line(format_args!("{id}: rejected"))?;
                Ok(Verdict::Yes)
            }
        }
    })
}

/// The audit log is told what was decided.
async fn told(deployment: &Deployment, game: &str, proposal: &Proposal, decision: Decision) -> Result<(), Failure> {
    deployment.tell_now(events::PROPOSAL_DECIDED, game, proposal.told(decision)).await.map_err(failed)
}

fn shown_as(proposal: &Proposal, decision: Option<Decision>) -> Shown<'_> {
    Shown { proposal, decision, shadow: None, failing: None }
}

async fn approve(
    deployment: &Deployment,
    loaded: &Loaded,
    of: &Of,
    proposal: &Proposal,
    talks: &Talks,
    to: &Path,
    console: &mut Console,
) -> Result<(), Failure> {
    let tried = tried(deployment, loaded, proposal, talks)?;
    tried.approved(proposal).map_err(failed)?;
    let companions = companions(loaded, to)?;
    let shown = to.display();
    let (new, mut file) = NewFile::begin(to).map_err(|error| failed(format!("{shown}: {error}")))?;
    let written = file.write_all(tried.draft.as_bytes()).and_then(|()| file.sync_all());
    written.and_then(|()| new.finish()).map_err(|error| failed(format!("{shown}: {error}")))?;
    for (path, bytes) in &companions {
        let shown = path.display();
        let folder = path.parent().map_or(Ok(()), std::fs::create_dir_all);
        folder.and_then(|()| std::fs::write(path, bytes)).map_err(|error| failed(format!("{shown}: {error}")))?;
    }
    if !companions.is_empty() {
        console.line(format_args!("Beside it: {} that the game goes with", count(companions.len(), "file")))?;
    }
    console.line(format_args!(
        "{shown}: a draft of {} with one phrase more for {} ({})",
        of.game,
        proposal.moves.join(", "),
        counts(&tried.shadow)
    ))?;
    console.line("Look at it, then publish it with `lgdl games publish`.")
}

/// What a draft in another folder than its game's needs beside it, so that it is the same game: translations, contract,
/// stand-ins and what it imports.
fn companions(loaded: &Loaded, to: &Path) -> Result<Vec<(PathBuf, Vec<u8>)>, Failure> {
    let Some(game) = loaded.source.path.as_deref() else { return Ok(Vec::new()) };
    let folder_of = |path: &Path| match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder.to_owned(),
        _ => PathBuf::from("."),
    };
    let (own, there) = (folder_of(game), folder_of(to));
    if own.canonicalize().ok() == there.canonicalize().ok() {
        return Ok(Vec::new());
    }
    let imported = std::cell::RefCell::new(Vec::new());
    let import = |name: &str| {
        let bytes = source::import(&loaded.source, name)?;
        imported.borrow_mut().push((name.to_owned(), bytes.clone()));
        Ok(bytes)
    };
    // What it imports is asked for on the way.
    let _ = lgdl::syntax::parse_with(&loaded.source.bytes, loaded.source.contract.as_deref(), &import);
    let translations = lgdl_origin::bundle::translations(game).map_err(Failure::Failed)?;
    let mut files: Vec<(String, Vec<u8>)> = imported.into_inner();
    files.extend(translations.into_iter().map(|(name, text)| (name, text.into_bytes())));
    for name in [source::CONTRACT_FILE, source::MOCKS_FILE] {
        files.extend(source::read_if_there(&own.join(name))?.map(|bytes| (name.to_owned(), bytes)));
    }
    let mut wanted = Vec::new();
    for (name, bytes) in files {
        let path = there.join(&name);
        match source::read_if_there(&path)? {
            None => wanted.push((path, bytes)),
            Some(held) if held == bytes => {}
            Some(_) => {
                return Err(Failure::Failed(format!(
                    "{} is another file than the game's {name}; write the draft beside the game, or into a folder of its own",
                    path.display()
                )));
            }
        }
    }
    wanted.sort();
    wanted.dedup();
    Ok(wanted)
}

/// The proposal's phrase in the game that lies here.
fn tried(deployment: &Deployment, loaded: &Loaded, proposal: &Proposal, talks: &Talks) -> Result<Tried, Failure> {
    let goldens = golden_files(loaded)?.into_iter().map(|path| {
        let file = source::read_file(&path)?;
        GoldenFile::read(&file).map_err(|error| failed(format!("{}: {error}", path.display())))
    });
    // As it would be published: with what lies beside the game.
    let files = match loaded.source.path.as_deref() {
        Some(path) => lgdl_origin::bundle::translations(path).map_err(Failure::Failed)?,
        None => BTreeMap::new(),
    };
    let trial = Trial {
        source: std::str::from_utf8(&loaded.source.bytes).map_err(failed)?,
        around: Around {
            contract: loaded.source.contract.as_deref(),
            import: &|path: &str| source::import(&loaded.source, path),
            files: &files,
        },
        game: &loaded.game,
        meaning: deployment.config.meaning,
        mocks: &source::mocks(&loaded.source)?,
        goldens: &goldens.collect::<Result<Vec<_>, Failure>>()?,
        talks: &talks.talks,
    };
    trial.of(proposal).map_err(failed)
}

/// The files of dialogues beside the game.
fn golden_files(loaded: &Loaded) -> Result<Vec<PathBuf>, Failure> {
    let Some(folder) = loaded.source.path.as_deref().and_then(Path::parent) else { return Ok(Vec::new()) };
    let folder = if folder.as_os_str().is_empty() { Path::new(".") } else { folder };
    lgdl_origin::games::golden_files(folder).map_err(failed)
}

fn list(all: Vec<Shown<'_>>, as_json: bool, console: &mut Console) -> End {
    if as_json {
        console.json(&json!({"proposals": all}))?;
        return Ok(Verdict::Yes);
    }
    for shown in &all {
        let phrase = shown.proposal.phrases.first().map_or("", String::as_str);
        console.line(format_args!(
            "{}  {}  \"{}\"{}",
            shown.proposal.id,
            what(shown.proposal),
            one_line(phrase),
            decision(shown)
        ))?;
    }
    console.line(count(all.len(), "proposal"))?;
    Ok(Verdict::Yes)
}

fn show(shown: &Shown<'_>, as_json: bool, console: &mut Console) -> End {
    if as_json {
        console.json(shown)?;
        return Ok(Verdict::Yes);
    }
    console.line(format_args!("{}  {}{}", shown.proposal.id, what(shown.proposal), decision(shown)))?;
    for phrase in &shown.proposal.phrases {
        console.line(format_args!("  \"{}\"", one_line(phrase)))?;
    }
    if let Some(shadow) = &shown.shadow {
        let through = count(shadow.conversations, "stored conversation");
        console.line(format_args!("  through {through}: {}", counts(shadow)))?;
        show_changes(shadow, console)?;
    }
    if let Some(failing) = shown.failing {
        console.line(format_args!("  golden dialogues: {} fail", count(failing, "turn")))?;
    }
    Ok(Verdict::Yes)
}

fn what(proposal: &Proposal) -> String {
    let moves = &proposal.moves;
    let what = match proposal.kind {
        Kind::Phrase => format!("a phrase for {}", moves.join(", ")),
        Kind::Collision => format!("{} are taken for each other", moves.join(" and ")),
        Kind::NewMove => "what no move answers".to_owned(),
    };
    let evidence = &proposal.evidence;
    let counts = [
        (evidence.rephrased, "rephrased"),
        (evidence.confirmed, "confirmed"),
        (evidence.denied, "denied"),
        (evidence.corrected, "corrected"),
        (evidence.ended_well, "ended well"),
        (evidence.unmatched, "unmatched"),
    ];
    let told: Vec<String> =
        counts.iter().filter(|(count, _)| *count > 0).map(|(count, of)| format!("{count} {of}")).collect();
    format!("{what} ({}; {})", told.join(", "), count(evidence.persons, "person"))
}

fn decision(shown: &Shown<'_>) -> String {
    shown.decision.map_or(String::new(), |decision| format!("  {}", decision.name()))
}
