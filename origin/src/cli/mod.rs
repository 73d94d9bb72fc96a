//! The `lgdl` command line: its commands and how their ends become exit statuses. One file a command; what several
//! share lies in [`console`] (output) and [`source`] (reading games).

mod admin;
mod alerts;
mod archive;
mod audit;
mod backup;
mod blocks;
mod chat;
mod cleanup;
mod compile;
mod config;
mod console;
mod deployment;
mod dev;
mod doctor;
mod edge;
mod evaluate;
mod events;
mod export;
mod extract;
mod failure;
mod fmt;
mod games;
mod gdpr;
mod graph;
mod health;
mod heard;
mod journal;
mod keys;
mod learn;
mod lines;
mod logging;
mod manual;
mod migrate;
mod new;
mod nodes;
mod pii;
mod privacy;
mod record;
mod reload;
mod replay;
mod report;
mod runtime;
mod serve;
mod session;
mod source;
mod sqlite_file;
mod tenants;
mod test;
mod texts;
mod validate;
mod webhooks;
mod when;
mod why;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

use console::Console;
use failure::{Failure, Verdict};

#[derive(Parser)]
#[command(
    name = "lgdl",
    version,
    about = "Runs conversational games written in LGDL.",
    after_help = "Exit status: 0 on success, 1 when the answer is no or the work failed, 2 on bad usage.\n\
                  A GAME is a .lgdl file or a folder with a game.lgdl; `-` reads a game from standard input.",
    arg_required_else_help = true
)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Make a game that works, to begin from
    New(new::Arguments),
    /// Check games and show everything that is wrong with them
    Validate(validate::Arguments),
    /// Compile a game to the form that edge nodes use
    Compile(compile::Arguments),
    /// Format games
    Fmt(fmt::Arguments),
    /// Run golden dialogues
    Test(test::Arguments),
    /// Take a game's texts out for translation, and check what came back
    Texts(texts::Arguments),
    /// Draw a game: its moves and where they lead
    Graph(graph::Arguments),
    /// Make a golden dialogue of a conversation
    Record(record::Arguments),
    /// Say how well a game understands labelled utterances
    Evaluate(evaluate::Arguments),
    /// Talk to a game in the terminal
    Chat(chat::Arguments),
    /// Find numbers, dates, amounts and other values in texts
    Extract(extract::Arguments),
    /// Find personal data in texts, and score that on a labelled set
    Pii(pii::Arguments),
    /// Run origin and edge on this machine, and publish games anew when their files change
    Dev(dev::Arguments),
    /// Run the origin
    Serve(serve::Arguments),
    /// Run an edge node on this machine, in front of an origin
    Edge(edge::Arguments),
    /// Decide about turns that an edge node of this machine has set aside
    Journal(journal::Arguments),
    /// Show the settings in force, secrets masked
    Config(config::Arguments),
    /// Say whether a deployment is fit to serve, line by line, with what to do
    Doctor(doctor::Arguments),
    /// Ask a running origin or node how it is; exit status 1 when it is not well
    Health(health::Arguments),
    /// Write man pages and shell completions
    #[command(hide = true)]
    Manual(manual::Arguments),
    /// Bring the schema up to date, and move a store from SQLite to PostgreSQL
    Migrate(migrate::Arguments),
    /// Write the whole store as JSON lines, texts readable
    Export(export::ExportArguments),
    /// Read what `export` wrote, a person's export, or a file of the Python runtime
    Import(export::ImportArguments),
    /// Take old conversations into the archive, show what lies there, check it, bring it back
    Archive(archive::Arguments),
    /// Remove what is past its time
    Cleanup(cleanup::Arguments),
    /// Make a backup while the origin runs
    Backup(backup::BackupArguments),
    /// Restore a backup where there is no store yet, or try whether it can be restored
    Restore(backup::RestoreArguments),
    /// Refuse the turns of a person or of an API key
    Block(blocks::BlockArguments),
    /// Let a person or an API key in again
    Unblock(blocks::UnblockArguments),
    /// Show who is blocked
    Blocked(blocks::BlockedArguments),
    /// Make administrators of the admin API
    Admin(admin::Arguments),
    /// Verify, export and sign the audit log
    Audit(audit::Arguments),
    /// Show what happened, and what happens
    Events(events::Arguments),
    /// Show what is wrong, and try whether somebody would hear of it
    Alerts(alerts::Arguments),
    /// Show the edge nodes and how they are, exit status 1 when one is not well; forget one that is gone for good
    Nodes(nodes::Arguments),
    /// Tell addresses what happens: make webhooks, rotate their secrets, try them out
    Webhooks(webhooks::Arguments),
    /// Export and erase persons, record consents, place legal holds
    Gdpr(gdpr::Arguments),
    /// Show what a game collects, why, how long it is kept and where it goes
    Privacy(privacy::Arguments),
    /// Publish games, and say which version of them new conversations get
    Games(games::Arguments),
    /// Say what came of a game's conversations, without what anybody said
    Report(report::Arguments),
    /// Run a stored turn again from the state that it was run on, and explain it
    Why(why::Arguments),
    /// Run stored conversations through another version of their game, and say what changes
    Replay(replay::Arguments),
    /// Propose phrases and moves from stored conversations; approve them into drafts
    Learn(learn::Arguments),
    /// Make and revoke API keys, rotate the encryption key
    Keys(keys::Arguments),
    /// Show the tenants, and erase one
    Tenants(tenants::Arguments),
}

