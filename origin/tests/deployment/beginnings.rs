//! A store that is not there, or that is empty and should not be: nothing is made by who only asks, and nothing is served in its place.

use std::io::{BufRead as _, BufReader};
use std::process::Stdio;

use lgdl_skips::{Need, skip};

use crate::Place;
use crate::postgres_server::shared;

const RING: &str = "k1:AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=";

impl Place {
    /// What a deployment names beside its store, none of which is there yet.
    fn furnished() -> Place {
        [
            ("LGDL_LISTEN", "127.0.0.1:0"),
            ("LGDL_ADMIN_LISTEN", "127.0.0.1:0"),
            ("LGDL_ENCRYPTION_KEY", RING),
            ("LGDL_TOMBSTONES", "kept/stones.jsonl"),
            ("LGDL_AUDIT_CHECKPOINTS", "kept/checkpoints"),
            ("LGDL_ARCHIVE_URL", "archive"),
            ("LGDL_BACKUP_URL", "backups"),
        ]
        .into_iter()
        .fold(Place::new(), |place, (name, value)| place.with(name, value))
    }

    /// Serves until it listens, and stops it again: what it complained of otherwise.
    fn serves(&self) -> Result<(), String> {
        let mut child = self.command("serve").stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        if line.starts_with("origin: ") {
            std::process::Command::new("kill").arg(child.id().to_string()).status().unwrap();
            assert!(child.wait().unwrap().success());
            return Ok(());
        }
        let output = child.wait_with_output().unwrap();
        assert_eq!(output.status.code(), Some(1));
        Err(String::from_utf8(output.stderr).unwrap())
    }
}

/// Every way in which a command opens the store that the settings name.
const ASKING: &[&str] = &[
    "migrate plan",
    "migrate status",
    "migrate status --check",
    "audit verify",
    "audit checkpoint",
    "gdpr consent ann",
    "gdpr erase ann",
    "gdpr export ann --reason asked",
    "gdpr proof ann",
    "gdpr reapply somewhere.jsonl",
    "export --reason asked",
    "import somewhere.jsonl",
    "cleanup",
    "keys list",
    "keys create --name x",
    "games list",
    "admin list",
    "tenants list",
    "blocked",
    "events tail",
    "alerts list",
    "nodes",
    "webhooks list",
    "backup b",
    "restore somewhere.jsonl --drill",
    "archive list",
    "archive verify",
    "report shop --since 2020-01-01",
    "doctor",
];

#[test]
fn who_asks_a_store_that_is_not_there_is_told_so_and_none_is_made() {
    let place = Place::new();
    std::fs::write(place.path("somewhere.jsonl"), "").unwrap();
    for (path, make) in [("gone/lgdl.db", false), ("empty.db", true)] {
        let place = place.clone().with("LGDL_SQLITE_PATH", path);
        if make {
            std::fs::write(place.path(path), "").unwrap();
        }
        for command in ASKING {
            let ran = place.lgdl(command);
            assert!(ran.code == 1, "{}", ran.said);
            assert!(ran.said.contains("E505") || *command == "doctor" && ran.said.contains("no store"), "{}", ran.said);
            assert!(ran.said.contains(path) && ran.said.contains("LGDL_SQLITE_PATH"), "{}", ran.said);
        }
        assert!(!place.path("gone").exists());
        assert!(!make || std::fs::metadata(place.path(path)).unwrap().len() == 0);
    }
    assert_eq!(std::fs::read_dir(place.folder.path()).unwrap().count(), 2);
    let told = place.lgdl("doctor --new");
    assert!(told.said.contains("a new store: it is made at the first start"), "{}", told.said);
    place.lgdl("migrate verify --from empty.db").expect(1);
    assert_eq!(std::fs::metadata(place.path("empty.db")).unwrap().len(), 0);
}

#[test]
fn a_fresh_machine_serves_and_so_does_one_that_nobody_has_talked_to() {
    let place = Place::furnished().with("LGDL_BACKUP_SCHEDULE", "6h");
    std::fs::create_dir(place.path("kept")).unwrap();
    place.serves().unwrap();
    place.lgdl("audit checkpoint").expect(0);
    place.lgdl("backup by-hand").expect(0);
    place.serves().unwrap();
    place.lgdl("gdpr tombstones kept/stones.jsonl").expect(0);
    place.serves().unwrap();
}

type Leave = fn(&Place);

/// What is left beside a store that is lost, and the words for it.
const LEFT: &[(&str, Leave)] = &[
    ("tombstones", |place| {
        place.lgdl("gdpr erase ann").expect(0);
    }),
    ("checkpoints", |place| {
        let signed = place.lgdl("audit checkpoint").expect(0).out;
        std::fs::write(place.path("kept/checkpoints"), signed).unwrap();
    }),
    ("archived conversations", |place| {
        std::fs::create_dir_all(place.path("archive/manifests")).unwrap();
        std::fs::write(place.path("archive/manifests/000000000000001-x.json"), "{}").unwrap();
    }),
    ("backups", |place| {
        std::fs::create_dir_all(place.path("backups")).unwrap();
        std::fs::write(place.path("backups/lgdl-20260101T000000Z-1a2b3c4d.backup"), "").unwrap();
    }),
];

