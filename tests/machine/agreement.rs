//! The database is held against the model, after every step.
use super::*;

impl Run {
    pub(super) async fn case_agrees(&self, case: usize) {
        let row = self.world.row(self.model.cases[case].id).await;
        self.row_agrees(case, &row);
        self.term_agrees(case).await;
        let waiting = self.world.waiting(self.model.cases[case].id).await;
        let model = self.model.cases[case].waiting.map(|it| it.party.to_owned());
        assert_eq!(waiting, Vec::from_iter(model), "case {case}: the signatures that wait");
    }

    pub(super) fn row_agrees(&self, case: usize, row: &Row) {
        let it = &self.model.cases[case];
        let group = it.group.filter(|_| it.holds_place() || it.is("enrolled"));
        let model = (it.at.stage.as_str(), it.at.reason.as_deref(), group, it.submitted_at);
        let found = (row.stage.as_str(), row.archive_reason.as_deref(), row.group_id, row.submitted_at);
        assert_eq!(found, model, "case {case}: the database, and the model");
    }

    /// The day stored is the day that the rules count (I6).
    pub(super) async fn term_agrees(&self, case: usize) {
        let id = self.model.cases[case].id;
        let row = self.world.row(id).await;
        let due = self.world.deed(Actor::System, async |conn, deed| {
            let stage = db::application::load(conn, id).await?.stage;
            Ok((matches!(stage, Stage::VoucherIssued(_)), stage.due(deed.calendar())))
        });
        match due.await.unwrap() {
            (_, None) => {}
            (true, Some(due)) => {
                assert!(due.is_err() || row.confirm_by == due.ok().map(|due| due.by), "case {case}: {row:?}")
            }
            (false, Some(due)) => {
                assert_eq!(row.conclude_by, due.ok().map(|due| due.by), "case {case}: {row:?}")
            }
        }
    }

    pub(super) async fn places_agree(&mut self) {
        let found = self.world.groups().await;
        let model: Vec<(Uuid, i32, i32, i32, bool)> = self
            .model
            .groups
            .iter()
            .map(|(id, it)| (*id, it.capacity, it.enrolled, it.held, it.closed))
            .collect();
        assert_eq!(found, model, "groups: the database, and the model");
        let queued: Vec<usize> =
            (0..self.model.cases.len()).filter(|case| self.model.cases[*case].is("queued")).collect();
        if let Some(case) = queued.choose(&mut self.chance).copied() {
            let id = self.model.cases[case].id;
            let place =
                self.world.deed(Actor::System, async |conn, _| Ok(db::place::place(conn, id).await?)).await;
            assert_eq!(place.unwrap(), Some(self.model.place(case)), "the place of case {case}");
        }
    }

    pub(super) async fn everything_agrees(&self) {
        self.everything_agrees_with(&self.world.rows().await);
    }

    pub(super) fn everything_agrees_with(&self, rows: &[Row]) {
        assert_eq!(rows.len(), self.model.cases.len());
        for row in rows {
            self.row_agrees(self.index(row.id), row);
        }
    }

    // ---- Days. ----

    pub(super) fn is_out(&self, day: NaiveDate) -> bool {
        self.outages.iter().any(|(from, to)| (*from..=*to).contains(&day))
    }

    /// Where today stands to the last day of what runs in this stage. During an outage nobody is late to return.
    pub(super) fn when(&self, row: &Row, today: NaiveDate) -> When {
        let (last, firm) = match row.stage.as_str() {
            "voucher_issued" => (row.confirm_by, row.confirm_firm && row.told),
            "voucher_confirmed" | "awaiting_parent_signature" => (row.conclude_by, row.conclude_firm),
            "on_stop_list" => (Some(self.leaves_after(row)), !self.is_out(today)),
            _ => (None, false),
        };
        match last.filter(|_| firm) {
            Some(last) if last < today => When::After,
            Some(last) if last == today => When::LastDay,
            _ => When::InTime,
        }
    }

    /// The last day on the stop list: stored while there is a return left, else counted.
    pub(super) fn leaves_after(&self, row: &Row) -> NaiveDate {
        let counted = || {
            let days = row.stop_listed_on.unwrap().iter_days().skip(1).filter(|day| !self.is_out(*day));
            days.take(STOP_LIST_DAYS).last().unwrap()
        };
        row.return_by.unwrap_or_else(counted)
    }

    pub(super) fn is_due(&self, kind: Sweep, row: &Row, case: usize, today: NaiveDate) -> bool {
        let case = &self.model.cases[case];
        // The sweeps rest while one lasts.
        let late = self.when(row, today) == When::After && !self.is_out(today);
        match kind {
            Sweep::Lapsed => case.is("voucher_issued") && late,
            Sweep::RunOut => (case.is("voucher_confirmed") || case.is("awaiting_parent_signature")) && late,
            Sweep::NotReturned => case.is("on_stop_list") && late,
            Sweep::Outgrown => {
                let school_year = if today.month() >= 9 { today.year() } else { today.year() - 1 };
                !self.is_out(today) && case.is_live() && case.birth_year + SCHOOL_AGE <= school_year
            }
        }
    }
}
