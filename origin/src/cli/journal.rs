//! `lgdl journal`: turns that an edge node of this machine has set aside, because they can't arrive as they are. They are kept
//! until somebody decides. Works on the node's folder, beside a node that runs.

use std::env::VarError;
use std::path::PathBuf;
use std::time::Duration;

use http::{HeaderValue, Uri};
use lgdl::crypto::SecretKey;
use lgdl::wire::node::{Aside, Counts, Limit, read_state_key};
use lgdl::wire::origin::{Decided, DecidedBy, Decision, Decisions, MAX_DECISIONS};
use lgdl::wire::signature::{self, Parts};
use lgdl_edge_host::{JOURNAL_FILE, Node};
use lgdl_origin::clock::{Clock as _, SystemClock};
use lgdl_origin::config::Given;
use lgdl_origin::consumer::{Sender, headers};
use lgdl_origin::hex;
use lgdl_origin::outbound::Reach;
use lgdl_origin::random::{Random as _, SystemRandom};
use lgdl_origin::serve::DEFAULT_TENANT;
use lgdl_origin::tls::trust;
use serde::Serialize;

use super::console::{Console, count};
use super::deployment::failed;
use super::failure::{End, Failure, Verdict};
use super::runtime;

/// Where an origin hears of decisions.
const DECISIONS: &str = "/edge/v1/decisions";
/// Why an origin does not believe who tells it.
const STRANGE: &str = "LGDL_ORIGIN_KEY_ID and LGDL_ORIGIN_KEY are not a pair that the origin knows, or the clocks differ by more than \
                       two minutes; they are the node's own settings, here or by --config";
/// How long it may take to answer.
const ORIGIN_WITHIN: Duration = Duration::from_secs(10);
/// Entries that are listed, or all decided about, at once.
const MAX_AT_ONCE: usize = 100_000;

#[derive(clap::Args)]
pub(super) struct Arguments {
    #[command(subcommand)]
    what: What,
}

#[derive(clap::Subcommand)]
enum What {
    /// List the turns that were set aside, and why
    List(Place),
    /// Let turns wait again that were set aside: the node brings them to the origin
    Retry(Chosen),
    /// Remove turns that were set aside, for good
    Drop(Chosen),
    /// Set aside what waits and does not open with LGDL_STATE_KEY, so that a node can start with that key
    SetAside(Place),
}

#[derive(clap::Args)]
struct Place {
    /// The node's folder
    #[arg(long, value_name = "FOLDER", default_value = "lgdl-edge")]
    data: PathBuf,
    /// Write JSON
    #[arg(long)]
    json: bool,
}

#[derive(clap::Args)]
struct Chosen {
    #[command(flatten)]
    place: Place,
    /// The turn, as `list` names it
    #[arg(value_name = "ID", required_unless_present = "all", conflicts_with = "all")]
    id: Option<String>,
    /// All of them
    #[arg(long)]
    all: bool,
    /// The configuration file of the node; default: lgdl.toml in this folder, if it is there
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
}

#[derive(Serialize)]
struct Listed {
    counts: Counts,
    aside: Vec<Aside>,
}

#[derive(Serialize)]
struct Outcome {
    done: usize,
    left: usize,
}

pub(super) fn run(arguments: &Arguments, console: &mut Console) -> End {
    match &arguments.what {
        What::List(place) => list(place, console),
        What::Retry(chosen) => {
            decide(chosen, Decision::Retry, console, ("waits again", "wait again"), |node, aside| {
                // `None`: another turn of its conversation has its place for now.
                node.retry(&aside.stream, &aside.id).map(|back| back == Some(true)).map_err(unreadable)
            })
        }
        What::Drop(chosen) => {
            decide(chosen, Decision::Drop, console, ("was removed", "were removed"), |node, aside| {
                node.drop_aside(&aside.stream, &aside.id).map_err(unreadable)
            })
        }
        What::SetAside(place) => set_aside(place, console),
    }
}

fn open(place: &Place) -> Result<Node, Failure> {
    if !place.data.join(JOURNAL_FILE).exists() {
        let folder = place.data.display();
        return Err(Failure::Usage(format!("{folder} holds no {JOURNAL_FILE}: name the node's folder with --data")));
    }
    Node::open(Some(&place.data)).map_err(unreadable)
}

fn unreadable(error: impl std::fmt::Display) -> Failure {
    Failure::Failed(format!("the journal: {error}"))
}

/// All that was set aside, or what has that name, however much there is.
fn wanted(id: Option<String>) -> Limit {
    Limit { id, limit: MAX_AT_ONCE, ..Limit::of(None) }
}

fn list(place: &Place, console: &mut Console) -> End {
    let node = open(place)?;
    let (counts, aside) = (node.counts().map_err(unreadable)?, node.aside(&wanted(None)).map_err(unreadable)?);
    if place.json {
        console.json(&Listed { counts, aside })?;
        return Ok(Verdict::Yes);
    }
    for Aside { stream, version, id, why, bytes } in &aside {
        console.line(format_args!("{id}  turn {version} of {stream}, {bytes} bytes: {}", why.words()))?;
    }
    console.note(format_args!("{} waiting, {} set aside", counts.waiting, counts.aside));
    if counts.unremoved > 0 {
        console
            .note(format_args!("{} done with that the journal can't be rid of: is the disk full?", counts.unremoved));
    }
    Ok(Verdict::Yes)
}

