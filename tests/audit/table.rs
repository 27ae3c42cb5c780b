//! Every page under `/{lang}` with its three states: as usual, with nothing in it, with a mistake made. A route without
//! a row fails the audit by name.
//!
//! Addresses stand without `/{lang}/`. Holes: `{queued}` (any stage of `support::stages::City`) is the number of the
//! application in that stage, `{garden}` a kindergarten, `{group}` one of its groups, `{doctor}` the doctor's account,
//! `{queue}` a queue, `{nobody}` an identifier that nothing has.
use Shot::{At, Lost, Never, Odd, Sent, Wrong};
use Who::{Anybody, Doctor, Family, Head, Operator, Second, Stranger, Walker};

/// In whose browser a page is opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Who {
    Anybody,
    /// A parent without applications; in the empty city without children.
    Stranger,
    /// The applicant whose application is in this stage.
    Family(&'static str),
    /// The other legal representative of every child.
    Second,
    Doctor,
    Head,
    Operator,
    /// Somebody who stands before this step of a form in several steps (`cast.rs` takes them there).
    Walker(&'static str),
}

/// The values typed into a form before it is sent.
pub type Values = &'static [(&'static str, &'static str)];

/// One state of a page.
#[derive(Debug, Clone, Copy)]
pub enum Shot {
    /// The page at this address: 200.
    At(Who, &'static str),
    /// A query that cannot have been meant: the page all the same (200), or told as malformed (400).
    Odd(Who, &'static str),
    /// Not there: 404.
    Lost(Who, &'static str),
    /// The form on the page at this address, named by the end of its action, sent wrongly: 422 with its summary.
    Wrong(Who, &'static str, &'static str, Values),
    /// A form whose answer is a page of its own: 200.
    Sent(Who, &'static str, &'static str, Values),
    /// The page has no such state, because.
    Never(&'static str),
}

#[derive(Debug)]
pub struct Row {
    pub route: &'static str,
    /// The first is looked at in the browser; the others are read, and looked at by `make audit`.
    pub usual: &'static [Shot],
    pub empty: Shot,
    pub error: Shot,
}

const fn row(route: &'static str, usual: &'static [Shot], empty: Shot, error: Shot) -> Row {
    Row { route, usual, empty, error }
}

impl Row {
    /// Why this state of the page is never had.
    pub fn reasons(&self) -> impl Iterator<Item = &'static str> {
        let of = |shot: &Shot| if let Never(reason) = shot { Some(*reason) } else { None };
        [of(&self.empty), of(&self.error)].into_iter().flatten()
    }
}

const FORM: Shot = Never("a form is there whatever the city holds");
const ONE_THING: Shot = Never("it shows one thing, which is there or is not");
const SIGN_ONE: &str = "kindergarten/sign?n_{awaiting_kindergarten_signature}=1";
const WORDS: Shot = Never("a text that depends on nothing");

/// Addresses that are no page of their own, and why.
pub const NO_PAGES: [(&str, &str); 19] = [
    ("/{lang}/key-check/{token}", "a file"),
    ("/{lang}/documents/{owner}/{kind}/file", "gives out a file"),
    ("/{lang}", "leads to the front page"),
    ("/{lang}/register/again", "leads back to the form it belongs to"),
    ("/{lang}/recover/again", "leads back to the form it belongs to"),
    ("/{lang}/login/again", "leads back to the form it belongs to"),
    ("/{lang}/profile/phone/again", "leads back to the form it belongs to"),
    ("/{lang}/profile/phone", "leads to the profile, where its form stands"),
    ("/{lang}/profile/password", "leads to the profile, where its form stands"),
    ("/{lang}/profile/language", "leads to the profile, where its form stands"),
    ("/{lang}/profile/sessions", "leads to the profile, where its form stands"),
    ("/{lang}/profile/role", "leads to the profile, where its form stands"),
    ("/{lang}/operator/calendar/csv", "a file"),
    ("/{lang}/applications/{number}/term.ics", "a file"),
    ("/{lang}/applications/{number}/conclusion", "a file"),
    ("/{lang}/applications/{number}/contract/pdf", "a file"),
    ("/{lang}/applications/{number}/contract/papers/{kind}", "a file"),
    ("/{lang}/doctor/{number}/conclusion", "a file"),
    ("/{lang}/kindergarten/families/{number}/papers/{kind}", "a file"),
];
/// The same for what a longer list would hold: any route that ends so.
pub const NO_PAGES_BY_END: [(&str, &str); 5] = [
    ("/families/{number}/contract", "a file"),
    ("/versions/{id}", "a file"),
    ("/package", "a file"),
    (".csv", "a file"),
    (".json", "a file"),
];

pub const ROWS: &[Row] = &[
    // ---- For everybody. ----
    row("/{lang}/", &[At(Anybody, "")], At(Anybody, ""), Odd(Anybody, "?city=atlantis&page=-1")),
    row(
        "/{lang}/check",
        &[At(Anybody, "check"), At(Anybody, "check?contract=AAAAAAAAAAAAA&version=1")],
        FORM,
        Wrong(Anybody, "check", "/check", &[]),
    ),
    row("/{lang}/policy", &[At(Anybody, "policy")], WORDS, Odd(Anybody, "policy?x=%3Cb%3E")),
    row(
        "/{lang}/kindergartens",
        &[At(Anybody, "kindergartens"), At(Anybody, "kindergartens?kind=autism&language=kk")],
        At(Anybody, "kindergartens"),
        Odd(Anybody, "kindergartens?name=%3Cb%3E&district=atlantis&kind=x&page=99"),
    ),
    row(
        "/{lang}/kindergartens/{id}",
        &[At(Anybody, "kindergartens/{garden}")],
        At(Anybody, "kindergartens/{garden}"),
        Lost(Anybody, "kindergartens/{nobody}"),
    ),
    row(
        "/{lang}/queue",
        &[At(Anybody, "queue")],
        At(Anybody, "queue"),
        Odd(Anybody, "queue?page=-1&x=%3Cb%3E"),
    ),
    row(
        "/{lang}/queue/{queue}",
        &[At(Anybody, "queue/{queue}")],
        Never("a queue in which nobody ever was has no page"),
        Lost(Anybody, "queue/99999"),
    ),
    row("/{lang}/ledger", &[At(Anybody, "ledger")], At(Anybody, "ledger"), Odd(Anybody, "ledger?page=-1")),
    row(
        "/{lang}/queue/{queue}/rounds",
        &[At(Anybody, "queue/{queue}/rounds")],
        Never("a queue in which nobody ever was has no page"),
        Lost(Anybody, "queue/99999/rounds"),
    ),
    row(
        "/{lang}/queue/{queue}/rounds/{round}",
        &[
            At(Anybody, "queue/{queue}/rounds/{round}"),
            At(Anybody, "queue/{queue}/rounds/{round}?handle=ABCDEFGHJK"),
        ],
        ONE_THING,
        Lost(Anybody, "queue/{queue}/rounds/{nobody}"),
    ),
    row(
        "/{lang}/statistics",
        &[At(Anybody, "statistics")],
        At(Anybody, "statistics"),
        Odd(Anybody, "statistics?page=-1"),
    ),
    row(
        "/{lang}/queue/find",
        &[
            At(Anybody, "queue/find"),
            Sent(Anybody, "queue/find", "/queue/find", &[("number", "{queued}")]),
            Sent(Anybody, "queue/find", "/queue/find", &[("number", "{no number}")]),
        ],
        FORM,
        Wrong(Anybody, "queue/find", "/queue/find", &[("number", "12")]),
    ),
    row(
        "/{lang}/bulletin",
        &[At(Anybody, "bulletin"), At(Anybody, "bulletin?kind=autism")],
        At(Anybody, "bulletin"),
        Odd(Anybody, "bulletin?kind=x&district=%3Cb%3E&page=99"),
    ),
    row(
        "/{lang}/city",
        &[At(Anybody, "city"), At(Anybody, "city?at=51.1,71.4"), At(Anybody, "city?at=0,0")],
        FORM,
        Odd(Anybody, "city?at=x&back=%2F%2Fevil.example"),
    ),
    row("/{lang}/rules", &[At(Anybody, "rules")], WORDS, Odd(Anybody, "rules?x=%3Cb%3E")),
    row(
        "/{lang}/accessibility",
        &[At(Anybody, "accessibility")],
        WORDS,
        Odd(Anybody, "accessibility?x=%3Cb%3E"),
    ),
    row(
        "/{lang}/feedback",
        &[At(Anybody, "feedback"), At(Stranger, "feedback")],
        At(Anybody, "feedback"),
        Wrong(Anybody, "feedback", "/feedback", &[("text", "x"), ("application", "12"), ("phone", "12")]),
    ),
    row(
        "/{lang}/feedback/sent/{id}",
        &[At(Walker("feedback/sent"), "feedback/sent/{letter}")],
        ONE_THING,
        Lost(Anybody, "feedback/sent/x"),
    ),
    row(
        "/{lang}/feedback/follow",
        &[
            At(Anybody, "feedback/follow"),
            Sent(Anybody, "feedback/follow", "/feedback/follow", &[("number", "{letter number}")]),
            Sent(Anybody, "feedback/follow", "/feedback/follow", &[("number", "{no number}")]),
        ],
        FORM,
        Wrong(Anybody, "feedback/follow", "/feedback/follow", &[("number", "12")]),
    ),
    row(
        "/{lang}/feedback/mine",
        &[At(Second, "feedback/mine")],
        At(Stranger, "feedback/mine"),
        Odd(Stranger, "feedback/mine?page=-1"),
    ),
    // ---- To sign in. ----
    row("/{lang}/login", &[At(Anybody, "login")], FORM, Wrong(Anybody, "login", "/login", &[])),
    row(
        "/{lang}/login/code",
        &[At(Walker("login/code"), "login/code")],
        FORM,
        Wrong(Walker("login/code"), "login/code", "/code", &[("code", "12")]),
    ),
    row("/{lang}/register", &[At(Anybody, "register")], FORM, Wrong(Anybody, "register", "/register", &[])),
    row(
        "/{lang}/register/code",
        &[At(Walker("register/code"), "register/code")],
        FORM,
        Wrong(Walker("register/code"), "register/code", "/code", &[("code", "12")]),
    ),
    row(
        "/{lang}/register/password",
        &[At(Walker("register/password"), "register/password")],
        FORM,
        Wrong(Walker("register/password"), "register/password", "/password", &[]),
    ),
    row("/{lang}/recover", &[At(Anybody, "recover")], FORM, Wrong(Anybody, "recover", "/recover", &[])),
    row(
        "/{lang}/recover/code",
        &[At(Walker("recover/code"), "recover/code")],
        FORM,
        Wrong(Walker("recover/code"), "recover/code", "/code", &[("code", "12")]),
    ),
    row(
        "/{lang}/recover/password",
        &[At(Walker("recover/password"), "recover/password")],
        FORM,
        Wrong(Walker("recover/password"), "recover/password", "/password", &[]),
    ),
    // ---- For whoever is signed in. ----
    row(
        "/{lang}/notices",
        &[At(Family("enrolled"), "notices"), At(Head, "notices")],
        At(Stranger, "notices"),
        Odd(Family("enrolled"), "notices?page=99"),
    ),
    row(
        "/{lang}/profile",
        &[At(Family("enrolled"), "profile"), At(Head, "profile"), At(Operator, "profile")],
        At(Stranger, "profile"),
        Wrong(Family("enrolled"), "profile", "/profile/password", &[("password", "1")]),
    ),
    row(
        "/{lang}/profile/phone/code",
        &[At(Walker("profile/phone/code"), "profile/phone/code")],
        FORM,
        Wrong(Walker("profile/phone/code"), "profile/phone/code", "/code", &[("code", "12")]),
    ),
    row(
        "/{lang}/key-check",
        &[At(Family("enrolled"), "key-check"), At(Head, "key-check")],
        FORM,
        Wrong(Family("enrolled"), "key-check", "/key-check", &[]),
    ),
    // ---- For parents. ----
    row(
        "/{lang}/cabinet",
        &[
            At(Family("voucher_issued"), "cabinet"),
            At(Family("enrolled"), "cabinet"),
            At(Family("awaiting_review"), "cabinet"),
            At(Second, "cabinet"),
            At(Stranger, "cabinet"),
        ],
        At(Stranger, "cabinet"),
        Odd(Family("enrolled"), "cabinet?page=-1"),
    ),
    row(
        "/{lang}/children",
        &[At(Family("enrolled"), "children"), At(Second, "children")],
        At(Stranger, "children"),
        Odd(Family("enrolled"), "children?page=-1"),
    ),
    row(
        "/{lang}/documents",
        &[At(Family("enrolled"), "documents"), At(Second, "documents")],
        At(Stranger, "documents"),
        Odd(Family("enrolled"), "documents?page=-1"),
    ),
    row(
        "/{lang}/documents/{owner}/{kind}",
        &[At(Stranger, "documents/own/parent_id")],
        FORM,
        Wrong(Stranger, "documents/own/parent_id", "/parent_id", &[("expires_on", "2020-01-01")]),
    ),
    row(
        "/{lang}/children/new",
        &[
            At(Stranger, "children/new"),
            Sent(Stranger, "children/new", "/children/new", &[("iin", "{new child}")]),
        ],
        FORM,
        Wrong(Stranger, "children/new", "/children/new", &[("iin", "12")]),
    ),
    row(
        "/{lang}/applications",
        &[At(Family("enrolled"), "applications"), At(Second, "applications")],
        At(Stranger, "applications"),
        Odd(Family("enrolled"), "applications?page=99"),
    ),
    row(
        "/{lang}/applications/new",
        &[At(Stranger, "applications/new"), At(Family("enrolled"), "applications/new")],
        At(Stranger, "applications/new"),
        Wrong(Stranger, "applications/new", "/new", &[]),
    ),
    row(
        "/{lang}/applications/{number}",
        &[
            At(Family("voucher_issued"), "applications/{voucher_issued}"),
            At(Family("on_stop_list"), "applications/{on_stop_list}"),
            At(Family("voucher_confirmed"), "applications/{voucher_confirmed}"),
            At(Family("awaiting_contract"), "applications/{awaiting_contract}"),
            At(Family("awaiting_parent_signature"), "applications/{awaiting_parent_signature}"),
            At(Family("filled"), "applications/{filled}"),
            At(Family("awaiting_kindergarten_signature"), "applications/{awaiting_kindergarten_signature}"),
            At(Family("enrolled"), "applications/{enrolled}"),
            At(Family("archived"), "applications/{archived}"),
            At(Family("queued"), "applications/{queued}"),
            At(Family("awaiting_review"), "applications/{awaiting_review}"),
            At(Second, "applications/{voucher_issued}"),
            At(Second, "applications/{enrolled}"),
        ],
        ONE_THING,
        Lost(Stranger, "applications/{queued}"),
    ),
    row(
        "/{lang}/applications/{number}/place",
        &[
            At(Family("queued"), "applications/{queued}/place"),
            At(Family("enrolled"), "applications/{enrolled}/place"),
            At(Second, "applications/{voucher_issued}/place"),
        ],
        At(Family("awaiting_review"), "applications/{awaiting_review}/place"),
        Odd(Family("queued"), "applications/{queued}/place?page=99"),
    ),
    row(
        "/{lang}/applications/{number}/slip",
        &[
            At(Family("queued"), "applications/{queued}/slip"),
            At(Family("voucher_issued"), "applications/{voucher_issued}/slip"),
            At(Family("enrolled"), "applications/{enrolled}/slip"),
        ],
        ONE_THING,
        Lost(Stranger, "applications/{queued}/slip"),
    ),
    row(
        "/{lang}/applications/{number}/term",
        &[
            At(Family("voucher_issued"), "applications/{voucher_issued}/term"),
            At(Family("voucher_confirmed"), "applications/{voucher_confirmed}/term"),
            At(Family("awaiting_contract"), "applications/{awaiting_contract}/term"),
            At(Family("on_stop_list"), "applications/{on_stop_list}/term"),
            At(Second, "applications/{voucher_issued}/term"),
        ],
        At(Family("queued"), "applications/{queued}/term"),
        Lost(Stranger, "applications/{voucher_issued}/term"),
    ),
    row(
        "/{lang}/applications/{number}/receipt",
        &[
            At(Family("queued"), "applications/{queued}/receipt"),
            At(Family("awaiting_review"), "applications/{awaiting_review}/receipt"),
        ],
        ONE_THING,
        Lost(Stranger, "applications/{queued}/receipt"),
    ),
    row(
        "/{lang}/applications/{number}/wishes",
        &[At(Family("queued"), "applications/{queued}/wishes")],
        ONE_THING,
        Wrong(Family("queued"), "applications/{queued}/wishes", "/wishes", &[("wish_1", "")]),
    ),
    row(
        "/{lang}/applications/{number}/withdraw",
        &[At(Family("queued"), "applications/{queued}/withdraw")],
        ONE_THING,
        Lost(Stranger, "applications/{queued}/withdraw"),
    ),
    row(
        "/{lang}/applications/{number}/voucher",
        &[At(Family("voucher_issued"), "applications/{voucher_issued}/voucher")],
        ONE_THING,
        Lost(Stranger, "applications/{voucher_issued}/voucher"),
    ),
    row(
        "/{lang}/applications/{number}/voucher/refuse",
        &[At(Family("voucher_issued"), "applications/{voucher_issued}/voucher/refuse")],
        ONE_THING,
        Lost(Stranger, "applications/{voucher_issued}/voucher/refuse"),
    ),
    row(
        "/{lang}/applications/{number}/choose",
        &[At(Family("voucher_confirmed"), "applications/{voucher_confirmed}/choose")],
        ONE_THING,
        Lost(Stranger, "applications/{voucher_confirmed}/choose"),
    ),
    row(
        "/{lang}/applications/{number}/contract",
        &[
            At(Family("filled"), "applications/{filled}/contract"),
            At(
                Family("awaiting_kindergarten_signature"),
                "applications/{awaiting_kindergarten_signature}/contract",
            ),
            At(Family("enrolled"), "applications/{enrolled}/contract"),
        ],
        ONE_THING,
        Wrong(Family("filled"), "applications/{filled}/contract", "/sign", &[]),
    ),
    row(
        "/{lang}/applications/{number}/contract/phone/{id}",
        &[At(Family("filled"), "applications/{filled}/contract/phone/{parent code}")],
        ONE_THING,
        Lost(Stranger, "applications/{filled}/contract/phone/{parent code}"),
    ),
    row(
        "/{lang}/applications/{number}/contract/fill",
        &[
            At(Family("awaiting_parent_signature"), "applications/{awaiting_parent_signature}/contract/fill"),
            At(Family("filled"), "applications/{filled}/contract/fill"),
        ],
        ONE_THING,
        Wrong(
            Family("awaiting_parent_signature"),
            "applications/{awaiting_parent_signature}/contract/fill",
            "/fill",
            &[],
        ),
    ),
    // ---- For doctors. ----
    row("/{lang}/doctor", &[At(Doctor, "doctor")], At(Doctor, "doctor"), Odd(Doctor, "doctor?page=x")),
    row(
        "/{lang}/doctor/{number}",
        &[At(Doctor, "doctor/{awaiting_review}")],
        ONE_THING,
        Wrong(Doctor, "doctor/{awaiting_review}", "/reject", &[]),
    ),
    // ---- For kindergartens. ----
    row(
        "/{lang}/kindergarten",
        &[At(Head, "kindergarten")],
        At(Head, "kindergarten"),
        Odd(Head, "kindergarten?page=99"),
    ),
    row(
        "/{lang}/kindergarten/sign",
        &[At(Head, SIGN_ONE)],
        At(Head, "kindergarten/sign"),
        Wrong(Head, SIGN_ONE, "/kindergarten/sign", &[]),
    ),
    row(
        "/{lang}/kindergarten/sign/phone/{id}",
        &[At(Head, "kindergarten/sign/phone/{many code}")],
        ONE_THING,
        Lost(Head, "kindergarten/sign/phone/{nobody}"),
    ),
    row(
        "/{lang}/kindergarten/families/{number}",
        &[
            At(Head, "kindergarten/families/{awaiting_contract}"),
            At(Head, "kindergarten/families/{awaiting_parent_signature}"),
            At(Head, "kindergarten/families/{awaiting_kindergarten_signature}"),
            At(Head, "kindergarten/families/{enrolled}"),
        ],
        ONE_THING,
        Wrong(Head, "kindergarten/families/{awaiting_contract}", "/send", &[("parent_fee", "x")]),
    ),
    row(
        "/{lang}/kindergarten/families/{number}/phone/{id}",
        &[At(Head, "kindergarten/families/{awaiting_kindergarten_signature}/phone/{head code}")],
        ONE_THING,
        Lost(Head, "kindergarten/families/{awaiting_kindergarten_signature}/phone/{nobody}"),
    ),
    row(
        "/{lang}/kindergarten/groups",
        &[At(Head, "kindergarten/groups")],
        At(Head, "kindergarten/groups"),
        Odd(Head, "kindergarten/groups?page=99"),
    ),
    row(
        "/{lang}/kindergarten/groups/new",
        &[At(Head, "kindergarten/groups/new")],
        FORM,
        Wrong(Head, "kindergarten/groups/new", "/groups/new", &[]),
    ),
    row(
        "/{lang}/kindergarten/groups/{id}",
        &[At(Head, "kindergarten/groups/{group}")],
        ONE_THING,
        Wrong(Head, "kindergarten/groups/{group}", "{group}", &[("capacity", "-1")]),
    ),
    row(
        "/{lang}/kindergarten/profile",
        &[At(Head, "kindergarten/profile")],
        At(Head, "kindergarten/profile"),
        Wrong(Head, "kindergarten/profile", "/kindergarten/profile", &[("phone", "12")]),
    ),
    row(
        "/{lang}/kindergarten/photos",
        &[At(Head, "kindergarten/photos")],
        At(Head, "kindergarten/photos"),
        Wrong(Head, "kindergarten/photos", "/kindergarten/photos", &[("alt_kk", "x")]),
    ),
    // ---- For operators. ----
    row(
        "/{lang}/operator/feedback",
        &[At(Operator, "operator/feedback"), At(Operator, "operator/feedback?state=answered")],
        At(Operator, "operator/feedback"),
        Odd(Operator, "operator/feedback?topic=x&state=%3Cb%3E&page=99"),
    ),
    row(
        "/{lang}/operator/feedback/{id}",
        &[At(Operator, "operator/feedback/{letter}"), At(Operator, "operator/feedback/{answered}")],
        ONE_THING,
        Wrong(Operator, "operator/feedback/{letter}", "/answer", &[]),
    ),
    row(
        "/{lang}/operator/questions",
        &[At(Operator, "operator/questions")],
        At(Operator, "operator/questions"),
        Odd(Operator, "operator/questions?page=-1"),
    ),
    row(
        "/{lang}/operator/questions/new",
        &[At(Operator, "operator/questions/new"), At(Operator, "operator/questions/new?letter={answered}")],
        FORM,
        Wrong(Operator, "operator/questions/new", "/questions/new", &[]),
    ),
    row(
        "/{lang}/operator/questions/{id}",
        &[At(Operator, "operator/questions/{question}")],
        ONE_THING,
        Wrong(Operator, "operator/questions/{question}", "{question}", &[("question_kk", "")]),
    ),
    row(
        "/{lang}/operator/banners",
        &[At(Operator, "operator/banners")],
        At(Operator, "operator/banners"),
        Wrong(Operator, "operator/banners", "/operator/banners", &[]),
    ),
    row(
        "/{lang}/operator/calendar",
        &[At(Operator, "operator/calendar?year=2026"), At(Operator, "operator/calendar?version=0")],
        At(Operator, "operator/calendar?year=2026"),
        Lost(Operator, "operator/calendar?version=99"),
    ),
    row(
        "/{lang}/operator/calendar/day",
        &[At(Operator, "operator/calendar/day"), At(Operator, "operator/calendar/day?on=2026-12-16")],
        FORM,
        Wrong(Operator, "operator/calendar/day", "/calendar/day", &[]),
    ),
    row(
        "/{lang}/operator/calendar/import",
        &[At(Operator, "operator/calendar/import")],
        FORM,
        Wrong(Operator, "operator/calendar/import", "/calendar/import", &[("csv", "x")]),
    ),
    row(
        "/{lang}/operator/outages",
        &[At(Operator, "operator/outages")],
        At(Operator, "operator/outages"),
        Wrong(Operator, "operator/outages", "/operator/outages", &[]),
    ),
    row(
        "/{lang}/operator/outages/{id}",
        &[At(Operator, "operator/outages/{outage}")],
        ONE_THING,
        Wrong(Operator, "operator/outages/{outage}", "{outage}", &[("to", "2020-01-01")]),
    ),
    row(
        "/{lang}/operator/settings",
        &[At(Operator, "operator/settings")],
        At(Operator, "operator/settings"),
        Odd(Operator, "operator/settings?page=-1"),
    ),
    row(
        "/{lang}/operator/settings/{name}",
        &[At(Operator, "operator/settings/confirm_days"), At(Operator, "operator/settings/extension_unit")],
        At(Operator, "operator/settings/conclude_days"),
        Wrong(Operator, "operator/settings/confirm_days", "/confirm_days", &[("value", "0")]),
    ),
    row(
        "/{lang}/operator/late",
        &[At(Operator, "operator/late")],
        At(Operator, "operator/late"),
        Odd(Operator, "operator/late?page=-1"),
    ),
    row(
        "/{lang}/operator",
        &[At(Operator, "operator")],
        At(Operator, "operator"),
        Odd(Operator, "operator?page=-1"),
    ),
    row(
        "/{lang}/operator/kindergartens",
        &[At(Operator, "operator/kindergartens")],
        At(Operator, "operator/kindergartens"),
        Odd(Operator, "operator/kindergartens?name=%3Cb%3E&page=99"),
    ),
    row(
        "/{lang}/operator/kindergartens/new",
        &[At(Operator, "operator/kindergartens/new")],
        FORM,
        Wrong(Operator, "operator/kindergartens/new", "/kindergartens/new", &[]),
    ),
    row(
        "/{lang}/operator/kindergartens/{id}",
        &[At(Operator, "operator/kindergartens/{garden}")],
        At(Operator, "operator/kindergartens/{garden}"),
        Wrong(Operator, "operator/kindergartens/{garden}", "{garden}", &[("phone", "12")]),
    ),
    row(
        "/{lang}/operator/kindergartens/{id}/group",
        &[At(Operator, "operator/kindergartens/{garden}/group")],
        FORM,
        Wrong(Operator, "operator/kindergartens/{garden}/group", "/group", &[]),
    ),
    row(
        "/{lang}/operator/kindergartens/{id}/group/{group}",
        &[At(Operator, "operator/kindergartens/{garden}/group/{group}")],
        ONE_THING,
        Wrong(Operator, "operator/kindergartens/{garden}/group/{group}", "{group}", &[("capacity", "-1")]),
    ),
    row(
        "/{lang}/operator/staff",
        &[At(Operator, "operator/staff")],
        Never("whoever opens it is on it"),
        Odd(Operator, "operator/staff?name=%3Cb%3E&role=x&page=99"),
    ),
    row(
        "/{lang}/operator/staff/new",
        &[At(Operator, "operator/staff/new")],
        FORM,
        Wrong(Operator, "operator/staff/new", "/staff/new", &[]),
    ),
    row(
        "/{lang}/operator/staff/{id}",
        &[At(Operator, "operator/staff/{doctor}")],
        ONE_THING,
        Lost(Operator, "operator/staff/{nobody}"),
    ),
    row(
        "/{lang}/operator/queue",
        &[At(Operator, "operator/queue")],
        At(Operator, "operator/queue"),
        Odd(Operator, "operator/queue?page=-1"),
    ),
    row(
        "/{lang}/operator/queue/{id}",
        &[At(Operator, "operator/queue/{queue}")],
        Never("a queue in which nobody ever was has no page"),
        Lost(Operator, "operator/queue/99999"),
    ),
    row(
        "/{lang}/operator/queue/{id}/round",
        &[At(Operator, "operator/queue/{queue}/round")],
        Never("a queue in which nobody ever was has no page"),
        Lost(Operator, "operator/queue/99999/round"),
    ),
    row(
        "/{lang}/operator/rounds",
        &[At(Operator, "operator/rounds")],
        At(Operator, "operator/rounds"),
        Odd(Operator, "operator/rounds?page=-1"),
    ),
    row(
        "/{lang}/operator/rounds/{id}",
        &[At(Operator, "operator/rounds/{round}")],
        ONE_THING,
        Lost(Operator, "operator/rounds/{nobody}"),
    ),
    row(
        "/{lang}/operator/journal",
        &[At(Operator, "operator/journal"), At(Operator, "operator/journal?number={enrolled}")],
        At(Operator, "operator/journal?number=ABCD"),
        Odd(Operator, "operator/journal?number=%3Cb%3E"),
    ),
];
