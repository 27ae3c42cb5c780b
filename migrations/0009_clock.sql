-- The clock: why a term stands still, the last days that were shown, the calendar's versions, outages.

-- Days, both inclusive, on which a term stands still, of the term to confirm too.
alter table voucher_pauses add column why text not null default 'kindergarten'
    constraint voucher_pauses_why_known check (why in ('kindergarten', 'outage', 'no_place'));
drop index voucher_pauses_one_open;
create unique index voucher_pauses_one_open on voucher_pauses (voucher_id, why) where to_on is null;

-- False while the day can still move on its own: the term stands still, or reaches into an unknown year. Never late.
alter table vouchers add column confirm_firm boolean not null default true;
-- The latest last day that was ever shown: no later change takes it back.
alter table vouchers add column conclude_shown date;
update vouchers set conclude_shown = conclude_by;
