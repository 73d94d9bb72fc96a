//! Values as people read them in a language and a place: dates, times, money, numbers, lists, yes and no.
//!
//! The forms are the language's (`formats.txt`); what a value is, its slot's type says, where there is one.

use std::borrow::Cow;

use jiff::civil::{Date, DateTime, Time};
use serde_json::{Map, Value};

use crate::decimal;
use crate::entities::time::calendar::days_between;
use crate::ir::{SlotType, Style};
use crate::language::{Cue, Locale, Text};
use crate::text::{Heard, readable};

/// How deep lists and objects are shown; what lies deeper is left out.
const MAX_VALUE_DEPTH: usize = 8;
/// Whole numbers from here on have marks between their thousands; smaller ones may be years.
const MIN_GROUPED: f64 = 10_000.0;
/// A date so near is shown by its relation to today.
const MAX_RELATIVE_DAYS: i64 = 6;

/// `{day.iso}`: the machine's form of a value.
const ISO: &str = "iso";

/// The type of the slot that a dotted name stands for; `None` for anything that is no slot.
pub type Types<'t> = &'t dyn Fn(&[String]) -> Option<SlotType>;

/// For whom values are shown.
#[derive(Clone, Copy)]
pub struct View<'t> {
    /// Language and place.
    pub locale: Locale,
    /// The day of the turn: the year that need not be said.
    pub today: Option<Date>,
    /// What is known of names.
    pub types: Types<'t>,
}

impl Default for View<'_> {
    fn default() -> Self {
        View { locale: crate::language::Language::english().locale(), today: None, types: &|_| None }
    }
}

impl std::fmt::Debug for View<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("View").field("locale", &self.locale.tag).field("today", &self.today).finish_non_exhaustive()
    }
}

/// A value as a person reads it, of a slot's type where it is one's.
#[must_use]
pub fn value_text(value: &Value, ty: Option<&SlotType>, view: &View<'_>) -> String {
    let mut text = String::new();
    view.push(&mut text, value, ty, Style::Plain, 0);
    text
}

