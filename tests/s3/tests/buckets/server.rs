//! The server as a process, with one bucket.

use std::io::{BufRead as _, BufReader};
use std::process::{Child, Command, Stdio};

use lgdl_origin::config::Config;
use lgdl_origin::objects::{Location, Place};
use lgdl_ports::Port;
use lgdl_s3::{FAULTS, Faults, LISTENS};
use tempfile::TempDir;

pub(crate) const KEY: &str = "AKIATESTOFBUCKETS";
pub(crate) const SECRET: &str = "the secret of the tests of buckets";
pub(crate) const BUCKET: &str = "kept";
pub(crate) const RING: &str = "k1:MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE";

/// A process of a test. Dropped, it is killed, also where the test fails.
pub(crate) struct Process(Child);

impl Process {
    pub(crate) fn start(command: &mut Command) -> Process {
        Process(command.spawn().unwrap())
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // One that has ended by itself can't be killed.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// A server that speaks S3. Dropped, it is killed.
pub(crate) struct Server {
    folder: TempDir,
    process: Option<Process>,
    port: Port,
}

impl Server {
    pub(crate) fn start() -> Server {
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir_all(folder.path().join("data").join(BUCKET)).unwrap();
        let mut server = Server { folder, process: None, port: Port::free() };
        server.again();
        server
    }

    /// Starts it where it was.
    pub(crate) fn again(&mut self) {
        let mut command = Command::new(env!("CARGO_BIN_EXE_s3-server"));
        command.arg(self.folder.path()).args([&self.port.number().to_string(), KEY, SECRET]);
        let mut process = Process::start(command.stdout(Stdio::piped()).stderr(Stdio::null()));
        let mut line = String::new();
        BufReader::new(process.0.stdout.take().unwrap()).read_line(&mut line).unwrap();
        assert!(line.starts_with(LISTENS), "it listens");
        self.process = Some(process);
    }

    /// Kills it, as a machine that is switched off.
    pub(crate) fn kill(&mut self) {
        self.process = None;
    }

    pub(crate) fn fails(&self, faults: Faults) {
        // In one step: it is read meanwhile.
        let beside = self.folder.path().join("faults.new");
        std::fs::write(&beside, faults.written()).unwrap();
        std::fs::rename(beside, self.folder.path().join(FAULTS)).unwrap();
    }

    /// What opens it.
    pub(crate) fn variables(&self) -> Vec<(String, String)> {
        [
            ("AWS_ACCESS_KEY_ID", KEY.to_owned()),
            ("AWS_SECRET_ACCESS_KEY", SECRET.to_owned()),
            ("AWS_ENDPOINT_URL", format!("http://{}", self.port.address())),
            ("AWS_ALLOW_HTTP", "true".to_owned()),
        ]
        .map(|(name, value)| (name.to_owned(), value))
        .into()
    }

    /// The settings of an origin with what opens it.
    pub(crate) fn settings(&self, more: &[(&str, &str)]) -> Vec<(String, String)> {
        let more = more.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        self.variables().into_iter().chain([("LGDL_ENCRYPTION_KEY".into(), RING.into())]).chain(more).collect()
    }

    pub(crate) fn config(&self, more: &[(&str, &str)]) -> Config {
        let unsigned = [("LGDL_EDGE_UNSIGNED".to_owned(), "true".to_owned())];
        Config::read("", self.settings(more).into_iter().chain(unsigned)).unwrap()
    }

    /// A place in its bucket.
    pub(crate) fn place(&self, prefix: &str) -> Place {
        let config = self.config(&[]);
        Place::new(Location::parse(&format!("s3://{BUCKET}/{prefix}")).unwrap(), config.objects)
    }

    /// Every file of the server that is an object of the bucket.
    pub(crate) fn objects(&self) -> Vec<std::path::PathBuf> {
        let (mut found, mut folders) = (Vec::new(), vec![self.folder.path().join("data").join(BUCKET)]);
        while let Some(folder) = folders.pop() {
            for entry in std::fs::read_dir(folder).unwrap() {
                let path = entry.unwrap().path();
                if path.is_dir() { folders.push(path) } else { found.push(path) }
            }
        }
        found.sort();
        found
    }
}

/// Settings as the clients of tests take them.
pub(crate) fn borrowed(settings: &[(String, String)]) -> Vec<(&str, &str)> {
    settings.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect()
}
