//! The sandbox keeps what `outside.md` §4 promises.
use balabaqsha::integrations::sms::SmsAnswer;
use balabaqsha::rules::iin::Iin;
use balabaqsha::rules::notice::TextKind;
use balabaqsha::rules::person::Language;
use balabaqsha::rules::phone::Phone;
use serde_json::json;
use sqlx::PgPool;

use crate::support::people::{child_with_expired_conclusion, nobodys_child};
use crate::support::{Portal, adult, child};

#[sqlx::test(migrations = "./migrations")]
async fn the_clock_goes_forward_only(pool: PgPool) {
    let portal = Portal::start(pool).await;
    let now = async || portal.get_json("/sandbox/clock").await["now"].as_str().unwrap().to_owned();
    assert!(now().await.starts_with("2026-12-14T10:00:0"), "{}", now().await);
    portal.advance("P1DT2H").await;
    assert!(now().await.starts_with("2026-12-15T12:00:0"));
    portal.advance_to("2026-12-17T23:59:00+05:00").await;
    assert!(now().await.starts_with("2026-12-17T23:59:0"));
    for (asked, status) in [
        (json!({ "to": "2026-12-17T10:00:00+05:00" }), 409),
        (json!({ "advance": "-P1D" }), 400),
        (json!({ "advance": "tomorrow" }), 400),
        (json!({ "to": "tomorrow" }), 400),
        (json!({ "to": "2999-01-01T00:00:00Z" }), 400),
        (json!({ "advance": "P4000000000D" }), 400),
        (json!({}), 400),
        (json!([]), 400),
    ] {
        assert_eq!(portal.post_json("/sandbox/clock", &asked).await.0, status, "{asked}");
    }
    assert!(now().await.starts_with("2026-12-17T23:59:0"));
}

#[sqlx::test(migrations = "./migrations")]
async fn the_registries_answer_by_the_iin_itself(pool: PgPool) {
    let portal = Portal::start(pool).await;
    let (mother, boy) = (adult(2), child(1, "autism"));
    let parse = |number: &str| Iin::parse(number).unwrap();
    let (registry, mother_iin, boy_iin) = (&portal.app.registry, parse(&mother.iin), parse(&boy.iin));
    let person = registry.person(&boy_iin).await.unwrap().unwrap();
    assert_eq!(
        (person.surname, person.birth_date, person.sex.as_str()),
        (boy.surname.clone(), boy.birth_on, "m")
    );
    assert_eq!(person.district.as_deref(), Some("almaly"));
    assert_eq!(registry.kinship(&mother_iin, &boy_iin).await.unwrap().unwrap().relation, "mother");
    let stray = parse(&nobodys_child(1).iin);
    assert_eq!(registry.kinship(&mother_iin, &stray).await.unwrap(), None);
    for (phone, belongs) in [("+77071234567", true), ("+77071234599", false)] {
        let phone = Phone::parse(phone).unwrap();
        assert_eq!(registry.phone_belongs(&mother_iin, &phone).await.unwrap(), belongs);
    }

    let listed = portal.conclusion_of(&boy).await;
    assert_eq!(listed["correction_type"], "autism");
    let number = listed["number"].as_str().unwrap();
    let found = portal.app.pmpk.conclusion(&boy_iin, number).await.unwrap().unwrap();
    assert_eq!(found.correction_types, ["autism"]);
    assert_eq!(portal.app.pmpk.conclusion(&boy_iin, "PMPK-AAAAAAAAAA").await.unwrap(), None);
    let over = portal.conclusion_of(&child_with_expired_conclusion(1, "autism")).await;
    assert!(over["valid_until"].as_str().unwrap() < "2026-12-14", "{over}");
    // The child turns seven, and is nobody's any more.
    portal.advance_to("2031-02-10T10:00:00+05:00").await;
    assert_eq!(registry.kinship(&mother_iin, &boy_iin).await.unwrap(), None);
}

#[sqlx::test(migrations = "./migrations")]
async fn each_service_can_be_made_to_misbehave(pool: PgPool) {
    let portal = Portal::start(pool).await;
    let (mother, boy) = (Iin::parse(&adult(2).iin).unwrap(), Iin::parse(&child(1, "autism").iin).unwrap());
    for mode in ["error", "down", "slow"] {
        portal.fault("registry", mode).await;
        assert!(portal.app.registry.person(&mother).await.is_err(), "{mode}");
        assert!(portal.app.pmpk.conclusion(&boy, "x").await.is_ok(), "only the registry misbehaves");
        portal.fault("registry", "ok").await;
        assert!(portal.app.registry.person(&mother).await.is_ok(), "back after {mode}");
        portal.fault("pmpk", mode).await;
        assert!(portal.app.pmpk.conclusion(&boy, "x").await.is_err(), "{mode}");
        portal.fault("pmpk", "ok").await;
    }
    let asked = json!({ "service": "post", "mode": "down" });
    assert_eq!(portal.post_json("/sandbox/faults", &asked).await.0, 400);
}

