//! `GET /openapi.json`: valid, whole, and true of what the routes take.

use std::collections::BTreeSet;

use domain::policy::Operation;
use http::Method;
use serde_json::Value;

use crate::ask::{anonymous, ask, empty, get, options};

const SCHEMA: &str = include_str!("openapi-3.1.schema.json");

async fn document() -> (axum::Router, Value) {
    let router = api::Api::closed(options()).router();
    let answer = ask(&router, empty(anonymous(Method::GET, "/openapi.json"))).await;
    let document = answer.expect(200).json();
    (router, document)
}

/// Every route's description, with its method and path.
fn routes(document: &Value) -> Vec<(Method, &str, &Value)> {
    let paths = document["paths"].as_object().unwrap().iter();
    let routes = paths.flat_map(|(path, methods)| {
        let methods = methods.as_object().unwrap().iter();
        methods.map(move |(method, described)| {
            let method = method.to_uppercase().parse().unwrap();
            (method, path.as_str(), described)
        })
    });
    routes.collect()
}

#[tokio::test]
async fn it_is_openapi() {
    let (_, document) = document().await;
    let schema = serde_json::from_str(SCHEMA).unwrap();
    let validator = jsonschema::validator_for(&schema).unwrap();
    let faults = validator.iter_errors(&document);
    let faults: Vec<String> = faults
        .map(|fault| format!("{}: {fault}", fault.instance_path()))
        .collect();
    assert!(faults.is_empty(), "{}", faults.join("\n"));
    let mut wrong = document.clone();
    wrong["paths"]["/v1/orders"]["get"]["parameters"][0]["in"] = "body".into();
    assert!(!validator.is_valid(&wrong));
}

#[tokio::test]
async fn every_operation_of_the_policy_is_in_it_once() {
    let (_, document) = document().await;
    let mut names = Vec::new();
    for (_, _, described) in routes(&document) {
        names.push(described["operationId"].as_str().unwrap());
        let within = described["x-within"].as_array().into_iter().flatten();
        names.extend(within.map(|one| one["name"].as_str().unwrap()));
    }
    let distinct: BTreeSet<&str> = names.iter().copied().collect();
    assert_eq!(distinct.len(), names.len(), "two routes do the same");
    let all = Operation::ALL.iter().map(|one| one.as_str()).collect();
    let missing: Vec<_> = distinct.symmetric_difference(&all).collect();
    assert!(missing.is_empty(), "without a route: {missing:?}");
}

/// A route that reads its parameters strictly names those that it takes when it meets another.
#[tokio::test]
async fn it_names_the_query_parameters_that_the_routes_take() {
    let (router, document) = document().await;
    let mut asked = 0;
    for (method, path, described) in routes(&document) {
        if method != Method::GET || path.contains('{') {
            continue;
        }
        let problem = get(&router, &format!("{path}?nonsense=1"))
            .await
            .json_or_null();
        let Some(detail) = problem["errors"][0]["detail"].as_str() else {
            continue;
        };
        let Some((_, taken)) = detail.split_once("this route takes ") else {
            continue;
        };
        let taken: BTreeSet<&str> = taken.split(", ").filter(|name| *name != "none").collect();
        let parameters = described["parameters"].as_array().unwrap().iter();
        let parameters = parameters.filter(|one| one["in"] == "query");
        let described: BTreeSet<&str> = parameters
            .map(|one| one["name"].as_str().unwrap())
            .collect();
        assert_eq!(taken, described, "{path}");
        asked += 1;
    }
    assert!(asked > 8, "{asked} routes were asked");
}

#[tokio::test]
async fn it_says_who_may() {
    let (_, document) = document().await;
    let read = &document["paths"]["/v1/orders/{id}"]["get"];
    assert_eq!(read["x-roles"]["own"][0], "customer");
    assert_eq!(read["security"][0]["bearer"][0], "orders:read");
    let webhook = &document["paths"]["/v1/gateways/{name}/webhooks"]["post"];
    assert_eq!(webhook["security"].as_array().map(Vec::len), Some(0));
    let products = &document["paths"]["/v1/products"]["get"];
    assert_eq!(products["security"][0], serde_json::json!({}));
}
