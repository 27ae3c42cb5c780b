-- The place in the queue: counted, never stored, exact at any size. Everything here is derived from `applications` and
-- `queue_events` and can be built anew at any time (`db::place::rebuild`); nothing refers to it, so it has no foreign keys
-- that every join of a queue would have to lock.

-- Marks in the order of a queue, about 64 families apart: how many stand before the mark, as of the deltas folded in.
-- The first mark of a queue stands before everybody, the last one ('infinity') behind. A queue without marks is counted whole.
create table place_marks (
    queue_id integer not null,
    at timestamptz not null,
    id uuid not null,
    ahead integer not null,
    primary key (queue_id, at, id)
) with (fillfactor = 50, autovacuum_vacuum_scale_factor = 0.05);

-- Joins and leaves that are not folded into the marks yet; written by the statement that writes the queue's event.
create table place_deltas (
    queue_id integer not null,
    submitted_at timestamptz not null,
    application_id uuid not null,
    event_id bigint not null,
    at timestamptz not null,
    step smallint not null,
    cause text not null,
    primary key (queue_id, submitted_at, application_id, event_id)
) with (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 1000);

-- What each Almaty day did to the places behind: its events in the queue's order, with how many of each cause stand up
-- to this one. The last row before a family says what happened ahead of it that day. Submissions are left out: a new one
-- is behind everybody who waits already.
create table place_days (
    queue_id integer not null,
    day date not null,
    submitted_at timestamptz not null,
    application_id uuid not null,
    event_id bigint not null,
    at timestamptz not null,
    cause text not null,
    confirmed integer not null,
    returned integer not null,
    voucher_issued integer not null,
    withdrawn integer not null,
    outgrown integer not null,
    enrolled_elsewhere integer not null,
    primary key (queue_id, day, submitted_at, application_id, event_id)
) with (fillfactor = 70);

-- The place that this point of the order has: families ahead plus one. One row, one snapshot; written so that the planner
-- takes it into the statement that asks.
create function queue_place(queue integer, submitted timestamptz, application uuid) returns table (place bigint)
language sql stable as $$
    select 1 + coalesce(mark.ahead, 0)
         + (select count(*) from applications o
            where o.queue_id = queue and o.stage = 'queued'
              and (o.submitted_at, o.id) >= (coalesce(mark.at, '-infinity'), coalesce(mark.id, '00000000-0000-0000-0000-000000000000'))
              and (o.submitted_at, o.id) < (submitted, application))
         + coalesce((select sum(d.step) from place_deltas d
            where d.queue_id = queue and (d.submitted_at, d.application_id) < (mark.at, mark.id)), 0)
    from (select) as always
    left join lateral (select m.at, m.id, m.ahead from place_marks m
                       where m.queue_id = queue and (m.at, m.id) <= (submitted, application)
                       order by m.at desc, m.id desc limit 1) as mark on true
$$;

-- What happened ahead of this point of the order on each day from `first` to `last`, by cause; days without anything are
-- left out. Deltas are not in it.
create function queue_days(queue integer, submitted timestamptz, application uuid, first date, last date)
returns table (days date[], confirmed integer[], returned integer[], voucher_issued integer[], withdrawn integer[],
               outgrown integer[], enrolled_elsewhere integer[])
language sql stable as $$
    select array_agg(each.day), array_agg(sums.confirmed), array_agg(sums.returned), array_agg(sums.voucher_issued),
           array_agg(sums.withdrawn), array_agg(sums.outgrown), array_agg(sums.enrolled_elsewhere)
    from (select first + n as day from generate_series(0, last - first) as n) as each
    cross join lateral (select p.confirmed, p.returned, p.voucher_issued, p.withdrawn, p.outgrown, p.enrolled_elsewhere
                        from place_days p
                        where p.queue_id = queue and p.day = each.day and (p.submitted_at, p.application_id) < (submitted, application)
                        order by p.submitted_at desc, p.application_id desc, p.event_id desc limit 1) as sums
$$;

-- What is there already.
insert into place_marks (queue_id, at, id, ahead)
select queue_id, case when line = 0 then '-infinity' else submitted_at end,
       case when line = 0 then '00000000-0000-0000-0000-000000000000' else id end, line
from (select queue_id, submitted_at, id, row_number() over (partition by queue_id order by submitted_at, id) - 1 as line
      from applications where stage = 'queued') as waiting
where line % 64 = 0;
insert into place_marks (queue_id, at, id, ahead)
select queue_id, 'infinity', '00000000-0000-0000-0000-000000000000', count(*)
from applications where stage = 'queued' group by queue_id;

insert into place_days (queue_id, day, submitted_at, application_id, event_id, at, cause,
                        confirmed, returned, voucher_issued, withdrawn, outgrown, enrolled_elsewhere)
select queue_id, day, submitted_at, application_id, id, at, cause,
       count(*) filter (where cause = 'confirmed') over upto, count(*) filter (where cause = 'returned') over upto,
       count(*) filter (where cause = 'voucher_issued') over upto, count(*) filter (where cause = 'withdrawn') over upto,
       count(*) filter (where cause = 'outgrown') over upto, count(*) filter (where cause = 'enrolled_elsewhere') over upto
from (select e.*, (e.at at time zone 'Asia/Almaty')::date as day, a.submitted_at
      from queue_events e join applications a on a.id = e.application_id where e.cause <> 'submitted') as told
window upto as (partition by queue_id, day order by submitted_at, application_id, id);
