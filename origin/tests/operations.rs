//! What stands in `deploy/`, tried with the real programs: the chart by Helm, images and compose by a container engine, alerts by
//! promtool, units by systemd, workflows by linters; and that none of it says otherwise than the program itself. The scripts lie in
//! `tests/operations`. A test that lacks what it needs is skipped and says so; `cargo xtask test` installs it.

use std::collections::BTreeSet;
use std::fs;
use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use lgdl_origin::Config;
use lgdl_ports::Port;
use lgdl_skips::{Need, skip};

#[allow(dead_code)] // other test binaries use the rest
#[path = "support/certificates.rs"]
mod certificates;

const PATIENCE: Duration = Duration::from_secs(60);

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the workspace").to_owned()
}

/// What `cargo xtask test` has installed for these tests, if it has.
fn tools(need: Need) -> Option<PathBuf> {
    let folder = std::env::var_os("LGDL_OPERATIONS").map(PathBuf::from).filter(|folder| folder.is_dir());
    if folder.is_none() {
        skip(need, "LGDL_OPERATIONS is not set: `cargo xtask test` installs what is needed, and sets it");
    }
    folder
}

fn on_path(program: &str) -> bool {
    std::env::var_os("PATH")
        .is_some_and(|path| std::env::split_paths(&path).any(|folder| folder.join(program).is_file()))
}

/// Runs a command; what it said, whether it ended well or not.
fn said(command: &mut Command) -> Result<String, String> {
    let output = command.stdin(Stdio::null()).output().map_err(|error| format!("{command:?}: {error}"))?;
    let text = [output.stdout, output.stderr].map(|bytes| String::from_utf8_lossy(&bytes).into_owned()).concat();
    if output.status.success() { Ok(text) } else { Err(format!("{command:?} ended with {}:\n{text}", output.status)) }
}

/// Every file of a folder, with its text.
fn texts(folder: &Path) -> Vec<(PathBuf, String)> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("readable").path();
        if path.is_dir() {
            // What secrets.sh made here is nobody's business.
            if path.file_name().is_some_and(|name| name != "secrets") {
                found.extend(texts(&path));
            }
        } else if let Ok(text) = fs::read_to_string(&path) {
            found.push((path, text));
        }
    }
    found
}

/// Words of a text that begin with `prefix` and go on with what `part` takes.
fn words(text: &str, prefix: &str, part: fn(char) -> bool) -> BTreeSet<String> {
    let mut words = BTreeSet::new();
    let mut rest = text;
    while let Some(at) = rest.find(prefix) {
        let before = rest[..at].chars().next_back();
        let from = &rest[at..];
        let length = from
            .char_indices()
            .skip(prefix.chars().count())
            .find(|(_, c)| !part(*c))
            .map_or(from.len(), |(index, _)| index);
        if !before.is_some_and(part) && length > prefix.len() {
            words.insert(from[..length].trim_end_matches('_').to_owned());
        }
        rest = &from[length.max(1)..];
    }
    words
}

