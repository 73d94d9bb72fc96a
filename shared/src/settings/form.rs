//! What a setting's text may be, and the value that it stands for.

use std::fmt;
use std::marker::PhantomData;
use std::ops::RangeInclusive;
use std::str::FromStr;
use std::time::Duration;

use serde::de::DeserializeOwned;

use crate::crypto::SecretKey;
use crate::decimal;
use crate::limits::Rate;

/// A kind of value.
pub trait Form {
    /// What is read.
    type Value;

    /// What it takes, in words: "a number from 1 to 5".
    fn accepts(&self) -> String;

    /// Reads a text.
    ///
    /// # Errors
    /// What the text must be, as the rest of a sentence that begins with the setting's name. Quotes nothing of it.
    fn read(&self, text: &str) -> Result<Self::Value, String>;

    /// The usual refusal.
    fn refusal(&self) -> String {
        format!("must be {}", self.accepts())
    }
}

/// Any text.
#[derive(Debug, Clone, Copy)]
pub struct Text;

impl Form for Text {
    type Value = String;

    fn accepts(&self) -> String {
        "a text".into()
    }

    fn read(&self, text: &str) -> Result<String, String> {
        Ok(text.to_owned())
    }
}

/// A text that a function reads, and what it takes in words.
#[derive(Debug, Clone, Copy)]
pub struct Parsed<T>(pub &'static str, pub fn(&str) -> Result<T, String>);

impl<T> Form for Parsed<T> {
    type Value = T;

    fn accepts(&self) -> String {
        self.0.into()
    }

    fn read(&self, text: &str) -> Result<T, String> {
        (self.1)(text)
    }
}

/// A number within bounds.
#[derive(Debug, Clone)]
pub struct Number<T>(pub RangeInclusive<T>);

impl<T: FromStr + PartialOrd + fmt::Display> Form for Number<T> {
    type Value = T;

    fn accepts(&self) -> String {
        format!("a number from {} to {}", self.0.start(), self.0.end())
    }

    fn read(&self, text: &str) -> Result<T, String> {
        text.parse().ok().filter(|value| self.0.contains(value)).ok_or_else(|| self.refusal())
    }
}

/// A number within bounds, perhaps with a fraction.
#[derive(Debug, Clone)]
pub struct Decimal(pub RangeInclusive<f64>);

impl Form for Decimal {
    type Value = f64;

    fn accepts(&self) -> String {
        format!("a number from {} to {}", self.0.start(), self.0.end())
    }

    fn read(&self, text: &str) -> Result<f64, String> {
        decimal::read(text).filter(|value| self.0.contains(value)).ok_or_else(|| self.refusal())
    }
}

/// A length of time in whole seconds.
#[derive(Debug, Clone)]
pub struct Seconds(pub RangeInclusive<u64>);

impl Form for Seconds {
    type Value = Duration;

    fn accepts(&self) -> String {
        format!("seconds, {} to {}", self.0.start(), self.0.end())
    }

    fn read(&self, text: &str) -> Result<Duration, String> {
        Number(self.0.clone()).read(text).map(Duration::from_secs)
    }
}

/// A length of time in whole milliseconds.
#[derive(Debug, Clone)]
pub struct Millis(pub RangeInclusive<u64>);

impl Form for Millis {
    type Value = Duration;

    fn accepts(&self) -> String {
        format!("milliseconds, {} to {}", self.0.start(), self.0.end())
    }

    fn read(&self, text: &str) -> Result<Duration, String> {
        Number(self.0.clone()).read(text).map(Duration::from_millis)
    }
}

/// One of several words.
#[derive(Debug, Clone, Copy)]
pub struct Choice<T: 'static>(pub &'static [(&'static str, T)]);

impl<T: Copy> Form for Choice<T> {
    type Value = T;

    fn accepts(&self) -> String {
        self.0.iter().map(|(word, _)| *word).collect::<Vec<_>>().join(" or ")
    }

    fn read(&self, text: &str) -> Result<T, String> {
        let found = self.0.iter().find(|(word, _)| word.eq_ignore_ascii_case(text));
        found.map(|(_, value)| *value).ok_or_else(|| self.refusal())
    }
}

/// On or off, in the words that people use for it.
#[derive(Debug, Clone, Copy)]
pub struct Switch;

impl Form for Switch {
    type Value = bool;

    fn accepts(&self) -> String {
        "true or false".into()
    }

    fn read(&self, text: &str) -> Result<bool, String> {
        match text.to_ascii_lowercase().as_str() {
            "true" | "1" | "yes" | "on" => Ok(true),
            "false" | "0" | "no" | "off" => Ok(false),
            _ => Err(self.refusal()),
        }
    }
}

/// Nothing, or a value.
#[derive(Debug, Clone, Copy)]
pub struct Optional<F>(pub F);

impl<F: Form> Form for Optional<F> {
    type Value = Option<F::Value>;

    fn accepts(&self) -> String {
        self.0.accepts()
    }

    fn read(&self, text: &str) -> Result<Option<F::Value>, String> {
        if text.is_empty() { Ok(None) } else { self.0.read(text).map(Some) }
    }
}

/// Several values with commas between them, or none.
#[derive(Debug, Clone, Copy)]
pub struct List<F>(pub F);

impl<F: Form> Form for List<F> {
    type Value = Vec<F::Value>;

    fn accepts(&self) -> String {
        format!("a list, by commas, each {}", self.0.accepts())
    }

    fn read(&self, text: &str) -> Result<Vec<F::Value>, String> {
        text.split(',').map(str::trim).filter(|item| !item.is_empty()).map(|item| self.0.read(item)).collect()
    }
}

/// A rate limit, or `off`.
#[derive(Debug, Clone, Copy)]
pub struct Rates;

impl Form for Rates {
    type Value = Option<Rate>;

    fn accepts(&self) -> String {
        "a rate such as 10/minute, 5/second or 3/20s, or off".into()
    }

    fn read(&self, text: &str) -> Result<Option<Rate>, String> {
        if text == "off" {
            return Ok(None);
        }
        text.parse().map(Some).map_err(|_| self.refusal())
    }
}

/// JSON of a certain shape; nothing at all is its empty value.
#[derive(Debug, Clone, Copy)]
pub struct Json<T>(pub &'static str, pub PhantomData<T>);

impl<T: DeserializeOwned + Default> Form for Json<T> {
    type Value = T;

    fn accepts(&self) -> String {
        format!("JSON: {}", self.0)
    }

    fn read(&self, text: &str) -> Result<T, String> {
        if text.is_empty() {
            return Ok(T::default());
        }
        // What serde says quotes the text, which may hold tokens.
        serde_json::from_str(text).map_err(|_| self.refusal())
    }
}

/// A shared secret of at least so many bytes.
#[derive(Debug, Clone, Copy)]
pub struct SecretText(pub usize);

impl Form for SecretText {
    type Value = Vec<u8>;

    fn accepts(&self) -> String {
        format!("a secret of at least {} bytes", self.0)
    }

    fn read(&self, text: &str) -> Result<Vec<u8>, String> {
        if text.len() >= self.0 { Ok(text.as_bytes().to_vec()) } else { Err(self.refusal()) }
    }
}

/// A key of 32 bytes.
#[derive(Debug, Clone, Copy)]
pub struct Key;

impl Form for Key {
    type Value = SecretKey;

    fn accepts(&self) -> String {
        "32 bytes as 64 hexadecimal digits".into()
    }

    fn read(&self, text: &str) -> Result<SecretKey, String> {
        let digit = |byte: u8| char::from(byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
        let pairs = text.as_bytes().chunks(2).map(|pair| match pair {
            [high, low] => Some(digit(*high)? << 4 | digit(*low)?),
            _ => None,
        });
        let bytes = pairs.collect::<Option<Vec<u8>>>().and_then(|bytes| <[u8; 32]>::try_from(bytes).ok());
        bytes.map(SecretKey::new).ok_or_else(|| self.refusal())
    }
}
