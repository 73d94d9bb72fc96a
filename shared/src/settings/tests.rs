use std::collections::BTreeMap;

use super::*;

crate::settings! {
    /// Settings of a kettle.
    #[derive(Debug, PartialEq)]
    struct Kettle {
        /// Degrees.
        degrees: u8 = "90" development "20" => Number(1..=100);
        /// What it says.
        greeting: Option<String> = "", secret, live => Optional(Text);
    }
}

#[derive(Default)]
struct Given {
    values: BTreeMap<&'static str, &'static str>,
    development: bool,
    refused: Vec<String>,
}

impl Source for Given {
    fn text(&mut self, asked: Asked) -> String {
        let default = asked.development.filter(|_| self.development).unwrap_or(asked.default);
        (*self.values.get(asked.name).unwrap_or(&default)).to_owned()
    }

    fn refuse(&mut self, asked: Asked, _: &str, problem: String) {
        self.refused.push(format!("{} {problem}", asked.name));
    }
}

#[test]
fn a_setting_is_what_was_given_and_its_default_else() {
    let mut given = Given::default();
    assert_eq!(Kettle::read_from(&mut given), Some(Kettle { degrees: 90, greeting: None }));
    given.development = true;
    assert_eq!(Kettle::read_from(&mut given).map(|kettle| kettle.degrees), Some(20));
    given.values = BTreeMap::from([("degrees", "7"), ("greeting", "hey")]);
    assert_eq!(Kettle::read_from(&mut given), Some(Kettle { degrees: 7, greeting: Some("hey".into()) }));
    assert_eq!(given.refused, [""; 0]);
}

#[test]
fn what_is_wrong_is_told_and_the_others_are_read() {
    let mut given = Given { values: BTreeMap::from([("degrees", "400")]), ..Given::default() };
    assert!(Kettle::read_from(&mut given).is_some());
    assert_eq!(given.refused, ["degrees must be a number from 1 to 100"]);
}

#[test]
fn the_guide_has_a_line_for_each() {
    let expected = "| variable | default | takes | |\n|---|---|---|---|\n\
        | `LGDL_DEGREES` | `90` (development `20`) | a number from 1 to 100 | Degrees. |\n\
        | `LGDL_GREETING` | none | a text | What it says. Secret. *Live.* |\n";
    assert_eq!(markdown(Kettle::TABLE), expected);
}

#[test]
fn every_default_of_an_edge_is_a_value_of_its_setting() {
    for setting in Edge::TABLE {
        for default in [Some(setting.default), setting.development].into_iter().flatten() {
            assert_eq!((setting.check)(default), Ok(()), "{}", setting.name);
        }
    }
}
