//! A real PostgreSQL server for tests: its own cluster in a temporary folder, on a Unix socket, gone when the test
//! process is gone, however it ends.

use std::io::Read as _;
use std::os::unix::fs::chown;
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

/// How long a server may take to start or to recover.
const PATIENCE: Duration = Duration::from_secs(30);
/// Oldest major version that is tested.
const MIN_VERSION: u32 = 15;

/// A running server.
pub(crate) struct Cluster {
    folder: PathBuf,
    binaries: PathBuf,
    owner: Option<(u32, u32)>,
    /// The shell that stops the server once its standard input, which we hold, is closed.
    keeper: std::sync::Mutex<Child>,
}

/// The cluster that the tests of one binary share; each makes its own database in it.
pub(crate) fn shared() -> Result<&'static Cluster, String> {
    static SHARED: OnceLock<Result<Cluster, String>> = OnceLock::new();
    SHARED.get_or_init(|| Cluster::start(&[])).as_ref().map_err(Clone::clone)
}

impl Cluster {
    /// Makes a cluster and starts its server with `settings` (`name=value`).
    ///
    /// # Errors
    /// Says why there is no PostgreSQL to be had here.
    pub(crate) fn start(settings: &[&str]) -> Result<Cluster, String> {
        let binaries = find_binaries().ok_or("no PostgreSQL 15 or later under /usr/lib/postgresql or on PATH")?;
        let owner = unprivileged_owner()?;
        let folder = std::env::temp_dir().join(format!("lgdl-pg-{}-{}", std::process::id(), next_number()));
        std::fs::create_dir_all(&folder).map_err(|error| error.to_string())?;
        if let Some((user, group)) = owner {
            chown(&folder, Some(user), Some(group)).map_err(|error| error.to_string())?;
        }
        let mut initdb = as_owner(Command::new(binaries.join("initdb")), owner);
        initdb.args(["-A", "trust", "-U", "lgdl", "-E", "UTF8", "--locale=C.UTF-8", "--no-sync", "-D"]);
        let made = initdb.arg(folder.join("data")).current_dir(&folder).output().map_err(|error| error.to_string())?;
        if !made.status.success() {
            let _ = std::fs::remove_dir_all(&folder);
            return Err(format!("initdb failed: {}", String::from_utf8_lossy(&made.stderr)));
        }
        let keeper = spawn_server(&binaries, &folder, owner, settings)?;
        let cluster = Cluster { folder, binaries, owner, keeper: std::sync::Mutex::new(keeper) };
        cluster.await_ready()?;
        Ok(cluster)
    }

    /// The URL of a database.
    pub(crate) fn url(&self, database: &str) -> String {
        let host = self.folder.to_string_lossy().replace('/', "%2F");
        format!("postgres://lgdl@/{database}?host={host}")
    }

    /// Makes an empty database and returns its URL.
    pub(crate) fn fresh_database(&self) -> String {
        let name = format!("test_{}", next_number());
        self.sql("postgres", &format!("CREATE DATABASE {name}"));
        self.url(&name)
    }

    /// Runs statements with `psql` and returns what it prints, one line a row.
    pub(crate) fn sql(&self, database: &str, statements: &str) -> String {
        let mut psql = Command::new(self.binaries.join("psql"));
        psql.args(["-X", "-q", "-A", "-t", "-U", "lgdl", "-v", "ON_ERROR_STOP=1", "-d", database, "-h"]);
        let output = psql.arg(&self.folder).args(["-c", statements]).output().expect("psql runs");
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8_lossy(&output.stdout).trim_end().to_owned()
    }

    /// What the server has written down since it started.
    pub(crate) fn log(&self) -> String {
        std::fs::read_to_string(self.folder.join("log")).expect("the server keeps a log")
    }

    /// Where all that the server keeps lies, its log included.
    pub(crate) fn folder(&self) -> &Path {
        &self.folder
    }

    /// Where the server's programs lie.
    pub(crate) fn binaries(&self) -> &Path {
        &self.binaries
    }

    /// A copy of the data as they are now, to recover from; and the server's log goes to a folder from now on, if it was started with
    /// [`Cluster::ARCHIVING`].
    pub(crate) fn base_backup(&self, name: &str, more: &[&str]) -> PathBuf {
        let copy = self.folder.join(name);
        let mut backup = as_owner(Command::new(self.binaries.join("pg_basebackup")), self.owner);
        backup.args(["-U", "lgdl", "-c", "fast", "-X", "stream", "-h"]).arg(&self.folder).arg("-D").arg(&copy);
        let output = backup.args(more).current_dir("/").output().expect("pg_basebackup runs");
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        copy
    }