impl View<'_> {
    /// Appends the value of a name.
    pub(super) fn push_named(&self, text: &mut String, path: &[String], value: &Value, style: Style) {
        let ty = (self.types)(path);
        let style = match (style, path) {
            (Style::Plain, [_, .., field]) if field == ISO => Style::Iso,
            _ => style,
        };
        self.push(text, value, ty.as_ref(), style, 0);
    }

    fn push(&self, text: &mut String, value: &Value, ty: Option<&SlotType>, style: Style, depth: usize) {
        match value {
            Value::Null => {}
            Value::Bool(answer) => {
                text.push_str(self.locale.language.text(if *answer { Text::ValueYes } else { Text::ValueNo }))
            }
            Value::Number(number) => match (number.as_f64(), number.is_f64()) {
                (Some(float), is_float) if is_float || ty.is_some() => text.push_str(&self.number(float, ty.is_some())),
                _ => text.push_str(&number.to_string()),
            },
            Value::String(string) => text.push_str(&self.said(string, ty, style)),
            Value::Array(_) | Value::Object(_) if depth == MAX_VALUE_DEPTH => {}
            Value::Array(items) => {
                let item_type = match ty {
                    Some(SlotType::List(item)) => Some(item.as_ref()),
                    _ => None,
                };
                let shown: Vec<String> = items
                    .iter()
                    .map(|item| {
                        let mut one = String::new();
                        self.push(&mut one, item, item_type, style, depth + 1);
                        one
                    })
                    .collect();
                text.push_str(&self.locale.language.together(&shown));
            }
            Value::Object(fields) => self.push_object(text, fields, ty, style, depth),
        }
    }

    /// Objects of typed slots read as what they are ("$12", "5 km"); others as "name: value" pairs.
    fn push_object(
        &self,
        text: &mut String,
        fields: &Map<String, Value>,
        ty: Option<&SlotType>,
        style: Style,
        depth: usize,
    ) {
        let amount = ["amount", "value", "number"].iter().find_map(|name| fields.get(*name));
        if let (Some(currency), Some(amount)) = (fields.get("currency"), amount.and_then(Value::as_f64)) {
            text.push_str(&self.money(amount, currency.as_str()));
            return;
        }
        if let (Some(Value::String(iso)), true) = (fields.get("iso"), style != Style::Plain) {
            text.push_str(&self.said(iso, ty, style));
            return;
        }
        if let Some(Value::String(said)) = fields.get("text") {
            text.push_str(said);
            return;
        }
        if let (Some(amount), Some(unit)) = (amount, fields.get("unit")) {
            self.push(text, amount, None, style, depth + 1);
            if !unit.is_null() {
                text.push(' ');
                self.push(text, unit, None, style, depth + 1);
            }
            return;
        }
        for (index, (name, value)) in fields.iter().enumerate() {
            if index > 0 {
                text.push_str(", ");
            }
            text.push_str(name);
            text.push_str(": ");
            self.push(text, value, None, style, depth + 1);
        }
    }

    /// A text that may stand for a date, a time or an option.
    fn said<'s>(&self, text: &'s str, ty: Option<&SlotType>, style: Style) -> Cow<'s, str> {
        let shown = match ty {
            _ if style == Style::Iso => None,
            Some(SlotType::Enum(_)) if text.contains('_') => return Cow::Owned(readable(text)),
            Some(SlotType::Date | SlotType::Time | SlotType::DateTime | SlotType::Timeframe) | None => {
                self.moment(text, style)
            }
            Some(_) => None,
        };
        shown.map_or(Cow::Borrowed(text), Cow::Owned)
    }

    /// A date, a time or both in ISO 8601.
    fn moment(&self, text: &str, style: Style) -> Option<String> {
        if !text.starts_with(|first: char| first.is_ascii_digit()) {
            return None;
        }
        match text.len() {
            5 | 8 if text.as_bytes()[2] == b':' => self.time(text),
            10 => self.date(text.parse().ok()?, style),
            16 | 19 => {
                let moment: DateTime = text.replacen(' ', "T", 1).parse().ok()?;
                let date = self.date(moment.date(), style)?;
                let time = self.clock(moment.time());
                Some(self.fill("datetime", &[("date", &date), ("time", &time)]))
            }
            _ => None,
        }
    }

    fn date(&self, date: Date, style: Style) -> Option<String> {
        if style == Style::Relative
            && let Some(relative) = self.relative(date)
        {
            return Some(relative);
        }
        let this_year = self.today.is_none_or(|today| today.year() == date.year());
        let form = match (style, this_year) {
            (Style::Short, true) => "date.short",
            (Style::Short, false) => "date.short.year",
            (_, true) => "date.long",
            (_, false) => "date.long.year",
        };
        let weekday = date.weekday().to_monday_zero_offset() as usize;
        let month = (date.month() - 1) as usize;
        let pick = |key: &str, at: usize| self.locale.format(key).split_whitespace().nth(at).unwrap_or_default();
        Some(self.fill(
            form,
            &[
                ("weekday", pick("weekdays", weekday)),
                ("wd", pick("weekdays.short", weekday)),
                ("month", pick("months", month)),
                ("mon", pick("months.short", month)),
                ("mm", &format!("{:02}", date.month())),
                ("dd", &format!("{:02}", date.day())),
                ("day", &date.day().to_string()),
                ("year", &date.year().to_string()),
            ],
        ))
    }

    /// "today", "tomorrow", "in 3 days"; `None` for what is far from today, or where today is not known.
    fn relative(&self, date: Date) -> Option<String> {
        let today = self.today?;
        let days = days_between(today, date);
        let named = self.locale.format(&format!("relative.{days}"));
        if !named.is_empty() {
            return Some(named.to_owned());
        }
        let (form, count) = if days > 0 { ("relative.in", days) } else { ("relative.ago", -days) };
        (count <= MAX_RELATIVE_DAYS).then(|| self.fill(form, &[("days", &count.to_string())]))
    }

    fn time(&self, text: &str) -> Option<String> {
        Some(self.clock(text.parse().ok()?))
    }

    fn clock(&self, time: Time) -> String {
        let hour = time.hour();
        let half = if hour < 12 { "time.am" } else { "time.pm" };
        let twelve = if hour % 12 == 0 { 12 } else { hour % 12 };
        self.fill(
            "time",
            &[
                ("hour", &format!("{hour}")),
                ("hh", &format!("{hour:02}")),
                ("h12", &format!("{twelve}")),
                ("mm", &format!("{:02}", time.minute())),
                ("half", self.locale.format(half)),
            ],
        )
    }

    /// An amount with the sign of its currency.
    fn money(&self, amount: f64, currency: Option<&str>) -> String {
        let digits = if amount.fract() == 0.0 { format!("{amount:.0}") } else { format!("{amount:.2}") };
        let amount = self.marked(&digits, 1_000.0);
        let Some(currency) = currency else { return amount };
        let sign = self.locale.format(&format!("sign.{currency}"));
        let (form, sign) = if sign.is_empty() { ("money.code", currency) } else { ("money", sign) };
        self.fill(form, &[("sign", sign), ("amount", &amount)])
    }

    /// A number with the marks of the place.
    pub(super) fn number(&self, number: f64, grouped: bool) -> String {
        let plain = super::number_text(number);
        if grouped { self.marked(&plain, MIN_GROUPED) } else { self.marked(&plain, f64::INFINITY) }
    }

    /// Digits with the decimal mark of the place, and from `from` on marks between thousands.
    fn marked(&self, digits: &str, from: f64) -> String {
        let (unsigned, sign) = digits.strip_prefix('-').map_or((digits, ""), |rest| (rest, "-"));
        let (whole, fraction) = unsigned.split_once('.').unwrap_or((unsigned, ""));
        let group = self.locale.format("group");
        let grouped = decimal::read(whole).is_some_and(|number| number >= from) && !group.is_empty();
        let mut out = sign.to_owned();
        for (at, digit) in whole.char_indices() {
            if grouped && at > 0 && (whole.len() - at).is_multiple_of(3) {
                out.push_str(group);
            }
            out.push(digit);
        }
        if !fraction.is_empty() {
            let mark = self.locale.format("decimal");
            out.push_str(if mark.is_empty() { "." } else { mark });
            out.push_str(fraction);
        }
        out
    }

    /// `Some` for values that say yes or no.
    pub(super) fn yes_or_no(&self, value: &Value) -> Option<bool> {
        match value {
            Value::Bool(answer) => Some(*answer),
            Value::String(text) => {
                let said = Heard::of(self.locale.language, text);
                if said.is(Cue::OptionYes) { Some(true) } else { said.is(Cue::OptionNo).then_some(false) }
            }
            _ => None,
        }
    }

    fn fill(&self, key: &str, values: &[(&str, &str)]) -> String {
        let mut rest = self.locale.format(key);
        let mut out = String::new();
        while let Some((before, after)) = rest.split_once('{') {
            out.push_str(before);
            let (name, after) = after.split_once('}').unwrap_or((after, ""));
            out.push_str(values.iter().find(|(known, _)| *known == name).map_or("", |(_, value)| value));
            rest = after;
        }
        out.push_str(rest);
        out
    }
}
