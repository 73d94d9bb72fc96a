//! The guides of `docs/deploy`, run as they are written: every `sh` block of a page in one shell, from an empty folder on. What stands in
//! for what a page has and this place has not (a release, systemd) is made here; a block that can't be run here is a `console`.

use std::collections::BTreeSet;
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::mpsc;
use std::time::Duration;

use lgdl_ports::Port;
use lgdl_skips::{Need, skip};

/// Longer than everything in a guide takes.
const PATIENCE: Duration = Duration::from_secs(180);
/// What a block may be: commands that are run here, commands that need what is not here, and what files hold.
const KINDS: [&str; 4] = ["sh", "console", "ini", "yaml"];
/// Pages with commands that are run here.
const RUN: [&str; 3] = ["bare", "monitoring", "tls"];

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the workspace").to_owned()
}

fn page(name: &str) -> String {
    let path = root().join("docs/deploy").join(format!("{name}.md"));
    fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

struct Block {
    kind: String,
    text: String,
    /// What was said last before it.
    before: String,
}

fn blocks(page: &str) -> Vec<Block> {
    let (mut blocks, mut open, mut before) = (Vec::new(), None::<Block>, String::new());
    for line in page.lines() {
        match (line.strip_prefix("```"), &mut open) {
            (Some(kind), None) => {
                open = Some(Block { kind: kind.to_owned(), text: String::new(), before: before.clone() });
            }
            (Some(_), Some(_)) => blocks.extend(open.take()),
            (None, Some(block)) => block.text.extend([line, "\n"]),
            (None, None) if !line.is_empty() => line.clone_into(&mut before),
            (None, None) => {}
        }
    }
    assert!(open.is_none(), "a block that does not end");
    blocks
}

fn commands(name: &str) -> String {
    let commands: String = blocks(&page(name)).into_iter().filter(|block| block.kind == "sh").map(|b| b.text).collect();
    assert!(!commands.is_empty(), "{name} has commands");
    commands
}

#[test]
fn every_block_says_what_it_is_and_every_page_with_commands_is_run() {
    let mut run = BTreeSet::new();
    for entry in fs::read_dir(root().join("docs/deploy")).expect("the guides") {
        let path = entry.expect("an entry").path();
        let name = path.file_stem().and_then(|stem| stem.to_str()).expect("a name").to_owned();
        for block in blocks(&page(&name)) {
            assert!(KINDS.contains(&block.kind.as_str()), "{name}: a block of the kind `{}`", block.kind);
            if block.kind == "sh" {
                run.insert(name.clone());
            }
        }
    }
    assert_eq!(run.iter().map(String::as_str).collect::<Vec<_>>(), RUN);
}

fn on_path(program: &str) -> bool {
    std::env::var_os("PATH")
        .is_some_and(|path| std::env::split_paths(&path).any(|folder| folder.join(program).is_file()))
}

fn component() -> Option<PathBuf> {
    let named = std::env::var_os("LGDL_COMPONENT").map(PathBuf::from);
    let built = Path::new(env!("CARGO_BIN_EXE_lgdl")).with_file_name("../wasm/wasm32-wasip1/edge/lgdl_edge.wasm");
    named.into_iter().chain([built]).find(|path| path.is_file())
}

/// What is missing for the guides that run a node.
fn missing() -> Option<(Need, String)> {
    let program = ["bash", "curl", "openssl", "tar", "sha256sum"].into_iter().find(|program| !on_path(program));
    match (program, component()) {
        (Some(program), _) => Some((Need::Programs, format!("{program} is not installed"))),
        (None, None) => Some((Need::Component, "the component is not built".to_owned())),
        (None, Some(_)) => None,
    }
}

/// A place to follow a guide in.
struct Place {
    folder: tempfile::TempDir,
    /// What the page calls it, and what it is called here: ports and folders.
    names: Vec<(String, String)>,
    environment: Vec<(&'static str, String)>,
    _ports: Vec<Port>,
}

impl Place {
    /// With other ports than those of the page, which are free.
    fn new(ports: &[&str]) -> Place {
        let free: Vec<Port> = ports.iter().map(|_| Port::free()).collect();
        let numbers = free.iter().map(|port| port.number().to_string());
        let names: Vec<_> = ports.iter().map(|port| (*port).to_owned()).zip(numbers).collect();
        let folder = tempfile::tempdir().expect("a folder");
        for name in ["bin", "work"] {
            fs::create_dir(folder.path().join(name)).expect("a folder");
        }
        Place { folder, names, environment: Vec::new(), _ports: free }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn here(&self, text: &str) -> String {
        self.names.iter().fold(text.to_owned(), |text, (there, here)| text.replace(there, here))
    }

    fn write(&self, name: &str, text: &str) -> PathBuf {
        let path = self.path(name);
        fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
        fs::write(&path, text).expect("a file");
        path
    }

    fn program(&self, name: &str, text: &str) {
        let path = self.write(name, text);
        fs::set_permissions(path, fs::Permissions::from_mode(0o755)).expect("ours");
    }

    /// Runs the commands of a page; whatever they began ends with them.
    fn follow(&self, name: &str) -> String {
        let script = format!("set -euo pipefail\nset -x\n{}", self.here(&commands(name)));
        let file = self.write("guide.sh", &script);
        let own = [self.path("bin"), self.path("usr/bin")];
        let path = std::env::var_os("PATH").unwrap_or_default();
        let path = std::env::join_paths(own.into_iter().chain(std::env::split_paths(&path))).expect("paths");
        let (output, errors) = (self.path("output"), self.path("errors"));
        let mut shell = Command::new("bash");
        shell.arg(&file).current_dir(self.path("work")).env_clear().env("PATH", path).env("HOME", self.path("work"));
        shell.envs(self.environment.iter().map(|(name, value)| (name, value))).process_group(0).stdin(Stdio::null());
        // To files: what goes on in the background would hold a pipe open.
        shell.stdout(fs::File::create(&output).expect("a file")).stderr(fs::File::create(&errors).expect("a file"));
        let mut child = shell.spawn().expect("bash");
        let group = child.id();
        let (sender, receiver) = mpsc::channel();
        std::thread::spawn(move || sender.send(child.wait()));
        let ended = receiver.recv_timeout(PATIENCE);
        let _ = Command::new("/bin/kill").args(["-KILL", "--", &format!("-{group}")]).stderr(Stdio::null()).status();
        let read = |path: &Path| fs::read_to_string(path).unwrap_or_default();
        let said = format!("{}\n{}\n{}", read(&output), read(&errors), read(&self.path("log")));
        match ended {
            Ok(Ok(status)) => assert!(status.success(), "{name}: {status}\n{said}"),
            Ok(Err(error)) => panic!("{name}: {error}"),
            Err(_) => panic!("{name} did not end within {} s\n{said}", PATIENCE.as_secs()),
        }
        read(&output)
    }
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to.parent().expect("a folder")).expect("a folder");
    fs::copy(from, to).expect("a file");
}

#[test]
fn whoever_follows_the_guide_of_tls_has_a_node_and_an_origin_that_serve_it() {
    if let Some((need, why)) = missing() {
        return skip(need, &why);
    }
    let mut place = Place::new(&["8787", "8443"]);
    copy(Path::new(env!("CARGO_BIN_EXE_lgdl")), &place.path("bin/lgdl"));
    copy(&component().expect("looked for"), &place.path("bin/lgdl_edge.wasm"));
    place.environment =
        vec![("LGDL_LISTEN", place.here("127.0.0.1:8787")), ("LGDL_ADMIN_LISTEN", "127.0.0.1:0".to_owned())];
    let said = place.follow("tls");
    assert!(said.contains("\"status\""), "{said}");
}

#[test]
fn the_alerts_can_be_checked_as_the_guide_says() {
    if !on_path("promtool") {
        return skip(Need::Prometheus, "promtool is not installed");
    }
    let place = Place::new(&[]);
    for name in ["rules.yml", "rules.test.yml"] {
        let name = Path::new("deploy/monitoring").join(name);
        copy(&root().join(&name), &place.path("work").join(&name));
    }
    place.follow("monitoring");
}

/// Reads a unit and what was added to it, gives the service its credentials, and starts it: what systemd does of all that the guide
/// counts on.
const SYSTEMCTL: &str = r#"#!/usr/bin/env bash
set -euo pipefail
unit="${!#}"
unit="${unit%.service}"
cat "$PLACE/etc/systemd/system/$unit.service" "$PLACE/edits/$unit.conf" > "$PLACE/whole-$unit"
case "$1" in
  cat) cat "$PLACE/whole-$unit" ;;
  enable)
    credentials="$PLACE/run/$unit"
    mkdir -p "$credentials"
    properties=()
    while IFS= read -r line; do
      case $line in
        ExecStart=*) command=${line#*=} ;;
        [A-Z]*=*) properties+=("--property=${line//%d/$credentials}") ;;
      esac
    done < "$PLACE/whole-$unit"
    CREDENTIALS="$credentials" systemd-run "${properties[@]}" $command >> "$PLACE/log" 2>&1 &
    ;;
  *) exit 2 ;;
