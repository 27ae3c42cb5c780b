-- What happened to each queue: a row whenever an application enters (+1) or leaves (-1) the order. The sum of an
-- application's steps is 1 while it waits and 0 otherwise; statistics and the explained place are computed from here.
-- Written in the transaction of the stage it follows; never changed.
create table queue_events (
    id bigint primary key generated always as identity,
    queue_id integer not null references queues (id),
    application_id uuid not null references applications (id),
    at timestamptz not null,
    step smallint not null constraint queue_events_step_known check (step in (1, -1)),
    cause text not null,
    -- The closed list of `rules::queue_event`, each cause with its one direction.
    constraint queue_events_cause_known check (
        (step = 1 and cause in ('submitted', 'confirmed', 'returned'))
        or (step = -1 and cause in ('voucher_issued', 'withdrawn', 'outgrown', 'enrolled_elsewhere')))
);
create index queue_events_queue on queue_events (queue_id, at) include (step);
create index queue_events_application on queue_events (application_id, id);

-- Statistics read months of these.
create index vouchers_issued_at on vouchers (issued_at);
create index vouchers_confirmed_at on vouchers (confirmed_at) where confirmed_at is not null;
create index vouchers_lapsed_at on vouchers (ended_at) where end_reason = 'lapsed';
create index applications_reviewed_at on applications (reviewed_at) where reviewed_at is not null;

-- What the facts of older rows still tell: when each entered the order, each voucher, the one return.
insert into queue_events (queue_id, application_id, at, step, cause)
select queue_id, id, at, step, cause
from (
    select a.queue_id, a.id, coalesce(a.reviewed_at, a.submitted_at) as at, 1 as step,
           case when a.queue_type = 'special' then 'confirmed' else 'submitted' end as cause, 1 as turn
    from applications a
    where a.stage <> 'awaiting_review' and a.archive_reason is distinct from 'rejected'
      -- A special application that ended without a decision and without a voucher never stood in the order.
      and (a.queue_type = 'general' or a.reviewed_at is not null or a.stage <> 'archived'
           or exists (select from vouchers v where v.application_id = a.id))
    union all
    select a.queue_id, a.id, v.issued_at, -1, 'voucher_issued', 2
    from vouchers v join applications a on a.id = v.application_id
    union all
    select a.queue_id, a.id, a.returned_at, 1, 'returned', 3 from applications a where a.returned_at is not null
) as known
order by at, turn, id;

-- Whoever was archived out of the order left it then.
insert into queue_events (queue_id, application_id, at, step, cause)
select a.queue_id, a.id, a.archived_at, -1,
       case when a.archive_reason in ('outgrown', 'enrolled_elsewhere') then a.archive_reason else 'withdrawn' end
from applications a
where a.stage = 'archived' and (select sum(e.step) from queue_events e where e.application_id = a.id) = 1
order by a.archived_at, a.id;
