//! Letters, questions and settings, straight into the database: for pages that only need them to be there.
use uuid::Uuid;

use super::Portal;

impl Portal {
    /// A letter of a visitor, not answered yet.
    pub async fn letter(&self) -> Uuid {
        let id = self.app.secrets.id();
        sqlx::query(
            "insert into letters (id, number, topic, text, language, reply, browser, received_at)
             values ($1, $2, 'queue', 'Кезегім қашан келеді екен?', 'kk', 'none', decode(repeat('00', 32), 'hex'), portal_now())",
        )
        .bind(id)
        .bind(self.app.secrets.case_number())
        .execute(&self.app.pool)
        .await
        .unwrap();
        id
    }

    /// A published question, by whoever has an account.
    pub async fn question(&self) -> Uuid {
        let id = self.app.secrets.id();
        sqlx::query(
            "insert into questions (id, topic, question_kk, question_ru, answer_kk, answer_ru, published_at, changed_at, changed_by)
             select $1, 'voucher', 'Ваучер қанша күн жарамды?', 'Сколько дней действует ваучер?', 'Екі күн.', 'Два дня.',
                    portal_now(), portal_now(), (select id from accounts order by id limit 1)",
        )
        .bind(id)
        .execute(&self.app.pool)
        .await
        .unwrap();
        id
    }

    /// An outage that will last, in a time no term reaches, by whoever has an account.
    pub async fn outage(&self) -> Uuid {
        let id = self.app.secrets.id();
        sqlx::query(
            "insert into outages (id, from_on, text_kk, text_ru, declared_at, declared_by, revision)
             select $1, '2090-01-01', 'Портал жабық', 'Портал закрыт', portal_now(), (select id from accounts order by id limit 1),
                    coalesce(max(revision), 0) + 1 from outages",
        )
        .bind(id)
        .execute(&self.app.pool)
        .await
        .unwrap();
        id
    }

    /// A setting, from an hour ago on.
    pub async fn set(&self, name: &str, value: i32) {
        sqlx::query("insert into settings (name, valid_from, value, reason) values ($1, portal_now() - interval '1 hour', $2, 'test')")
            .bind(name)
            .bind(value)
            .execute(&self.app.pool)
            .await
            .unwrap();
    }
}