fn a_lost_store_is_not_begun_anew_in_silence(place: impl Fn() -> Place, lose: impl Fn(Place) -> Place) {
    for (sign, leave) in LEFT {
        let place = place();
        std::fs::create_dir(place.path("kept")).unwrap();
        place.lgdl("migrate up").expect(0);
        place.lgdl("keys create --name site").expect(0);
        leave(&place);
        let lost = lose(place);
        let refused = lost.serves().expect_err(sign);
        assert!(refused.contains("E506") && refused.contains(sign), "{sign}: {refused}");
        assert!(refused.contains("lgdl restore") && refused.contains("migrate up --anew"), "{refused}");
        assert!(!lost.path("lgdl.db").exists(), "{sign}: a restore needs an empty place");
        let told = lost.lgdl("doctor --new").expect(1);
        assert!(told.said.contains("there was a store") && told.said.contains(sign), "{}", told.said);
        // Who makes it by habit, or makes keys in it, has not said that it may begin.
        lost.lgdl("migrate up").expect(0);
        lost.lgdl("keys create --name site").expect(0);
        assert!(lost.serves().expect_err(sign).contains("E506"));
        assert!(lost.lgdl("doctor").expect(1).said.contains("there was a store"));
        lost.lgdl("migrate up --anew").expect(0);
        lost.serves().unwrap_or_else(|why| panic!("{sign}: {why}"));
        lost.serves().unwrap();
    }
}

#[test]
fn a_sqlite_file_that_is_gone_is_not_replaced_by_an_empty_one() {
    a_lost_store_is_not_begun_anew_in_silence(Place::furnished, |place| {
        std::fs::remove_file(place.path("lgdl.db")).unwrap();
        place
    });
    // Its log alone is left: what was committed last is in it.
    let place = Place::furnished();
    std::fs::create_dir(place.path("kept")).unwrap();
    std::fs::write(place.path("lgdl.db-wal"), "the last turns").unwrap();
    let refused = place.serves().unwrap_err();
    assert!(refused.contains("E506") && refused.contains("lgdl.db-wal"), "{refused}");
    assert!(place.path("lgdl.db-wal").exists());
}

#[test]
fn an_empty_postgres_is_not_served_in_the_place_of_another() {
    let cluster = match shared() {
        Ok(cluster) => cluster,
        Err(reason) => return skip(Need::PostgreSql, &reason),
    };
    let place = || Place::furnished().with("LGDL_POSTGRES_URL", &cluster.fresh_database());
    a_lost_store_is_not_begun_anew_in_silence(place, |place| {
        place.with("LGDL_POSTGRES_URL", &cluster.fresh_database())
    });
    let mistyped = Place::new().with("LGDL_POSTGRES_URL", &cluster.fresh_database());
    for command in ["migrate plan", "audit verify", "export --reason asked", "doctor"] {
        let ran = mistyped.lgdl(command).expect(1);
        assert!(ran.said.contains("LGDL_POSTGRES_URL"), "{}", ran.said);
    }
}

#[test]
fn a_lost_store_is_served_again_once_it_is_restored() {
    let place = Place::furnished();
    std::fs::create_dir_all(place.path("kept")).unwrap();
    std::fs::create_dir_all(place.path("backups")).unwrap();
    place.serves().unwrap();
    place.lgdl("gdpr consent ann --game shop --give").expect(0);
    place.lgdl("backup backups/lgdl-20260101T000000Z-1a2b3c4d.backup").expect(0);
    place.lgdl("gdpr erase bob").expect(0);
    std::fs::remove_file(place.path("lgdl.db")).unwrap();
    assert!(place.serves().unwrap_err().contains("E506"));
    place.lgdl("restore backups/lgdl-20260101T000000Z-1a2b3c4d.backup").expect(0);
    place.serves().unwrap();
    assert_eq!(place.lgdl("gdpr consent ann --json").expect(0).json()["consents"].as_array().unwrap().len(), 1);
}

#[test]
fn an_archive_that_can_not_be_used_is_told_at_the_start() {
    let place = Place::furnished();
    std::fs::create_dir(place.path("kept")).unwrap();
    std::fs::write(place.path("archive"), "a file").unwrap();
    let refused = place.serves().unwrap_err();
    assert!(refused.contains("E571") && refused.contains("LGDL_ARCHIVE_URL"), "{refused}");
    assert!(place.lgdl("doctor --new").expect(1).said.contains("the archive"));
}
