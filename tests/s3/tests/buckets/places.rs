//! A place in a bucket: what is put there is there as a whole, and what is said when it is not.

use std::time::{Duration, Instant};

use lgdl_origin::config::Config;
use lgdl_origin::objects::{Access, Fault, Location, Place};
use lgdl_origin::random::SystemRandom;
use lgdl_s3::Faults;

use crate::server::{BUCKET, KEY, SECRET, Server};

#[tokio::test]
async fn what_is_put_into_a_bucket_is_found_read_and_removed() {
    let server = Server::start();
    let place = server.place("a/b");
    assert!(!place.holds_any("").await.unwrap());
    place.try_out(&SystemRandom).await.unwrap();
    assert!(server.objects().is_empty(), "nothing is left of a trial");
    place.put("files/ab/abc", b"one".to_vec()).await.unwrap();
    place.put("files/ab/abc", b"two".to_vec()).await.unwrap();
    place.put("here", b"3".to_vec()).await.unwrap();
    server.place("a").put("beside", b"x".to_vec()).await.unwrap();
    assert_eq!(place.get("files/ab/abc").await.unwrap().as_deref(), Some(&b"two"[..]));
    assert_eq!(place.get("files/ab/none").await.unwrap(), None);
    let names = |found: Vec<lgdl_origin::objects::Object>| found.into_iter().map(|one| one.name).collect::<Vec<_>>();
    assert_eq!(names(place.list("").await.unwrap()), ["files/ab/abc", "here"]);
    assert_eq!(names(place.list("files").await.unwrap()), ["ab/abc"]);
    assert_eq!(names(place.list_here().await.unwrap()), ["here"]);
    assert!(place.holds("here").await.unwrap() && !place.holds("there").await.unwrap());
    place.remove("here").await.unwrap();
    place.remove("here").await.unwrap();
    assert!(!place.holds("here").await.unwrap());
}

#[tokio::test]
async fn an_empty_object_by_which_a_console_shows_a_folder_is_nothing() {
    let server = Server::start();
    let place = server.place("a");
    place.put("files", Vec::new()).await.unwrap();
    place.put("manifests", Vec::new()).await.unwrap();
    assert_eq!(server.objects().len(), 2);
    assert!(!place.holds_any("").await.unwrap() && place.list("").await.unwrap().is_empty());
    assert!(place.list_here().await.unwrap().is_empty());
}

#[tokio::test]
async fn what_fails_now_and_then_is_tried_again_also_where_the_answer_was_lost() {
    let server = Server::start();
    server.fails(Faults { refuse_every: 3, lose_every: 4, delay_ms: 0 });
    let place = server.place("a");
    for number in 0..20 {
        let name = format!("files/{number}");
        place.put(&name, name.clone().into_bytes()).await.unwrap();
        assert_eq!(place.get(&name).await.unwrap().as_deref(), Some(name.as_bytes()));
    }
    assert_eq!(place.list("files").await.unwrap().len(), 20);
}

#[tokio::test]
async fn a_large_file_goes_in_parts_and_is_there_as_a_whole_or_not_at_all() {
    let mut server = Server::start();
    let place = server.place("a");
    let folder = tempfile::tempdir().unwrap();
    let (from, to) = (folder.path().join("from"), folder.path().join("to"));
    let bytes: Vec<u8> = (0..30_000_000_u32).map(|n| (n % 251) as u8).collect();
    std::fs::write(&from, &bytes).unwrap();
    server.fails(Faults { refuse_every: 3, ..Faults::default() });
    assert_eq!(place.upload(&from, "large").await.unwrap(), 30_000_000);
    place.download("large", &to).await.unwrap();
    assert!(std::fs::read(&to).unwrap() == bytes);
    place.put("whole", bytes.clone()).await.unwrap();
    assert!(place.get("whole").await.unwrap().unwrap() == bytes);
    place.remove("whole").await.unwrap();

    // Whoever sends it is killed: nothing of it is seen.
    server.fails(Faults { delay_ms: 300, ..Faults::default() });
    let broken_off = tokio::time::timeout(Duration::from_millis(700), place.upload(&from, "broken")).await;
    assert!(broken_off.is_err());
    server.fails(Faults::default());
    assert!(!place.holds("broken").await.unwrap());
    // The server is killed: so it is there, too, and whoever sends is told.
    server.fails(Faults { delay_ms: 300, ..Faults::default() });
    let sending = place.upload(&from, "lost");
    let killing = async {
        tokio::time::sleep(Duration::from_millis(700)).await;
        server.kill();
    };
    let (sent, ()) = tokio::join!(sending, killing);
    let error = sent.unwrap_err().to_string();
    assert!(error.contains("does not answer") && error.contains("s3://kept/a"), "{error}");
    server.again();
    server.fails(Faults::default());
    let kept: Vec<_> = place.list_here().await.unwrap().into_iter().map(|one| one.name).collect();
    assert_eq!(kept, ["large"]);
    place.upload(&from, "lost").await.unwrap();
    assert!(place.holds("lost").await.unwrap());
    let missing = place.download("nothing", &folder.path().join("x")).await.unwrap_err().to_string();
    assert!(missing.contains("there is no nothing"), "{missing}");
}

