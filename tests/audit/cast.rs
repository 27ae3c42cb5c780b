//! Takes every state of every page over HTTP, in the browser of whoever may open it: the city first with nothing in it
//! but accounts, then with a family in each stage.
use std::collections::BTreeMap;

use uuid::Uuid;

use crate::support::people::PASSWORD;
use crate::support::stages::City;
use crate::support::{Page, Person, Portal, Visitor, adult, child};
use crate::table::{ROWS, Row, Shot, Values, Who};

pub const LANGUAGES: [&str; 2] = ["kk", "ru"];

/// A page as it was given out.
#[derive(Debug, Clone)]
pub struct Picture {
    pub route: &'static str,
    /// `usual`, `usual2`, …, `empty`, `error`.
    pub state: String,
    pub lang: &'static str,
    /// Of the address it came from, with its query.
    pub path: String,
    pub html: String,
    /// Its content security policy.
    pub policy: String,
    pub who: Who,
}

impl Picture {
    /// `kindergartens-id-usual-kk`: what its files are called.
    pub fn name(&self) -> String {
        format!("{}-{}-{}", place(self.route), self.state, self.lang)
    }

    /// Looked at in the browser each time; the others by `make audit`.
    pub fn is_first(&self) -> bool {
        ["usual", "empty", "error"].contains(&self.state.as_str())
    }
}

/// `/{lang}/kindergartens/{id}` is `kindergartens-id`.
pub fn place(route: &str) -> String {
    let parts = route.split('/').skip(2).filter(|part| !part.is_empty());
    let name = parts.map(|part| part.trim_matches(['{', '}'])).collect::<Vec<_>>().join("-");
    if name.is_empty() { "home".to_owned() } else { name }
}

/// Who can be asked to open pages, and what the holes of addresses stand for.
struct World {
    browsers: Vec<(Who, Visitor)>,
    holes: BTreeMap<String, String>,
}

impl World {
    fn browser(&mut self, who: Who) -> &mut Visitor {
        let found = self.browsers.iter_mut().find(|(one, _)| *one == who);
        &mut found.unwrap_or_else(|| panic!("nobody here is {who:?}")).1
    }

    fn knows(&self, who: Who) -> bool {
        self.browsers.iter().any(|(one, _)| *one == who)
    }

    fn fill(&self, text: &str) -> String {
        self.holes
            .iter()
            .fold(text.to_owned(), |text, (hole, value)| text.replace(&format!("{{{hole}}}"), value))
    }

    /// This state of the page in this language, or what went wrong.
    async fn take(&mut self, shot: Shot, lang: &str) -> Result<Page, String> {
        let address = |at: &str| format!("/{lang}/{}", self.fill(at));
        match shot {
            Shot::At(who, at) => {
                let at = address(at);
                let page = self.browser(who).open(&at).await;
                expect(page, &[200])
            }
            Shot::Odd(who, at) => {
                let at = address(at);
                let page = self.browser(who).open(&at).await;
                expect(page, &[200, 400])
            }
            Shot::Lost(who, at) => {
                let at = address(at);
                let page = self.browser(who).open(&at).await;
                expect(page, &[404])
            }
            Shot::Wrong(who, at, form, values) => {
                let page = self.send(who, &address(at), form, values).await?;
                let page = expect(page, &[422])?;
                let told = page.all(".error-summary li").len() + page.all("#trouble").len();
                if told == 0 { Err("422 without a summary of the mistakes".to_owned()) } else { Ok(page) }
            }
            Shot::Sent(who, at, form, values) => {
                expect(self.send(who, &address(at), form, values).await?, &[200])
            }
            Shot::Never(_) => Err("is never".to_owned()),
        }
    }

    async fn send(&mut self, who: Who, at: &str, form: &str, values: Values) -> Result<Page, String> {
        let (form, values): (String, Vec<(&str, String)>) =
            (self.fill(form), values.iter().map(|(name, value)| (*name, self.fill(value))).collect());
        let browser = self.browser(who);
        let page = browser.open(at).await;
        if !page.has_form(&form) {
            return Err(format!(
                "no form {form} on {at} ({}): {:?}",
                page.status,
                page.attributes("form", "action")
            ));
        }
        let form = values.iter().fold(page.form(&form), |form, (name, value)| form.fill(name, value));
        Ok(browser.submit(form).await)
    }
}

fn expect(page: Page, statuses: &[u16]) -> Result<Page, String> {
    if page.statuses.len() == 1 && statuses.contains(&page.status) {
        return Ok(page);
    }
    Err(format!("answered {:?}, not {statuses:?}, at {}: {:.300}", page.statuses, page.path, page.text()))
}

/// All pictures, and what could not be taken.
pub struct Collection {
    pub pictures: Vec<Picture>,
    pub failed: Vec<(String, String)>,
}

