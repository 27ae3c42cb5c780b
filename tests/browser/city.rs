//! A small city: a doctor, two kindergartens for children with autism, the head of one of them.
use std::path::{Path, PathBuf};
use std::time::Duration;

use balabaqsha::domain::password;
use balabaqsha::rules::iin::{Iin, check_digit};
use balabaqsha::rules::password::Password;
use balabaqsha::sandbox::people as registry;
use serde_json::json;
use sqlx::PgPool;
use uuid::Uuid;

use crate::support::{Person, Portal, adult};
use crate::window::Window;

pub struct City {
    pub portal: Portal,
    pub doctor: Person,
    pub head: Person,
    /// The head's organisation.
    pub bin: String,
    pub papers: Papers,
}

impl City {
    pub async fn start(pool: PgPool) -> Self {
        let portal = Portal::start(pool).await;
        let (doctor, head) = (adult(101), adult(102));
        let bin = bin("07034000123");
        let head_name = format!("{} {}", head.surname, head.name);
        let ours = kindergarten(
            &portal,
            &bin,
            ("№ 12 «Күншуақ» балабақшасы", "Детский сад № 12 «Күншуақ»"),
            &head_name,
        )
        .await;
        kindergarten(
            &portal,
            &self::bin("09054000217"),
            ("«Ертөстік» балабақшасы", "Детский сад «Ертөстік»"),
            "Ахметова Сәуле",
        )
        .await;
        staff(&portal, &doctor, "doctor", None).await;
        staff(&portal, &head, "kindergarten", Some(ours)).await;
        Self { portal, doctor, head, bin, papers: Papers::make() }
    }

    /// Every background job once, over the sandbox's own address.
    pub async fn tick(&self) {
        let (status, did) = self.portal.post_json("/sandbox/tick", &json!({})).await;
        assert_eq!(status, 200, "{did}");
        assert!(!did.to_string().contains("failed\":\"see"), "{did}");
    }

    /// The code sent to this number: it leaves after the page that asked for it has come.
    pub async fn code_for(&self, phone: &str) -> String {
        let mut again = tokio::time::interval(Duration::from_millis(50));
        for _ in 0..400 {
            again.tick().await;
            if self.portal.messages(phone).await.iter().any(|message| message["kind"] == "code") {
                break;
            }
        }
        self.portal.code_for(phone).await
    }

    /// The link of the newest text to this number.
    pub async fn link_for(&self, phone: &str) -> String {
        let messages = self.portal.messages(phone).await;
        let text = messages[0]["text"].as_str().unwrap();
        let link = text.split_whitespace().find(|word| word.contains("/v/"));
        let link = link.unwrap_or_else(|| panic!("no link in {text:?}")).trim_end_matches('.');
        if link.starts_with("http") { link.to_owned() } else { format!("http://{link}") }
    }

    /// What only the person in this window may load, as a file.
    pub async fn download(&self, window: &Window, path: &str) -> Vec<u8> {
        let mut visitor = self.portal.visitor();
        let session = window.driver.get_named_cookie("session").await.unwrap();
        visitor.cookies.insert("session".to_owned(), session.value);
        let page = visitor.open(path).await;
        assert_eq!(page.status, 200, "{path}");
        page.bytes
    }
}

/// With the patronymic, as lists name people.
pub fn full_name(person: &Person) -> String {
    let iin = Iin::parse(&person.iin).unwrap();
    registry::person(&iin).unwrap().full_name().full()
}

fn bin(first_eleven: &str) -> String {
    format!("{first_eleven}{}", char::from(check_digit(first_eleven.as_bytes()).unwrap()))
}

async fn kindergarten(portal: &Portal, bin: &str, (kk, ru): (&str, &str), head: &str) -> Uuid {
    let id = portal.app.secrets.id();
    sqlx::query(
        "insert into kindergartens (id, bin, city, district, name_kk, name_ru, address_kk, address_ru, phone, ownership, head_name)
         values ($1, $2, 'almaty', 'almaly', $3, $4, 'Абай даңғылы, 10', 'проспект Абая, 10', '+77272501234', 'state', $5)",
    )
    .bind(id)
    .bind(bin)
    .bind(kk)
    .bind(ru)
    .bind(head)
    .execute(&portal.app.pool)
    .await
    .unwrap();
    for language in ["kk", "ru"] {
        sqlx::query(
            "insert into groups (id, kindergarten_id, name, correction_type, language, birth_year_from, birth_year_to, capacity)
             values ($1, $2, '«Бота»', 'autism', $3, 2023, 2025, 8)",
        )
        .bind(portal.app.secrets.id())
        .bind(id)
        .bind(language)
        .execute(&portal.app.pool)
        .await
        .unwrap();
    }
    id
}

async fn staff(portal: &Portal, person: &Person, role: &str, kindergarten: Option<Uuid>) {
    let account = portal.account(person).await;
    let chosen = Password::parse(person.password, &[&person.iin]).unwrap();
    let hash = password::hash(&portal.app, &chosen).await.unwrap();
    let set = sqlx::query("update accounts set password_hash = $2 where id = $1").bind(account).bind(hash);
    set.execute(&portal.app.pool).await.unwrap();
    sqlx::query(
        "insert into roles (id, account_id, role, kindergarten_id, granted_at) values ($1, $2, $3, $4, portal_now())",
    )
    .bind(portal.app.secrets.id())
    .bind(account)
    .bind(role)
    .bind(kindergarten)
    .execute(&portal.app.pool)
    .await
    .unwrap();
}

/// Files on a disk, as people have them.
pub struct Papers {
    folder: tempfile::TempDir,
}

impl Papers {
    fn make() -> Self {
        let papers = Self { folder: tempfile::tempdir().unwrap() };
        papers.keep("анықтама 027у.pdf", &pdf());
        papers.keep("IMG_2041.jpg", &jpeg());
        papers
    }

    pub fn keep(&self, name: &str, bytes: &[u8]) -> PathBuf {
        let path = self.folder.path().join(name);
        std::fs::write(&path, bytes).unwrap();
        path
    }

    pub fn pdf(&self) -> PathBuf {
        self.at("анықтама 027у.pdf")
    }

    pub fn photo(&self) -> PathBuf {
        self.at("IMG_2041.jpg")
    }

    fn at(&self, name: &str) -> PathBuf {
        Path::new(self.folder.path()).join(name)
    }
}

fn pdf() -> Vec<u8> {
    use lopdf::{Document, Object, dictionary};
    let mut document = Document::with_version("1.5");
    let tree = document.new_object_id();
    let page = document.add_object(dictionary! {
        "Type" => "Page", "Parent" => tree,
        "MediaBox" => vec![0.into(), 0.into(), 595.into(), 842.into()],
    });
    let pages = dictionary! { "Type" => "Pages", "Kids" => vec![page.into()], "Count" => 1 };
    document.objects.insert(tree, Object::Dictionary(pages));
    let root = document.add_object(dictionary! { "Type" => "Catalog", "Pages" => tree });
    document.trailer.set("Root", root);
    let mut bytes = Vec::new();
    document.save_to(&mut bytes).unwrap();
    bytes
}

fn jpeg() -> Vec<u8> {
    let mut bytes = std::io::Cursor::new(Vec::new());
    image::RgbImage::new(64, 48).write_to(&mut bytes, image::ImageFormat::Jpeg).unwrap();
    bytes.into_inner()
}
