//! The OpenAPI 3.1 document, made from the endpoints themselves.

use serde_json::{Map, Value, json};

use super::endpoint::Endpoint;
use super::permissions::Permission;

/// The finished document.
#[derive(Debug)]
pub(super) struct Document(pub(super) Value);

/// Describes every endpoint.
pub(super) fn document(endpoints: &[Endpoint]) -> Document {
    let mut paths: Map<String, Value> = Map::new();
    for endpoint in endpoints {
        let path = paths.entry(endpoint.path).or_insert_with(|| json!({}));
        path[endpoint.method.as_str().to_ascii_lowercase()] = operation(endpoint);
    }
    Document(json!({
        "openapi": "3.1.0",
        "info": {
            "title": "LGDL admin API",
            "version": env!("CARGO_PKG_VERSION"),
            "description": "Looks after an LGDL origin: games, API keys, conversations, the rights of persons, the \
                audit log. Refusals are RFC 9457 problem documents.",
            "license": {"name": "MIT", "identifier": "MIT"},
        },
        "servers": [{"url": "/"}],
        "paths": paths,
        "components": {
            "securitySchemes": {"token": {"type": "http", "scheme": "bearer"}},
            "parameters": {"tenant": {
                "name": "x-lgdl-tenant",
                "in": "header",
                "description": "The tenant that is asked about; default: the administrator's own, else `default`.",
                "schema": {"type": "string", "minLength": 1, "maxLength": 64, "pattern": "^[A-Za-z0-9._-]+$"},
            }},
            "responses": {"problem": {
                "description": "A refusal.",
                "content": {"application/problem+json": {"schema": problem()}},
            }},
        },
    }))
}

fn problem() -> Value {
    json!({
        "type": "object",
        "required": ["type", "title", "status", "detail", "code", "request_id"],
        "properties": {
            "type": {"type": "string"},
            "title": {"type": "string"},
            "status": {"type": "integer"},
            "detail": {"type": "string"},
            "code": {"type": "string", "pattern": "^E[0-9]{3}$"},
            "request_id": {"type": "string"},
        },
    })
}

fn operation(endpoint: &Endpoint) -> Value {
    let open = endpoint.permission == Permission::Open;
    let mut operation = json!({
        "operationId": operation_id(endpoint),
        "summary": endpoint.summary,
        "tags": [tag(endpoint.path)],
        "parameters": parameters(endpoint, open),
        "security": if open { json!([]) } else { json!([{"token": []}]) },
        "responses": {endpoint.answer.status.to_string(): answer(endpoint), "default": {"$ref": "#/components/responses/problem"}},
    });
    if !open {
        let roles: Vec<_> = endpoint.permission.roles().iter().map(|role| role.name()).collect();
        operation["description"] =
            format!("Needs the permission `{}` (roles: {}).", endpoint.permission.name(), roles.join(", ")).into();
    }
    if let Some(schema) = &endpoint.body {
        operation["requestBody"] = json!({"required": true, "content": {"application/json": {"schema": schema}}});
    }
    operation
}

fn answer(endpoint: &Endpoint) -> Value {
    match &endpoint.answer.schema {
        Some(schema) => json!({"description": "Done.", "content": {endpoint.answer.media: {"schema": schema}}}),
        None => json!({"description": "Done."}),
    }
}

fn parameters(endpoint: &Endpoint, open: bool) -> Vec<Value> {
    let path = path_names(endpoint.path).map(
        |name| json!({"name": name, "in": "path", "required": true, "schema": {"type": "string", "minLength": 1}}),
    );
    let query = endpoint.query.iter().map(|(name, schema, description)| {
        json!({"name": name, "in": "query", "required": false, "description": description, "schema": schema})
    });
    let tenant = (!open).then(|| json!({"$ref": "#/components/parameters/tenant"}));
    path.chain(query).chain(tenant).collect()
}

fn path_names(path: &str) -> impl Iterator<Item = &str> {
    path.split('/').filter_map(|part| part.strip_prefix('{')?.strip_suffix('}'))
}

/// The method and the path's words, such as `delete_conversations_conversation`.
fn operation_id(endpoint: &Endpoint) -> String {
    let path = endpoint.path.trim_start_matches("/admin/v1");
    let words = path.split(|c: char| !c.is_ascii_alphanumeric()).filter(|word| !word.is_empty());
    let method = endpoint.method.as_str().to_ascii_lowercase();
    std::iter::once(method.as_str()).chain(words).collect::<Vec<_>>().join("_")
}

fn tag(path: &str) -> &str {
    path.trim_start_matches("/admin/v1").split('/').find(|part| !part.is_empty()).unwrap_or("service")
}
