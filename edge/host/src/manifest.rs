//! What `spin.toml` says: the component's variables, the hosts it may call, its stores. Only what this host needs.

use std::collections::BTreeMap;

use serde::Deserialize;

/// A manifest, for its one component.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Manifest {
    /// The component's variables; each value may name the application's variables as `{{ name }}`.
    variables: BTreeMap<String, String>,
    /// The application's variables: default, or `None` when one must be given.
    application: BTreeMap<String, Option<String>>,
    allowed_hosts: Vec<String>,
    stores: Vec<String>,
}

/// Why a manifest can't be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ManifestError {
    /// It is no manifest.
    #[error("spin.toml: {0}")]
    Malformed(String),
    /// It has no component, or several.
    #[error("spin.toml: expected one component, found {0}")]
    NotOneComponent(usize),
    /// A variable has no value.
    #[error("spin.toml: the variable `{0}` is required and was not given")]
    Missing(String),
    /// A template names a variable that there is not.
    #[error("spin.toml: there is no variable `{0}`")]
    Unknown(String),
    /// A template is not closed.
    #[error("spin.toml: `{{{{` without `}}}}`")]
    OpenTemplate,
    /// An allowed host is none.
    #[error("spin.toml: `{0}` is no allowed host; write it as scheme://host:port")]
    BadHost(String),
}

#[derive(Deserialize)]
struct File {
    #[serde(default)]
    variables: BTreeMap<String, Variable>,
    component: BTreeMap<String, Component>,
}

#[derive(Deserialize)]
struct Variable {
    default: Option<String>,
    #[serde(default)]
    required: bool,
}

#[derive(Deserialize)]
struct Component {
    #[serde(default)]
    allowed_outbound_hosts: Vec<String>,
    #[serde(default)]
    key_value_stores: Vec<String>,
    #[serde(default)]
    variables: BTreeMap<String, String>,
}

impl Manifest {
    /// Reads a manifest.
    ///
    /// # Errors
    /// When it is none, or has not exactly one component.
    pub fn parse(text: &str) -> Result<Manifest, ManifestError> {
        let file: File = toml::from_str(text).map_err(|error| ManifestError::Malformed(error.to_string()))?;
        let count = file.component.len();
        let component = file.component.into_values().next().filter(|_| count == 1);
        let component = component.ok_or(ManifestError::NotOneComponent(count))?;
        let default = |variable: Variable| if variable.required { None } else { variable.default };
        Ok(Manifest {
            variables: component.variables,
            application: file.variables.into_iter().map(|(name, variable)| (name, default(variable))).collect(),
            allowed_hosts: component.allowed_outbound_hosts,
            stores: component.key_value_stores,
        })
    }

    /// The component's variables with the given values of the application's.
    ///
    /// # Errors
    /// When one is missing or a template is wrong.
    pub fn variables(&self, given: &BTreeMap<String, String>) -> Result<BTreeMap<String, String>, ManifestError> {
        let each = self.variables.iter();
        each.map(|(name, template)| Ok((name.clone(), self.rendered(template, given)?))).collect()
    }

    /// The hosts that the component may call.
    ///
    /// # Errors
    /// As [`Manifest::variables`].
    pub fn allowed_hosts(&self, given: &BTreeMap<String, String>) -> Result<Vec<String>, ManifestError> {
        self.allowed_hosts.iter().map(|template| self.rendered(template, given)).collect()
    }

    /// Whether the component may open a store.
    #[must_use]
    pub fn has_store(&self, label: &str) -> bool {
        self.stores.iter().any(|store| store == label)
    }

    /// Puts values in the place of `{{ name }}`. Values are not looked into again.
    fn rendered(&self, template: &str, given: &BTreeMap<String, String>) -> Result<String, ManifestError> {
        let mut out = String::with_capacity(template.len());
        let mut rest = template;
        while let Some((before, after)) = rest.split_once("{{") {
            let (name, after) = after.split_once("}}").ok_or(ManifestError::OpenTemplate)?;
            let name = name.trim();
            let declared = self.application.get(name).ok_or_else(|| ManifestError::Unknown(name.to_owned()))?;
            let value = given.get(name).or(declared.as_ref()).ok_or_else(|| ManifestError::Missing(name.to_owned()))?;
            out.push_str(before);
            out.push_str(value);
            rest = after;
        }
        out.push_str(rest);
        Ok(out)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = r#"
        spin_manifest_version = 2
        [variables]
        lgdl_mode = { default = "production" }
        lgdl_origin_url = { required = true }
        [[trigger.http]]
        route = "/..."
        component = "edge"
        [component.edge]
        source = "edge.wasm"
        allowed_outbound_hosts = ["{{ lgdl_origin_url }}", "https://example.com"]
        key_value_stores = ["default"]
        [component.edge.variables]
        lgdl_mode = "{{ lgdl_mode }}"
        lgdl_origin_url = "{{lgdl_origin_url}}/"
    "#;

    fn given(pairs: &[(&str, &str)]) -> BTreeMap<String, String> {
        pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
    }

    #[test]
    fn templates_take_given_values_then_defaults() {
        let manifest = Manifest::parse(TEXT).unwrap();
        let given = given(&[("lgdl_origin_url", "http://127.0.0.1:1")]);
        let variables = manifest.variables(&given).unwrap();
        assert_eq!(variables["lgdl_mode"], "production");
        assert_eq!(variables["lgdl_origin_url"], "http://127.0.0.1:1/");
        assert_eq!(manifest.allowed_hosts(&given).unwrap(), ["http://127.0.0.1:1", "https://example.com"]);
        assert!(manifest.has_store("default") && !manifest.has_store("other"));
    }

    #[test]
    fn what_is_wrong_is_said() {
        let manifest = Manifest::parse(TEXT).unwrap();
        assert_eq!(manifest.variables(&given(&[])), Err(ManifestError::Missing("lgdl_origin_url".into())));
        let unknown = Manifest::parse(&TEXT.replace("{{ lgdl_mode }}", "{{ other }}")).unwrap();
        assert_eq!(unknown.variables(&given(&[])), Err(ManifestError::Unknown("other".into())));
        let open = Manifest::parse(&TEXT.replace("{{ lgdl_mode }}", "{{ lgdl_mode")).unwrap();
        assert_eq!(open.variables(&given(&[])), Err(ManifestError::OpenTemplate));
        assert!(matches!(Manifest::parse("component = 1"), Err(ManifestError::Malformed(_))));
        assert_eq!(Manifest::parse("[component]"), Err(ManifestError::NotOneComponent(0)));
    }
}