fn decide(
    chosen: &Chosen,
    decision: Decision,
    console: &mut Console,
    (one, many): (&str, &str),
    work: impl Fn(&Node, &Aside) -> Result<bool, Failure>,
) -> End {
    let node = open(&chosen.place)?;
    let (mut done, mut left) = (0, 0);
    let about = node.aside(&wanted(chosen.id.clone())).map_err(unreadable)?;
    if !about.is_empty() {
        let settings = Given::load(chosen.config.as_deref()).map_err(failed)?;
        for part in about.chunks(MAX_DECISIONS) {
            tell_audit(settings.clone(), decision, part)?;
        }
    }
    for aside in &about {
        let did = work(&node, aside)?;
        done += usize::from(did);
        left += usize::from(!did);
    }
    if chosen.place.json {
        console.json(&Outcome { done, left })?;
    } else {
        console.line(format_args!("{} {}", count(done, "turn"), if done == 1 { one } else { many }))?;
        if left > 0 {
            console.note(format_args!(
                "{left} left: another turn of their conversation waits; try again when it has arrived"
            ));
        }
    }
    let unknown = chosen.id.is_some() && done + left == 0;
    if unknown {
        console.note("no turn of that name was set aside");
    }
    Ok(Verdict::when(left == 0 && !unknown))
}

/// Has decisions in the origin's audit log before they are carried out, signed as the node signs.
fn tell_audit(settings: Given, decision: Decision, about: &[Aside]) -> Result<(), Failure> {
    let tls = settings.tls().map_err(failed)?;
    let edge = settings.edge().map_err(failed)?;
    let given = |name: &str| edge.get(name).map(String::as_str).filter(|value| !value.is_empty());
    let no_origin = "LGDL_ORIGIN_URL names no origin, whose audit log is told of a decision: give the node's settings, here or by --config";
    let url = given("origin_url").ok_or_else(|| Failure::Usage(no_origin.into()))?;
    let uri: Uri = format!("{}{DECISIONS}", url.trim_end_matches('/'))
        .parse()
        .map_err(|_| Failure::Usage("LGDL_ORIGIN_URL is no address".into()))?;
    let turn = |aside: &Aside| Decided { stream: aside.stream.clone(), version: aside.version, why: aside.why };
    let turns = about.iter().map(turn).collect();
    let body = serde_json::to_vec(&Decisions { decision, by: DecidedBy::CommandLine, turns }).map_err(unreadable)?;
    let tenant = given("tenant").unwrap_or(DEFAULT_TENANT);
    let mut headers = headers("application/json");
    let mut put = |name: &'static str, value: &str| {
        let value = HeaderValue::from_str(value).map_err(|_| Failure::Usage(format!("{name} can't be a header")))?;
        headers.insert(name, value);
        Ok::<_, Failure>(())
    };
    put(signature::TENANT_HEADER, tenant)?;
    if let (Some(key_id), Some(secret)) = (given("origin_key_id"), given("origin_key")) {
        let (mut nonce, timestamp_ms) = ([0; 16], SystemClock.now_ms());
        SystemRandom.fill(&mut nonce);
        let (nonce, digest) = (hex::encode(&nonce), signature::body_digest(&body));
        let parts = Parts {
            method: "POST",
            path_and_query: DECISIONS,
            tenant,
            key_id,
            timestamp_ms,
            nonce: &nonce,
            digest: &digest,
        };
        let signed = signature::sign(secret.as_bytes(), &parts)
            .map_err(|error| Failure::Usage(format!("LGDL_ORIGIN_KEY can't sign: {error}")))?;
        put(signature::KEY_ID_HEADER, key_id)?;
        put(signature::TIMESTAMP_HEADER, &timestamp_ms.to_string())?;
        put(signature::NONCE_HEADER, &nonce)?;
        put(signature::DIGEST_HEADER, &digest)?;
        put(signature::SIGNATURE_HEADER, &signed)?;
    }
    trust(&tls).map_err(failed)?;
    runtime::block_on(async {
        // The operator names the origin: it may be on this machine.
        let told = Sender::new(Reach::Private, ORIGIN_WITHIN).send(&uri, headers, body.into()).await;
        told.map(|_| Verdict::Yes).map_err(|error| {
            let why = match error.status() {
                Some(http::StatusCode::UNAUTHORIZED) => STRANGE.to_owned(),
                _ => error.to_string(),
            };
            Failure::Failed(format!("the origin's audit log is not told, so nothing is decided: {why}"))
        })
    })
    .map(drop)
}

/// The key that the variable gives. What is none is not taken for no key: that would set aside everything.
fn key(variable: Result<String, VarError>) -> Result<Option<SecretKey>, Failure> {
    let no_key = || Failure::Usage("LGDL_STATE_KEY takes 64 hexadecimal digits".into());
    match variable {
        Err(VarError::NotPresent) => Ok(None),
        Err(VarError::NotUnicode(_)) => Err(no_key()),
        Ok(text) if text.trim().is_empty() => Ok(None),
        Ok(text) => read_state_key(text.trim()).map(Some).ok_or_else(no_key),
    }
}

fn set_aside(place: &Place, console: &mut Console) -> End {
    let node = open(place)?;
    let key = key(std::env::var("LGDL_STATE_KEY"))?;
    let done = node.set_aside_unopened(key.as_ref()).map_err(unreadable)?;
    if place.json {
        console.json(&Outcome { done, left: 0 })?;
    } else {
        console.line(format_args!("{} set aside", count(done, "turn")))?;
    }
    Ok(Verdict::Yes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_key_is_not_taken_for_none() {
        assert!(matches!(key(Err(VarError::NotPresent)), Ok(None)));
        assert!(matches!(key(Ok(" ".into())), Ok(None)));
        assert!(matches!(key(Ok("07".repeat(32))), Ok(Some(_))));
        for wrong in [Ok("07".repeat(31)), Err(VarError::NotUnicode("07".into()))] {
            assert!(matches!(key(wrong), Err(Failure::Usage(_))));
        }
    }
}