    /// Settings of a server that archives its log beside its data.
    pub(crate) const ARCHIVING: [&str; 2] = [
        "archive_mode=on",
        "archive_command=mkdir -p ../archive && cp %p ../archive/%f.tmp && mv ../archive/%f.tmp ../archive/%f",
    ];

    /// Has everything that was written so far lie in the archive.
    pub(crate) fn archive_all(&self) {
        let last = self.sql("postgres", "SELECT pg_walfile_name(pg_switch_wal())");
        let started = Instant::now();
        while !self.folder.join("archive").join(&last).exists() {
            assert!(started.elapsed() < PATIENCE, "{last} is archived: {}", self.log());
            std::thread::sleep(Duration::from_millis(50));
        }
    }

    /// A server of its own on a copy of the data, with `settings` and the file `signal` in it.
    pub(crate) fn on_copy(&self, copy: &Path, settings: &str, signal: &str) -> Result<Cluster, String> {
        let folder = std::env::temp_dir().join(format!("lgdl-pg-{}-{}", std::process::id(), next_number()));
        std::fs::create_dir_all(&folder).map_err(|error| error.to_string())?;
        std::fs::rename(copy, folder.join("data")).map_err(|error| error.to_string())?;
        let conf = folder.join("data/postgresql.auto.conf");
        let before = std::fs::read_to_string(&conf).map_err(|error| error.to_string())?;
        std::fs::write(&conf, format!("{before}\n{settings}\n")).map_err(|error| error.to_string())?;
        let signal = folder.join("data").join(signal);
        std::fs::write(&signal, "").map_err(|error| error.to_string())?;
        if let Some((user, group)) = self.owner {
            for path in [&folder, &conf, &signal] {
                chown(path, Some(user), Some(group)).map_err(|error| error.to_string())?;
            }
        }
        let keeper = spawn_server(&self.binaries, &folder, self.owner, &[])?;
        let cluster = Cluster {
            folder,
            binaries: self.binaries.clone(),
            owner: self.owner,
            keeper: std::sync::Mutex::new(keeper),
        };
        cluster.await_ready()?;
        Ok(cluster)
    }

    /// Waits until a query says `t`.
    pub(crate) fn await_true(&self, query: &str) {
        let started = Instant::now();
        while self.sql("postgres", query) != "t" {
            assert!(started.elapsed() < PATIENCE, "{query}: {}", self.log());
            std::thread::sleep(Duration::from_millis(50));
        }
    }

    /// Kills the server as a crash would (every process at once) and starts it again.
    pub(crate) fn crash_and_restart(&self) {
        let mut keeper = self.keeper.lock().expect("nobody panicked with it");
        // The shell first, lest it tidy up; then the server with all its workers, which have groups of their own.
        let pid_file = std::fs::read_to_string(self.folder.join("data/postmaster.pid")).expect("the server runs");
        let server: u32 = pid_file.lines().next().and_then(|line| line.parse().ok()).expect("a process id");
        kill(&[keeper.id()]);
        kill(&[vec![server], children_of(server)].concat());
        let _ = keeper.wait();
        let started = Instant::now();
        while !children_of(server).is_empty() || Path::new(&format!("/proc/{server}")).exists() {
            assert!(started.elapsed() < PATIENCE, "the server is dead");
            std::thread::sleep(Duration::from_millis(5));
        }
        *keeper = spawn_server(&self.binaries, &self.folder, self.owner, &[]).expect("the server starts again");
        drop(keeper);
        self.await_ready().expect("the server recovers");
    }

    fn await_ready(&self) -> Result<(), String> {
        let started = Instant::now();
        while started.elapsed() < PATIENCE {
            let mut ask = Command::new(self.binaries.join("psql"));
            ask.args(["-X", "-q", "-U", "lgdl", "-d", "postgres", "-c", "SELECT 1", "-h"]).arg(&self.folder);
            if ask.output().is_ok_and(|output| output.status.success()) {
                return Ok(());
            }
            std::thread::sleep(Duration::from_millis(50));
        }
        let log = std::fs::read_to_string(self.folder.join("log")).unwrap_or_default();
        Err(format!("the server did not start in {} s: {log}", PATIENCE.as_secs()))
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        let mut keeper = self.keeper.lock().expect("nobody panicked with it");
        drop(keeper.stdin.take());
        let _ = keeper.wait();
    }
}

