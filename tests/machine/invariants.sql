-- I1–I8 of safety.md over the whole database, in one statement: each row is a violation, by name and with its subject.
-- A new deed that moves a case from stage to stage joins `law`; one that is told to its family joins `told_of`.
with
-- What each deed of the journal does: from which stages (null: a new application) to which.
law (deed, from_stages, to_stage) as (values
    ('confirm_documents', array['awaiting_review'], 'queued'),
    ('reject', array['awaiting_review'], 'archived'),
    ('issue_voucher', array['queued'], 'voucher_issued'),
    ('confirm_interest', array['voucher_issued'], 'voucher_confirmed'),
    ('refuse_voucher', array['voucher_issued', 'voucher_confirmed'], 'archived'),
    ('lapse', array['voucher_issued'], 'on_stop_list'),
    ('choose_kindergarten', array['voucher_confirmed'], 'awaiting_contract'),
    ('send_contract', array['awaiting_contract'], 'awaiting_parent_signature'),
    ('decline', array['awaiting_contract', 'awaiting_kindergarten_signature'], 'voucher_confirmed'),
    ('take_choice_back', array['awaiting_contract', 'awaiting_parent_signature', 'awaiting_kindergarten_signature'], 'voucher_confirmed'),
    ('sign_as_parent', array['awaiting_parent_signature'], 'awaiting_kindergarten_signature'),
    ('return_papers', array['awaiting_kindergarten_signature'], 'awaiting_parent_signature'),
    ('new_contract_version', array['awaiting_parent_signature', 'awaiting_kindergarten_signature'], 'awaiting_parent_signature'),
    ('sign_as_kindergarten', array['awaiting_kindergarten_signature'], 'enrolled'),
    ('run_out', array['voucher_confirmed', 'awaiting_parent_signature'], 'archived'),
    ('return_to_queue', array['on_stop_list'], 'queued'),
    ('leave_stop_list', array['on_stop_list'], 'archived'),
    ('undo_lapse', array['on_stop_list', 'queued', 'archived'], 'voucher_issued'),
    ('undo_run_out', array['archived'], 'voucher_confirmed'),
    ('undo_leave_stop_list', array['archived'], 'on_stop_list'),
    ('withdraw', null, 'archived'),
    ('archive_enrolled_elsewhere', null, 'archived'),
    ('outgrow', null, 'archived')),
-- Deeds and the notices that tell of them.
told_of (deed, kind) as (values
    ('confirm_documents', 'confirmed'), ('reject', 'rejected'), ('issue_voucher', 'voucher_issued'),
    ('lapse', 'voucher_lapsed'), ('run_out', 'not_finished'), ('leave_stop_list', 'not_returned'),
    ('outgrow', 'outgrown'), ('send_contract', 'contract_sent'), ('decline', 'declined'),
    ('return_papers', 'papers_returned'),
    ('sign_as_kindergarten', 'enrolled'), ('archive_enrolled_elsewhere', 'enrolled_elsewhere')),
steps as (
    select j.id, j.application_id, j.deed, l.from_stages,
           case when j.deed = 'submit' then case when a.queue_type = 'special' then 'awaiting_review' else 'queued' end
                else l.to_stage end as to_stage
    from journal j join applications a on a.id = j.application_id left join law l on l.deed = j.deed
    where j.deed = 'submit' or l.deed is not null),
path as (
    select *, lag(to_stage) over its as before, lead(id) over its is null as is_last
    from steps window its as (partition by application_id order by id)),
-- A place is held in these stages, and a voucher is out in these and the two before.
holding (stage) as (values ('awaiting_contract'), ('awaiting_parent_signature'), ('awaiting_kindergarten_signature')),
out (stage) as (select stage from holding union all values ('voucher_issued'), ('voucher_confirmed')),
in_groups as (
    select group_id, count(*) filter (where stage in (select stage from holding)) as held,
           count(*) filter (where stage = 'enrolled') as enrolled
    from applications where group_id is not null group by group_id),
-- Children who came to a group, or left it, beside the portal's road.
beside as (
    select subject, sum(case deed when 'children_recorded' then 1 else -1 end * (facts->>'children')::int) as children
    from journal where deed in ('children_recorded', 'children_left') group by subject),
told as (
    select coalesce(j.application_id, n.application_id) as application_id, coalesce(j.kind, n.kind) as kind,
           coalesce(j.times, 0) as done, coalesce(n.times, 0) as told
    from (select j.application_id, t.kind, count(*) as times from journal j join told_of t using (deed) group by 1, 2) j
    full join (select application_id, notice->>'kind' as kind, count(*) as times from notices
               where notice->>'kind' in (select kind from told_of) group by 1, 2) n
         on n.application_id = j.application_id and n.kind = j.kind)

select 'I1 places do not add up' as name, g.id::text as what
from groups g left join in_groups i on i.group_id = g.id left join beside b on b.subject = g.id::text
where g.held <> coalesce(i.held, 0) or g.enrolled <> coalesce(i.enrolled, 0) + coalesce(b.children, 0)
   or g.held + g.enrolled > g.capacity or g.held < 0
