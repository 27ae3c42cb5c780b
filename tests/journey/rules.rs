//! The page of rules: the values in force, and examples counted by the rules themselves.
use sqlx::PgPool;

use crate::support::Portal;

#[sqlx::test(migrations = "./migrations")]
async fn the_page_of_rules_shows_the_values_in_force_and_counts_with_them(pool: PgPool) {
    let portal = Portal::start(pool).await;
    let mut visitor = portal.visitor();
    let page = visitor.open("/ru/rules").await;
    assert!(page.sees("На это даётся 2 рабочих дня."), "{}", page.text());
    let first = page.all("#counting tbody tr").remove(0);
    for day in ["20.03.2026", "27.03.2026", "01.04.2026", "03.04.2026"] {
        assert!(first.contains(day), "{day}: {first}");
    }
    let days = page.all(".rules__days li");
    assert_eq!(
        days.first().map(String::as_str),
        Some("пятница, 20.03.2026 – день сообщения, в срок не входит")
    );
    assert_eq!(days.last().map(String::as_str), Some("пятница, 27.03.2026 – 2-й рабочий день"));
    assert!(page.all("#days-off tbody tr").iter().any(|row| row.contains("16.12.2026")));
    assert_eq!(page.all("#statuses tbody tr").len(), 10);

    portal.set("confirm_days", 3).await;
    let page = visitor.open("/ru/rules").await;
    assert!(page.sees("На это даётся 3 рабочих дня."));
    let values = page.all("#values tbody tr");
    assert!(
        values.iter().any(|row| row.contains("3 рабочих дня") && row.contains("14.12.2026")),
        "{values:?}"
    );
    assert!(page.all("#counting tbody tr")[0].contains("30.03.2026"));
    let page = visitor.open("/kk/rules").await;
    assert!(page.sees("3 жұмыс күні"), "{}", page.text());
}