/// `lgdl dev` with the examples, until it is dropped.
struct Running {
    child: Child,
    node: String,
    origin: String,
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn component() -> Option<PathBuf> {
    let named = std::env::var_os("LGDL_COMPONENT").map(PathBuf::from);
    let built = Path::new(env!("CARGO_BIN_EXE_lgdl")).with_file_name("../wasm/wasm32-wasip1/edge/lgdl_edge.wasm");
    named.into_iter().chain([built]).find(|path| path.is_file())
}

fn run_examples(component: &Path, folder: &Path) -> Running {
    let mut child = Command::new(env!("CARGO_BIN_EXE_lgdl"))
        .args(["dev", "--port", "0", "--component"])
        .arg(component)
        .arg("--data")
        .arg(folder)
        // So that what is told of a SIEM is told, though there is none.
        .env("LGDL_AUDIT_PUSH_URL", "http://127.0.0.1:9/")
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .spawn()
        .expect("lgdl starts");
    let lines = BufReader::new(child.stdout.take().expect("a pipe")).lines();
    let (sender, receiver) = std::sync::mpsc::channel();
    std::thread::spawn(move || lines.map_while(Result::ok).for_each(|line| drop(sender.send(line))));
    let mut running = Running { child, node: String::new(), origin: String::new() };
    while let Ok(line) = receiver.recv_timeout(PATIENCE) {
        let address =
            |name: &str| line.strip_prefix(name).map(|address| address.trim().trim_end_matches('/').to_owned());
        if let Some(address) = address("page:") {
            running.node = address;
        } else if let Some(address) = address("origin:") {
            running.origin = address;
            return running;
        }
    }
    panic!("lgdl dev did not start");
}

/// What an origin tells that serves TLS, which `lgdl dev` does not.
fn scrape_with_tls(folder: &Path) -> String {
    let folder = folder.join("tls");
    fs::create_dir(&folder).expect("a folder");
    let authority = certificates::Authority::new(&folder);
    authority.issue(certificates::FAR);
    let mut child = Command::new(env!("CARGO_BIN_EXE_lgdl"))
        .arg("serve")
        .envs(authority.settings())
        .envs([("LGDL_LISTEN", "127.0.0.1:0"), ("LGDL_ADMIN_LISTEN", "127.0.0.1:0"), ("LGDL_EDGE_UNSIGNED", "true")])
        .current_dir(&folder)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .spawn()
        .expect("lgdl starts");
    let mut line = String::new();
    BufReader::new(child.stdout.take().expect("a pipe")).read_line(&mut line).expect("its address");
    let origin = line.trim().trim_start_matches("origin: ").replace("127.0.0.1", "localhost");
    let running = Running { child, node: String::new(), origin };
    let authority = authority.file("authority.pem").display().to_string();
    curl(&format!("{}/metrics", running.origin), &["--cacert", &authority]).unwrap_or_else(|error| panic!("{error}"))
}

fn curl(url: &str, more: &[&str]) -> Result<String, String> {
    said(Command::new("curl").args(["-fsS", "--max-time", "20", url]).args(more))
}

#[test]
fn the_chart_renders_and_is_valid_wherever_it_is_promised() {
    let Some(tools) = tools(Need::Chart) else { return };
    let folder = tempfile::tempdir().expect("a folder");
    let mut script = Command::new(root().join("tests/operations/helm.sh"));
    script
        .arg(folder.path())
        .env("HELM", tools.join("layer/helm/helm"))
        .env("KUBECTL", tools.join("layer/kubectl/kubectl"));
    script.env("PYTHON", tools.join("bin/python")).env("KUBERNETES_VALIDATE", tools.join("bin/kubernetes-validate"));
    println!("{}", said(&mut script).unwrap_or_else(|error| panic!("{error}")));
}

/// A container engine, which ends with the test, however it ends.
struct Engine(PathBuf);

impl Drop for Engine {
    fn drop(&mut self) {
        let _ = Command::new(root().join("tests/operations/engine.sh")).arg("stop").arg(&self.0).status();
    }
}

#[test]
fn the_images_run_without_rights_and_compose_is_a_whole_deployment() {
    let programs = ["dockerd", "docker-compose", "mmdebstrap", "jq", "curl", "openssl"];
    if let Some(missing) =
        programs.into_iter().find(|program| !on_path(program) && !Path::new("/usr/sbin").join(program).is_file())
    {
        return skip(Need::Containers, &format!("{missing} is not installed"));
    }
    if said(Command::new("id").arg("-u")).is_ok_and(|id| id.trim() != "0") {
        return skip(Need::Containers, "a container engine of our own wants root");
    }
    let Some(component) = component() else { return skip(Need::Component, "the component is not built") };
    let Some(tools) = tools(Need::Containers) else { return };
    let root = root();
    // Short: the path of a socket is.
    let folder = tempfile::Builder::new().prefix("lgdl").tempdir_in("/tmp").expect("a folder");
    let engine = Engine(folder.path().join("d"));
    let script = |name: &str| Command::new(root.join("tests/operations").join(name));
    said(script("engine.sh").arg("start").arg(&engine.0)).unwrap_or_else(|error| panic!("{error}"));
    let host = format!("unix://{}/docker.sock", engine.0.display());
    let obey = |command: &mut Command| {
        command.env("DOCKER_HOST", &host).env("DOCKER_BUILDKIT", "1");
        said(command).unwrap_or_else(|error| panic!("{error}"))
    };
    obey(script("stand-ins.sh").arg(tools.join("images")));
    let dist = folder.path().join("context/dist");
    fs::create_dir_all(&dist).expect("a folder");
    // Without what a debugger wants; otherwise the very program.
    said(Command::new("strip").arg("-o").arg(dist.join("lgdl")).arg(env!("CARGO_BIN_EXE_lgdl"))).expect("strip");
    fs::copy(component, dist.join("lgdl_edge.wasm")).expect("a file");
    for target in ["origin", "edge"] {
        obey(
            Command::new("/usr/bin/docker")
                .args(["build", "--quiet", "--build-arg", "BINARIES=prebuilt", "--target", target])
                .args(["--tag", &format!("lgdl-{target}"), "--file"])
                .arg(root.join("deploy/docker/Dockerfile"))
                .arg(folder.path().join("context")),
        );
    }
    println!("{}", obey(script("compose.sh").arg(folder.path().join("c"))));
}

#[test]
fn every_alert_fires_on_what_it_is_for_and_has_an_entry_in_the_runbooks() {
    if !on_path("promtool") || !on_path("amtool") {
        return skip(Need::Prometheus, "promtool or amtool is not installed");
    }
    let folder = root().join("deploy/monitoring");
    let obey = |command: &mut Command| said(command).unwrap_or_else(|error| panic!("{error}"));
    obey(Command::new("promtool").args(["check", "rules", "--lint=all", "--lint-fatal"]).arg(folder.join("rules.yml")));
    obey(Command::new("promtool").args(["test", "rules", "rules.test.yml"]).current_dir(&folder));
    let routes = root().join("deploy/docker/alertmanager.yml");
    obey(Command::new("amtool").arg("check-config").arg(&routes));
    let rules = fs::read_to_string(folder.join("rules.yml")).expect("rules");
    let tests = fs::read_to_string(folder.join("rules.test.yml")).expect("tests");
    let runbooks = fs::read_to_string(root().join("docs/deploy/runbooks.md")).expect("runbooks");
    let alerts: Vec<&str> = rules.lines().filter_map(|line| line.trim().strip_prefix("- alert: ")).collect();
    assert!(alerts.len() >= 10, "{alerts:?}");
    for alert in alerts {
        assert!(tests.contains(&format!("- name: {alert} fires")), "{alert} has no test in which it fires");
        assert!(tests.contains(&format!("- name: {alert} is silent")), "{alert} has no test in which it is silent");
        assert!(runbooks.contains(&format!("## {alert}\n")), "{alert} has no entry in docs/deploy/runbooks.md");
        assert!(
            rules.contains(&format!("docs/deploy/runbooks.md#{}\n", alert.to_lowercase())),
            "{alert} names no runbook"
        );
    }
}

/// Metrics of an archive, which the deployment of this test has none of: the tests with a bucket see them.
const OF_AN_ARCHIVE: [&str; 2] = ["lgdl_archive_last_timestamp_seconds", "lgdl_archive_failed_last_timestamp_seconds"];

#[test]
fn rules_dashboards_and_probes_speak_of_what_the_running_program_has() {
    let Some(component) = component() else { return skip(Need::Component, "the component is not built") };
    if !on_path("curl") {
        return skip(Need::Programs, "curl is not installed");
    }
    let folder = tempfile::tempdir().expect("a folder");
    let running = run_examples(&component, folder.path());
    let get = |url: String| curl(&url, &[]).unwrap_or_else(|error| panic!("{error}"));
    talk(&running, "c");
    let backup = said(
        Command::new(env!("CARGO_BIN_EXE_lgdl"))
            .args(["backup", "b"])
            .current_dir(folder.path())
            .env("LGDL_EDGE_UNSIGNED", "true")
            .env("LGDL_SQLITE_PATH", "origin.db"),
    );
    backup.expect("a backup");
    let drill = said(
        Command::new(env!("CARGO_BIN_EXE_lgdl"))
            .args(["restore", "--drill", "b"])
            .current_dir(folder.path())
            .env("LGDL_EDGE_UNSIGNED", "true")
            .env("LGDL_SQLITE_PATH", "origin.db"),
    );
    drill.expect("a drill that holds");
    let begun = Instant::now();
    let scraped = loop {
        let text = get(format!("{}/metrics", running.origin)) + &get(format!("{}/metrics", running.node));
        // The origin is asked by the node a moment after it started, and is told of the node a moment later.
        if text.contains("/edge/v1/turns") && text.contains("lgdl_node_up") || begun.elapsed() > PATIENCE {
            break text;
        }
    };
    let scraped = scraped + &scrape_with_tls(folder.path());
    let samples = words(&scraped, "lgdl_", |c| c.is_ascii_alphanumeric() || c == '_');
    let deploy = texts(&root().join("deploy/monitoring"));
    assert!(deploy.len() >= 2);
    for (path, text) in &deploy {
        for metric in words(text, "lgdl_", |c| c.is_ascii_alphanumeric() || c == '_') {
            let known = samples.contains(&metric) || OF_AN_ARCHIVE.contains(&metric.as_str());
            assert!(known, "{}: the program has no {metric}", path.display());
        }
    }
    dashboards(&running, folder.path());
    // Probes.
    let mut probes = BTreeSet::new();
    for (_, text) in texts(&root().join("deploy")) {
        probes.extend(words(&text, "/health", |c| c.is_ascii_lowercase() || c == '/'));
    }
    assert!(probes.contains("/health/ready") && probes.contains("/health/live"), "{probes:?}");
    for probe in probes {
        get(format!("{}{probe}", running.node));
        // A SIEM that is away is no reason to take the origin away; `/healthz` is the node's alone, for old clients.
        if probe != "/health" && probe != "/healthz" {
            get(format!("{}{probe}", running.origin));
        }
    }
    // What images ask with.
    let health = |url: String| said(Command::new(env!("CARGO_BIN_EXE_lgdl")).args(["health", "--json", &url]));
    assert!(health(format!("{}/health/ready", running.node)).is_ok_and(|said| said.contains("\"healthy\": true")));
    assert!(health(format!("{}/health/nothing", running.node)).is_err());
    assert!(health("http://127.0.0.1:9/health".to_owned()).is_err_and(|said| said.contains("\"error\"")));
}

/// A conversation of which every panel and rule has something to tell: understood and not, values refused, stored, and asked for.
fn talk(running: &Running, conversation: &str) {
    let url = format!("{}/games/clinic_triage/move", running.node);
    for said in ["hello", "blorp", "my knee hurts", "banana", "7", "since 2 days ago", "no"] {
        let turn = format!(r#"{{"user_id": "u", "conversation_id": "{conversation}", "input": "{said}"}}"#);
        curl(&url, &["-H", "content-type: application/json", "-d", &turn]).expect("a turn");
    }
}

/// Every query of every dashboard, on a Prometheus that scrapes what runs.
fn dashboards(running: &Running, folder: &Path) {
    if !on_path("prometheus") {
        return skip(Need::Prometheus, "prometheus is not installed");
    }
    let Some(tools) = tools(Need::Linters) else { return };
    let port = Port::free();
    let target = |address: &str| address.trim_start_matches("http://").to_owned();
    let config = format!(
        "global: {{scrape_interval: 1s}}\nscrape_configs:\n  \
         - {{job_name: lgdl-origin, static_configs: [{{targets: ['{}']}}]}}\n  \
         - {{job_name: lgdl-edge, static_configs: [{{targets: ['{}']}}]}}\n",
        target(&running.origin),
        target(&running.node)
    );
    fs::write(folder.join("prometheus.yml"), config).expect("a file");
    let child = Command::new("prometheus")
        .args(["--config.file=prometheus.yml", "--storage.tsdb.path=tsdb", "--log.level=error"])
        .arg(format!("--web.listen-address={}", port.address()))
        .current_dir(folder)
        .stdin(Stdio::null())
        .spawn()
        .expect("prometheus");
    let _prometheus = Running { child, node: String::new(), origin: String::new() };
    // Something has to happen in every second, for quantiles to be of something.
    let (mut conversation, begun) = (0, Instant::now());
    let boards = root().join("deploy/monitoring/dashboards");
    let boards: Vec<PathBuf> = texts(&boards).into_iter().map(|(path, _)| path).collect();
    loop {
        for _ in 0..3 {
            conversation += 1;
            talk(running, &format!("d{conversation}"));
        }
        let mut script = Command::new(tools.join("bin/python"));
        script
            .arg(root().join("tests/operations/dashboards.py"))
            .arg(format!("http://{}", port.address()))
            .args(&boards);
        match said(&mut script) {
            Ok(_) => return,
            Err(error) => assert!(begun.elapsed() < PATIENCE, "{error}"),
        }
    }
}

#[test]
fn deploy_names_settings_and_ports_as_the_program_does() {
    let mut known: BTreeSet<String> =
        Config::TABLE.iter().chain(lgdl::settings::Edge::TABLE).map(lgdl::settings::Setting::variable).collect();
    // Where the component lies; of the command line, not of a deployment.
    known.insert("LGDL_COMPONENT".to_owned());
    let deploy = texts(&root().join("deploy"));
    for (path, text) in &deploy {
        for variable in words(text, "LGDL_", |c| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_') {
            assert!(known.contains(&variable), "{}: there is no setting {variable}", path.display());
        }
    }
    let port = |name: &str| {
        let setting = Config::TABLE.iter().find(|setting| setting.name == name).expect("a setting");
        setting.default.rsplit(':').next().expect("a port").to_owned()
    };
    let help = said(Command::new(env!("CARGO_BIN_EXE_lgdl")).args(["edge", "--help"])).expect("help");
    let edge = help.split("[default: 127.0.0.1:").nth(1).and_then(|rest| rest.split(']').next()).expect("a default");
    let ports = BTreeSet::from([port("listen"), port("admin_listen"), edge.to_owned()]);
    for (path, text) in &deploy {
        for name in ["EXPOSE ", "containerPort: ", "targets: ["] {
            for line in text.lines().filter(|line| line.contains(name)) {
                let numbers = line.split(|c: char| !c.is_ascii_digit()).filter(|word| word.len() == 4);
                for number in numbers.filter(|number| *number != "9093") {
                    assert!(ports.contains(number), "{}: {line}", path.display());
                }
            }
        }
    }
}

#[test]
fn the_ingress_lets_people_come_to_every_path_of_theirs_and_to_none_of_operators() {
    let openapi = fs::read_to_string(root().join("edge/assets/openapi.json")).expect("the document");
    let openapi: serde_json::Value = serde_json::from_str(&openapi).expect("JSON");
    let chart = fs::read_to_string(root().join("deploy/helm/lgdl/templates/edge.yaml")).expect("the chart");
    let lists = chart.lines().filter_map(|line| line.trim().strip_prefix("{{- range list \"/"));
    let open: BTreeSet<&str> =
        lists.flat_map(|list| list.split('"').step_by(2)).map(|path| path.trim_matches('/')).collect();
    let operators = ["metrics", "internal", "dev"];
    for path in openapi["paths"].as_object().expect("paths").keys() {
        let head = path.split('/').nth(1).unwrap_or_default();
        assert_eq!(open.contains(head), !operators.contains(&head), "{path}: {open:?}");
    }
}

#[test]
fn the_checklist_is_what_doctor_looks_at() {
    let list = said(Command::new(env!("CARGO_BIN_EXE_lgdl")).args(["doctor", "--markdown"])).expect("a table");
    let page = fs::read_to_string(root().join("docs/deploy/checklist.md")).expect("the checklist");
    assert!(page.ends_with(&list), "`lgdl doctor --markdown` gives the table of docs/deploy/checklist.md");
}

/// Runs a drill of `deploy/drills`, where PostgreSQL and what it needs is there. Those of restores and rotations take longer than a
/// change should wait for: they run every night.
fn drill(name: &str) {
    let Some(component) = component() else { return skip(Need::Component, "the component is not built") };
    let postgres = Path::new("/usr/lib/postgresql").is_dir() || on_path("initdb");
    if !postgres {
        return skip(Need::PostgreSql, "PostgreSQL is not installed");
    }
    if let Some(missing) = ["nginx", "curl", "openssl", "python3"].into_iter().find(|program| !on_path(program)) {
        return skip(Need::Programs, &format!("{missing} is not installed"));
    }
    let mut script = Command::new(root().join("deploy/drills").join(format!("{name}.sh")));
    script.env("LGDL", env!("CARGO_BIN_EXE_lgdl")).env("LGDL_COMPONENT", component);
    println!("{}", said(&mut script).unwrap_or_else(|error| panic!("{error}")));
}

#[test]
fn a_rolling_restart_answers_every_turn_with_state_and_loses_none() {
    drill("rolling");
}

/// Every night with the other drills: `deploy/drills/all.sh`.
#[test]
#[ignore = "a drill of minutes: deploy/drills/recovery.sh"]
fn a_lost_database_comes_back_to_a_point_in_time_and_a_replica_takes_over() {
    drill("recovery");
}

#[test]
fn units_are_hardened() {
    if !on_path("systemd-analyze") {
        return skip(Need::Systemd, "systemd-analyze is not installed");
    }
    let units = texts(&root().join("deploy/systemd")).into_iter().map(|(path, _)| path);
    for unit in units.filter(|path| path.extension().is_some_and(|end| end == "service")) {
        // 3.0 on its scale from 0 (good) to 10.
        let mut analyse = Command::new("systemd-analyze");
        analyse.args(["security", "--offline=true", "--threshold=30"]).arg(&unit);
        let told = said(&mut analyse).unwrap_or_else(|error| panic!("{error}"));
        println!("{}", told.lines().last().unwrap_or_default());
    }
}

#[test]
fn workflows_scripts_and_container_files_pass_their_linters() {
    let Some(tools) = tools(Need::Linters) else { return };
    let root = root();
    let obey = |program: &str, arguments: &[&str], files: &[PathBuf]| {
        let mut command = Command::new(tools.join("bin").join(program));
        let path = std::env::join_paths(
            [tools.join("bin")].into_iter().chain(std::env::split_paths(&std::env::var_os("PATH").unwrap_or_default())),
        );
        command.args(arguments).args(files).current_dir(&root).env("PATH", path.expect("paths"));
        said(&mut command).unwrap_or_else(|error| panic!("{error}"));
    };
    let files = |folder: &str, end: &str| -> Vec<PathBuf> {
        let all = texts(&root.join(folder)).into_iter().map(|(path, _)| path);
        all.filter(|path| path.extension().is_some_and(|extension| extension == end)).collect()
    };
    let nameless = vec![root.join("deploy/systemd/lgdl-as")];
    let scripts = [files("deploy", "sh"), files("tests/operations", "sh"), files(".ci", "sh"), nameless].concat();
    assert!(scripts.len() >= 5);
    obey("shellcheck", &["--external-sources", "--source-path=SCRIPTDIR"], &scripts);
    obey("hadolint", &["--ignore", "DL3059"], &[root.join("deploy/docker/Dockerfile")]);
    obey("check-jsonschema", &["--builtin-schema", "vendor.compose-spec"], &[root.join("deploy/docker/compose.yaml")]);
    let workflows = files(".github/workflows", "yml");
    assert!(!workflows.is_empty());
    obey("actionlint", &[], &workflows);
    obey("zizmor", &["--offline", "--quiet", "--min-severity", "low"], &workflows);
    obey("check-jsonschema", &["--builtin-schema", "vendor.github-workflows"], &workflows);
    obey("check-jsonschema", &["--builtin-schema", "vendor.dependabot"], &[root.join(".github/dependabot.yml")]);
}
