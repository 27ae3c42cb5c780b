//! The same road at a desk, in Russian, in a browser that runs no scripts: files instead of NCALayer.
use std::path::PathBuf;
use std::sync::Arc;

use sqlx::PgPool;

use crate::audit::Album;
use crate::city::City;
use crate::support::{Person, adult, child};
use crate::window::{Scripts, Window};

#[sqlx::test(migrations = "./migrations")]
async fn the_whole_road_in_russian_without_scripts(pool: PgPool) {
    let city = City::start(pool).await;
    let album = Arc::new(Album::new("ru", 1280));
    let (father, girl) = (adult(3), child(2, "autism"));
    let parent = Window::open(&city.portal.base, &album, Scripts::Off).await;
    let staff = Window::open(&city.portal.base, &album, Scripts::Off).await;

    registers(&city, &parent, &father).await;
    adds_a_child(&parent, &girl).await;
    let case = applies(&city, &parent).await;

    sign_in(&city, &staff, &city.doctor).await;
    staff.follow(case.rsplit('/').next().unwrap()).await;
    staff.press("Отклонить").await;
    staff.sees("Выберите причину").await;
    staff.press("Подтвердить").await;
    staff.press("Выйти").await;

    parent.go(&case).await;
    parent.sees("В очереди").await;
    city.tick().await;

    parent.go(&city.link_for(&father.phone).await).await;
    parent.sees("Ваучер выдан, подтвердите его").await;
    parent.follow("Уведомления 2").await;
    parent.press("Отметить все как прочитанные").await;
    parent.sees("Ваше заявление на получение ваучера подтверждено. Ваше место в очереди: 1").await;
    parent.go(&case).await;
    parent.follow("Подтвердить ваучер").await;
    parent.follow("Отказаться").await;
    parent.follow("Назад").await;
    parent.follow("Подтвердить ваучер").await;
    parent.press("Подтвердить").await;
    parent.sees("Ваучер подтверждён, выберите детский сад").await;
    parent.follow("Выбрать детский сад").await;
    parent.press_named("Выбрать: Детский сад № 12 «Күншуақ»").await;
    parent.sees("Ожидайте договор от ДО").await;

    sign_in(&city, &staff, &city.head).await;
    staff.follow(&format!("{} {}", girl.surname, girl.name)).await;
    staff.fill_day("Дата начала посещения", "2026-12-28").await;
    staff.fill("Родительская плата в месяц (тенге)", "18000").await;
    staff.press("Отправить договор").await;
    staff.sees("Договор отправлен родителю.").await;

    parent.go("/ru/cabinet").await;
    parent.go(&case).await;
    parent.sees("Заполните и подпишите договор").await;
    parent.follow("Заполнить договор").await;
    parent.press("Подготовить договор").await;
    parent.fill("Адрес проживания", "г. Алматы, ул. Толе би, дом 25, кв. 7").await;
    parent.attach("Справка по форме № 027/у", &city.papers.pdf()).await;
    parent.attach("Свидетельство о рождении", &city.papers.photo()).await;
    parent.attach("Удостоверение личности одного из родителей", &city.papers.photo()).await;
    parent
        .fill_day("До какого дня действителен: Удостоверение личности одного из родителей", "2031-05-05")
        .await;
    parent.attach("Справка по форме № 052-2/у «Паспорт здоровья ребёнка»", &city.papers.pdf()).await;
    parent.attach("Карта профилактических прививок по форме № 065/у", &city.papers.pdf()).await;
    parent.press("Подготовить договор").await;
    parent.sees("Договор готов – подпишите").await;
    parent.press("Отправить в ДО").await;
    parent.sees("Выберите файл подписи").await;
    let contract = city.download(&parent, &format!("{case}/contract/pdf")).await;
    parent.attach("Файл подписи (CMS)", &signature(&city, &father, None, &contract).await).await;
    parent.press("Отправить в ДО").await;
    parent.sees("Ожидайте подписи ДО").await;

    staff.go("/ru/kindergarten").await;
    staff.follow(&format!("{} {}", girl.surname, girl.name)).await;
    let number = case.rsplit('/').next().unwrap();
    let contract = city.download(&staff, &format!("/ru/kindergarten/families/{number}/contract")).await;
    let signed = signature(&city, &city.head, Some(&city.bin), &contract).await;
    staff.attach("Файл подписи (CMS)", &signed).await;
    staff.press("Подписать").await;
    staff.sees("Ребёнок зачислен в детский сад").await;

    parent.go(&format!("{case}/contract")).await;
    parent.go("/ru/profile").await;
    parent.go("/ru/applications").await;
    parent.go(&case).await;
    parent.sees("Ребёнок зачислен в детский сад").await;
    parent.close().await;
    staff.close().await;
    album.is_spotless();
}

