//! What was given as settings: environment variables `LGDL_*` over one file, which origin, edge and command line share.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Read as _;
use std::path::{Path, PathBuf};

use crate::objects::{Access, opens_buckets};
use http::Uri;
use lgdl::meaning::Meaning;
use lgdl::settings::{
    Asked, Edge, Exposure, Form, Mode, Optional, PREFIX, SERVICES, Setting, Source, Switch, variable,
};
use lgdl::text::edit_distance;
use lgdl_tls::Files;

use super::{Config, ConfigError, Contradiction, DEFAULT_FILE, Effective, MASK, Secret, TLS_HALF, contradictions};
use crate::tls::Tls;

/// The most that a file with a secret holds, bytes: as much as a form may take, so that no device fills memory.
const MAX_SECRET_FILE_BYTES: u64 = 1024 * 1024;

/// Settings that have another name now, each with that: one of before must not be passed over in silence.
const RENAMED: [(&str, &str); 2] = [("ARCHIVE_FOLDER", "archive_url"), ("BACKUP_FOLDER", "backup_url")];

/// Texts as they were given, with where each came from.
#[derive(Debug, Clone, Default)]
pub struct Given {
    pub(super) environment: BTreeMap<String, String>,
    pub(super) file: BTreeMap<String, String>,
    secret_files: Vec<PathBuf>,
    /// Whether there was a configuration file.
    pub(super) has_file: bool,
    pub(super) problems: Vec<String>,
    refused: BTreeSet<&'static str>,
    effective: Vec<Effective>,
}

impl Given {
    /// The process's environment over `file`, or over `lgdl.toml` in the working directory if it is there.
    ///
    /// # Errors
    /// When the file can't be read.
    pub fn load(file: Option<&Path>) -> Result<Given, ConfigError> {
        let environment = std::env::vars_os()
            .filter_map(|(name, value)| Some((name.into_string().ok()?, value.to_string_lossy().into_owned())));
        let path = file.unwrap_or(Path::new(DEFAULT_FILE));
        match std::fs::read_to_string(path) {
            Ok(text) => Ok(Given { has_file: true, ..Given::read(&text, environment) }),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound && file.is_none() => {
                Ok(Given::read("", environment))
            }
            Err(error) => Err(ConfigError { problems: vec![format!("{} can't be read: {error}", path.display())] }),
        }
    }

    /// `environment` over the text of a configuration file. What is wrong with the text is told with the settings.
    #[must_use]
    pub fn read(toml: &str, environment: impl IntoIterator<Item = (String, String)>) -> Given {
        let mut given = Given { environment: environment.into_iter().collect(), ..Given::default() };
        match toml.parse::<toml::Table>() {
            Ok(table) => table.into_iter().for_each(|(key, value)| given.take_file_entry(&key, &value)),
            Err(error) => {
                let line = error.span().map(|span| toml.get(..span.start).unwrap_or(toml).lines().count().max(1));
                let at = line.map_or_else(String::new, |line| format!(" in line {line}"));
                given.problems.push(format!("lgdl.toml is no TOML{at}: {}", error.message()));
            }
        }
        given.look_for_slips();
        given.open_secret_files();
        given
    }

    /// Names variables that are no settings and were surely meant to be: one that is passed over in silence may be the one that has
    /// everything encrypted.
    fn look_for_slips(&mut self) {
        for name in self.environment.keys().filter_map(|variable| variable.strip_prefix(PREFIX)) {
            let is_one = |setting: &Setting| variable(setting.name).strip_prefix(PREFIX) == Some(name);
            if Config::TABLE.iter().chain(Edge::TABLE).any(is_one) {
                continue;
            }
            if let Some(meant) = meant_by(name) {
                self.problems.push(format!("{PREFIX}{name} is no setting; {} is one", variable(meant)));
            }
        }
    }

