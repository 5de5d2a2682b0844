//! The interface's description, OpenAPI 3.1, made of the table of routes and the policy: what is served is what is described.
//!
//! Bodies are not described yet: what they hold is in the README, and what is wrong with one is said by its problem.

use std::sync::LazyLock;

use domain::policy::{Operation, Rule, Those};
use domain::value::{Role, Scope};
use http::Method;
use serde_json::{Map, Value, json};

use crate::router::routes;
use crate::table::Route;

const ABOUT: &str = "The backend of a shop, kept the way a merchant keeps books. Every error is a problem (RFC 9457) whose \
    `type` is a page that says what to do. `x-roles` names the roles that an operation is for, with anything (`any`) or with \
    what is their own (`own`: what is another's is 404); `security` names the scopes that programs need, one of those listed. \
    `x-within` names what a request may ask for beyond the operation, and who may. Bodies are described in the README.";

/// The document, as it is served.
pub fn document() -> &'static str {
    static TEXT: LazyLock<String> = LazyLock::new(|| description().to_string());
    &TEXT
}

fn description() -> Value {
    let mut paths: Map<String, Value> = Map::new();
    for route in routes() {
        let path = paths.entry(route.path).or_insert_with(|| json!({}));
        path[route.method.as_str().to_lowercase()] = operation(&route);
    }
    json!({
        "openapi": "3.1.1",
        "info": {
            "title": "Daybook",
            "version": env!("CARGO_PKG_VERSION"),
            "description": ABOUT,
        },
        "servers": [{"url": "/"}],
        "paths": paths,
        "components": components(),
    })
}

fn operation(route: &Route) -> Value {
    let operation = route.operation;
    let rule = operation.rule();
    let mut described = json!({
        "operationId": operation.as_str(),
        "summary": operation.summary(),
        "tags": [group(operation)],
        "parameters": parameters(route),
        "security": security(rule),
        "responses": responses(rule),
    });
    if let Rule::Those(those) = rule {
        described["x-roles"] = roles(&those);
    }
    let within: Vec<Value> = within(operation).collect();
    if !within.is_empty() {
        described["x-within"] = Value::from(within);
    }
    described
}

/// What it is about: the first part of its name.
fn group(operation: Operation) -> &'static str {
    let name = operation.as_str();
    name.split_once('.').map_or(name, |(group, _)| group)
}

/// What a request may ask for beyond the operation.
fn within(operation: Operation) -> impl Iterator<Item = Value> {
    let all = Operation::ALL.iter();
    let beyond = all.filter(move |one| one.within() == Some(operation));
    beyond.map(|one| {
        let mut described = json!({"name": one.as_str(), "summary": one.summary()});
        described["security"] = security(one.rule());
        if let Rule::Those(those) = one.rule() {
            described["x-roles"] = roles(&those);
        }
        described
    })
}

fn roles(those: &Those) -> Value {
    let names = |roles: &[Role]| roles.iter().map(|role| role.as_str()).collect::<Vec<_>>();
    json!({"own": names(those.own), "any": names(those.any)})
}

/// What has to be shown: one of these.
fn security(rule: Rule) -> Value {
    let bearer = |scopes: &[Scope]| json!({"bearer": scopes.iter().map(|it| it.as_str()).collect::<Vec<_>>()});
    match rule {
        Rule::ByItself => json!([]),
        Rule::Anybody => json!([{}, bearer(&[])]),
        Rule::Those(those) => {
            let ways: Vec<Value> = those.lent().map(|scope| bearer(&[scope])).collect();
            if ways.is_empty() {
                json!([bearer(&[])])
            } else {
                Value::from(ways)
            }
        }
    }
}

fn parameters(route: &Route) -> Vec<Value> {
    let in_path = route.path.split('/').filter_map(|part| {
        let name = part.strip_prefix('{')?.strip_suffix('}')?;
        Some(json!({"name": name, "in": "path", "required": true, "schema": {"type": "string"}}))
    });
    let in_query = route
        .query
        .iter()
        .map(|name| json!({"name": name, "in": "query", "schema": {"type": "string"}}));
    let of = |name| json!({"$ref": format!("#/components/parameters/{name}")});
    let takes_key = route.method == Method::POST
        && route.path.starts_with("/v1/")
        && route.operation != Operation::ReceiveWebhook;
    let key = takes_key.then(|| of("IdempotencyKey"));
    let version = (route.method == Method::PATCH).then(|| of("IfMatch"));
    in_path.chain(in_query).chain(key).chain(version).collect()
}

fn responses(rule: Rule) -> Value {
    let problem = json!({"$ref": "#/components/responses/Problem"});
    let mut responses = json!({"2XX": {"description": "It was done."}, "default": problem});
    if rule != Rule::ByItself {
        responses["401"] = json!({"$ref": "#/components/responses/Unauthorized"});
    }
    if matches!(rule, Rule::Those(_)) {
        responses["403"] = json!({"$ref": "#/components/responses/Forbidden"});
    }
    responses
}

fn components() -> Value {
    let header = |name, needed, about| {
        let schema = json!({"type": "string"});
        json!({"name": name, "in": "header", "required": needed, "description": about, "schema": schema})
    };
    let problem = |about| {
        let content = json!({"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}});
        json!({"description": about, "content": content})
    };
    let challenged = |about| {
        let mut described = problem(about);
        let schema = json!({"type": "string"});
        described["headers"] = json!({"WWW-Authenticate": {"required": true, "schema": schema}});
        described
    };
    json!({
        "securitySchemes": {
            "bearer": {
                "type": "http",
                "scheme": "bearer",
                "bearerFormat": "JWT",
                "description": "An access token (RFC 9068), in the header `Authorization` (RFC 6750).",
            },
        },
        "parameters": {
            "IdempotencyKey": header("Idempotency-Key", true, "1 to 255 visible ASCII characters: the same request under the \
                same key takes effect once, and a repeat gets the same answer."),
            "IfMatch": header("If-Match", true, "The `ETag` of what was read, or `*`."),
        },
        "responses": {
            "Problem": problem("It was refused, or failed."),
            "Unauthorized": challenged("Nobody who is known: no token, or one that is not good."),
            "Forbidden": challenged("Whoever it is may not: a role or a scope is missing."),
        },
        "schemas": {"Problem": problem_schema()},
    })
}

fn problem_schema() -> Value {
    let text = json!({"type": "string"});
    json!({
        "type": "object",
        "required": ["type", "title", "status", "detail", "instance", "code", "trace_id"],
        "properties": {
            "type": {"type": "string", "format": "uri-reference"},
            "title": text, "status": {"type": "integer"}, "detail": text, "instance": text, "code": text, "trace_id": text,
            "errors": {
                "type": "array",
                "items": {
                    "type": "object",
                    "required": ["pointer", "code", "detail"],
                    "properties": {"pointer": text, "code": text, "detail": text},
                },
            },
        },
    })
}