union all
select 'I1 a closed group has children', g.id::text from groups g where g.closed_at is not null and g.held + g.enrolled > 0
union all
select 'I2 two live applications of a child in one queue type', child_id::text
from applications where stage not in ('enrolled', 'archived') group by child_id, queue_type having count(*) > 1
union all
select 'I2 two live vouchers of a child', child_id::text from vouchers where ended_at is null group by child_id having count(*) > 1
union all
select 'I2 enrolled twice, or enrolled and waiting', child_id::text
from applications where stage <> 'archived' group by child_id
having bool_or(stage = 'enrolled') and count(*) > 1
union all
select 'I3 a live voucher and its application do not name each other', v.id::text
from vouchers v join applications a on a.id = v.application_id
where v.ended_at is null and (a.voucher_id is distinct from v.id or a.child_id <> v.child_id or a.stage not in (select stage from out))
union all
select 'I3 a stage with a voucher has none that lives', a.id::text
from applications a left join vouchers v on v.id = a.voucher_id and v.application_id = a.id and v.ended_at is null
where a.stage in (select stage from out) and v.id is null
union all
select 'I4 a voucher is in no state of the model', v.id::text
from vouchers v join applications a on a.id = v.application_id
where (v.ended_at is null and (v.confirmed_at is null) <> (a.stage = 'voucher_issued'))
   or (v.end_reason = 'enrolled' and a.stage <> 'enrolled') or (v.end_reason = 'lapsed' and v.confirmed_at is not null)
   or (v.end_reason = 'not_finished' and v.confirmed_at is null)
union all
select 'I4 moments out of order', v.id::text
from vouchers v join applications a on a.id = v.application_id
where v.issued_at < a.submitted_at or v.confirmed_at < v.issued_at or v.extended_at < v.confirmed_at
   or v.ended_at < greatest(v.issued_at, v.confirmed_at, v.extended_at)
union all
select 'I4 an open contract that its application does not name', c.id::text
from contracts c join applications a on a.id = c.application_id
where c.voided_at is null and a.contract_id is distinct from c.id
union all
select 'I4 a contract in the wrong stage', a.id::text
from applications a join contracts c on c.id = a.contract_id
where c.voided_at is not null or c.group_id <> a.group_id or c.voucher_id <> a.voucher_id
   or (c.parent_signed_at is not null) <> (a.stage in ('awaiting_kindergarten_signature', 'enrolled'))
   or (c.kindergarten_signed_at is not null) <> (a.stage = 'enrolled')
union all
select 'I4 a signature waits where none is awaited', s.id::text
from signature_checks s join contracts c on c.id = s.contract_id join applications a on a.id = c.application_id
where s.state = 'waiting'
  and (a.contract_id is distinct from c.id or c.voided_at is not null or s.content_sha256 is distinct from c.pdf_sha256
       or a.stage <> case s.party when 'parent' then 'awaiting_parent_signature' else 'awaiting_kindergarten_signature' end)
union all
select 'I5 the date of submission has changed', a.id::text
from applications a left join journal j on j.application_id = a.id and j.deed = 'submit'
group by a.id having count(j.id) <> 1 or max(j.at) is distinct from a.submitted_at
union all
select 'I5 the order and its events differ', a.id::text
from applications a left join queue_events e on e.application_id = a.id
group by a.id having coalesce(sum(e.step), 0) <> (a.stage = 'queued')::int
union all
select 'I6 a live voucher without its day', v.id::text
from vouchers v join applications a on a.id = v.application_id
where v.ended_at is null and (v.confirm_by is null
   -- While the term stands still the day kept is the one shown before; the notice may be accepted after it, and the interest
   -- confirmed meanwhile: then the day is nobody's any more.
   or (v.confirm_by < v.confirm_day0 and v.confirmed_at is null and not exists (select from voucher_pauses p where p.voucher_id = v.id and p.to_on is null))
   or (v.confirmed_at is not null and (v.conclude_by is null)
       <> exists (select from voucher_pauses p where p.voucher_id = v.id and p.to_on is null)
       and not exists (select from outages where to_on is null)))
union all
select 'I6 the term stands still for a check, and none is awaited, or the other way round', v.id::text
from vouchers v join applications a on a.id = v.application_id
where v.ended_at is null
  and exists (select from voucher_pauses p where p.voucher_id = v.id and p.to_on is null and p.why = 'check')
   <> exists (select from signature_checks s where s.contract_id = a.contract_id and s.state = 'waiting')
union all
select 'I7 a deed that the stage before does not have', p.deed || ' of ' || p.application_id
from path p
where case when p.deed = 'submit' then p.before is not null
           when p.from_stages is null then p.before is null or p.before in ('enrolled', 'archived')
           else p.before is null or p.before <> all (p.from_stages) end
union all
select 'I7 the journal ends in another stage', a.id::text
from applications a left join path p on p.application_id = a.id and p.is_last where p.to_stage is distinct from a.stage
union all
select 'I7 vouchers that were not journalled, or twice', a.id::text
from applications a
where (select count(*) from vouchers v where v.application_id = a.id)
    <> (select count(*) from journal j where j.application_id = a.id and j.deed = 'issue_voucher')
union all
select 'I7 a deed that was not told, or told twice: ' || kind, application_id::text from told where done <> told
union all
select 'I8 two texts under one number of the gateway', provider_id from notices where provider_id is not null
group by provider_id having count(*) > 1
union all
select 'I8 a text that was sent has no number', id::text from notices where state = 'sent' and provider_id is null
