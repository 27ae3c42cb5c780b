//! What the system does by itself: rounds, sweeps, texts, conclusions.
use super::*;

impl Run {
    /// Greedy down the order: whoever can be seated beside every voucher out, and nobody else.
    pub(super) async fn round(&mut self) {
        let before = self.queued_and_out();
        let out_today = self.is_out(self.world.today().await);
        let did = round::run_all(self.world.app()).await.unwrap();
        self.tell(format!("round: {did:?}"));
        let rows = self.world.rows().await;
        let mut issued = Vec::new();
        for row in &rows {
            let case = self.index(row.id);
            if row.stage == self.model.cases[case].at.stage {
                continue;
            }
            assert_eq!(
                (self.model.cases[case].at.stage.as_str(), row.stage.as_str()),
                ("queued", "voucher_issued")
            );
            issued.push(case);
        }
        assert_eq!(issued.len(), did.issued);
        for (kind, queued, out) in before {
            let mut seating = Seating::new(&self.model, None);
            for family in &out {
                seating.seat(&self.model, &self.model.cases[*family]);
            }
            // A place may be kept back while the doctor has not decided.
            let kept_back = self.keeps_places().await
                && self.model.cases.iter().any(|case| case.kind == kind && case.is("awaiting_review"));
            for family in queued {
                let case = &self.model.cases[family];
                let other = self.others_of_child(family);
                let has_voucher =
                    other.iter().any(|it| self.model.cases[*it].has_voucher() || issued.contains(it));
                if issued.contains(&family) {
                    assert!(seating.seat(&self.model, case), "case {family} got a voucher without a place");
                } else if !has_voucher && !kept_back && !out_today {
                    assert!(!seating.seat(&self.model, case), "case {family} was passed over");
                }
            }
        }
        for case in issued {
            self.model.come_to(case, At { stage: "voucher_issued".to_owned(), reason: None }, None);
            self.count("issue_voucher");
        }
        self.everything_agrees_with(&rows);
        self.count("round");
    }

    /// By queue: who waits, in order, and whose voucher is out without a place held, in order.
    pub(super) fn queued_and_out(&self) -> Vec<(Option<&'static str>, Vec<usize>, Vec<usize>)> {
        let ordered = |kind: Option<&str>, wanted: &dyn Fn(&Case) -> bool| {
            let all = 0..self.model.cases.len();
            let mut some: Vec<usize> = all
                .filter(|at| self.model.cases[*at].kind == kind && wanted(&self.model.cases[*at]))
                .collect();
            some.sort_by_key(|at| self.model.cases[*at].turn());
            some
        };
        KINDS
            .map(|kind| (kind, ordered(kind, &|case| case.is("queued")), ordered(kind, &Case::is_unseated)))
            .to_vec()
    }

    pub(super) fn index(&self, id: Uuid) -> usize {
        self.model.cases.iter().position(|case| case.id == id).unwrap()
    }

    /// What is due goes, all of it and nothing else.
    pub(super) async fn sweep(&mut self) {
        let only = self.chance(2).then(|| *Sweep::ALL.choose(&mut self.chance).unwrap());
        for kind in Sweep::ALL {
            if only.is_none_or(|only| only.what() == kind.what()) {
                self.sweep_one(kind).await;
            }
        }
        self.everything_agrees().await;
        self.count("sweep");
    }

    pub(super) async fn sweep_one(&mut self, kind: Sweep) {
        let today = self.world.today().await;
        let mut due = Vec::new();
        for row in self.world.rows().await {
            let case = self.index(row.id);
            if self.is_due(kind, &row, case, today) {
                due.push(case);
            }
        }
        let swept = voucher::sweep(self.world.app(), kind).await.unwrap();
        self.tell(format!("sweep {}: {swept}, due {due:?}", kind.what().as_str()));
        assert_eq!(swept, due.len());
        for case in due {
            let at = self
                .law
                .outcome(&self.model.cases[case].at.stage, kind.what().as_str(), When::After)
                .unwrap()
                .clone();
            self.model.come_to(case, at, None);
            self.count(kind.what().as_str());
        }
    }

