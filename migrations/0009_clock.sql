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

-- The calendar is data: each change makes a new version, whole, and the old ones stay to be looked at. Without a version
-- the calendar shipped with the program holds.
create table calendar_versions (
    version integer primary key constraint calendar_versions_from_one check (version > 0),
    made_at timestamptz not null,
    -- Null: shipped with the program.
    made_by uuid references accounts (id),
    reason text not null
);
create index calendar_versions_maker on calendar_versions (made_by);

-- The days of a version that differ from what their weekday says.
create table calendar_days (
    version integer not null references calendar_versions (version),
    on_day date not null,
    kind text not null constraint calendar_days_kind_known check (kind in (
        'working_day', 'moved_day_off', 'public_holiday', 'observed', 'rest_day_not_transferred')),
    name_kk text not null,
    name_ru text not null,
    -- Not announced yet: the date follows the moon.
    estimated boolean not null,
    primary key (version, on_day)
);

-- Days, both inclusive, on which every term stands still; the last is null while the outage lasts.
create table outages (
    id uuid primary key,
    from_on date not null,
    to_on date,
    text_kk text not null,
    text_ru text not null,
    declared_at timestamptz not null,
    declared_by uuid not null references accounts (id),
    -- Counts the changes of the whole table: a process whose copy is older reads it anew.
    revision integer not null constraint outages_revision_unique unique,
    constraint outages_ordered check (from_on <= to_on)
);
create index outages_declarer on outages (declared_by);

-- A deed begins: the moment, and which calendar and outages hold. Deeds go side by side; one that changes the calendar or
-- the outages goes alone, so that no term is counted by one calendar and stored beside another. The key is only this lock's.
-- In a function of its own: each statement in it sees what was committed while the lock was waited for.
create function begin_deed(alone boolean, out moment timestamptz, out calendar integer, out outages integer)
language plpgsql volatile as $$
begin
    if alone then
        perform pg_advisory_xact_lock(4000009);
    else
        perform pg_advisory_xact_lock_shared(4000009);
    end if;
    moment := portal_now();
    calendar := coalesce((select max(v.version) from calendar_versions v), 0);
    outages := coalesce((select max(o.revision) from outages o), 0);
end $$;

-- Annulments that an outage could undo are looked for by their day.
create index vouchers_annulled_at on vouchers (ended_at) where end_reason in ('lapsed', 'not_finished');
