-- A country that waits: 30 special queues, a month of events in the hottest, and functions that make more families. Foreign keys
-- are not looked at (the session is a replica's), and indexes that nothing here reads are not kept.
set session_replication_role = replica;
alter table applications drop constraint applications_applicant_id_fkey, drop constraint applications_child_id_fkey;
alter table queue_events drop constraint queue_events_application_id_fkey;
alter table applications drop constraint applications_number_unique, drop constraint applications_handle_unique;
drop index applications_child_live, applications_child, applications_queue, applications_applicant;
insert into queues (city, queue_type, correction_type) select 'almaty', 'special', 'k' || n from generate_series(1, 30) n;
-- In the order of the key, and what is sorted otherwise is made afterwards: millions of rows are not sorted one by one.
create function grow(first bigint, last bigint) returns void language plpgsql as $$
begin
    drop index if exists applications_queue_order, applications_queue_class, applications_outgrown_due, applications_of_bench;
    insert into children (id, iin, surname, name, sex, birth_on, district, registered_at)
    select md5('kid' || n)::uuid, lpad(n::text, 12, '0'), 'Ахметов', 'Әлихан', 'm', '2023-06-07', 'medeu', '2026-01-05'
    from generate_series(first, last) n where n % 5 = 0 order by 1;
    insert into applications (id, number, public_handle, applicant_id, child_id, queue_id, queue_type, correction_type, city, district,
                              language, birth_year, submitted_at, consented_at, stage, stage_since)
    select md5('app' || n)::uuid, 'B' || n, 'H' || n, lpad(to_hex(n), 32, '0')::uuid, md5('kid' || n)::uuid, q, 'special', 'k' || q, 'almaty',
           'medeu', 'kk', 2023, at, at, 'queued', at
    from generate_series(first, last) n
    cross join lateral (select case when n % 5 = 0 then 1 else 2 + (n % 29)::int end as q,
                               timestamptz '2025-06-01' + (n * 7919 % 43200000) * interval '1 second' as at) x
    order by 1;
    create unique index applications_of_bench on applications (number);
    create index applications_queue_order on applications (queue_id, submitted_at, id) where stage = 'queued';
    create index applications_queue_class on applications (queue_id, language, birth_year, submitted_at, id) where stage = 'queued';
    create index applications_outgrown_due on applications (birth_year, outgrown_warned) where stage not in ('enrolled', 'archived');
end $$;
create function join_queue(id uuid, at timestamptz) returns void language sql as $$
    insert into applications (id, number, public_handle, applicant_id, child_id, queue_id, queue_type, correction_type, city, district,
                              language, birth_year, submitted_at, consented_at, stage, stage_since)
    values (id, 'J' || id, 'J' || id, id, id, 1, 'special', 'k1', 'almaty', 'medeu', 'kk', 2023, at, at, 'queued', at)
$$;
-- 1,500 moves a day, of families that are gone or came.
insert into place_days (queue_id, day, submitted_at, application_id, event_id, at, cause,
                        confirmed, returned, voucher_issued, withdrawn, outgrown, enrolled_elsewhere)
select 1, day, submitted_at, application, n, day + time '09:00', cause, count(*) filter (where cause = 'confirmed') over upto, 0,
       count(*) filter (where cause = 'voucher_issued') over upto, count(*) filter (where cause = 'withdrawn') over upto, 0, 0
from (select n, gen_random_uuid() as application, date '2026-10-24' + n / 1500 as day,
             timestamptz '2025-06-01' + (n::bigint * 104729 % 43200000) * interval '1 second' as submitted_at,
             (array['voucher_issued', 'voucher_issued', 'withdrawn', 'confirmed'])[1 + n % 4] as cause
      from generate_series(1, 44999) n) as told
window upto as (partition by day order by submitted_at, application, n);
