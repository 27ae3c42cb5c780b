-- For P9: 900 kindergartens, 5,000 groups of the general queue with 1,500 free places, 50,000 families waiting.
insert into kindergartens (id, bin, city, district, name_kk, name_ru, address_kk, address_ru, phone, ownership, head_name)
select gen_random_uuid(), lpad(n::text, 12, '0'), 'almaty', 'medeu', '№ ' || n, '№ ' || n, 'Абай', 'Абая', '+77270000000', 'state', 'Серікбаева Айгүл'
from generate_series(1, 900) n;
-- Three of ten groups have a place; every fourth is Russian; birth years two by two.
insert into groups (id, kindergarten_id, name, correction_type, language, birth_year_from, birth_year_to, capacity, enrolled)
select gen_random_uuid(), k.id, 'Топ ' || i, null, case when i % 4 = 0 then 'ru' else 'kk' end, 2020 + i % 5, 2021 + i % 5,
       20, case when i * 7 % 10 < 3 then 19 else 20 end
from generate_series(1, 5000) i
join (select id, row_number() over (order by bin) as line from kindergartens) k on k.line = 1 + i % 900;
insert into accounts (id, iin, surname, name, sex, birth_on, language, registered_at)
select gen_random_uuid(), lpad(n::text, 12, '0'), 'Ахметова', 'Гүлнар', 'f', '1992-03-04', 'kk', '2026-01-05' from generate_series(1, 50000) n;
insert into children (id, iin, surname, name, sex, birth_on, district, registered_at)
select gen_random_uuid(), '6' || lpad(n::text, 11, '0'), 'Ахметов', 'Әлихан', 'm', '2023-06-07', 'medeu', '2026-01-05' from generate_series(1, 50000) n;
insert into queues (city, queue_type, correction_type) values ('almaty', 'general', null);
-- The languages and birth years of families are not quite those of the places.
insert into applications (id, number, public_handle, applicant_id, child_id, queue_id, queue_type, city, district, language, birth_year,
                          submitted_at, consented_at, stage, stage_since)
select gen_random_uuid(), 'BENCH' || lpad(line::text, 8, '0'), 'H' || lpad(line::text, 9, '0'), a.id, c.id, q.id, 'general', 'almaty', 'medeu',
       case when line * 13 % 10 < 3 then 'ru' else 'kk' end, 2020 + (line * 31 % 11 / 2)::int, at, at, 'queued', at
from (select id, row_number() over (order by iin) as line from accounts) a
join (select id, row_number() over (order by iin) as line from children) c using (line)
cross join queues q
cross join lateral (select timestamptz '2026-02-01' + line * interval '37 seconds' as at) moment;
insert into queue_events (queue_id, application_id, at, step, cause)
select queue_id, id, submitted_at, 1, 'submitted' from applications;
insert into wishes (application_id, rank, kindergarten_id)
select a.id, r, k.id
from (select id, row_number() over (order by number) as line from applications) a
cross join generate_series(1, 3) r
join (select id, row_number() over (order by bin) as line from kindergartens) k on k.line = 1 + (a.line * 7 + r * 131) % 900;
vacuum analyze;
