-- The ledger: what touches order, vouchers or places, in the order in which it was committed, chained by hashes. The format
-- of a body is docs/ledger.md; the law is rules.md §6: handles only, never a number or a name.

-- The handle of a new application is ten letters of SHA-256(salt ‖ number) (rules::ledger::handle). Whoever erases the
-- salt and the handle of an ended case unlinks it: its lines stay in the ledger and lead nowhere.
alter table applications
    add column handle_salt bytea constraint applications_handle_salt_length check (length(handle_salt) = 16),
    alter column public_handle drop not null,
    add constraint applications_handle_while_live check (public_handle is not null or stage in ('enrolled', 'archived')),
    add constraint applications_handle_and_salt_go_together check (public_handle is not null or handle_salt is null);

-- Written in the transaction of the deed, by one insert; without a number, so that deeds do not wait for each other.
create table ledger_entries (
    id bigint primary key generated always as identity,
    -- Of a submission: whose receipt this entry is.
    handle text,
    body text not null constraint ledger_entries_body_length check (length(body) between 1 and 400)
);
create unique index ledger_entries_receipt on ledger_entries (handle) where handle is not null;

-- The chain over committed entries, made by the linker (domain::ledger::link): numbers without gaps, each entry once.
create table ledger_links (
    number bigint primary key constraint ledger_links_number_positive check (number > 0),
    entry_id bigint not null constraint ledger_links_entry_once unique references ledger_entries (id),
    hash bytea not null constraint ledger_links_hash_length check (length(hash) = 32),
    -- Never earlier than that of the number before.
    linked_at timestamptz not null
);
create index ledger_links_linked_at on ledger_links (linked_at, number);

-- What the daily check of the whole ledger found; `wrong` is null when all is well.
create table ledger_checks (
    id bigint primary key generated always as identity,
    checked_at timestamptz not null,
    -- How many entries were read, or the number of the first wrong one.
    number bigint not null,
    -- A code of rules::ledger::What, and its sentence for the log's readers.
    wrong text,
    told text,
    constraint ledger_checks_wrong_is_told check ((wrong is null) = (told is null))
);

-- No update, no delete: refused to everybody, the owner too.
create function ledger_refuses() returns trigger language plpgsql as $$
begin
    raise exception 'the ledger is only ever added to' using errcode = 'insufficient_privilege';
end $$;
create trigger ledger_entries_stay before update or delete on ledger_entries
    for each row execute function ledger_refuses();
create trigger ledger_entries_are_not_emptied before truncate on ledger_entries
    for each statement execute function ledger_refuses();
create trigger ledger_links_stay before update or delete on ledger_links
    for each row execute function ledger_refuses();
create trigger ledger_links_are_not_emptied before truncate on ledger_links
    for each statement execute function ledger_refuses();

-- A role that can write the ledger and nothing in it can be taken back by: for whoever runs the portal under another
-- role than the owner of its tables (docs/ledger.md). Roles belong to the whole cluster: it may be there already, and a
-- migration that may not make one goes on without.
do $$
begin
    create role balabaqsha_ledger nologin;
exception when duplicate_object or unique_violation or insufficient_privilege then null;
end $$;
do $$
begin
    if exists (select from pg_roles where rolname = 'balabaqsha_ledger') then
        grant select, insert on ledger_entries, ledger_links to balabaqsha_ledger;
    end if;
end $$;

-- From here on every event is written. What was before is opened as it stands: groups with the children in them, then
-- each live application on the way to where it is.
insert into ledger_entries (handle, body)
select handle, concat_ws(E'\t', to_char(at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'), words)
from (
    select null as handle, portal_now() as at, 1 as part, g.id, 1 as turn,
           concat_ws(E'\t', 'group', g.id, g.kindergarten_id, coalesce(g.correction_type, 'general'), g.language,
                     g.birth_year_from, g.birth_year_to, g.capacity) as words
    from groups g where g.closed_at is null
    union all
    select null, portal_now(), 1, g.id, 2, concat_ws(E'\t', 'present', g.id, '+' || g.enrolled)
    from groups g where g.closed_at is null and g.enrolled > 0
    union all
    select step.handle, step.at, 2, a.id, step.turn, step.words
    from applications a
    left join lateral (select v.* from vouchers v where v.application_id = a.id order by v.issued_at desc limit 1) v
        on a.stage not in ('awaiting_review', 'queued')
    cross join lateral (values
        (a.public_handle, a.submitted_at, 1, concat_ws(E'\t', 'submitted', a.public_handle,
            a.city || '/' || a.queue_type || coalesce('/' || a.correction_type, ''),
            to_char(a.submitted_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'),
            left(replace(a.id::text, '-', ''), 16))),
        (null, coalesce(a.reviewed_at, a.submitted_at), 2, case when a.stage <> 'awaiting_review' then
            concat_ws(E'\t', 'entered', a.public_handle, case when a.queue_type = 'special' then 'confirmed' else 'submitted' end) end),
        (null, v.issued_at, 3, case when v.id is not null then concat_ws(E'\t', 'issued', a.public_handle, v.confirm_by) end),
        (null, v.confirmed_at, 4, case when v.confirmed_at is not null then
            concat_ws(E'\t', 'confirmed', a.public_handle, coalesce(v.conclude_by::text, '-')) end),
        (null, v.extended_at, 5, case when v.extended_at is not null then
            concat_ws(E'\t', 'extended', a.public_handle, coalesce(v.conclude_by::text, '-')) end),
        (null, a.stage_since, 6, case when a.group_id is not null then concat_ws(E'\t', 'chosen', a.public_handle, a.group_id) end),
        (null, a.stage_since, 7, case when a.stage = 'on_stop_list' then concat_ws(E'\t', 'ended', a.public_handle, 'lapsed') end)
    ) as step (handle, at, turn, words)
    where a.stage not in ('enrolled', 'archived') and step.words is not null
) as opening
order by part, id, turn;