    /// The gateway takes what is due, or not now, or never.
    pub(super) async fn texts(&mut self) {
        for _ in 0..40 {
            let Next::Send(due, phone) = notice::next(self.world.app()).await.unwrap() else { break };
            let answer = match self.chance.random_range(0..10) {
                0 => SmsAnswer::Later,
                1 => SmsAnswer::Refused,
                _ => SmsAnswer::Taken { id: due.id.to_string() },
            };
            notice::answered(self.world.app(), &due, Some(phone), answer).await.unwrap();
            self.count("text");
        }
        self.tell("texts".to_owned());
        self.everything_agrees().await;
    }

    pub(super) async fn conclusions_come(&mut self) {
        let settled = conclusion::fetch_owed(self.world.app()).await.unwrap();
        self.tell(format!("{settled} conclusions came"));
        let there: Vec<Uuid> =
            sqlx::query_scalar("select application_id from conclusions where received_at is not null")
                .fetch_all(&self.world.pool)
                .await
                .unwrap();
        for case in &mut self.model.cases {
            case.conclusion_there = there.contains(&case.id);
        }
        self.everything_agrees().await;
        self.count("conclusions");
    }

    /// The authority that issued the keys falls silent, or answers again.
    pub(super) async fn authority(&mut self) {
        if !self.silent && !self.chance(3) {
            return;
        }
        self.silent = !self.silent;
        let mode = if self.silent { state::Mode::Error } else { state::Mode::Ok };
        let mut conn = self.world.pool.acquire().await.unwrap();
        state::set_mode(&mut conn, state::Faulty::Eds, mode).await.unwrap();
        self.tell(format!("the authority: {}", mode.as_str()));
        self.count(if self.silent { "authority silent" } else { "authority answers" });
        if !self.silent && self.chance(2) {
            self.waiting_signatures().await;
        }
    }

    /// What waits is asked about again: accepted as of the day it came, refused, or left waiting.
    pub(super) async fn waiting_signatures(&mut self) {
        let waiting: Vec<(usize, Waiting)> =
            self.model.cases.iter().enumerate().filter_map(|(case, it)| Some((case, it.waiting?))).collect();
        let checked = signature::check_waiting(self.world.app()).await.unwrap();
        self.tell(format!("signatures {waiting:?}: {checked:?}"));
        let good = waiting.iter().filter(|(_, it)| it.good).count();
        let (accepted, still_waiting) = if self.silent { (0, good.min(1)) } else { (good, 0) };
        let mut refused = 0;
        for (case, _) in waiting.iter().filter(|(_, it)| !it.good) {
            if self.world.waiting(self.model.cases[*case].id).await.is_empty() {
                self.model.cases[*case].waiting = None;
                refused += 1;
                self.count("refuse_signature");
            }
        }
        assert_eq!(checked, signature::Checked { accepted, refused, dropped: 0, still_waiting });
        // The portal's own list knows a withdrawn key in any case; the first silence ends the round.
        assert!(self.silent || refused == waiting.len() - good);
        let accepted = waiting.iter().filter(|(_, it)| it.good && !self.silent).copied();
        for (case, it) in accepted.collect::<Vec<_>>() {
            self.model.cases[case].waiting = None;
            let deed = if it.party == "parent" { "sign_as_parent" } else { "sign_as_kindergarten" };
            let at = self.law.outcome(&self.model.cases[case].at.stage, deed, When::InTime).unwrap().clone();
            self.follow(case, deed, at, KindergartenReason::PapersIncomplete);
            self.count("signature accepted later");
        }
        for (case, _) in waiting {
            self.case_agrees(case).await;
        }
        self.everything_agrees().await;
    }
}
