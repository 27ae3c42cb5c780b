//! The printed guide, followed on a telephone by a mother who reads Kazakh and has her key in NCALayer.
use std::sync::Arc;

use sqlx::PgPool;

use crate::audit::Album;
use crate::city::{City, full_name};
use crate::support::{Person, adult, child};
use crate::window::{Scripts, Window};

#[sqlx::test(migrations = "./migrations")]
async fn the_whole_road_in_kazakh_with_a_key_in_ncalayer(pool: PgPool) {
    let city = City::start(pool).await;
    let album = Arc::new(Album::new("kk", 360));
    let (mother, boy) = (adult(2), child(1, "autism"));
    let parent = Window::open(&city.portal.base, &album, Scripts::On).await;
    let staff = Window::open(&city.portal.base, &album, Scripts::On).await;

    registers(&city, &parent, &mother).await;
    adds_a_child(&parent, &boy).await;
    let case = applies(&city, &parent, &boy).await;

    sign_in(&city, &staff, &city.doctor).await;
    staff.follow(case.rsplit('/').next().unwrap()).await;
    staff.press("Растау").await;
    staff.press("Шығу").await;

    parent.go(&case).await;
    parent.sees("Кезекте").await;
    parent.sees("Кезектегі орныңыз").await;
    city.tick().await;

    parent.go(&city.link_for(&mother.phone).await).await;
    parent.sees("Ваучер берілді, қызығушылығыңызды растаңыз").await;
    parent.follow("Хабарламалар 2").await;
    parent.press("Бәрін оқылды деп белгілеу").await;
    parent.sees("Сіздің ваучер алу өтініміңіз расталды. Кезектегі орныңыз: 1").await;
    parent.go(&case).await;
    parent.follow("Ваучерді растау").await;
    parent.follow("Бас тарту").await;
    parent.follow("Артқа").await;
    parent.follow("Ваучерді растау").await;
    parent.press("Растау").await;
    parent.sees("Ваучер расталды, балабақшаны таңдаңыз").await;
    parent.follow("Балабақшаны таңдау").await;
    parent.press_named("Таңдау: № 12 «Күншуақ» балабақшасы").await;
    parent.sees("МДҰ-дан келісімшартты күтіңіз").await;

    sign_in(&city, &staff, &city.head).await;
    staff.follow(&format!("{} {}", boy.surname, boy.name)).await;
    staff.press("Шартты жіберу").await;
    staff.sees("+7 707 100 0020").await;
    staff.fill_day("Баланың балабақшаға бара бастайтын күні", "2026-12-28").await;
    staff.fill("Ата-ана төлемі, айына (теңге)", "18000").await;
    staff.press("Шартты жіберу").await;
    staff.sees("Шарт ата-анаға жіберілді.").await;

    parent.go("/kk/cabinet").await;
    parent.go(&case).await;
    parent.sees("Шартты толтырып, қол қойыңыз").await;
    parent.follow("Шартты толтыру").await;
    parent.press("Шартты дайындау").await;
    parent.fill("Тұратын мекенжайыңыз", "Алматы қ., Төле би к-сі, 25-үй, 7-пәтер").await;
    parent.attach("№ 027/у нысанындағы анықтама", &city.papers.pdf()).await;
    parent.attach("Туу туралы куәлік", &city.papers.photo()).await;
    parent.attach("Ата-аналардың бірінің жеке куәлігі", &city.papers.photo()).await;
    parent.fill_day("Қай күнге дейін жарамды: Ата-аналардың бірінің жеке куәлігі", "2031-05-05").await;
    parent.attach("№ 052-2/у «Бала денсаулығының паспорты» нысанындағы анықтама", &city.papers.pdf()).await;
    parent.attach("№ 065/у нысанындағы профилактикалық егулер картасы", &city.papers.pdf()).await;
    parent.press("Шартты дайындау").await;
    parent.sees("Шарт дайын – қол қойыңыз").await;
    parent.press("NCALayer арқылы қол қою").await;
    parent.sees("МДҰ-ның қол қоюын күтіңіз").await;

    staff.go("/kk/kindergarten").await;
    staff.follow(&format!("{} {}", boy.surname, boy.name)).await;
    staff.press("NCALayer арқылы қол қою").await;
    staff.sees("Балабақшаға қабылданды").await;

    parent.go(&format!("{case}/contract")).await;
    parent.go("/kk/profile").await;
    parent.go("/kk/applications").await;
    parent.go(&case).await;
    parent.sees("Балабақшаға қабылданды").await;
    parent.close().await;
    staff.close().await;
    album.is_spotless();
}