#[sqlx::test(migrations = "./migrations")]
async fn messages_are_listed_newest_first_by_number_however_the_plus_is_written(pool: PgPool) {
    let portal = Portal::start(pool).await;
    let phone = Phone::parse("+77071234567").unwrap();
    let send = async |text: &str, kind, language, reference: &str| {
        portal.app.sms.send(&phone, text, kind, language, reference).await
    };
    let first = send("Код 123456", TextKind::Code, Language::Ru, "one").await;
    assert_eq!(first, send("Код 123456", TextKind::Code, Language::Ru, "one").await, "a repeat is dropped");
    assert!(matches!(first, SmsAnswer::Taken { .. }));
    send("Код 654321", TextKind::Code, Language::Ru, "two").await;
    for to in ["+77071234567", "%2B77071234567", "77071234567"] {
        let list = portal.messages(to).await;
        assert_eq!(list.len(), 2, "{to}");
        assert_eq!(list[0]["text"], "Код 654321");
        for key in ["to", "text", "kind", "lang", "sent_at", "state"] {
            assert!(list[0][key].is_string(), "{key}");
        }
        assert_eq!((&list[1]["kind"], &list[1]["lang"]), (&json!("code"), &json!("ru")));
    }
    assert_eq!(portal.code_for("+77071234567").await, "654321");
    assert_eq!(portal.messages("+77079999999").await.len(), 0);
}

#[sqlx::test(migrations = "./migrations")]
async fn the_panel_is_a_page_whose_forms_work(pool: PgPool) {
    let portal = Portal::start(pool).await;
    let mut visitor = portal.visitor();
    let page = visitor.open("/sandbox").await;
    assert_eq!((page.status, page.h1().as_str()), (200, "Sandbox"));
    let page = visitor.fill_in("/sandbox", "/sandbox/clock", &[("advance", "P1D")]).await;
    assert_eq!(page.statuses, [303, 200]);
    assert!(page.sees("Tuesday, 15.12.2026 10:0"), "{}", page.text());
    let page = visitor.submit(page.form("/sandbox/faults").fill("mode", "down")).await;
    assert_eq!(page.statuses, [303, 200]);
    assert_eq!(page.form("/sandbox/faults").value("mode"), Some("down"));
    assert_eq!(visitor.submit(page.form("/sandbox/tick")).await.statuses, [303, 200]);
    assert_eq!(portal.get_json("/sandbox/accounts").await, json!([]));
    let did = portal.post_json("/sandbox/tick", &json!({})).await;
    assert_eq!(did.0, 200);
    assert!(did.1["texts"].is_object() && did.1["forgotten"].is_object(), "{}", did.1);
}

#[sqlx::test(migrations = "./migrations")]
async fn a_sandbox_key_makes_a_signature_that_the_portal_accepts(pool: PgPool) {
    use balabaqsha::integrations::eds;
    use balabaqsha::rules::signature::{Party, SignatureRefusal};
    let portal = Portal::start(pool).await;
    let mother = adult(2);
    let now = balabaqsha::domain::moment::now(&portal.app).await.unwrap();
    let cms = portal.sign(&mother, None, "sign", b"%PDF contract").await;
    let verify = |cms: &[u8]| {
        eds::verify(cms, b"%PDF contract", &portal.app.trust, Party::Parent { iin: &mother.iin }, now)
    };
    assert!(verify(&cms).is_ok());
    let auth = portal.sign(&mother, None, "auth", b"%PDF contract").await;
    assert_eq!(verify(&auth).unwrap_err(), SignatureRefusal::AuthenticationKey);
}