esac
"#;

/// Gives a command what its properties say: credentials, settings, folder.
const SYSTEMD_RUN: &str = r#"#!/usr/bin/env bash
set -euo pipefail
settings=("PATH=$PATH" "LGDL_LISTEN=$LISTEN" "LGDL_ADMIN_LISTEN=127.0.0.1:0")
while :; do
  case "$1" in
    --unit=*) CREDENTIALS="$PLACE/run/credentials/${1#*=}.service" ;;
    --property=*)
      line=${1#*=} value=${1#*=*=}
      case $line in
        LoadCredential=*) mkdir -p "$CREDENTIALS" && cp "${value#*:}" "$CREDENTIALS/${value%%:*}" ;;
        Environment=*) for pair in $value; do settings+=("$pair"); done ;;
        EnvironmentFile=*) while IFS= read -r pair; do settings+=("$pair"); done < "$value" ;;
        WorkingDirectory=*) folder=$value ;;
      esac
      ;;
    --*) ;;
    *) break ;;
  esac
  shift
done
mkdir -p "$folder"
cd "$folder"
exec env -i "${settings[@]}" "$@"
"#;

#[test]
fn whoever_follows_the_guide_of_machines_has_an_origin_and_a_node() {
    if let Some((need, why)) = missing() {
        return skip(need, &why);
    }
    let mut place = Place::new(&["8787", "8080"]);
    let folders = ["/etc/lgdl", "/etc/systemd/", "/usr/bin/", "/var/lib/", "/var/cache/", "/run/credentials/"];
    let there = |folder: &str| place.folder.path().join(&folder[1..]).display().to_string();
    let folders = folders.map(|folder| (folder.to_owned(), there(folder)));
    place.names.extend(folders);
    for folder in ["etc/systemd/system", "var/lib"] {
        fs::create_dir_all(place.path(folder)).expect("a folder");
    }
    copy(&component().expect("looked for"), &place.path("usr/bin/lgdl_edge.wasm"));
    // A release.
    let name = "lgdl-0.1.0-x86_64-unknown-linux-gnu";
    copy(Path::new(env!("CARGO_BIN_EXE_lgdl")), &place.path("work").join(name).join("lgdl"));
    for file in ["lgdl-origin.service", "lgdl-edge.service", "lgdl-as"] {
        let text = fs::read_to_string(root().join("deploy/systemd").join(file)).expect("a file");
        place.program(&format!("work/{name}/systemd/{file}"), &place.here(&text));
    }
    let packed = format!(
        "tar cf - {name} | gzip -1 > {name}.tar.gz && rm -r {name} && sha256sum * > SHA256SUMS && cp -r {}/games .",
        root().display()
    );
    let packed = Command::new("bash").args(["-c", &packed]).current_dir(place.path("work")).status();
    assert!(packed.is_ok_and(|status| status.success()));
    // What `systemctl edit` is told.
    for unit in ["lgdl-origin", "lgdl-edge"] {
        let edit = format!("`systemctl edit {unit}`");
        let added: Vec<Block> =
            blocks(&page("bare")).into_iter().filter(|b| b.kind == "ini" && b.before.contains(&edit)).collect();
        assert_eq!(added.len(), 1, "{unit}");
        place.write(&format!("edits/{unit}.conf"), &place.here(&added[0].text));
    }
    place.program("bin/systemctl", SYSTEMCTL);
    place.program("bin/systemd-run", SYSTEMD_RUN);
    place.environment =
        vec![("PLACE", place.folder.path().display().to_string()), ("LISTEN", place.here("127.0.0.1:8787"))];
    let said = place.follow("bare");
    assert!(said.contains("healthy: http://"), "{said}");
    let mode = fs::metadata(place.path("etc/lgdl/secrets/encryption_key")).expect("a secret").permissions().mode();
    assert_eq!(mode & 0o077, 0, "secrets are their owner's");
}