impl Collection {
    async fn add(&mut self, world: &mut World, row: &'static Row, state: &str, shot: Shot) {
        for lang in LANGUAGES {
            let (Shot::At(who, _)
            | Shot::Odd(who, _)
            | Shot::Lost(who, _)
            | Shot::Wrong(who, ..)
            | Shot::Sent(who, ..)) = shot
            else {
                return;
            };
            match world.take(shot, lang).await {
                Ok(page) => self.pictures.push(Picture {
                    route: row.route,
                    state: state.to_owned(),
                    lang,
                    html: page.html(),
                    policy: page.header("content-security-policy").unwrap_or_default().to_owned(),
                    path: page.path,
                    who,
                }),
                Err(told) => self.failed.push((format!("{}-{state}-{lang}", place(row.route)), told)),
            }
        }
    }

    fn has(&self, row: &Row, state: &str) -> bool {
        let name = format!("{}-{state}-", place(row.route));
        self.pictures.iter().any(|one| one.route == row.route && one.state == state)
            || self.failed.iter().any(|(one, _)| one.starts_with(&name))
    }
}

/// Every state of every row.
pub async fn collect(portal: &Portal) -> Collection {
    let mut all = Collection { pictures: Vec::new(), failed: Vec::new() };
    let mut world = nobody_yet(portal).await;
    empty(&mut all, &mut world).await;
    // Now there is a kindergarten, with no group and no family.
    let garden = portal.kindergarten(9, &[]).await;
    let head = portal.head(&garden).await;
    world.browsers.push((Who::Head, head.browser));
    world.holes.insert("garden".to_owned(), garden.id.to_string());
    empty(&mut all, &mut world).await;
    let mut world = everybody(portal).await;
    for row in ROWS {
        for (shot, n) in row.usual.iter().zip(1..) {
            let state = if n == 1 { "usual".to_owned() } else { format!("usual{n}") };
            all.add(&mut world, row, &state, *shot).await;
        }
        all.add(&mut world, row, "error", row.error).await;
    }
    all
}

/// The empty states that can be taken by now.
async fn empty(all: &mut Collection, world: &mut World) {
    for row in ROWS {
        let Shot::At(who, at) = row.empty else { continue };
        let ready = world.knows(who) && !world.fill(at).contains('{');
        if ready && !all.has(row, "empty") {
            all.add(world, row, "empty", row.empty).await;
        }
    }
}

/// A portal on its first day: those who work there, a parent without children.
async fn nobody_yet(portal: &Portal) -> World {
    let parent = portal.account(&adult(3)).await;
    let mut browsers =
        vec![(Who::Anybody, portal.visitor()), (Who::Stranger, portal.signed_in(parent).await)];
    for (n, who, role) in [(4, Who::Doctor, "doctor"), (5, Who::Operator, "operator")] {
        let account = portal.account(&adult(n)).await;
        portal.grant(account, role, None).await;
        browsers.push((who, portal.signed_in_as(account, role, None).await));
    }
    World { browsers, holes: BTreeMap::new() }
}

/// People who stand before a step of registration, by their numbers.
pub const NOT_YET: [u32; 2] = [60, 62];

/// A child whom nobody has added yet.
pub fn new_child() -> Person {
    child(77, "autism")
}

const NOBODY: Uuid = Uuid::from_u128(0x0191_e3a0_0000_7000_8000_0000_0000_abcd);

/// The city with a family in each stage, and somebody at each step of the forms that have several.
async fn everybody(portal: &Portal) -> World {
    let mut city = portal.city().await;
    let mut holes: BTreeMap<String, String> =
        city.stages().into_iter().map(|stage| (stage.to_owned(), city.number(stage))).collect();
    // So many that the order of the queue is shown.
    for n in 50..56 {
        portal.family(n, "autism").await.applies_generally(&[&city.garden]).await;
    }
    let queue: i32 = sqlx::query_scalar(
        "select queue_id from applications where stage = 'queued' group by queue_id order by count(*) desc limit 1",
    )
    .fetch_one(&portal.app.pool)
    .await
    .unwrap();
    // The first round of all, before which several waited.
    let round: String =
        sqlx::query_scalar("select id::text from rounds where queue_id = $1 order by waiting desc limit 1")
            .bind(queue)
            .fetch_one(&portal.app.pool)
            .await
            .unwrap();
    for (hole, value) in [
        ("garden", city.garden.id.to_string()),
        ("group", city.garden.groups[0].to_string()),
        ("doctor", city.doctor.account.to_string()),
        ("queue", queue.to_string()),
        ("round", round),
        ("nobody", NOBODY.to_string()),
        ("new child", new_child().iin),
    ] {
        holes.insert(hole.to_owned(), value);
    }
    codes(&mut city, &mut holes).await;
    let mut browsers = walkers(portal, &mut city).await;
    browsers.push((Who::Walker("feedback/sent"), letters(portal, &mut city, &mut holes).await));
    let stages = city.stages();
    for stage in stages {
        let browser = std::mem::replace(&mut city.family(stage).browser, portal.visitor());
        browsers.push((Who::Family(stage), browser));
    }
    // Time went by while families walked.
    for staff in [&mut city.doctor, &mut city.head, &mut city.operator] {
        staff.comes_back(portal).await;
    }
    browsers.extend([
        (Who::Anybody, portal.visitor()),
        (Who::Second, city.second.browser),
        (Who::Stranger, city.stranger.browser),
        (Who::Doctor, city.doctor.browser),
        (Who::Head, city.head.browser),
        (Who::Operator, city.operator.browser),
    ]);
    World { browsers, holes }
}

