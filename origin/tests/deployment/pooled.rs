//! A pool between the origin and PostgreSQL: a real PgBouncer, by sessions and by transactions.

use std::os::unix::fs::chown;
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use lgdl_origin::serve::start;
use lgdl_ports::Port;
use tempfile::TempDir;

use crate::Place;
use crate::postgres_server::{Cluster, unprivileged_owner};
use crate::traces::{config, runtime, talked_to};

/// How long it may take to start.
const PATIENCE: Duration = Duration::from_secs(10);

/// A running PgBouncer before a database; gone with this value.
struct Bouncer {
    process: Child,
    url: String,
    _port: Port,
    _folder: TempDir,
}

impl Bouncer {
    fn start(program: &Path, cluster: &Cluster, database: &str, mode: &str) -> Bouncer {
        let folder = tempfile::tempdir().unwrap();
        let held = Port::free();
        let port = held.number();
        let file = folder.path().join("pgbouncer.ini");
        let server = cluster.folder().display();
        let text = format!(
            "[databases]\n{database} = host={server} user=lgdl\n[pgbouncer]\nlisten_addr = 127.0.0.1\nlisten_port = {port}\n\
             unix_socket_dir =\nauth_type = any\npool_mode = {mode}\ndefault_pool_size = 20\nmax_client_conn = 50\n"
        );
        std::fs::write(&file, text).unwrap();
        let mut command = Command::new(program);
        command.arg(&file).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).current_dir("/");
        if let Some((user, group)) = unprivileged_owner().unwrap() {
            chown(folder.path(), Some(user), Some(group)).unwrap();
            chown(&file, Some(user), Some(group)).unwrap();
            command.uid(user).gid(group);
        }
        let process = command.spawn().unwrap();
        let begun = Instant::now();
        while std::net::TcpStream::connect(("127.0.0.1", port)).is_err() {
            assert!(begun.elapsed() < PATIENCE, "PgBouncer listens");
            std::thread::sleep(Duration::from_millis(20));
        }
        Bouncer { process, url: format!("postgres://lgdl@127.0.0.1:{port}/{database}"), _port: held, _folder: folder }
    }
}

impl Drop for Bouncer {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

fn program() -> Option<PathBuf> {
    ["/usr/sbin/pgbouncer", "/usr/bin/pgbouncer", "/usr/local/bin/pgbouncer"]
        .map(PathBuf::from)
        .into_iter()
        .find(|path| path.exists())
}

#[test]
fn a_pool_by_sessions_serves_and_one_by_transactions_is_refused_by_name() {
    let (cluster, program) = match (Cluster::start(&[]), program()) {
        (Ok(cluster), Some(program)) => (cluster, program),
        (Err(reason), _) => return lgdl_skips::skip(lgdl_skips::Need::PostgreSql, &reason),
        (_, None) => return lgdl_skips::skip(lgdl_skips::Need::PgBouncer, "no pgbouncer in the usual places"),
    };
    let runtime = runtime();
    let fresh = || {
        let url = cluster.fresh_database();
        url.split('/').nth(3).and_then(|rest| rest.split('?').next()).unwrap().to_owned()
    };

    let database = fresh();
    let by_sessions = Bouncer::start(&program, &cluster, &database, "session");
    let place = Place::new().with("LGDL_POSTGRES_URL", &by_sessions.url);
    let running = talked_to(&place, &runtime);
    place.lgdl("gdpr erase ann").expect(0);
    place.lgdl("audit verify").expect(0);
    runtime.block_on(running.stop()).unwrap();

    let by_transactions = Bouncer::start(&program, &cluster, &database, "transaction");
    let place = Place::new().with("LGDL_POSTGRES_URL", &by_transactions.url);
    let refused = runtime.block_on(start(config(&place))).expect_err("it does not start").to_string();
    assert!(refused.contains("E545") && refused.contains("pool_mode = session"), "{refused}");
    assert!(place.lgdl("audit verify").expect(1).said.contains("E545"));
}
