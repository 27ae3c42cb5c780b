-- Kindergartens, their groups, and the places families wait for.

create table kindergartens (
    id uuid primary key,
    bin text not null constraint kindergartens_bin_unique unique constraint kindergartens_bin_shape check (bin ~ '^[0-9]{12}$'),
    city text not null references cities (code),
    district text not null,
    name_kk text not null,
    name_ru text not null,
    address_kk text not null,
    address_ru text not null,
    phone text not null,
    ownership text not null constraint kindergartens_ownership_known check (ownership in ('state', 'private')),
    head_name text not null,
    barrier_free boolean not null default false,
    latitude double precision,
    longitude double precision,
    closed_at timestamptz
);
create index kindergartens_city on kindergartens (city, district);

alter table sessions add constraint sessions_kindergarten foreign key (kindergarten_id) references kindergartens (id);

create table roles (
    id uuid primary key,
    account_id uuid not null references accounts (id) on delete cascade,
    role text not null constraint roles_role_known check (role in ('doctor', 'kindergarten', 'operator')),
    kindergarten_id uuid references kindergartens (id),
    granted_at timestamptz not null,
    constraint roles_kindergarten_named check ((role = 'kindergarten') = (kindergarten_id is not null)),
    constraint roles_once unique nulls not distinct (account_id, role, kindergarten_id)
);
create index roles_kindergarten on roles (kindergarten_id);

-- A place belongs to a group. Free = capacity − enrolled − held; the database refuses to go below none.
create table groups (
    id uuid primary key,
    kindergarten_id uuid not null references kindergartens (id),
    name text not null,
    -- Null: the general queue.
    correction_type text,
    language text not null constraint groups_language_known check (language in ('kk', 'ru')),
    birth_year_from integer not null,
    birth_year_to integer not null,
    capacity integer not null,
    enrolled integer not null default 0,
    held integer not null default 0,
    closed_at timestamptz,
    constraint groups_birth_years_ordered check (birth_year_from <= birth_year_to and birth_year_to - birth_year_from <= 7),
    constraint groups_counts_not_negative check (capacity between 0 and 200 and enrolled >= 0 and held >= 0),
    constraint groups_never_overfull check (enrolled + held <= capacity)
);
create index groups_kindergarten on groups (kindergarten_id);
create index groups_suitable on groups (correction_type, language, birth_year_from, birth_year_to);
