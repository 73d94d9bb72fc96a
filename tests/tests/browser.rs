//! The chat page in a real Chromium, before the component in our host and the real origin. What is checked stands in
//! `browser/chat.test.mjs`.

use std::path::{Path, PathBuf};
use std::process::Command;

use lgdl_tests::games;
use lgdl_tests::stack::{Plan, Stack};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_chat_page_holds_its_conversations_in_a_real_browser() {
    let folder = games::root().join("tests/browser");
    let Some(chromium) = program(&["chromium", "chromium-browser", "google-chrome"]) else {
        println!("skipped: there is no Chromium; `apt-get install chromium`, or any Chrome on the PATH, would run it");
        return;
    };
    if program(&["node"]).is_none() || !folder.join("node_modules").is_dir() {
        println!("skipped: `npm ci` in tests/browser, with Node.js 20 or later, would run it");
        return;
    }
    let stack = Stack::start(&games::own(), Plan::default()).await;
    let url = stack.url("").trim_end_matches('/').to_owned();
    let ran = tokio::task::spawn_blocking(move || {
        Command::new("node")
            .args(["--test", "chat.test.mjs"])
            .env("LGDL_URL", url)
            .env("CHROMIUM", chromium)
            .current_dir(folder)
            .output()
            .expect("node starts")
    });
    let output = ran.await.expect("node ends");
    stack.stop().await;
    let report = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{report}{}", String::from_utf8_lossy(&output.stderr));
    assert!(report.contains("# pass 7"), "not every test ran: {report}");
}

/// The first of these programs that lies on the PATH.
fn program(names: &[&str]) -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    let folders: Vec<PathBuf> = std::env::split_paths(&path).collect();
    let found = |name: &&str| folders.iter().map(|folder| Path::new(folder).join(name)).find(|file| file.is_file());
    names.iter().find_map(found)
}
