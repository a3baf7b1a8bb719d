//! The OpenAPI document, made of the table of endpoints.

use std::collections::{BTreeMap, BTreeSet};

use domain::{ErrorCode, Language, Scope};
use serde_json::{Map, Value, json};

use super::{
    endpoint::{EVERYWHERE, Endpoint, Method, OPERATOR_EVERYWHERE, Param},
    endpoints::ENDPOINTS,
    operator::OPERATOR_ENDPOINTS,
    serve::{BASE, ROOT},
    sessions::SESSION_ENDPOINTS,
    usage_formats::other_media,
};

/// The document (OpenAPI 3.1) as it is served at `/v1/openapi.json` and kept in
/// `docs/openapi.json`: JSON with a newline at its end.
#[must_use]
pub fn document() -> String {
    let mut paths: BTreeMap<String, Map<String, Value>> = BTreeMap::new();
    for endpoint in OPERATOR_ENDPOINTS {
        let path = paths.entry(format!("{ROOT}{}", endpoint.path)).or_default();
        let operation = operation(ROOT, endpoint, &OPERATOR_EVERYWHERE, Some(endpoint.scope));
        path.insert(method(endpoint.method).to_owned(), operation);
    }
    for endpoint in ENDPOINTS {
        let path = paths.entry(format!("{BASE}{}", endpoint.path)).or_default();
        let operation = operation(BASE, endpoint, &EVERYWHERE, Some(endpoint.scope));
        path.insert(method(endpoint.method).to_owned(), operation);
    }
    for endpoint in SESSION_ENDPOINTS {
        let path = paths.entry(format!("{ROOT}{}", endpoint.path)).or_default();
        let operation = operation(ROOT, endpoint, &EVERYWHERE, None);
        path.insert(method(endpoint.method).to_owned(), operation);
    }
    let document = json!({
        "openapi": "3.1.0",
        "info": {
            "title": "RTMate server API",
            "version": env!("CARGO_PKG_VERSION"),
            "description": "For backends and operators. Every answer is {code, message, data}, on a refusal with reason and, where waiting helps, retry_after_ms.",
            "license": { "name": "Apache-2.0", "identifier": "Apache-2.0" }
        },
        "security": [{ "key": [] }],
        "paths": paths,
        "components": {
            "securitySchemes": {
                "key": {
                    "type": "http",
                    "scheme": "bearer",
                    "description": "A key of the app (apps[].api_keys) or of an operator (operator.keys), or the token of a session."
                }
            },
            "schemas": { "Refusal": refusal_schema() }
        }
    });
    let text = serde_json::to_string_pretty(&document).unwrap_or_default();
    text + "\n"
}

const fn method(method: Method) -> &'static str {
    match method {
        Method::Get => "get",
        Method::Post => "post",
        Method::Patch => "patch",
        Method::Delete => "delete",
    }
}

fn operation<C, S>(
    base: &str,
    endpoint: &Endpoint<C, S>,
    everywhere: &[ErrorCode],
    scope: Option<Scope>,
) -> Value {
    let path = format!("{base}{}", endpoint.path);
    let named = path.split('/').filter_map(|part| part.strip_prefix('{')?.strip_suffix('}'));
    let mut parameters: Vec<Value> = named.map(path_parameter).collect();
    parameters.extend(endpoint.params.iter().map(parameter));
    parameters.push(json!({
        "name": "lang",
        "in": "query",
        "description": "The language of message.",
        "schema": { "type": "string", "enum": ["zh", "en"] }
    }));
    let mut operation = json!({
        "operationId": endpoint.id,
        "summary": endpoint.summary,
        "description": needs(base, scope),
        "parameters": parameters,
        "responses": responses(endpoint, everywhere)
    });
    if let Some(scope) = scope {
        operation["x-scope"] = scope.name().into();
    }
    if let Some(schema) = endpoint.body {
        operation["requestBody"] = json!({
            "required": true,
            "content": { "application/json": { "schema": schema() } }
        });
    }
    operation
}

fn needs(base: &str, scope: Option<Scope>) -> String {
    let Some(scope) = scope else { return "Needs no scope.".to_owned() };
    let whose = if base == ROOT { " and an operator's key" } else { "" };
    format!("Needs the scope {}{whose}.", scope.name())
}

