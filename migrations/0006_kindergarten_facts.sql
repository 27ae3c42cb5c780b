-- What families want to know of a kindergarten before they choose it: where it is, how to get there, who works with the
-- children, what it looks like; and what makes the catalogue cheap to search and to sort.

alter table kindergartens
    add column directions_kk text not null default '',
    add column directions_ru text not null default '',
    -- Codes of rules::facility::Facility.
    add column accessibility text[] not null default '{}',
    -- The names as a search sees them; rules::kindergarten::fold folds what is searched for alike.
    add column name_folded text not null generated always as (
        translate(lower((name_kk || ' ' || name_ru) collate "kk-x-icu"), 'әғқңөұүһіё', 'агкноуухие')) stored,
    -- The names with each letter replaced by one that stands at its place in the alphabet: compared byte by byte they are
    -- in the order of kk-x-icu, for a fraction of its cost.
    add column sort_kk text collate "C" not null generated always as (
        translate(lower(name_kk collate "kk-x-icu"), 'аәбвгғдеёжзийкқлмнңоөпрстуұүфхһцчшщъыіьэюяabcdefghijklmn№opqrstuvwxyz«»',
                  'ĀāĂăĄąĆćĈĉĊċČčĎďĐđĒēĔĕĖėĘęĚěĜĝĞğĠġĢģĤĥĦħĨĩĪīĬĭĮįİıĲĳĴĵĶķĸĹĺĻļĽľĿŀŁłŃń""')) stored,
    add column sort_ru text collate "C" not null generated always as (
        translate(lower(name_ru collate "ru-x-icu"), 'аәбвгғдеёжзийкқлмнңоөпрстуұүфхһцчшщъыіьэюяabcdefghijklmn№opqrstuvwxyz«»',
                  'ĀāĂăĄąĆćĈĉĊċČčĎďĐđĒēĔĕĖėĘęĚěĜĝĞğĠġĢģĤĥĦħĨĩĪīĬĭĮįİıĲĳĴĵĶķĸĹĺĻļĽľĿŀŁłŃń""')) stored,
    add constraint kindergartens_position_whole check ((latitude is null) = (longitude is null)),
    add constraint kindergartens_position_on_earth check (latitude between -90 and 90 and longitude between -180 and 180),
    add constraint kindergartens_directions_whole check ((directions_kk = '') = (directions_ru = ''));

-- Who works with the children, and how many hours a week.
create table therapists (
    kindergarten_id uuid not null references kindergartens (id),
    -- A code of rules::facility::Specialist.
    specialist text not null,
    hours_per_week integer not null constraint therapists_hours_of_a_week check (hours_per_week between 1 and 80),
    primary key (kindergarten_id, specialist)
);

-- Pictures of the house, drawn anew by the portal from what was uploaded: nothing of the original file is in them.
create table kindergarten_photos (
    id uuid primary key,
    kindergarten_id uuid not null references kindergartens (id),
    ordinal integer not null constraint kindergarten_photos_few check (ordinal between 1 and 6),
    alt_kk text not null constraint kindergarten_photos_alt_kk_there check (alt_kk <> ''),
    alt_ru text not null constraint kindergarten_photos_alt_ru_there check (alt_ru <> ''),
    media text not null constraint kindergarten_photos_media_known check (media = 'image/jpeg'),
    width integer not null constraint kindergarten_photos_width_positive check (width > 0),
    height integer not null constraint kindergarten_photos_height_positive check (height > 0),
    bytes bytea not null constraint kindergarten_photos_small check (length(bytes) between 1 and 300 * 1024),
    sha256 bytea not null constraint kindergarten_photos_sha256_length check (length(sha256) = 32),
    added_at timestamptz not null,
    constraint kindergarten_photos_ordinal_once unique (kindergarten_id, ordinal)
);

-- "Which queue date got in here lately", for a whole type.
create index applications_enrolled on applications (queue_id, enrolled_on desc) where stage = 'enrolled';
