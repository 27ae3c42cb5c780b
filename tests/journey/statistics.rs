//! The figures: counted from what happened, and silent where they could speak of one family.
use serde_json::{Value, json};
use sqlx::PgPool;

use crate::support::{Portal, Visitor};

async fn last(portal: &Portal, figure: &str) -> Value {
    let rows = portal.get_json(&format!("/api/v1/statistics/{figure}.json")).await["rows"].clone();
    rows.as_array().unwrap().last().unwrap().clone()
}

#[sqlx::test(migrations = "./migrations")]
async fn five_vouchers_are_shown_and_four_are_not(pool: PgPool) {
    let portal = Portal::start(pool).await;
    let garden = portal.kindergarten(1, &[(None, 5)]).await;
    let mut families = Vec::new();
    for n in 1..=5 {
        let mut family = portal.family(n, "autism").await;
        family.applies_generally(&[&garden]).await;
        families.push(family);
        if n == 4 {
            portal.tick().await;
            assert_eq!(last(&portal, "vouchers").await["issued"], Value::Null);
        }
    }
    assert_eq!(
        last(&portal, "queue-length").await,
        json!({ "month": "2026-12", "general": null, "special": null })
    );
    portal.tick().await;
    assert_eq!(
        last(&portal, "vouchers").await,
        json!({ "month": "2026-12", "issued": 5, "confirmed": null, "lapsed": null })
    );
    for family in &mut families {
        family.confirms().await;
    }
    assert_eq!(last(&portal, "vouchers").await["confirmed"], 5);
    let times = portal.get_json("/api/v1/statistics/waiting-time.json").await;
    assert_eq!(
        (&times["rows"][0]["kind"], &times["rows"][0]["median_days"]),
        (&json!("general"), &json!(0.0))
    );
    assert!(times["rows"].as_array().unwrap()[1..].iter().all(|row| row["median_days"].is_null()));
    let places = portal.get_json("/api/v1/statistics/places.json").await;
    let medeu = places["rows"].as_array().unwrap().iter().find(|row| row["district"] == "medeu").unwrap();
    assert_eq!((&medeu["capacity"], &medeu["free"]), (&json!(5), &json!(5)));

    portal.advance("P40D").await;
    let rows = portal.get_json("/api/v1/statistics/vouchers.json").await["rows"].clone();
    assert_eq!(rows.as_array().unwrap().len(), 12);
    assert_eq!((&rows[10]["month"], &rows[10]["issued"]), (&json!("2026-12"), &json!(5)));
    assert_eq!((&rows[11]["month"], &rows[11]["issued"]), (&json!("2027-01"), &Value::Null));
}

#[sqlx::test(migrations = "./migrations")]
async fn each_figure_has_its_picture_its_table_its_words_and_its_data(pool: PgPool) {
    let portal = Portal::start(pool).await;
    portal.city().await;
    let mut visitor: Visitor = portal.visitor();
    for lang in ["kk", "ru"] {
        let page = visitor.open(&format!("/{lang}/statistics")).await;
        assert_eq!(page.all("section.figure").len(), 5);
        assert_eq!(page.all("section.figure svg[role='img'] > title").len(), 5);
        assert_eq!(page.all("section.figure svg > desc").len(), 5);
        assert_eq!(page.all("section.figure details table").len(), 5);
        let data = page.attributes(".figure__data a", "href");
        assert_eq!(data.len(), 10);
        for address in data {
            let answer = portal.http.get(format!("{}{address}", portal.base)).send().await.unwrap();
            assert_eq!(answer.status(), 200, "{address}");
        }
    }
}
