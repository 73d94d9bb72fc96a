//! A place that is a folder, and what is said of errors. Buckets are tried by a server, in `tests/buckets`.

use super::*;
use crate::random::SystemRandom;

fn place(folder: &FilePath) -> Place {
    Place::new(Location::Folder(folder.to_owned()), Access::default())
}

#[tokio::test]
async fn what_is_put_into_a_folder_is_there_as_a_whole_and_found_by_its_name() {
    let folder = tempfile::tempdir().unwrap();
    let place = place(&folder.path().join("not there yet #1/é"));
    assert!(!place.holds_any("").await.unwrap() && place.list("files").await.unwrap().is_empty());
    assert_eq!(place.get("files/ab/abc").await.unwrap(), None);
    place.try_out(&SystemRandom).await.unwrap();
    assert!(!place.holds_any("").await.unwrap(), "nothing is left of a trial");
    place.put("files/ab/abc", b"one".to_vec()).await.unwrap();
    place.put("files/ab/abc", b"two".to_vec()).await.unwrap();
    place.put("files/cd/cde", b"3".to_vec()).await.unwrap();
    assert_eq!(place.get("files/ab/abc").await.unwrap().as_deref(), Some(&b"two"[..]));
    let found = place.list("files").await.unwrap();
    let found: Vec<_> = found.iter().map(|one| (one.name.as_str(), one.bytes)).collect();
    assert_eq!(found, [("ab/abc", 3), ("cd/cde", 1)]);
    place.remove("files/ab/abc").await.unwrap();
    place.remove("files/ab/abc").await.unwrap();
    assert!(!place.holds("files/ab/abc").await.unwrap() && place.holds("files/cd/cde").await.unwrap());
    let (from, to) = (folder.path().join("from"), folder.path().join("to"));
    std::fs::write(&from, vec![7; 3 * READ_BYTES + 5]).unwrap();
    assert_eq!(place.upload(&from, "large").await.unwrap(), 3 * READ_BYTES as u64 + 5);
    place.download("large", &to).await.unwrap();
    assert!(std::fs::read(&from).unwrap() == std::fs::read(&to).unwrap());
    assert!(place.download("large", &to).await.is_err(), "nothing is written over");
}

#[cfg(unix)]
#[tokio::test]
async fn what_lies_in_a_folder_is_for_its_owner_alone() {
    use std::os::unix::fs::PermissionsExt as _;

    let folder = tempfile::tempdir().unwrap();
    let place = place(&folder.path().join("backups/archive"));
    place.put("files/ab/abc", b"one".to_vec()).await.unwrap();
    let from = folder.path().join("from");
    std::fs::write(&from, "two").unwrap();
    place.upload(&from, "large").await.unwrap();
    let modes =
        ["backups", "backups/archive", "backups/archive/files", "backups/archive/files/ab"].map(|made| (made, 0o700));
    let modes = modes.into_iter().chain([("backups/archive/files/ab/abc", 0o600), ("backups/archive/large", 0o600)]);
    for (made, mode) in modes {
        let permissions = folder.path().join(made).metadata().unwrap().permissions();
        assert_eq!(permissions.mode() & 0o777, mode, "{made}");
    }
}

#[tokio::test]
async fn a_folder_that_is_none_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("file");
    std::fs::write(&file, "").unwrap();
    let error = place(&file).try_out(&SystemRandom).await.unwrap_err();
    assert!(error.fault == Fault::File && error.to_string().contains("/file: "), "{error}");
    let error = place(&file).put("a/b", Vec::new()).await.unwrap_err();
    assert_eq!(error.fault, Fault::File, "{error}");
}

#[test]
fn what_a_store_answers_is_told_by_its_code_alone() {
    let answer = "Error performing PUT http://h/b/k in 1ms - Server returned non-2xx status code: 403 Forbidden: \
                  <Error><Code>SignatureDoesNotMatch</Code><AWSAccessKeyId>AKIA1</AWSAccessKeyId></Error>";
    let error = Error::PermissionDenied { path: "k".into(), source: answer.into() };
    assert_eq!(why(&error), "HTTP 403 Forbidden, SignatureDoesNotMatch");
    let plain =
        Error::Generic { store: "S3", source: "Server returned non-2xx status code: 503 Service Unavailable: ".into() };
    assert_eq!(why(&plain), "HTTP 503 Service Unavailable");
    for quoting in [
        "Server returned error response: <Error>AKIA1</Error>",
        "status code: 403 Forbidden: <Code>AKIA1 is unknown</Code>",
        "invalid type: string \"AKIA1\", expected a map",
        "failed to parse `AKIA1`",
    ] {
        let told = why(&Error::Generic { store: "S3", source: quoting.into() });
        assert!(!told.is_empty() && !told.contains("AKIA1"), "{told}");
    }
}
