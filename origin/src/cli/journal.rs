//! `lgdl journal`: turns that an edge node of this machine has set aside, because they can't arrive as they are. They are kept
//! until somebody decides. Works on the node's folder, beside a node that runs.

use std::env::VarError;
use std::path::PathBuf;

use lgdl::crypto::SecretKey;
use lgdl::wire::node::{Aside, Counts, read_state_key};
use lgdl_edge_host::{JOURNAL_FILE, Node};
use serde::Serialize;

use super::console::{Console, count};
use super::failure::{End, Failure, Verdict};

/// Entries that are listed or decided about at once.
const MAX_ASIDE: usize = 100_000;

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
}

#[derive(Serialize)]
struct Listed {
    counts: Counts,
    aside: Vec<Aside>,
}

#[derive(Serialize)]
struct Decided {
    done: usize,
    left: usize,
}

pub(super) fn run(arguments: &Arguments, console: &mut Console) -> End {
    match &arguments.what {
        What::List(place) => list(place, console),
        What::Retry(chosen) => decide(chosen, console, "waits again", |node, aside| {
            // `None`: another turn of its conversation has its place for now.
            node.retry(&aside.stream, &aside.id).map(|back| back == Some(true)).map_err(unreadable)
        }),
        What::Drop(chosen) => decide(chosen, console, "was removed", |node, aside| {
            node.drop_aside(&aside.stream, &aside.id).map_err(unreadable)
        }),
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

fn list(place: &Place, console: &mut Console) -> End {
    let node = open(place)?;
    let (counts, aside) = (node.counts().map_err(unreadable)?, node.aside(MAX_ASIDE).map_err(unreadable)?);
    if place.json {
        console.json(&Listed { counts, aside })?;
        return Ok(Verdict::Yes);
    }
    for Aside { stream, version, id, why, bytes } in &aside {
        console.line(format_args!("{id}  turn {version} of {stream}, {bytes} bytes: {}", why.words()))?;
    }
    console.note(format_args!("{} waiting, {} set aside", counts.waiting, counts.aside));
    Ok(Verdict::Yes)
}

fn decide(
    chosen: &Chosen,
    console: &mut Console,
    what: &str,
    work: impl Fn(&Node, &Aside) -> Result<bool, Failure>,
) -> End {
    let node = open(&chosen.place)?;
    let (mut done, mut left) = (0, 0);
    for aside in node.aside(MAX_ASIDE).map_err(unreadable)? {
        if chosen.id.as_ref().is_none_or(|id| *id == aside.id) {
            let did = work(&node, &aside)?;
            done += usize::from(did);
            left += usize::from(!did);
        }
    }
    if chosen.place.json {
        console.json(&Decided { done, left })?;
    } else {
        console.line(format_args!("{} {what}", count(done, "turn")))?;
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
        console.json(&Decided { done, left: 0 })?;
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
