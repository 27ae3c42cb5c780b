//! Open data: its description says what is there, and what is there is what it says.
use std::collections::BTreeSet;

use serde_json::Value;
use sqlx::PgPool;

use crate::support::Portal;

fn document() -> Value {
    serde_json::from_str(balabaqsha::web::api::OPENAPI).unwrap()
}

/// The addresses the description names; a figure's is one route.
fn described(document: &Value) -> Vec<String> {
    document["paths"].as_object().unwrap().keys().cloned().collect()
}

#[test]
fn the_description_names_every_route_and_no_other() {
    let whole = |path: &String| path.replace("{figure}.json", "{file}").replace("{figure}.csv", "{file}");
    let named: BTreeSet<String> = described(&document()).iter().map(whole).collect();
    let routes = balabaqsha::web::table().into_iter().map(|line| line.path);
    let routes: BTreeSet<String> = routes.filter(|path| path.starts_with("/api/")).collect();
    assert_eq!(named, routes);
}

/// What a schema allows, as far as this description uses it: references, types, properties, items, alternatives.
fn fits(document: &Value, schema: &Value, value: &Value, at: &str) -> Result<(), String> {
    if let Some(name) = schema["$ref"].as_str() {
        let found = document.pointer(name.trim_start_matches('#')).ok_or(format!("{name} is nowhere"))?;
        return fits(document, found, value, at);
    }
    if let Some(choices) = schema["oneOf"].as_array() {
        let good = choices.iter().filter(|one| fits(document, one, value, at).is_ok()).count();
        // An empty list fits each of them.
        return if good >= 1 { Ok(()) } else { Err(format!("{at}: none of the alternatives")) };
    }
    let kind = match value {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Number(number) if number.is_f64() => "number",
        Value::Number(_) => "integer",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    };
    let allowed: Vec<&str> = match &schema["type"] {
        Value::Array(many) => many.iter().filter_map(Value::as_str).collect(),
        one => one.as_str().into_iter().collect(),
    };
    if !(allowed.contains(&kind) || kind == "integer" && allowed.contains(&"number")) {
        return Err(format!("{at}: {kind} instead of {allowed:?}"));
    }
    if let Some(list) = schema["enum"].as_array().filter(|list| !list.contains(value)) {
        return Err(format!("{at}: {value} is not of {list:?}"));
    }
    if let (Some(least), Some(number)) = (schema["minimum"].as_f64(), value.as_f64())
        && number < least
    {
        return Err(format!("{at}: {number} is less than {least}"));
    }
    if let Some(items) = value.as_array() {
        return items
            .iter()
            .enumerate()
            .try_for_each(|(n, item)| fits(document, &schema["items"], item, &format!("{at}[{n}]")));
    }
    let Some(object) = value.as_object() else { return Ok(()) };
    let known = schema["properties"].as_object().cloned().unwrap_or_default();
    let (there, named): (BTreeSet<_>, BTreeSet<_>) = (object.keys().collect(), known.keys().collect());
    if !known.is_empty() && there != named {
        return Err(format!("{at}: {there:?} instead of {named:?}"));
    }
    known.iter().try_for_each(|(name, schema)| fits(document, schema, &object[name], &format!("{at}.{name}")))
}

#[sqlx::test(migrations = "./migrations")]
async fn every_answer_is_as_described(pool: PgPool) {
    let portal = Portal::start(pool).await;
    portal.city().await;
    let document = document();
    let figures = ["queue-length", "vouchers", "waiting-time", "places", "review-time"];
    for path in described(&document) {
        let addresses: Vec<String> = if path.contains("{figure}") {
            figures.iter().map(|figure| path.replace("{figure}", figure)).collect()
        } else {
            vec![path.replace("{day}", "2026-12-14")]
        };
        let contents = &document["paths"][&path]["get"]["responses"]["200"]["content"];
        let (media, content) = contents.as_object().unwrap().iter().next().unwrap();
        for address in addresses {
            let answer = portal.http.get(format!("{}{address}", portal.base)).send().await.unwrap();
            assert_eq!(answer.status(), 200, "{address}");
            let kind = answer.headers()["content-type"].to_str().unwrap().to_owned();
            assert!(kind.starts_with(media.as_str()), "{address}: {kind}");
            assert_eq!(answer.headers()["access-control-allow-origin"], "*", "{address}");
            if media == "application/json" {
                let value: Value = answer.json().await.unwrap();
                fits(&document, &content["schema"], &value, &address).unwrap();
            } else if media == "text/tab-separated-values" {
                assert!(answer.text().await.unwrap().starts_with("1\t"), "{address}");
            } else {
                let json = portal.get_json(&address.replace(".csv", ".json")).await;
                is_the_same(&answer.bytes().await.unwrap(), &json, &address);
            }
        }
    }
}

