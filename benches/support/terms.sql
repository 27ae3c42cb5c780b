-- A hundred thousand families that will apply, and two hundred thousand vouchers that nobody confirmed.
insert into kindergartens (id, bin, city, district, name_kk, name_ru, address_kk, address_ru, phone, ownership, head_name)
select gen_random_uuid(), lpad(n::text, 12, '0'), 'almaty', 'medeu', 'Балапан', 'Птенец', 'Абай даңғылы, 1', 'проспект Абая, 1', '+77270000000', 'state', 'Серікбаева Айгүл'
from generate_series(1, 3) n;
insert into accounts (id, iin, surname, name, sex, birth_on, language, registered_at)
select gen_random_uuid(), lpad(n::text, 12, '0'), 'Ахметова', 'Гүлнар', 'f', '1992-03-04', 'kk', '2026-01-05' from generate_series(1, 100000) n;
insert into children (id, iin, surname, name, sex, birth_on, district, registered_at)
select gen_random_uuid(), '6' || lpad(n::text, 11, '0'), 'Ахметов', 'Әлихан', 'm', '2023-06-07', 'medeu', '2026-01-05' from generate_series(1, 300000) n;
insert into guardians (child_id, account_id, relation, added_at)
select c.id, a.id, 'mother', '2026-01-05'
from (select id, row_number() over (order by iin) as line from children) c
join (select id, row_number() over (order by iin) as line from accounts) a using (line);
insert into queues (city, queue_type, correction_type) values ('almaty', 'general', null), ('almaty', 'special', 'autism');

create table floor_rows (day integer, batch bigint, application_id uuid, applicant_id uuid);
create table seeded as
select gen_random_uuid() as application_id, gen_random_uuid() as voucher_id, c.id as child_id, a.id as applicant_id, line - 100000 as line,
       -- Each of five days has 40,000: the sweep's and the floor's.
       ((line - 100001) / 40000)::int as day, (line - 100001) % 40000 >= 20000 as floor, ((line - 100001) % 20000) / 400 as batch
from (select id, row_number() over (order by iin) as line from children) c
join (select id, row_number() over (order by iin) as place from accounts) a on a.place = 1 + line % 100000
where line > 100000;
set session_replication_role = replica;
insert into applications (id, number, public_handle, applicant_id, child_id, queue_id, queue_type, correction_type, city, district, language,
                          birth_year, submitted_at, consented_at, stage, stage_since, voucher_id)
select s.application_id, 'BENCH' || lpad(line::text, 8, '0'), 'H' || lpad(line::text, 9, '0'), applicant_id, child_id, q.id, q.queue_type, q.correction_type,
       'almaty', 'medeu', 'kk', 2023, '2026-02-01', '2026-02-01', 'voucher_issued', '2026-11-02', voucher_id
from seeded s join queues q on q.queue_type = 'special';
insert into vouchers (id, application_id, child_id, number, issued_at, confirm_day0, confirm_days, confirm_by, notice_accepted_on)
select voucher_id, application_id, child_id, 'V' || lpad(line::text, 9, '0'), '2026-11-02', '2026-11-02', 2,
       -- The floor's are never due.
       case when floor then date '2027-11-09' else date '2026-11-09' + day end, '2026-11-02'
from seeded;
set session_replication_role = origin;
insert into floor_rows select day, batch, application_id, applicant_id from seeded where floor;
create index floor_rows_batch on floor_rows (day, batch);
vacuum analyze;
