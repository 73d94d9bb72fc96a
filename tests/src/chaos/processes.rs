//! Processes that are started, killed and started again: `lgdl serve`, and a node.

use std::fs::File;
use std::io::Write as _;
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;

use crate::chaos::node::NodeOrder;
use crate::games::root;

/// A process that ends with its owner, at the latest.
pub struct Process {
    child: Child,
    said: PathBuf,
}

impl Process {
    /// `lgdl serve` with these settings and no others.
    ///
    /// # Panics
    /// When it can't be started.
    #[must_use]
    pub fn origin(settings: &[(String, String)], said: &Path) -> Process {
        let mut command = Command::new(program());
        command.arg("serve").env_clear().envs(settings.iter().map(|(name, value)| (name, value)));
        command.stdin(Stdio::null());
        Process::start(command, said)
    }

    /// A node that does as it is told; `program` is the path of `chaos-node`.
    ///
    /// # Panics
    /// When it can't be started.
    #[must_use]
    pub fn node(program: &Path, order: &NodeOrder, said: &Path) -> Process {
        let mut command = Command::new(program);
        command.env_clear().stdin(Stdio::piped());
        let mut process = Process::start(command, said);
        let mut line = serde_json::to_vec(order).expect("an order can be written");
        line.push(b'\n');
        let input = process.child.stdin.as_mut().expect("its standard input is ours");
        input.write_all(&line).expect("it listens to its order");
        process
    }

    /// Both outputs go to a file, which grows with every start.
    fn start(mut command: Command, said: &Path) -> Process {
        let output = File::options().create(true).append(true).open(said).expect("a file for its output");
        let errors = output.try_clone().expect("a second handle");
        let child = command.stdout(output).stderr(errors).spawn().expect("the process starts");
        Process { child, said: said.to_owned() }
    }

    /// SIGKILL, as `Child::kill` sends it.
    ///
    /// # Panics
    /// When the process has ended by itself: that is a failure that nobody asked for.
    pub fn kill(&mut self) {
        if let Some(status) = self.child.try_wait().expect("the process can be asked") {
            panic!("it ended by itself with {status}: {}", self.last_words());
        }
        self.child.kill().expect("it can be killed");
        self.child.wait().expect("it is gone");
    }

    /// Whether it has ended, and with what words.
    ///
    /// # Panics
    /// When it can't be asked.
    pub fn ended(&mut self) -> Option<String> {
        let status = self.child.try_wait().expect("the process can be asked")?;
        Some(format!("{status}: {}", self.last_words()))
    }

    fn last_words(&self) -> String {
        let said = std::fs::read_to_string(&self.said).unwrap_or_default();
        let last: Vec<&str> = said.lines().rev().take(10).collect();
        last.into_iter().rev().collect::<Vec<_>>().join("\n")
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// An address that was free a moment ago; a process that is started again keeps it.
///
/// # Panics
/// When there is none.
#[must_use]
pub fn free_address() -> SocketAddr {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a free port");
    listener.local_addr().expect("an address")
}

/// The `lgdl` program: the one that `LGDL_PROGRAM` names, else the one of this build, brought up to date.
fn program() -> &'static Path {
    static PROGRAM: OnceLock<PathBuf> = OnceLock::new();
    PROGRAM.get_or_init(|| {
        if let Some(given) = std::env::var_os("LGDL_PROGRAM") {
            return given.into();
        }
        let test = std::env::current_exe().expect("this program's path");
        let built = test.parent().and_then(Path::parent).expect("tests lie in `deps`, programs beside it");
        let mut cargo = Command::new("cargo");
        cargo.args(["build", "--package", "lgdl-origin", "--bin", "lgdl"]).current_dir(root());
        if built.ends_with("release") {
            cargo.arg("--release");
        }
        let output = cargo.output().expect("cargo runs");
        assert!(output.status.success(), "cargo build: {}", String::from_utf8_lossy(&output.stderr));
        built.join("lgdl")
    })
}
