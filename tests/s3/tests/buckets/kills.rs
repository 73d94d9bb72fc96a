//! Origins that are killed at any moment while they archive: nothing is lost, nothing is there twice, and the next goes on.

use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use lgdl_origin::archives::verify;
use lgdl_origin::clock::{Clock as _, SystemClock};
use lgdl_origin::store::Role;
use lgdl_s3::Faults;
use reqwest::StatusCode;
use serde_json::Value;

use crate::archive::ARCHIVE;
use crate::client::{Edge, body, commit, edge_with};
use crate::desk::{Desk, desk_with, hand};
use crate::server::{Process, Server, borrowed};

const CONVERSATIONS: u32 = 300;
const KILLS: usize = 20;
const DAY_MS: i64 = 86_400_000;

fn origin(server: &Server, database: &Path) -> Process {
    let settings = [
        ("LGDL_LISTEN", "127.0.0.1:0"),
        ("LGDL_ADMIN_LISTEN", "127.0.0.1:0"),
        ("LGDL_EDGE_UNSIGNED", "true"),
        ("LGDL_SQLITE_PATH", database.to_str().unwrap()),
        ("LGDL_ARCHIVE_AFTER_DAYS", "2"),
        ("LGDL_IDEMPOTENCY_HOURS", "24"),
        ("LGDL_LOG", "error"),
    ];
    let mut command = Command::new(env!("CARGO_BIN_EXE_s3-origin"));
    command.envs(server.settings(&ARCHIVE)).envs(settings).current_dir(database.parent().unwrap());
    Process::start(command.stdout(Stdio::null()).stderr(Stdio::inherit()))
}

async fn export(desk: &Desk, number: u32) -> Value {
    let path = format!("/edge/v1/conversations/medical/c{number}/export?user=u{}.example", number % 7);
    let answer = desk.edge.get(&path).await;
    assert_eq!(answer.status(), StatusCode::OK);
    body(answer).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_origin_that_is_killed_while_it_archives_loses_nothing_and_the_next_goes_on() {
    let mut server = Server::start();
    let edge = edge_with(&borrowed(&server.settings(&[]))).await;
    for number in 0..CONVERSATIONS {
        let request = commit(&format!("c{number}"), &format!("u{}.example", number % 7), 0, &format!("k{number}"));
        assert_eq!(edge.commit(&request).await.status(), StatusCode::OK);
    }
    let Edge { running, folder, .. } = edge;
    running.stop().await.unwrap();
    let path = folder.path().join("lgdl.db");
    let database = rusqlite::Connection::open(&path).unwrap();
    database.busy_timeout(Duration::from_secs(20)).unwrap();
    let older = "UPDATE conversations SET updated_at = updated_at - ?1, created_at = created_at - ?1";
    assert_eq!(database.execute(older, [10 * DAY_MS]).unwrap(), CONVERSATIONS as usize);
    let archived = || -> u32 {
        let sql = "SELECT count(*) FROM conversations WHERE metadata LIKE '%archived%'";
        database.query_row(sql, [], |row| row.get(0)).unwrap()
    };
    server.fails(Faults { delay_ms: 10, refuse_every: 17, lose_every: 23 });
    let mut in_the_middle = 0;
    for kill in 0..KILLS {
        let before = archived();
        let child = origin(&server, &path);
        // Once it is at it, at another moment each time.
        let began = Instant::now();
        while archived() == before && began.elapsed() < Duration::from_secs(20) {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        tokio::time::sleep(Duration::from_millis((kill as u64 * 37) % 150)).await;
        drop(child);
        let after = archived();
        in_the_middle += usize::from(after > before && after < CONVERSATIONS);
        if kill == KILLS / 2 {
            server.kill();
            server.again();
        }
    }
    assert!(in_the_middle >= KILLS / 2, "{in_the_middle} of {KILLS}");
    let last = origin(&server, &path);
    let began = Instant::now();
    let turns = || -> u32 { database.query_row("SELECT count(*) FROM turns", [], |row| row.get(0)).unwrap() };
    while turns() > 0 && began.elapsed() < Duration::from_secs(60) {
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    // Its last manifest comes after its last conversation; then nothing comes any more.
    let (mut objects, mut since) = (server.objects().len(), Instant::now());
    while since.elapsed() < Duration::from_secs(3) && began.elapsed() < Duration::from_secs(90) {
        tokio::time::sleep(Duration::from_millis(100)).await;
        let now = server.objects().len();
        if now != objects {
            (objects, since) = (now, Instant::now());
        }
    }
    drop(last);
    assert_eq!((archived(), turns()), (CONVERSATIONS, 0), "all of them are there");

    server.fails(Faults::default());
    let settings = server.settings(&ARCHIVE);
    let there = [("LGDL_SQLITE_PATH", path.to_str().unwrap())];
    let desk = desk_with(Role::PrivacyOfficer, &borrowed(&settings).into_iter().chain(there).collect::<Vec<_>>()).await;
    let whole = verify(&hand(&desk)).await.unwrap();
    assert_eq!((whole.whole, whole.wrong), (u64::from(CONVERSATIONS), 0), "{:?}", whole.named);
    let told = "SELECT count(*), count(DISTINCT subject) FROM audit WHERE event = 'conversation.archived'";
    desk.events().await;
    let told: (u32, u32) = database.query_row(told, [], |row| Ok((row.get(0)?, row.get(1)?))).unwrap();
    assert_eq!(told, (CONVERSATIONS, CONVERSATIONS), "each was taken away once");
    // What was on its way when somebody was killed goes with a sweep, and nothing else does.
    hand(&desk).sweep(SystemClock.now_ms() + 2 * 3_600_000).await.unwrap();
    let whole = verify(&hand(&desk)).await.unwrap();
    assert_eq!((whole.whole, whole.left_over, whole.wrong), (u64::from(CONVERSATIONS), 0, 0), "{whole:?}");
    for number in [0, CONVERSATIONS / 2, CONVERSATIONS - 1] {
        let document = export(&desk, number).await;
        assert_eq!(document["turns"].as_array().unwrap().len(), 1);
        assert!(document.get("unreadable").is_none());
    }

    // The store is lost: manifests name every file, also of those who were killed.
    let run = hand(&desk).run(SystemClock.now_ms() + 1_000, || SystemClock.now_ms(), &mut |_| ()).await.unwrap();
    assert_eq!(run.archived, 3);
    database.execute("DELETE FROM conversations", []).unwrap();
    let lost = hand(&desk).import_lost().await.unwrap();
    assert_eq!((lost.imported.written, lost.without_key), (u64::from(CONVERSATIONS), 0), "{:?}", lost.unreadable);
}
