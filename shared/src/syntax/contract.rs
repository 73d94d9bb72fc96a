//! Reading `capability_contract.json`: which functions there are, what they take, how long they may run.
//!
//! Parameters come as names (`["doctor", "date"]`), as an object of name to description, or as a JSON Schema; the
//! latter two and `payload_schema` become the payload's schema. Keys that the engine does not use are let be.

use serde_json::{Map, Value, json};

use crate::diagnostics::{Code, Diagnostic, Span};
use crate::ir::{Contract, ContractFunction};

use super::findings::Findings;
use super::limits::{MAX_CONTRACT_BYTES, MAX_TIMEOUT_MS};

/// Reads a contract. Problems are reported with the place inside the contract in their text, since their span cannot
/// tell: it belongs to the game file.
pub(super) fn read(text: &str, findings: &mut Findings) -> Contract {
    let mut reader = Reader { findings };
    if text.len() > MAX_CONTRACT_BYTES {
        reader.problem("", &format!("expected at most {MAX_CONTRACT_BYTES} bytes, found {}", text.len()));
        return Contract::default();
    }
    let text = text.strip_prefix('\u{FEFF}').unwrap_or(text);
    match serde_json::from_str(text) {
        Ok(Value::Object(contract)) => reader.contract(&contract),
        Ok(_) => {
            reader.problem("", "expected a JSON object");
            Contract::default()
        }
        Err(error) => {
            reader.problem("", &format!("expected JSON: {error}"));
            Contract::default()
        }
    }
}

struct Reader<'d> {
    findings: &'d mut Findings,
}

impl Reader<'_> {
    fn problem(&mut self, place: &str, message: &str) {
        let place = if place.is_empty() { String::new() } else { format!(", at `{place}`") };
        let message = format!("capability contract{place}: {message}");
        self.findings.push(Diagnostic::new(Code::BadContract, Span::default(), message));
    }

    fn contract(&mut self, contract: &Map<String, Value>) -> Contract {
        let mut read = Contract::default();
        match contract.get("capabilities") {
            Some(Value::Object(services)) => {
                for (service, value) in services {
                    self.service(service, value, &mut read.functions);
                }
            }
            Some(_) => self.problem("capabilities", "expected an object with one entry a service"),
            None => self.problem("", "expected a key `capabilities`, an object with one entry a service"),
        }
        read.pii_fields = match contract.get("pii_fields") {
            None | Some(Value::Null) => Vec::new(),
            Some(value) => self.names("pii_fields", value),
        };
        read
    }

    fn service(&mut self, service: &str, value: &Value, functions: &mut Vec<ContractFunction>) {
        let place = format!("capabilities.{service}");
        let Some(fields) = value.as_object() else {
            return self.problem(&place, "expected an object");
        };
        let (listed, place) = match fields.get("functions") {
            Some(Value::Object(listed)) => (listed, format!("{place}.functions")),
            // A list of bare names says only that they exist.
            Some(Value::Array(_)) => {
                let names = self.names(&format!("{place}.functions"), &fields["functions"]);
                functions.extend(names.into_iter().map(|name| bare_function(service, name)));
                return;
            }
            Some(_) => return self.problem(&format!("{place}.functions"), "expected an object"),
            None => return self.problem(&place, "expected a key `functions`"),
        };
        for (name, value) in listed {
            match value.as_object() {
                Some(fields) => functions.push(self.function(service, name, &format!("{place}.{name}"), fields)),
                None => self.problem(&format!("{place}.{name}"), "expected an object"),
            }
        }
    }

    fn function(&mut self, service: &str, name: &str, place: &str, fields: &Map<String, Value>) -> ContractFunction {
        let mut function = bare_function(service, name.to_owned());
        match fields.get("parameters") {
            None | Some(Value::Null) => {}
            Some(parameters @ Value::Array(_)) => {
                function.parameters = self.names(&format!("{place}.parameters"), parameters);
            }
            Some(Value::Object(parameters)) => {
                let schema = schema_of(parameters);
                function.parameters = property_names(&schema);
                function.payload_schema = Some(schema.to_string());
            }
            Some(_) => self.problem(&format!("{place}.parameters"), "expected a list of names or a JSON Schema"),
        }
        if let Some(schema) = self.schema(place, fields, &["payload_schema"]) {
            if function.parameters.is_empty() {
                function.parameters = property_names(schema);
            }
            function.payload_schema = Some(schema.to_string());
        }
        let result = self.schema(place, fields, &["returns_schema", "result_schema"]);
        // `returns` is prose in most contracts; an object is a schema.
        let result = result.or_else(|| fields.get("returns").filter(|value| value.is_object()));
        function.result_schema = result.map(Value::to_string);
        function.timeout_ms = self.timeout(place, fields);
        function.side_effects = match fields.get("read_only") {
            None | Some(Value::Null) => true,
            Some(Value::Bool(read_only)) => !read_only,
            Some(_) => {
                self.problem(&format!("{place}.read_only"), "expected true or false");
                true
            }
        };
        function
    }

    fn schema<'v>(&mut self, place: &str, fields: &'v Map<String, Value>, keys: &[&str]) -> Option<&'v Value> {
        let (key, schema) = keys.iter().find_map(|key| fields.get(*key).map(|schema| (key, schema)))?;
        match schema {
            Value::Object(_) | Value::Bool(_) => Some(schema),
            Value::Null => None,
            _ => {
                self.problem(&format!("{place}.{key}"), "expected a JSON Schema, an object");
                None
            }
        }
    }

    fn timeout(&mut self, place: &str, fields: &Map<String, Value>) -> Option<u32> {
        let value = fields.get("timeout_ms").filter(|value| !value.is_null())?;
        let timeout =
            value.as_u64().filter(|ms| (1..=MAX_TIMEOUT_MS).contains(ms)).and_then(|ms| u32::try_from(ms).ok());
        if timeout.is_none() {
            self.problem(
                &format!("{place}.timeout_ms"),
                &format!("expected a whole number of milliseconds from 1 to {MAX_TIMEOUT_MS}"),
            );
        }
        timeout
    }

    fn names(&mut self, place: &str, value: &Value) -> Vec<String> {
        let Some(items) = value.as_array() else {
            self.problem(place, "expected a list of names");
            return Vec::new();
        };
        let names: Vec<String> = items.iter().filter_map(Value::as_str).map(str::to_owned).collect();
        if names.len() != items.len() {
            self.problem(place, "expected a list of names, each a text");
        }
        names
    }
}

