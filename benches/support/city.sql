-- A city of the size that the figures speak of: 900 kindergartens, 5,000 groups, 5,000 families in the queues.
insert into kindergartens (id, bin, city, district, name_kk, name_ru, address_kk, address_ru, phone, ownership, head_name, barrier_free)
select gen_random_uuid(), lpad(n::text, 12, '0'), 'almaty',
       (array['alatau', 'almaly', 'auezov', 'bostandyq', 'zhetisu', 'medeu', 'nauryzbay', 'turksib'])[1 + n % 8],
       '№ ' || n || ' «' || kk || '» бөбекжай-балабақшасы', 'Ясли-сад № ' || n || ' «' || ru || '»',
       'Абай даңғылы, ' || n || '-үй', 'проспект Абая, дом ' || n, '+7727' || lpad(n::text, 7, '0'),
       case when n % 3 = 0 then 'private' else 'state' end, 'Серікбаева Айгүл Маратқызы', n % 4 = 0
from generate_series(1, 900) n,
     lateral (select (array['Балапан', 'Күншуақ', 'Ақ көгершін', 'Айгөлек', 'Қарлығаш', 'Еркетай', 'Нұрсәуле', 'Бәйтерек'])[1 + n % 8] as kk,
                     (array['Птенец', 'Солнышко', 'Белый голубь', 'Айголек', 'Ласточка', 'Еркетай', 'Лучик', 'Байтерек'])[1 + n % 8] as ru) names;

create temporary table kinds as select ordinality as n, code from unnest(array[
    'speech_severe', 'speech_phonetic', 'hearing_deaf', 'hearing_hard', 'vision_blind', 'vision_low', 'musculoskeletal', 'intellectual',
    'developmental_delay', 'intellectual_complex', 'tuberculosis', 'frequently_ill', 'complex', 'autism', 'other'])
    with ordinality as kind (code, ordinality);

-- Five or six in each kindergarten, some of them of the general queue.
insert into groups (id, kindergarten_id, name, correction_type, language, birth_year_from, birth_year_to, capacity, enrolled, held)
select gen_random_uuid(), k.id, 'Топ ' || i, case when i / 900 % 3 = 0 then null else kind.code end, case when i % 4 = 0 then 'ru' else 'kk' end,
       2020 + i % 4, 2021 + i % 4, 10 + i % 6, i % 10, 0
from generate_series(1, 5000) i
join (select id, row_number() over (order by bin) as line from kindergartens) k on k.line = 1 + i % 900
join kinds kind on kind.n = 1 + i % 15;

insert into accounts (id, iin, surname, name, sex, birth_on, language, registered_at)
select gen_random_uuid(), lpad(n::text, 12, '0'), 'Ахметова', 'Гүлнар', 'f', '1992-03-04', 'kk', '2026-01-05' from generate_series(1, 5000) n;
insert into children (id, iin, surname, name, sex, birth_on, district, registered_at)
select gen_random_uuid(), '6' || lpad(n::text, 11, '0'), 'Ахметов', 'Әлихан', 'm', '2023-06-07', 'medeu', '2026-01-05' from generate_series(1, 5000) n;
insert into guardians (child_id, account_id, relation, added_at)
select c.id, a.id, 'mother', '2026-01-05'
from (select id, row_number() over (order by iin) as line from children) c
join (select id, row_number() over (order by iin) as line from accounts) a using (line);

insert into queues (city, queue_type, correction_type) values ('almaty', 'general', null);
insert into queues (city, queue_type, correction_type) select 'almaty', 'special', code from kinds;

-- Every other family waits in the general queue, the rest in those of the corrections.
insert into applications (id, number, public_handle, applicant_id, child_id, queue_id, queue_type, correction_type, city, district, language,
                          birth_year, submitted_at, consented_at, stage, stage_since)
select gen_random_uuid(), 'BENCH' || lpad(line::text, 8, '0'), 'H' || lpad(line::text, 9, '0'), a.id, g.child_id, q.id, q.queue_type,
       q.correction_type, 'almaty', 'medeu', 'kk', 2023, at, at, 'queued', at
from (select id, row_number() over (order by iin) as line from accounts) a
join guardians g on g.account_id = a.id
join kinds kind on kind.n = 1 + line % 15
join queues q on q.correction_type is not distinct from case when line % 2 = 0 then null else kind.code end
cross join lateral (select timestamptz '2026-02-01' + line * interval '37 seconds' as at) moment;
insert into queue_events (queue_id, application_id, at, step, cause)
select queue_id, id, submitted_at, 1, case queue_type when 'special' then 'confirmed' else 'submitted' end from applications;
insert into wishes (application_id, rank, kindergarten_id)
select a.id, r, k.id
from (select id, row_number() over (order by number) as line from applications) a
cross join generate_series(1, 5) r
join (select id, row_number() over (order by bin) as line from kindergartens) k on k.line = 1 + (a.line * 7 + r * 131) % 900;
insert into notices (id, account_id, application_id, notice, language, created_at, read_at, state, next_attempt_at)
select gen_random_uuid(), a.applicant_id, a.id, '{"kind": "confirmed", "place": 9}', 'kk', at, case when n > 3 then at end, 'failed', at
from applications a cross join generate_series(1, 12) n
cross join lateral (select timestamptz '2026-02-02' + n * interval '1 hour' as at) moment;
vacuum analyze;