fn path_parameter(name: &str) -> Value {
    let (about, most) = match name {
        "app" => ("The app's id.", 64),
        "channel" => ("The channel's name, percent-encoded: / is %2F, # is %23.", 200),
        "kind" => ("The kind of the key: jwt, api or pusher.", 16),
        "key" => ("The key's name: its kid or jwks_url, name or key, percent-encoded.", 512),
        "webhook" => ("The webhook's name.", 64),
        "number" => ("The number of a dead letter.", 20),
        _ => ("The client's id, percent-encoded.", 128),
    };
    json!({
        "name": name,
        "in": "path",
        "required": true,
        "description": about,
        "schema": { "type": "string", "minLength": 1, "maxLength": most }
    })
}

fn parameter(param: &Param) -> Value {
    json!({
        "name": param.name,
        "in": param.place,
        "required": param.required,
        "description": param.about,
        "schema": (param.schema)()
    })
}

/// By status: a success, and each class of refusals with the reasons that it may have.
fn responses<C, S>(endpoint: &Endpoint<C, S>, everywhere: &[ErrorCode]) -> Value {
    let mut responses = Map::new();
    responses.insert(
        "200".to_owned(),
        json!({
            "description": "Done.",
            "content": { "application/json": { "schema": {
                "type": "object",
                "required": ["code", "message", "data"],
                "properties": {
                    "code": { "const": 200 },
                    "message": { "type": "string" },
                    "data": (endpoint.data)()
                }
            } } }
        }),
    );
    for (media, schema) in other_media(endpoint.id) {
        responses["200"]["content"][*media] = json!({ "schema": schema() });
    }
    let mut classes: BTreeMap<u16, BTreeSet<&str>> = BTreeMap::new();
    for code in everywhere.iter().chain(endpoint.refusals) {
        classes.entry(code.class()).or_default().insert(code.reason());
    }
    for (class, reasons) in classes {
        let reasons: Vec<_> = reasons.into_iter().collect();
        responses.insert(
            class.to_string(),
            json!({
                "description": reasons.join(", "),
                "content": { "application/json": {
                    "schema": { "$ref": "#/components/schemas/Refusal" }
                } }
            }),
        );
    }
    Value::Object(responses)
}

fn refusal_schema() -> Value {
    let reasons: Vec<_> = ErrorCode::ALL.iter().map(|code| code.reason()).collect();
    let example = ErrorCode::PermissionDenied;
    json!({
        "type": "object",
        "required": ["code", "message", "data", "reason"],
        "properties": {
            "code": { "type": "integer", "description": "The HTTP status." },
            "message": { "type": "string", "description": "For people." },
            "data": { "type": "null" },
            "reason": { "type": "string", "enum": reasons, "description": "The stable name." },
            "retry_after_ms": { "type": "integer", "description": "Where waiting helps." }
        },
        "examples": [{
            "code": example.class(),
            "message": format!(
                "{} (the key lacks the scope {})",
                example.message(Language::English),
                Scope::Publish.name()
            ),
            "data": null,
            "reason": example.reason()
        }]
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_kept_document_is_the_code_s() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/openapi.json");
        if std::env::var_os("RTMATE_WRITE_OPENAPI").is_some() {
            std::fs::write(path, document()).unwrap();
        }
        let kept = std::fs::read_to_string(path).unwrap_or_default();
        assert!(
            kept == document(),
            "docs/openapi.json is not what the code says; write it: \
             RTMATE_WRITE_OPENAPI=1 cargo test -p adapters-http the_kept_document"
        );
    }

    #[test]
    fn every_endpoint_is_in_it_once() {
        let document: Value = serde_json::from_str(&document()).unwrap();
        let operator = OPERATOR_ENDPOINTS.iter().map(|endpoint| endpoint.id);
        let session = SESSION_ENDPOINTS.iter().map(|endpoint| endpoint.id);
        let ids: BTreeSet<_> =
            ENDPOINTS.iter().map(|endpoint| endpoint.id).chain(operator).chain(session).collect();
        let all = ENDPOINTS.len() + OPERATOR_ENDPOINTS.len() + SESSION_ENDPOINTS.len();
        assert_eq!(ids.len(), all);
        for endpoint in SESSION_ENDPOINTS {
            let path = format!("{ROOT}{}", endpoint.path);
            let operation = &document["paths"][&path][method(endpoint.method)];
            assert_eq!(operation["operationId"], endpoint.id);
        }
        for endpoint in OPERATOR_ENDPOINTS {
            let path = format!("{ROOT}{}", endpoint.path);
            let operation = &document["paths"][&path][method(endpoint.method)];
            assert_eq!(operation["operationId"], endpoint.id);
        }
        for endpoint in ENDPOINTS {
            let path = format!("{BASE}{}", endpoint.path);
            let operation = &document["paths"][&path][method(endpoint.method)];
            assert_eq!(operation["operationId"], endpoint.id);
        }
    }
}
