//! Settings while the program runs: those that may change are what was read last, the others what they were at the start.

use std::collections::BTreeSet;
use std::sync::Arc;

use lgdl::settings::{Change, Edge, Setting};
use tokio::sync::watch;

use super::{Config, ConfigError, Given};
use crate::objects::opens_buckets;

/// The settings in force. A clone is the same ones.
#[derive(Debug, Clone)]
pub struct Live(Arc<watch::Sender<Arc<Config>>>);

impl Live {
    /// Those of the start.
    #[must_use]
    pub fn new(config: Arc<Config>) -> Live {
        Live(Arc::new(watch::Sender::new(config)))
    }

    /// As they are now.
    #[must_use]
    pub fn now(&self) -> Arc<Config> {
        Arc::clone(&self.0.borrow())
    }

    /// Puts others in force: what [`Given::reloaded`] made.
    pub fn put(&self, config: Config) {
        self.0.send_replace(Arc::new(config));
    }

    /// Tells when others are in force.
    #[must_use]
    pub fn changes(&self) -> watch::Receiver<Arc<Config>> {
        self.0.subscribe()
    }
}

/// What another reading of the same settings gave.
#[derive(Debug, Clone)]
pub struct Reloaded {
    /// What holds from now on.
    pub given: Given,
    /// The variables that changed and are in force.
    pub changed: Vec<String>,
    /// The variables that changed and need a restart.
    pub waiting: Vec<String>,
}

impl Given {
    /// What is in force after `newer` was read: its values where a setting may change while the program runs, and these elsewhere.
    ///
    /// # Errors
    /// When `newer` could not be read whole.
    pub fn reloaded(&self, newer: &Given) -> Result<Reloaded, ConfigError> {
        if !newer.problems.is_empty() {
            return Err(ConfigError { problems: newer.problems.clone() });
        }
        // A file that is being replaced is no wish for defaults.
        if self.has_file && !newer.has_file {
            return Err(ConfigError {
                problems: vec!["lgdl.toml, from which settings came, is not there any more".into()],
            });
        }
        let mut reloaded = Reloaded { given: self.clone(), changed: Vec::new(), waiting: Vec::new() };
        for setting in Config::TABLE.iter().chain(Edge::TABLE) {
            if self.text_of(setting) == newer.text_of(setting) {
                continue;
            }
            match setting.change {
                Change::WhileRunning => {
                    reloaded.given.take_from(newer, setting);
                    reloaded.changed.push(setting.variable());
                }
                Change::AtStart => reloaded.waiting.push(setting.variable()),
            }
        }
        let names = self.environment.keys().chain(newer.environment.keys()).filter(|name| opens_buckets(name));
        for name in names.collect::<BTreeSet<_>>() {
            let value = newer.environment.get(name);
            if self.environment.get(name) != value {
                put(&mut reloaded.given.environment, name, value);
                reloaded.changed.push(name.clone());
            }
        }
        Ok(reloaded)
    }

    fn text_of(&self, setting: &Setting) -> Option<&str> {
        self.given(setting.name).map(|(text, _)| text)
    }

    fn take_from(&mut self, newer: &Given, setting: &Setting) {
        let variable = setting.variable();
        put(&mut self.environment, &variable, newer.environment.get(&variable));
        put(&mut self.file, setting.name, newer.file.get(setting.name));
    }
}

fn put(map: &mut std::collections::BTreeMap<String, String>, key: &str, value: Option<&String>) {
    match value {
        Some(value) => drop(map.insert(key.to_owned(), value.clone())),
        None => drop(map.remove(key)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEYS: (&str, &str) = ("LGDL_EDGE_KEYS", "edge-1:a secret of sixteen bytes");

    fn given(file: &str) -> Given {
        Given::read(file, [(KEYS.0.to_owned(), KEYS.1.to_owned())])
    }

    #[test]
    fn what_may_change_does_and_the_rest_is_named() {
        let before = given("log = \"info\"\nlisten = \"127.0.0.1:1\"\nalert_commit_p95_ms = 900");
        let after = given("log = \"debug\"\nlisten = \"127.0.0.1:2\"\nrate_limit_user = \"3/minute\"");
        let reloaded = before.reloaded(&after).unwrap();
        assert_eq!(reloaded.changed, ["LGDL_ALERT_COMMIT_P95_MS", "LGDL_LOG", "LGDL_RATE_LIMIT_USER"]);
        assert_eq!(reloaded.waiting, ["LGDL_LISTEN"]);
        assert_eq!(reloaded.given.clone().edge().unwrap()["rate_limit_user"], "3/minute");
        let config = reloaded.given.origin().unwrap();
        assert_eq!((config.log.as_str(), config.listen.port()), ("debug", 1));
        assert_eq!(config.alert_commit_p95_ms, Some(1000), "the default is back");
        let same = before.reloaded(&before).unwrap();
        assert!(same.changed.is_empty() && same.waiting.is_empty());
    }

    #[test]
    fn what_opens_buckets_is_taken_anew() {
        let with = |secret: &str| {
            let given = [KEYS, ("AWS_SECRET_ACCESS_KEY", secret), ("AWS_PAGER", secret)];
            Given::read("", given.map(|(name, value)| (name.to_owned(), value.to_owned())))
        };
        let reloaded = with("old").reloaded(&with("new")).unwrap();
        assert_eq!(reloaded.changed, ["AWS_SECRET_ACCESS_KEY"]);
        assert!(reloaded.given.origin().unwrap().objects == with("new").origin().unwrap().objects);
    }

    #[test]
    fn what_is_wrong_changes_nothing() {
        let before = given("log = \"info\"");
        assert!(before.reloaded(&given("log = ")).is_err());
        assert!(before.reloaded(&given("no_such_setting = 1")).is_err());
        let mut with_file = before.clone();
        with_file.has_file = true;
        assert!(with_file.reloaded(&given("")).is_err(), "the file is gone");
        let refused = given("audit_push_url = \"https://u:hidden@h/x\"").origin().unwrap_err().to_string();
        assert!(refused.contains("https://…@h/x") && !refused.contains("hidden"), "{refused}");
        let wrong = before.reloaded(&given("claim_lease_seconds = 0")).unwrap();
        assert!(wrong.given.origin().is_err());
    }

    #[test]
    fn what_may_change_is_read_where_it_is_used_and_not_where_the_program_started() {
        let mut sources = vec![std::path::PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/src"))];
        let mut read = 0;
        while let Some(path) = sources.pop() {
            if path.is_dir() {
                sources.extend(std::fs::read_dir(path).unwrap().map(|entry| entry.unwrap().path()));
                continue;
            }
            let text = std::fs::read_to_string(&path).unwrap();
            read += 1;
            for setting in Config::TABLE.iter().filter(|setting| setting.change == Change::WhileRunning) {
                let field = setting.name.trim_end_matches("_seconds");
                let stale = text.split("origin.config.").skip(1).find(|rest| {
                    let word = rest.split(|c: char| !c.is_alphanumeric() && c != '_').next().unwrap_or_default();
                    word == field || word == setting.name
                });
                assert!(stale.is_none(), "{}: {} is of the start; ask origin.settings()", path.display(), setting.name);
            }
        }
        assert!(read > 100, "{read} files");
    }
}