fn bare_function(service: &str, function: String) -> ContractFunction {
    ContractFunction {
        service: service.to_owned(),
        function,
        parameters: Vec::new(),
        payload_schema: None,
        result_schema: None,
        timeout_ms: None,
        side_effects: true,
    }
}

/// A JSON Schema as it is; an object of parameters becomes the schema of an object with these properties, of which
/// those marked `"required": true` are required.
fn schema_of(parameters: &Map<String, Value>) -> Value {
    let is_schema =
        ["$schema", "$ref", "properties", "allOf", "anyOf", "oneOf"].iter().any(|key| parameters.contains_key(*key))
            || parameters.get("type").is_some_and(Value::is_string);
    if is_schema {
        return Value::Object(parameters.clone());
    }
    let mut properties = Map::new();
    let mut required = Vec::new();
    for (name, value) in parameters {
        let property = match value {
            Value::Object(fields) => {
                let mut fields = fields.clone();
                if fields.get("required").is_some_and(Value::is_boolean)
                    && fields.remove("required") == Some(Value::Bool(true))
                {
                    required.push(Value::String(name.clone()));
                }
                Value::Object(fields)
            }
            Value::String(ty)
                if ["string", "number", "integer", "boolean", "array", "object"].contains(&ty.as_str()) =>
            {
                json!({ "type": ty })
            }
            _ => json!({}),
        };
        properties.insert(name.clone(), property);
    }
    json!({ "type": "object", "properties": properties, "required": required })
}

fn property_names(schema: &Value) -> Vec<String> {
    schema.get("properties").and_then(Value::as_object).map_or_else(Vec::new, |fields| fields.keys().cloned().collect())
}