async fn registers(city: &City, parent: &Window, mother: &Person) {
    parent.go("/kk/").await;
    parent.follow("Тіркелу").await;
    parent.press("Код жіберу").await;
    parent.sees("Деректер саясатымен танысып, құсбелгі қойыңыз").await;
    parent.fill("Телефон нөмірі", &mother.phone).await;
    parent.fill("Ата-анасының немесе заңды өкілінің ЖСН", &mother.iin).await;
    parent.tick("Мен таныстым және пайдаланушылардың деректер саясатын қабылдаймын").await;
    parent.press("Код жіберу").await;
    parent.sees("60 секундтан кейін қайта сұратыңыз").await;
    parent.sees("секунд қалды").await;
    parent.fill("SMS арқылы алынған код", &city.code_for(&mother.phone).await).await;
    parent.press("Жіберу").await;
    parent.sees(&mother.surname).await;
    parent.sees("Порталға одан әрі кіру үшін құпия сөз ойлап табыңыз").await;
    parent.fill("Кіру үшін құпия сөз енгізіңіз", mother.password).await;
    parent.fill("Құпия сөзді растаңыз", mother.password).await;
    parent.press("Сақтау").await;
    parent.go("/kk/policy").await;
    parent.go("/kk/recover").await;
    parent.go("/kk/login").await;
    parent.fill("Телефон нөмірі немесе ЖСН", &mother.phone).await;
    parent.fill("Құпия сөз", mother.password).await;
    parent.press("Кіру").await;
}

async fn adds_a_child(parent: &Window, boy: &Person) {
    parent.follow("Менің балаларым").await;
    parent.follow("Баланы қосу").await;
    parent.fill("Баланың ЖСН", &boy.iin).await;
    parent.press("ЖСН тексеру").await;
    parent.sees(&boy.surname).await;
    parent.press("Сақтау").await;
    parent.sees("Бала қосылды.").await;
    parent.go("/kk/cabinet").await;
}

/// The address of the application.
async fn applies(city: &City, parent: &Window, boy: &Person) -> String {
    parent.follow("Менің өтініштерім").await;
    parent.follow("Өтініш қосу").await;
    parent.tick("Арнайы бағыттағы").await;
    parent.press("Жіберу").await;
    parent.sees("Өтініш беру үшін келісіміңіз керек").await;
    parent.choose("Бала", &full_name(boy)).await;
    parent.choose_and_go("Түзету түрі", "Аутизм спектрінің бұзылысы (АСБ)").await;
    let conclusion = city.portal.conclusion_of(boy).await;
    parent.fill("Arkotek жүйесіндегі нөмірі", conclusion["number"].as_str().unwrap()).await;
    parent.choose("1‑қалау", "№ 12 «Күншуақ» балабақшасы").await;
    parent.tick("Қазақ тілі").await;
    parent.tick("Шарттармен таныстым, мәліметтердің пайдаланылуына келісемін").await;
    parent.press("Жіберу").await;
    parent.sees("Өтініш қабылданды").await;
    parent.follow("Өтінішті ашу").await;
    parent.sees("Құжаттарды растауды күту").await;
    parent.path().await
}

async fn sign_in(city: &City, staff: &Window, person: &Person) {
    staff.go("/kk/login").await;
    staff.fill("Телефон нөмірі немесе ЖСН", &person.phone).await;
    staff.fill("Құпия сөз", person.password).await;
    staff.press("Кіру").await;
    staff.fill("SMS арқылы алынған код", &city.code_for(&person.phone).await).await;
    staff.press("Жіберу").await;
}