/// A byte-order mark, a line of names, and the rows of the JSON, whose hidden counts are empty.
fn is_the_same(csv: &[u8], json: &Value, at: &str) {
    let text =
        std::str::from_utf8(csv).unwrap().strip_prefix('\u{feff}').unwrap_or_else(|| panic!("{at}: no mark"));
    let mut reader = csv::Reader::from_reader(text.as_bytes());
    let names: Vec<String> = reader.headers().unwrap().iter().map(str::to_owned).collect();
    let rows = json["rows"].as_array().unwrap();
    assert!(!rows.is_empty(), "{at} is empty");
    let read: Vec<csv::StringRecord> = reader.records().map(Result::unwrap).collect();
    assert_eq!(read.len(), rows.len(), "{at}");
    for (line, row) in read.iter().zip(rows) {
        assert_eq!(row.as_object().unwrap().len(), names.len(), "{at}");
        for (name, cell) in names.iter().zip(line) {
            let told = match &row[name] {
                Value::Null => String::new(),
                Value::String(text) => text.clone(),
                other => other.to_string(),
            };
            assert_eq!(told, cell, "{at}: {name}");
        }
    }
}

#[sqlx::test(migrations = "./migrations")]
async fn an_error_is_told_to_a_machine_as_json(pool: PgPool) {
    let portal = Portal::start(pool).await;
    for (path, status) in [
        ("/api/v1/queues.json?city=esil", 404),
        ("/api/v1/queues.json?city=almaty&city=astana", 400),
        ("/api/v1/statistics/children.json", 404),
        ("/api/v1/statistics/vouchers.xml", 404),
        ("/api/v1/statistics/vouchers", 404),
        ("/api/v1/statistics/%ff", 400),
        ("/api/v1/nothing", 404),
        ("/api/", 404),
    ] {
        let answer = portal.http.get(format!("{}{path}", portal.base)).send().await.unwrap();
        let (told, kind) =
            (answer.status().as_u16(), answer.headers()["content-type"].to_str().unwrap().to_owned());
        let problem: Value = answer.json().await.unwrap();
        assert_eq!((told, kind.as_str()), (status, "application/problem+json"), "{path}");
        assert_eq!(problem["status"], status, "{path}");
    }
    let posted = portal.http.post(format!("{}/api/v1/queues.json", portal.base)).send().await.unwrap();
    assert_eq!(posted.status(), 405);
    assert_eq!(posted.headers()["content-type"], "application/problem+json");
    let other = portal.get_json("/api/v1/kindergartens.json?city=astana").await;
    assert_eq!(other, serde_json::json!({ "city": "astana", "rows": [] }));
}

#[sqlx::test(migrations = "./migrations")]
async fn the_bulletin_shows_what_is_free_and_nothing_else(pool: PgPool) {
    let portal = Portal::start(pool).await;
    let garden = portal.kindergarten(1, &[(None, 3), (Some("autism"), 1)]).await;
    portal.kindergarten(2, &[(None, 0)]).await;
    let mut visitor = portal.visitor();
    let whole = visitor.open("/kk/bulletin").await;
    assert_eq!(whole.all("tbody tr").len(), 2, "{}", whole.text());
    assert!(whole.sees("Барлығы 4 бос орын") && !whole.sees("№ 2 балабақша"));
    let autism = visitor.open("/kk/bulletin?kind=autism&district=medeu").await;
    assert_eq!(autism.all("tbody tr").len(), 1);
    for (query, rows) in
        [("district=alatau", 0), ("district=x&kind=%D1%8F", 2), ("page=99999999999", 2), ("page=-1", 2)]
    {
        assert_eq!(
            visitor.open(&format!("/kk/bulletin?{query}")).await.all("tbody tr").len(),
            rows,
            "{query}"
        );
    }
    let free = portal.get_json("/api/v1/free-places.json").await;
    assert_eq!(free["rows"][0]["kindergarten"], garden.id.to_string());
    // Places are counted however few: one free place is one.
    assert_eq!(free["rows"][1]["free"], 1);
}