    /// Secrets that are `@FILE`, and what opens buckets, as what the file holds.
    fn open_secret_files(&mut self) {
        let secret = |setting: &&Setting| setting.exposure == Exposure::Masked;
        for setting in Config::TABLE.iter().chain(Edge::TABLE).filter(secret) {
            let variable = variable(setting.name);
            let texts = [self.environment.get_mut(&variable), self.file.get_mut(setting.name)];
            for text in texts.into_iter().flatten() {
                let Some(path) = secret_file(text) else { continue };
                if let Err(problem) = open_secret_file(&variable, &path, text) {
                    self.problems.push(problem);
                    self.refused.insert(setting.name);
                }
                self.secret_files.push(path);
            }
        }
        for (variable, text) in self.environment.iter_mut().filter(|(variable, _)| opens_buckets(variable)) {
            let Some(path) = secret_file(text) else { continue };
            self.problems.extend(open_secret_file(variable, &path, text).err());
            self.secret_files.push(path);
        }
    }

    /// The files that secrets were read from.
    #[must_use]
    pub fn secret_files(&self) -> &[PathBuf] {
        &self.secret_files
    }

    /// Puts a value over whatever was given.
    #[must_use]
    pub fn with(mut self, name: &str, value: impl Into<String>) -> Given {
        self.environment.insert(variable(name), value.into());
        self
    }

    /// The origin's settings. Those of edges that were given too are checked, and left.
    ///
    /// # Errors
    /// Every problem at once.
    pub fn origin(self) -> Result<Config, ConfigError> {
        self.checked(&[])
    }

    /// The same for a program that works on the store and serves nobody: it needs no keys of edges.
    ///
    /// # Errors
    /// Every problem at once.
    pub fn store(self) -> Result<Config, ConfigError> {
        self.checked(&["edge_unsigned"])
    }

    /// The origin's settings; what contradicts one of `beside` is no problem.
    fn checked(mut self, beside: &[&str]) -> Result<Config, ConfigError> {
        let config = Config::read_from(&mut self);
        let config = config.map(|config| Config { objects: Access::of(&self.environment), ..config });
        if let Some(config) = &config {
            let fresh = |found: &Contradiction| {
                !found.about.iter().any(|name| self.refused.contains(name) || beside.contains(name))
            };
            self.problems.extend(contradictions(config).into_iter().filter(fresh).map(|found| found.problem));
        }
        self.check(Edge::TABLE);
        // Nodes declare it; what is wrong with it is found above.
        let services = SERVICES.read(self.given("services").map_or("", |(text, _)| text));
        match (config, services) {
            (Some(config), Ok(services)) if self.problems.is_empty() => {
                Ok(Config { effective: self.effective, services, ..config })
            }
            _ => Err(ConfigError { problems: self.problems }),
        }
    }