/// Starts the server under a shell in a process group of its own. When our end of its standard input closes (at the
/// latest when this process ends), the shell stops the server and removes the folder.
fn spawn_server(binaries: &Path, folder: &Path, owner: Option<(u32, u32)>, settings: &[&str]) -> Result<Child, String> {
    let script = r#"
        folder="$1"; shift
        "$@" >"$folder/log" 2>&1 </dev/null &
        server=$!
        read -r _
        kill -INT $server; wait $server; rm -rf "$folder"
    "#;
    let mut shell = as_owner(Command::new("/bin/sh"), owner);
    shell.args(["-c", script, "keeper"]).arg(folder).arg(binaries.join("postgres")).arg("-D").arg(folder.join("data"));
    shell.arg("-k").arg(folder).args(["-c", "listen_addresses=", "-c", "max_connections=200"]);
    for setting in settings {
        shell.args(["-c", setting]);
    }
    shell.current_dir("/").process_group(0);
    shell.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null());
    shell.spawn().map_err(|error| error.to_string())
}

/// Kills at once, as a loss of power would. A process that is gone already is no error.
fn kill(processes: &[u32]) {
    let names = processes.iter().map(u32::to_string);
    let _ = Command::new("/bin/kill").arg("-KILL").args(names).stderr(Stdio::null()).status();
}

fn children_of(parent: u32) -> Vec<u32> {
    let is_child = |status: String| {
        status.lines().any(|line| line.strip_prefix("PPid:").is_some_and(|id| id.trim() == parent.to_string()))
    };
    let processes = std::fs::read_dir("/proc").into_iter().flatten().flatten();
    let numbers = processes.filter_map(|entry| entry.file_name().to_str()?.parse::<u32>().ok());
    numbers.filter(|id| std::fs::read_to_string(format!("/proc/{id}/status")).is_ok_and(is_child)).collect()
}

fn as_owner(mut command: Command, owner: Option<(u32, u32)>) -> Command {
    if let Some((user, group)) = owner {
        command.uid(user).gid(group);
    }
    command
}

/// PostgreSQL does not run as root; as root, the tests run it as `postgres` or `nobody`.
pub(crate) fn unprivileged_owner() -> Result<Option<(u32, u32)>, String> {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let ids = status.lines().find_map(|line| line.strip_prefix("Uid:"));
    let root = ids.is_some_and(|ids| ids.split_whitespace().nth(1) == Some("0"));
    if !root {
        return Ok(None);
    }
    let mut users = String::new();
    let opened = std::fs::File::open("/etc/passwd").and_then(|mut file| file.read_to_string(&mut users));
    opened.map_err(|error| error.to_string())?;
    let find = |name: &str| {
        let line = users.lines().find(|line| line.split(':').next() == Some(name))?;
        let mut fields = line.split(':').skip(2);
        Some((fields.next()?.parse().ok()?, fields.next()?.parse().ok()?))
    };
    find("postgres").or_else(|| find("nobody")).map(Some).ok_or("no unprivileged user to run PostgreSQL as".into())
}

pub(crate) fn find_binaries() -> Option<PathBuf> {
    let versions = std::fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
    let installed = versions.filter_map(|entry| {
        let version: u32 = entry.file_name().to_str()?.parse().ok()?;
        let folder = entry.path().join("bin");
        (version >= MIN_VERSION && folder.join("initdb").is_file()).then_some((version, folder))
    });
    if let Some((_, folder)) = installed.max() {
        return Some(folder);
    }
    let paths = std::env::var_os("PATH")?;
    let found = std::env::split_paths(&paths).find(|folder| folder.join("initdb").is_file())?;
    let version = Command::new(found.join("postgres")).arg("--version").output().ok()?;
    let version = String::from_utf8_lossy(&version.stdout);
    let major: u32 = version.split_whitespace().nth(2)?.split('.').next()?.parse().ok()?;
    (major >= MIN_VERSION).then_some(found)
}

fn next_number() -> usize {
    static NUMBER: AtomicUsize = AtomicUsize::new(0);
    NUMBER.fetch_add(1, Ordering::Relaxed)
}