#[sqlx::test(migrations = "./migrations")]
async fn a_sandbox_key_is_of_the_family_that_was_asked_for(pool: PgPool) {
    use balabaqsha::integrations::eds;
    use balabaqsha::rules::signature::{Party, SignatureRefusal};
    use base64::prelude::{BASE64_STANDARD, Engine};
    let portal = Portal::start(pool).await;
    let (head, bin) = (adult(2), "990140000126");
    let now = balabaqsha::domain::moment::now(&portal.app).await.unwrap();
    let document = b"%PDF contract";
    let verdict = async |algorithm: &str, position: &str| {
        let asked = json!({
            "iin": head.iin, "bin": bin, "algorithm": algorithm, "position": position,
            "data_base64": BASE64_STANDARD.encode(document),
        });
        let (status, said) = portal.post_json("/sandbox/sign", &asked).await;
        assert_eq!(status, 200, "{said}");
        let cms = said["cms_base64"].as_str().unwrap();
        let verdict = eds::verify(
            cms.as_bytes(),
            document,
            &portal.app.trust,
            Party::Kindergarten { bin, parent: None },
            now,
        );
        verdict.map(|verdict| verdict.signer.algorithm)
    };
    for (algorithm, name) in
        [("rsa", "RSA-SHA256"), ("gost", "GOST3410-2015-512"), ("gost2004", "GOST34310-2004")]
    {
        assert_eq!(verdict(algorithm, "head").await.as_deref(), Ok(name));
        assert_eq!(verdict(algorithm, "employee").await, Err(SignatureRefusal::NotAuthorised));
    }
    assert_eq!(verdict("ecdsa", "head").await, Err(SignatureRefusal::UnsupportedAlgorithm));
}

#[sqlx::test(migrations = "./migrations")]
async fn ncalayer_greets_and_signs_over_its_socket(pool: PgPool) {
    use futures_util::{SinkExt, StreamExt};
    use tokio_tungstenite::tungstenite::Message;
    let portal = Portal::start(pool).await;
    let address = format!("ws://{}/sandbox/ncalayer?iin={}&key=sign", portal.host, adult(2).iin);
    let (mut socket, _) = tokio_tungstenite::connect_async(address).await.unwrap();
    let greeting = socket.next().await.unwrap().unwrap().into_text().unwrap().to_string();
    assert_eq!(greeting, r#"{"result":{"version":"1.4"}}"#);
    let asked = json!({
        "module": "kz.gov.pki.knca.basics", "method": "sign",
        "args": { "allowedStorages": null, "format": "cms", "data": "MTEK",
            "signingParams": { "decode": true, "encapsulate": false, "digested": false },
            "signerParams": { "extKeyUsageOids": [] }, "locale": "kk" },
    });
    socket.send(Message::text(asked.to_string())).await.unwrap();
    let reply = socket.next().await.unwrap().unwrap().into_text().unwrap().to_string();
    assert!(reply.contains("BEGIN CMS"), "{reply}");
}

#[sqlx::test(migrations = "./migrations")]
async fn limits_of_one_machine_are_raised_and_those_of_a_phone_stay(pool: PgPool) {
    let portal = Portal::start(pool).await;
    let policy = portal.app.policy();
    assert!(policy.code_address_hour > 1000 && policy.sign_in_code_hour > 1000);
    assert_eq!((policy.code_phone_hour, policy.code_iin_hour, policy.child_check_hour), (3, 5, 5));
}

#[sqlx::test(migrations = "./migrations")]
async fn several_processes_may_prepare_one_database_at_once(pool: PgPool) {
    let prepare = || balabaqsha::sandbox::state::prepare(&pool);
    let (a, b, c) = tokio::join!(prepare(), prepare(), prepare());
    assert!(a.is_ok() && b.is_ok() && c.is_ok());
}

/// The router's answer to a request that came from this address.
async fn asked_from(router: axum::Router, host: &str, peer: &str, path: &str) -> u16 {
    use tower::ServiceExt;
    let request = axum::http::Request::get(path).header("host", host);
    let request = request.extension(balabaqsha::web::server::Peer(peer.parse().unwrap()));
    router.oneshot(request.body(axum::body::Body::empty()).unwrap()).await.unwrap().status().as_u16()
}

#[sqlx::test(migrations = "./migrations")]
async fn the_sandbox_answers_this_machine_only(pool: PgPool) {
    let portal = Portal::start(pool).await;
    for (peer, status) in
        [("127.0.0.1", 200), ("::1", 200), ("::ffff:127.0.0.1", 200), ("203.0.113.5", 404), ("10.0.0.7", 404)]
    {
        let router = balabaqsha::web::router(portal.app.clone());
        assert_eq!(asked_from(router, &portal.host, peer, "/sandbox/messages").await, status, "{peer}");
    }
}

#[sqlx::test(migrations = "./migrations")]
async fn without_the_sandbox_its_addresses_are_not_there(pool: PgPool) {
    let portal = Portal::start(pool.clone()).await;
    let mut config = portal.app.config.clone();
    config.sandbox = false;
    let app = balabaqsha::start::app(config, pool).await.unwrap();
    for path in ["/sandbox", "/sandbox/messages", "/sandbox/accounts", "/sandbox/clock"] {
        let router = balabaqsha::web::router(app.clone());
        assert_eq!(asked_from(router, &portal.host, "127.0.0.1", path).await, 404, "{path}");
    }
}