/// Reads the arguments, runs the command, and says how it ended.
pub(crate) fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let mut console = Console::new();
    let end = match arguments.command {
        Command::New(arguments) => new::run(&arguments, &mut console),
        Command::Texts(arguments) => texts::run(&arguments, &mut console),
        Command::Graph(arguments) => graph::run(&arguments, &mut console),
        Command::Record(arguments) => record::run(&arguments, &mut console),
        Command::Validate(arguments) => validate::run(&arguments, &mut console),
        Command::Compile(arguments) => compile::run(&arguments, &mut console),
        Command::Fmt(arguments) => fmt::run(&arguments, &mut console),
        Command::Test(arguments) => test::run(&arguments, &mut console),
        Command::Evaluate(arguments) => evaluate::run(&arguments, &mut console),
        Command::Chat(arguments) => chat::run(&arguments, &mut console),
        Command::Extract(arguments) => extract::run(&arguments, &mut console),
        Command::Pii(arguments) => pii::run(&arguments, &mut console),
        Command::Dev(arguments) => dev::run(&arguments, &mut console),
        Command::Serve(arguments) => serve::run(&arguments, &mut console),
        Command::Edge(arguments) => edge::run(&arguments, &mut console),
        Command::Journal(arguments) => journal::run(&arguments, &mut console),
        Command::Config(arguments) => config::run(&arguments, &mut console),
        Command::Doctor(arguments) => doctor::run(&arguments, &mut console),
        Command::Health(arguments) => health::run(&arguments, &mut console),
        Command::Manual(arguments) => manual::run(&arguments, &mut console),
        Command::Migrate(arguments) => migrate::run(&arguments, &mut console),
        Command::Export(arguments) => export::run_export(&arguments, &mut console),
        Command::Import(arguments) => export::run_import(&arguments, &mut console),
        Command::Archive(arguments) => archive::run(&arguments, &mut console),
        Command::Cleanup(arguments) => cleanup::run(&arguments, &mut console),
        Command::Backup(arguments) => backup::run_backup(&arguments, &mut console),
        Command::Restore(arguments) => backup::run_restore(&arguments, &mut console),
        Command::Block(arguments) => blocks::block(&arguments, &mut console),
        Command::Unblock(arguments) => blocks::unblock(&arguments, &mut console),
        Command::Blocked(arguments) => blocks::blocked(&arguments, &mut console),
        Command::Admin(arguments) => admin::run(&arguments, &mut console),
        Command::Audit(arguments) => audit::run(&arguments, &mut console),
        Command::Events(arguments) => events::run(&arguments, &mut console),
        Command::Alerts(arguments) => alerts::run(&arguments, &mut console),
        Command::Nodes(arguments) => nodes::run(&arguments, &mut console),
        Command::Webhooks(arguments) => webhooks::run(&arguments, &mut console),
        Command::Gdpr(arguments) => gdpr::run(&arguments, &mut console),
        Command::Privacy(arguments) => privacy::run(&arguments, &mut console),
        Command::Report(arguments) => report::run(&arguments, &mut console),
        Command::Why(arguments) => why::run(&arguments, &mut console),
        Command::Replay(arguments) => replay::run(&arguments, &mut console),
        Command::Games(arguments) => games::run(&arguments, &mut console),
        Command::Learn(arguments) => learn::run(&arguments, &mut console),
        Command::Keys(arguments) => keys::run(&arguments, &mut console),
        Command::Tenants(arguments) => tenants::run(&arguments, &mut console),
    };
    match end.and_then(|verdict| console.flush().map(|()| verdict)) {
        Ok(Verdict::Yes) | Err(Failure::ReaderGone) => ExitCode::SUCCESS,
        Ok(Verdict::No) => ExitCode::from(1),
        Err(Failure::Failed(message)) => {
            console.complain(&message);
            ExitCode::from(1)
        }
        Err(Failure::Usage(message)) => {
            console.complain(&message);
            ExitCode::from(2)
        }
    }
}