    /// The settings of an edge node that were given, by their names, with those of the origin checked, and left. The node
    /// knows its defaults.
    ///
    /// # Errors
    /// Every problem at once.
    pub fn edge(mut self) -> Result<BTreeMap<&'static str, String>, ConfigError> {
        let edge = Edge::read_from(&mut self);
        if self.refused.is_empty() {
            self.problems.extend(edge.iter().flat_map(Edge::contradictions));
        }
        self.check(Config::TABLE);
        if !self.problems.is_empty() {
            return Err(ConfigError { problems: self.problems });
        }
        let given = |setting: &Setting| Some((setting.name, self.given(setting.name)?.0.to_owned()));
        Ok(Edge::TABLE.iter().filter_map(given).collect())
    }

    /// The same of a node that is to start: what every one of its turns would fail for is a problem, too.
    ///
    /// # Errors
    /// Every problem at once.
    pub fn node(self) -> Result<BTreeMap<&'static str, String>, ConfigError> {
        let edge = self.edge()?;
        let said = |name: &str| edge.get(name).is_some_and(|value| !value.is_empty());
        let development = edge.get("mode").is_some_and(|mode| mode.eq_ignore_ascii_case("development"));
        let mut problems = Vec::new();
        if !said("origin_url") {
            problems.push("LGDL_ORIGIN_URL must be an http or https address".to_owned());
        }
        match (said("origin_key_id"), said("origin_key")) {
            (true, true) => {}
            (false, false) if development => {}
            _ => problems.push("LGDL_ORIGIN_KEY_ID and LGDL_ORIGIN_KEY, its secret, are needed, both".to_owned()),
        }
        if problems.is_empty() { Ok(edge) } else { Err(ConfigError { problems }) }
    }

    /// What is logged, and whether what looks personal in it is replaced: settings of the origin that hold for every
    /// server that this program runs.
    ///
    /// # Errors
    /// When one of them is no value.
    pub fn logging(&self) -> Result<(String, bool), ConfigError> {
        Ok((self.of_origin("log").to_owned(), self.alone("pii_redact_in_logs", &Switch)?))
    }

    /// Where traces go: settings of the origin that hold for every server that this program runs.
    ///
    /// # Errors
    /// When one of them is no value.
    pub fn traces(&self) -> Result<(Option<Uri>, Option<Secret>), ConfigError> {
        let url = self.alone("otlp_url", &Optional(super::forms::OTLP_URL))?;
        Ok((url, self.alone("otlp_authorization", &Optional(super::forms::HEADER_VALUE))?))
    }

    /// The files of TLS: settings of the origin that hold for every server that this program runs.
    ///
    /// # Errors
    /// When there is a certificate without a key, or the other way round.
    pub fn tls(&self) -> Result<Tls, ConfigError> {
        let file = |name| Some(PathBuf::from(self.of_origin(name))).filter(|path| !path.as_os_str().is_empty());
        let server = match (file("tls_certificate"), file("tls_key")) {
            (Some(certificate), Some(key)) => Some(Files { certificate, key }),
            (None, None) => None,
            (Some(_), None) | (None, Some(_)) => return Err(ConfigError { problems: vec![TLS_HALF.into()] }),
        };
        Ok(Tls { server, authorities: file("tls_authorities") })
    }

    /// What games are trained with when they are compiled, for commands that need no other setting of the origin.
    ///
    /// # Errors
    /// When it is no value.
    pub fn meaning(&self) -> Result<Meaning, ConfigError> {
        self.alone("meaning", &super::settings::MEANING)
    }

    /// One setting of the origin, whatever the others are.
    fn alone<F: Form>(&self, name: &str, form: &F) -> Result<F::Value, ConfigError> {
        form.read(self.of_origin(name))
            .map_err(|problem| ConfigError { problems: vec![format!("{} {problem}", variable(name))] })
    }

    fn of_origin(&self, name: &str) -> &str {
        let default =
            || Config::TABLE.iter().find(|setting| setting.name == name).map_or("", |setting| setting.default);
        self.given(name).map_or_else(default, |(text, _)| text)
    }

    /// The settings of an edge node in force, for people.
    #[must_use]
    pub fn edge_in_force(&self) -> Vec<Effective> {
        let mode = self.given("mode").map_or("", |(mode, _)| mode);
        let mode = if mode == "development" { Mode::Development } else { Mode::Production };
        let shown = |setting: &Setting| {
            let default = setting.development.filter(|_| mode == Mode::Development).unwrap_or(setting.default);
            let (value, source) = self.given(setting.name).unwrap_or((default, "default"));
            effective(setting.name, value, source, setting.exposure)
        };
        Edge::TABLE.iter().map(shown).collect()
    }

    fn take_file_entry(&mut self, key: &str, value: &toml::Value) {
        let known = |table: &[Setting]| table.iter().any(|setting| setting.name.eq_ignore_ascii_case(key));
        if !known(Config::TABLE) && !known(Edge::TABLE) {
            let meant = meant_by(key);
            let hint = meant.map_or_else(String::new, |meant| format!("; `{meant}` is one"));
            self.problems.push(format!("lgdl.toml: there is no setting `{key}`{hint}"));
            return;
        }
        let plain = |value: &toml::Value| match value {
            toml::Value::String(text) => Some(text.clone()),
            toml::Value::Integer(_) | toml::Value::Float(_) | toml::Value::Boolean(_) => Some(value.to_string()),
            _ => None,
        };
        let text = match value {
            toml::Value::Array(items) => items.iter().map(plain).collect::<Option<Vec<_>>>().map(|i| i.join(",")),
            other => plain(other),
        };
        match text {
            Some(text) => drop(self.file.insert(key.to_ascii_lowercase(), text)),
            None => self.problems.push(format!("lgdl.toml: `{key}` must be a text, a number, a boolean or a list")),
        }
    }

    /// What was given for a setting, if anything was, and where.
    pub(super) fn given(&self, name: &str) -> Option<(&str, &'static str)> {
        let (text, place) = match (self.environment.get(&variable(name)), self.file.get(name)) {
            (Some(text), _) => (text.trim(), "environment"),
            (None, Some(text)) => (text.trim(), "file"),
            (None, None) => return None,
        };
        (!text.is_empty()).then_some((text, place))
    }

    /// Refuses what was given and is no value of its setting.
    fn check(&mut self, table: &'static [Setting]) {
        for setting in table {
            let Some((text, _)) = self.given(setting.name) else { continue };
            if let Err(problem) = (setting.check)(text) {
                let asked = Asked {
                    name: setting.name,
                    default: setting.default,
                    development: setting.development,
                    exposure: setting.exposure,
                };
                let text = text.to_owned();
                self.refuse(asked, &text, problem);
            }
        }
    }
}