/// The QR codes with which both sides could sign by phone.
async fn codes(city: &mut City, holes: &mut BTreeMap<String, String>) {
    let filled = format!("/kk/applications/{}/contract", city.number("filled"));
    let sent = format!("/kk/kindergarten/families/{}", city.number("awaiting_kindergarten_signature"));
    let last = |path: &str| path.rsplit('/').next().unwrap_or_default().to_owned();
    let code = city.family("filled").browser.fill_in(&filled, "/phone", &[]).await.path;
    holes.insert("parent code".to_owned(), last(&code));
    let code = city.head.browser.fill_in(&sent, "/phone", &[]).await.path;
    holes.insert("head code".to_owned(), last(&code));
    let many = format!("/kk/kindergarten/sign?n_{}=1", city.number("awaiting_kindergarten_signature"));
    let code = city.head.browser.fill_in(&many, "/phone", &[]).await.path;
    holes.insert("many code".to_owned(), last(&code));
}

/// Letters in each state, a question answered for all, a banner that has ended. The visitor who wrote last comes back.
async fn letters(portal: &Portal, city: &mut City, holes: &mut BTreeMap<String, String>) -> Visitor {
    let asked = |reply| [("topic", "voucher"), ("text", "Ваучер қашан беріледі екен?"), ("reply", reply)];
    city.second.browser.fill_in("/kk/feedback", "/feedback", &asked("cabinet")).await;
    city.operator.comes_back(portal).await;
    let operator = &mut city.operator.browser;
    let first = operator.open("/kk/operator/feedback").await.attributes("tbody th a", "href").remove(0);
    for (form, values) in [("/take", &[][..]), ("/answer", &[("answer", "Кезегіңіз келгенде.")])]
    {
        operator.fill_in(&first, form, values).await;
    }
    let banner = [
        ("kind", "info"),
        ("text_kk", "Жексенбіде портал жабық"),
        ("text_ru", "В воскресенье портал закрыт"),
        ("from", "2030-01-01T10:00"),
        ("to", "2030-01-01T12:00"),
    ];
    operator.fill_in("/kk/operator/banners", "/operator/banners", &banner).await;
    let mut writer = portal.visitor();
    let sent = writer.fill_in("/kk/feedback", "/feedback", &asked("none")).await;
    let last = |path: &str| path.rsplit('/').next().unwrap_or_default().to_owned();
    for (hole, value) in [
        ("answered", last(&first)),
        ("letter", last(&sent.path)),
        ("letter number", sent.all(".letter__number").remove(0)),
        ("no number", portal.app.secrets.case_number()),
        ("question", portal.question().await.to_string()),
        ("outage", portal.outage().await.to_string()),
    ] {
        holes.insert(hole.to_owned(), value);
    }
    writer
}

async fn walkers(portal: &Portal, city: &mut City) -> Vec<(Who, Visitor)> {
    let mut all = Vec::new();
    let doctor = city.doctor.person.clone();
    let head = city.head.person.clone();
    for (first, second, form, person) in [
        ("register/code", "", "/register", adult(NOT_YET[0])),
        ("", "register/password", "/register", adult(NOT_YET[1])),
        ("recover/code", "", "/recover", doctor),
        ("", "recover/password", "/recover", head),
    ] {
        let mut visitor = portal.visitor();
        let page = visitor.open(&format!("/kk{form}")).await;
        let mut sent = page.form(form).fill("phone", &person.phone).fill("iin", &person.iin);
        if sent.has("consent") {
            sent = sent.fill("consent", "yes");
        }
        let page = visitor.submit(sent).await;
        if second.is_empty() {
            all.push((Who::Walker(first), visitor));
        } else {
            let code = portal.code_for(&person.phone).await;
            visitor.submit(page.form("/code").fill("code", &code)).await;
            all.push((Who::Walker(second), visitor));
        }
    }
    let mut visitor = portal.visitor();
    let values = [("login", city.stranger.parent.phone.as_str()), ("password", PASSWORD)];
    visitor.fill_in("/kk/login", "/login", &values).await;
    all.push((Who::Walker("login/code"), visitor));
    let mut mover = portal.family(90, "autism").await;
    let phone = adult(61).phone;
    let mut form = mover.browser.open("/kk/profile").await.form("/profile/phone").fill("phone", &phone);
    if form.has("password_again") {
        form = form.fill("password_again", PASSWORD);
    }
    mover.browser.submit(form).await;
    all.push((Who::Walker("profile/phone/code"), mover.browser));
    all
}
