//! `lgdl new`: a game that works, with its contract, stand-ins for services, golden dialogues and a page about it.

use std::fs;
use std::path::{Path, PathBuf};

use super::console::Console;
use super::dev::examples;
use super::failure::{End, Failure, Verdict};
use super::source::{CONTRACT_FILE, GAME_FILE, MOCKS_FILE};
use super::test::GOLDEN_FILE;

#[derive(clap::Args)]
pub(super) struct Arguments {
    /// The game's name, which its folder gets too; letters, digits and `_`
    #[arg(value_name = "NAME")]
    name: String,
    /// What it begins from; a wrong name lists what there is
    #[arg(long, value_name = "TEMPLATE", default_value = "starter")]
    from: String,
    /// The folder in which the game's folder is made
    #[arg(long, value_name = "DIR", default_value = ".")]
    into: PathBuf,
}

/// A game to begin from.
struct Template {
    name: &'static str,
    about: &'static str,
    game: &'static str,
    contract: &'static str,
    mocks: &'static str,
    golden: &'static str,
}

macro_rules! template {
    ($name:literal, $about:literal, $folder:literal) => {
        Template {
            name: $name,
            about: $about,
            game: include_str!(concat!($folder, "/game.lgdl")),
            contract: include_str!(concat!($folder, "/capability_contract.json")),
            mocks: include_str!(concat!($folder, "/capability_mocks.yaml")),
            golden: include_str!(concat!($folder, "/golden_dialogs.yaml")),
        }
    };
}

const TEMPLATES: [Template; 5] = [
    template!("starter", "one move that collects and one that answers", "new/starter"),
    template!("pizzeria", "orders with a list, choices and an emergency", "../../../games/pizzeria"),
    template!("travel_desk", "journeys with two places and two days", "../../../games/travel_desk"),
    template!("password_reset", "a code that must be right", "../../../games/password_reset"),
    template!("support_desk", "many moves that only answer", "../../../games/support_desk"),
];

pub(super) fn run(arguments: &Arguments, console: &mut Console) -> End {
    let name = &arguments.name;
    if !is_name(name) {
        return Err(Failure::Usage(format!(
            "`{name}` is no name of a game: it begins with a letter or `_` and has letters, digits and `_` only"
        )));
    }
    let Some(template) = TEMPLATES.iter().find(|template| template.name == arguments.from) else {
        let known = TEMPLATES.map(|template| format!("{} ({})", template.name, template.about)).join(", ");
        return Err(Failure::Usage(format!("there is no template `{}`; there are {known}", arguments.from)));
    };
    let folder = arguments.into.join(name);
    if fs::read_dir(&folder).is_ok_and(|mut entries| entries.next().is_some()) {
        return Err(Failure::Usage(format!("{} is there already and is not empty", folder.display())));
    }
    fs::create_dir_all(&folder).map_err(|error| cannot(&folder, &error))?;
    let named =
        |text: &str, before: &str| text.replacen(&format!("{before}{}", template.name), &format!("{before}{name}"), 1);
    let files = [
        (GAME_FILE, named(template.game, "game ")),
        (CONTRACT_FILE, template.contract.to_owned()),
        (MOCKS_FILE, template.mocks.to_owned()),
        (GOLDEN_FILE, named(template.golden, "game: ")),
        ("README.md", readme(name)),
    ];
    let translations = examples::translations(template.name).map(|(file, text)| (file, named(text, "game: ")));
    for (file, text) in files.into_iter().chain(translations) {
        let path = folder.join(file);
        let within = path.parent().unwrap_or(&folder);
        fs::create_dir_all(within).map_err(|error| cannot(within, &error))?;
        fs::write(&path, text).map_err(|error| cannot(&path, &error))?;
    }
    let shown = folder.display();
    console.line(format_args!("{shown}: a game from the template `{}`", template.name))?;
    console.line(format_args!("  lgdl test {shown}    its golden dialogues, which pass"))?;
    console.line(format_args!("  lgdl chat {shown}    talk to it"))?;
    console.line(format_args!("  lgdl dev {shown}     talk to it in a browser; it follows your changes"))?;
    Ok(Verdict::Yes)
}

fn is_name(text: &str) -> bool {
    text.starts_with(|first: char| first.is_ascii_alphabetic() || first == '_')
        && text.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
}

fn cannot(path: &Path, error: &std::io::Error) -> Failure {
    Failure::Failed(format!("cannot write {}: {error}", path.display()))
}

fn readme(name: &str) -> String {
    format!(
        "# {name}\n\n\
         What this game is for, and whom it talks to.\n\n\
         | file | holds |\n|---|---|\n\
         | `{GAME_FILE}` | the game |\n\
         | `{CONTRACT_FILE}` | what its capabilities take and give |\n\
         | `{MOCKS_FILE}` | what they answer while nothing is configured |\n\
         | `{GOLDEN_FILE}` | conversations that must go as written |\n\n\
         ```\n\
         lgdl validate {name}     # everything that is wrong with it\n\
         lgdl test {name} --watch # its dialogues, again with every change\n\
         lgdl chat {name}         # talk to it; /record FILE keeps the conversation as a dialogue\n\
         lgdl graph {name}        # its moves as a picture\n\
         ```\n"
    )
}