#[tokio::test]
async fn what_is_wrong_with_a_bucket_is_told_for_people_and_names_no_secret() {
    let server = Server::start();
    let place = |text: &str, change: &[(&str, &str)]| {
        let mut variables: std::collections::BTreeMap<_, _> = server.variables().into_iter().collect();
        variables.extend(change.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())));
        Place::new(Location::parse(text).unwrap(), Access::of(&variables))
    };
    let bucket = format!("s3://{BUCKET}/a");
    for (place, fault, told) in [
        (place(&bucket, &[("AWS_SECRET_ACCESS_KEY", "hidden and wrong")]), Fault::Refused, "SignatureDoesNotMatch"),
        (place(&bucket, &[("AWS_ACCESS_KEY_ID", "AKIAUNKNOWN")]), Fault::Refused, "AWS_…"),
        (place(&bucket, &[("AWS_ALLOW_HTTP", "false")]), Fault::Away, "AWS_ALLOW_HTTP=true"),
        (place(&bucket, &[("AWS_ENDPOINT_URL", "http://127.0.0.1:1")]), Fault::Away, "refused"),
    ] {
        let began = Instant::now();
        let error = place.list("").await.unwrap_err();
        let text = error.to_string();
        assert_eq!(error.fault, fault, "{text}");
        assert!(text.contains(told) && text.contains("s3://"), "{text}");
        for secret in [SECRET, KEY, "hidden and wrong", "AKIAUNKNOWN"] {
            assert!(!text.contains(secret) && !format!("{place:?}").contains(secret), "{text}");
        }
        assert!(began.elapsed() < Duration::from_secs(40), "{text}");
        if told == "refused" {
            // Each call of it is tried again for seconds.
            continue;
        }
        assert!(place.get("x").await.is_err() && place.try_out(&SystemRandom).await.is_err());
        assert!(place.remove("x").await.is_err() && place.holds("x").await.is_err());
    }
    // The server makes a bucket for what is put there, so: by what reads and removes.
    let nowhere = place("s3://no-such-bucket/a", &[]);
    for error in [nowhere.list("").await.unwrap_err(), nowhere.remove("x").await.unwrap_err()] {
        assert!(error.fault == Fault::NoBucket && error.to_string().contains("there is no such bucket"), "{error}");
    }
}

#[test]
fn what_opens_a_bucket_may_lie_in_a_file() {
    let server = Server::start();
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("secret");
    std::fs::write(&file, format!("{SECRET}\n")).unwrap();
    let at = format!("@{}", file.display());
    let mut settings = server.settings(&[("LGDL_EDGE_UNSIGNED", "true"), ("LGDL_ARCHIVE_URL", "s3://kept/a")]);
    settings.push(("AWS_SECRET_ACCESS_KEY".into(), at));
    assert!(Config::read("", settings.clone()).unwrap().objects == server.config(&[]).objects);
    std::fs::remove_file(file).unwrap();
    let problem = Config::read("", settings).unwrap_err().to_string();
    assert!(problem.contains("AWS_SECRET_ACCESS_KEY names a file that can't be read"), "{problem}");
}
