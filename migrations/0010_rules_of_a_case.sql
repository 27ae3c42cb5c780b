-- A case keeps the rules under which its voucher was issued; settings know who set them; what was told once is not told
-- again; the kindergarten's own terms.

-- The terms of a voucher, as the settings in force at `issued_at` had them (`TermRules` in src/rules/settings.rs). The
-- default is for vouchers issued before there was this column: those were the rules.
alter table vouchers add column rules jsonb not null default '{"confirm_days": 2, "conclude_days": 5, "extension_days": 2,
    "extension_in_calendar_days": false, "stop_list_days": 28, "pause_kindergarten": true, "pause_outage": true,
    "kindergarten_step_days": 3}';

alter table settings add column set_by uuid references accounts (id), add column set_at timestamptz;
create index settings_set_by on settings (set_by) where set_by is not null;

-- How many of the two warnings before 1 September of the school year have been given: 0, 1 (first), 2 (second).
alter table applications add column outgrown_warned integer not null default 0
    constraint applications_outgrown_warned_two check (outgrown_warned between 0 and 2);
create index applications_outgrown_due on applications (birth_year, outgrown_warned)
    where stage not in ('enrolled', 'archived');

-- Cases a kindergarten holds: late ones alarm the operator.
create index applications_with_kindergarten on applications (stage_since)
    where stage in ('awaiting_contract', 'awaiting_kindergarten_signature');
