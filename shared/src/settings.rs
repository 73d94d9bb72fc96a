//! How settings are declared: one declaration a setting, from which come its field, how it is read and checked, what
//! is printed of it, and its line in the guides. Where values come from (environment, file, a platform's variables) is
//! a [`Source`]'s business.

mod edge;
mod form;

pub use edge::{Access, Edge, Mode, Page, SERVICES, Service, web_origin};
pub use form::{
    Choice, Decimal, Form, Json, Key, List, Millis, Number, Optional, Parsed, Rates, Seconds, SecretText, Switch, Text,
};

/// What begins the name of every variable.
pub const PREFIX: &str = "LGDL_";

/// Whether a value may be shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Exposure {
    /// In messages, in `lgdl config`, in the admin API.
    Shown,
    /// Nowhere.
    Masked,
}

/// When another value of a setting holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Change {
    /// When the program starts again.
    AtStart,
    /// As soon as it is read anew.
    WhileRunning,
}

/// One setting, as it was declared.
#[derive(Debug, Clone, Copy)]
pub struct Setting {
    /// Its key in `lgdl.toml`: the variable in lower case, without `LGDL_`.
    pub name: &'static str,
    /// The text that stands when nothing is said; empty: none.
    pub default: &'static str,
    /// The same on development nodes, where it differs.
    pub development: Option<&'static str>,
    /// Whether its value may be shown.
    pub exposure: Exposure,
    /// When another value holds.
    pub change: Change,
    /// What it is for, with its unit.
    pub help: &'static str,
    /// What it takes, in words.
    pub accepts: fn() -> String,
    /// Refuses a text that is no value of it.
    pub check: fn(&str) -> Result<(), String>,
}

impl Setting {
    /// The environment variable.
    #[must_use]
    pub fn variable(&self) -> String {
        variable(self.name)
    }
}

/// The environment variable of the setting `name`.
#[must_use]
pub fn variable(name: &str) -> String {
    format!("{PREFIX}{}", name.to_ascii_uppercase())
}

/// A setting's identity while it is read, without its texts for people.
#[derive(Debug, Clone, Copy)]
pub struct Asked {
    /// As [`Setting::name`].
    pub name: &'static str,
    /// As [`Setting::default`].
    pub default: &'static str,
    /// As [`Setting::development`].
    pub development: Option<&'static str>,
    /// As [`Setting::exposure`].
    pub exposure: Exposure,
}

/// Where values come from, and who is told what is wrong with them.
pub trait Source {
    /// The text in force, without spaces around it: what was given, else the default.
    fn text(&mut self, asked: Asked) -> String;

    /// `text` is no value of this setting. `problem` says what it must be and quotes nothing.
    fn refuse(&mut self, asked: Asked, text: &str, problem: String);
}

/// Reads one setting. What can't be read is told to the source, and its default stands in, so that the others can be
/// checked too; nobody uses what was read from a source that was told something.
pub fn read<F: Form>(source: &mut impl Source, asked: Asked, form: &F) -> Option<F::Value> {
    let text = source.text(asked);
    match form.read(&text) {
        Ok(value) => Some(value),
        Err(problem) => {
            source.refuse(asked, &text, problem);
            form.read(asked.default).ok()
        }
    }
}

/// Declares a struct of settings. Each line is
/// `/// help` and `field [named "name"]: Type = "default" [development "default there"] [, secret] [, live] => form;`. A secret is never
/// shown; what is live may change while the program runs.
///
/// A field that is not a setting may follow: `also { name: Type }`, empty at first.
/// The struct gets `TABLE`, every setting in order, and `read_from`, which is `None` only when a setting without a
/// usable default could not be read.
#[macro_export]
macro_rules! settings {
    (
        $(#[$meta:meta])*
        $visibility:vis struct $name:ident {
            $(
                #[doc = $help:literal]
                $field:ident $(named $named:literal)?: $type:ty = $default:literal $(development $development:literal)? $(, $mark:ident)* => $form:expr;
            )*
            $(also { $($(#[$beside_meta:meta])* $beside:ident: $beside_type:ty),+ $(,)? })?
        }
    ) => {
        $(#[$meta])*
        $visibility struct $name {
            $(#[doc = $help] pub $field: $type,)*
            $($($(#[$beside_meta])* pub $beside: $beside_type,)+)?
        }

        #[allow(unreachable_pub)] // settings may be private to a module, and these with them
        impl $name {
            /// Every setting.
            pub const TABLE: &'static [$crate::settings::Setting] = &[$(
                $crate::settings::Setting {
                    name: $crate::settings!(@name $field $($named)?),
                    default: $default,
                    development: $crate::settings!(@development $($development)?),
                    exposure: $crate::settings!(@exposure $($mark)*),
                    change: $crate::settings!(@change $($mark)*),
                    help: $help,
                    accepts: || $crate::settings::Form::accepts(&$form),
                    check: |text| $crate::settings::Form::read(&$form, text).map(drop),
                },
            )*];

            /// Reads every setting, also when some can't be read.
            pub fn read_from(source: &mut impl $crate::settings::Source) -> Option<Self> {
                $(
                    let $field = $crate::settings::read(
                        source,
                        $crate::settings::Asked {
                            name: $crate::settings!(@name $field $($named)?),
                            default: $default,
                            development: $crate::settings!(@development $($development)?),
                            exposure: $crate::settings!(@exposure $($mark)*),
                        },
                        &$form,
                    );
                )*
                Some($name { $($field: $field?,)* $($($beside: <$beside_type>::default(),)+)? })
            }
        }
    };
    (@name $field:ident) => { stringify!($field) };
    (@name $field:ident $named:literal) => { $named };
    (@development) => { None };
    (@development $development:literal) => { Some($development) };
    (@exposure) => { $crate::settings::Exposure::Shown };
    (@exposure secret $($rest:ident)*) => { $crate::settings::Exposure::Masked };
    (@exposure live $($rest:ident)*) => { $crate::settings!(@exposure $($rest)*) };
    (@change) => { $crate::settings::Change::AtStart };
    (@change live $($rest:ident)*) => { $crate::settings::Change::WhileRunning };
    (@change secret $($rest:ident)*) => { $crate::settings!(@change $($rest)*) };
}

/// The lines of a guide's table of settings, in Markdown.
#[must_use]
pub fn markdown(table: &[Setting]) -> String {
    let mut lines = String::from("| variable | default | takes | |\n|---|---|---|---|\n");
    for setting in table {
        let default = match (setting.default, setting.development) {
            ("", None) => "none".to_owned(),
            ("", Some(there)) => format!("none (development `{there}`)"),
            (default, None) => format!("`{default}`"),
            (default, Some(there)) => format!("`{default}` (development `{there}`)"),
        };
        let secret = if setting.exposure == Exposure::Masked { " Secret." } else { "" };
        let live = if setting.change == Change::WhileRunning { " *Live.*" } else { "" };
        let (takes, help) = ((setting.accepts)().replace('|', "\\|"), setting.help.trim().replace('|', "\\|"));
        lines.push_str(&format!("| `{}` | {default} | {takes} | {help}{secret}{live} |\n", setting.variable()));
    }
    lines
}

#[cfg(test)]
mod tests;