/// A CMS of these bytes by this person's key, as a file on the disk.
async fn signature(city: &City, person: &Person, bin: Option<&str>, bytes: &[u8]) -> PathBuf {
    let cms = city.portal.sign(person, bin, "sign", bytes).await;
    city.papers.keep(&format!("{}.cms", person.iin), &cms)
}

async fn registers(city: &City, parent: &Window, father: &Person) {
    parent.go("/ru/").await;
    parent.follow("Регистрация").await;
    parent.press("Отправить код").await;
    parent.sees("Ознакомьтесь с политикой данных и поставьте отметку").await;
    parent.fill("Номер телефона", &father.phone).await;
    parent.fill("ИИН родителя или законного представителя", &father.iin).await;
    parent.tick("Я ознакомлен(а) с политикой в отношении данных пользователей и принимаю её").await;
    parent.press("Отправить код").await;
    parent.sees("запросите его повторно через 60 секунд").await;
    parent.fill("Код из SMS", &city.code_for(&father.phone).await).await;
    parent.press("Отправить").await;
    parent.sees(&father.surname).await;
    parent.sees("Придумайте пароль для входа на портал").await;
    parent.fill("Введите пароль для входа", father.password).await;
    parent.fill("Подтвердите пароль", father.password).await;
    parent.press("Сохранить").await;
    parent.go("/ru/policy").await;
    parent.go("/ru/recover").await;
    parent.go("/ru/login").await;
    parent.fill("Номер телефона или ИИН", &father.iin).await;
    parent.fill("Пароль", father.password).await;
    parent.press("Войти").await;
}

async fn adds_a_child(parent: &Window, girl: &Person) {
    parent.follow("Мои дети").await;
    parent.follow("Добавить ребёнка").await;
    parent.fill("ИИН ребёнка", &girl.iin).await;
    parent.press("Проверить ИИН").await;
    parent.sees(&girl.surname).await;
    parent.press("Сохранить").await;
    parent.sees("Ребёнок добавлен.").await;
    parent.go("/ru/cabinet").await;
}

/// The address of the application.
async fn applies(city: &City, parent: &Window) -> String {
    parent.follow("Мои заявления").await;
    parent.follow("Добавить заявление").await;
    parent.tick("Специальная").await;
    parent.press("Отправить").await;
    parent.sees("Для подачи заявления нужно ваше согласие").await;
    parent.choose("Вид коррекции", "Расстройства аутистического спектра (РАС)").await;
    parent.attach("Файл заключения", &city.papers.pdf()).await;
    parent.press("Показать детские сады").await;
    parent.sees("Выбирать его заново не нужно").await;
    parent.choose("Желание 1", "Детский сад № 12 «Күншуақ»").await;
    parent.choose("Желание 2", "Детский сад «Ертөстік»").await;
    parent.tick("Русский").await;
    parent.tick("С условиями ознакомлен(а), на использование сведений согласен (согласна)").await;
    parent.press("Отправить").await;
    parent.sees("Заявление принято").await;
    parent.follow("Открыть заявление").await;
    parent.sees("Ожидание подтверждения документов").await;
    parent.path().await
}

async fn sign_in(city: &City, staff: &Window, person: &Person) {
    staff.go("/ru/login").await;
    staff.fill("Номер телефона или ИИН", &person.phone).await;
    staff.fill("Пароль", person.password).await;
    staff.press("Войти").await;
    staff.fill("Код из SMS", &city.code_for(&person.phone).await).await;
    staff.press("Отправить").await;
}