impl Source for Given {
    fn text(&mut self, asked: Asked) -> String {
        let (value, source) = self.given(asked.name).unwrap_or((asked.default, "default"));
        let value = value.to_owned();
        self.effective.push(effective(asked.name, &value, source, asked.exposure));
        value
    }

    fn refuse(&mut self, asked: Asked, text: &str, problem: String) {
        self.refused.insert(asked.name);
        let variable = variable(asked.name);
        self.problems.push(match asked.exposure {
            Exposure::Masked => format!("{variable} {problem}"),
            Exposure::Shown => format!("{variable} {problem}; it is `{}`", without_user(text)),
        });
    }
}

/// The setting that somebody meant who wrote this name: one of before by another name, or one slip away.
fn meant_by(name: &str) -> Option<&'static str> {
    let renamed = RENAMED.iter().find(|(before, _)| before.eq_ignore_ascii_case(name)).map(|(_, now)| *now);
    let said = name.to_ascii_lowercase();
    let is_one_slip_away = |setting: &&Setting| edit_distance(setting.name, &said, 1).is_some();
    renamed.or_else(|| Config::TABLE.iter().chain(Edge::TABLE).find(is_one_slip_away).map(|setting| setting.name))
}

/// The file that a secret is in, where it is `@FILE`.
fn secret_file(text: &str) -> Option<PathBuf> {
    text.trim().strip_prefix('@').map(PathBuf::from)
}

/// Takes what the file holds for the text.
fn open_secret_file(variable: &str, path: &Path, text: &mut String) -> Result<(), String> {
    text.clear();
    std::fs::File::open(path)
        .and_then(|file| file.take(MAX_SECRET_FILE_BYTES).read_to_string(text))
        .map_err(|error| format!("{variable} names a file that can't be read: {error}"))?;
    // A setting that is empty counts as not given, and a file was: without this a lost key would turn encryption off.
    match text.trim().is_empty() {
        true => Err(format!("{variable} names a file that is empty: {}", path.display())),
        false => Ok(()),
    }
}

/// An address without the user and password in it: what is wrong with it is told to the log.
fn without_user(text: &str) -> String {
    let Some((scheme, rest)) = text.split_once("://") else { return text.to_owned() };
    let authority = rest.find(['/', '?', '#']).unwrap_or(rest.len());
    match rest[..authority].rfind('@') {
        Some(at) => format!("{scheme}://…{}", &rest[at..]),
        None => text.to_owned(),
    }
}

fn effective(name: &'static str, value: &str, source: &'static str, exposure: Exposure) -> Effective {
    let masked = exposure == Exposure::Masked && !value.is_empty();
    let help = Config::TABLE.iter().chain(Edge::TABLE).find(|setting| setting.name == name);
    Effective {
        name: variable(name),
        value: if masked { MASK.to_owned() } else { value.to_owned() },
        source,
        help: help.map_or("", |setting| setting.help.trim()),
    }
}
