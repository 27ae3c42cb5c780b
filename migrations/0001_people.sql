-- People: who they are, how they sign in, what keeps strangers out.

create table cities (
    code text primary key,
    name_kk text not null,
    name_ru text not null
);
insert into cities values ('almaty', 'Алматы қ.', 'г. Алматы');

-- One account per person. A parent is anyone with an account; other roles are rows of `roles`.
create table accounts (
    id uuid primary key,
    iin text not null constraint accounts_iin_unique unique constraint accounts_iin_shape check (iin ~ '^[0-9]{12}$'),
    -- Null when the number has moved to a new holder.
    phone text constraint accounts_phone_unique unique constraint accounts_phone_shape check (phone ~ '^\+7[0-9]{10}$'),
    surname text not null,
    name text not null,
    patronymic text,
    sex text not null constraint accounts_sex_known check (sex in ('m', 'f')),
    birth_on date not null,
    language text not null constraint accounts_language_known check (language in ('kk', 'ru')),
    -- Null until the person has set a password through the SMS road (staff added by an operator).
    password_hash text,
    policy_version text,
    policy_accepted_at timestamptz,
    registered_at timestamptz not null,
    -- After a recovery by SMS alone, files stored before it stay closed until this moment.
    recovered_at timestamptz,
    disabled_at timestamptz,
    constraint accounts_policy_whole check ((policy_version is null) = (policy_accepted_at is null))
);

-- A signed-in browser. The identifier is stored hashed: a copy of this table opens nothing.
create table sessions (
    id_hash bytea primary key,
    account_id uuid not null references accounts (id) on delete cascade,
    role text not null constraint sessions_role_known check (role in ('parent', 'doctor', 'kindergarten', 'operator')),
    kindergarten_id uuid,
    data jsonb not null,
    browser text not null,
    signed_in_at timestamptz not null,
    seen_at timestamptz not null,
    -- When the password was last given: some deeds ask for it again after 30 minutes.
    password_at timestamptz not null,
    constraint sessions_kindergarten_named check ((role = 'kindergarten') = (kindergarten_id is not null))
);
create index sessions_account on sessions (account_id);

-- Browsers on which a person has once given an SMS code.
create table known_browsers (
    account_id uuid not null references accounts (id) on delete cascade,
    browser_hash bytea not null,
    known_since timestamptz not null,
    primary key (account_id, browser_hash)
);

-- An SMS code asked for. A row is made for known and unknown people alike; `code_hash` is null when nothing was sent.
create table challenges (
    id uuid primary key,
    purpose text not null constraint challenges_purpose_known
        check (purpose in ('register', 'recover', 'sign_in', 'change_phone')),
    -- The browser that asked: the code works in no other.
    visitor_hash bytea not null,
    account_id uuid references accounts (id) on delete cascade,
    iin text,
    phone text not null,
    -- What the person registry said, shown once the code is proven.
    person jsonb,
    policy_version text,
    language text not null,
    code_hash bytea,
    attempts integer not null default 0 constraint challenges_attempts_few check (attempts between 0 and 5),
    asked_at timestamptz not null,
    sent_at timestamptz not null,
    expires_at timestamptz not null,
    proven_at timestamptz,
    used_at timestamptz
);
create index challenges_visitor on challenges (visitor_hash, purpose, asked_at desc);
create index challenges_account on challenges (account_id);

-- How often somebody has done something lately: the moments themselves, so that every window is exact.
create table limits (
    scope text not null,
    subject bytea not null,
    hits timestamptz[] not null,
    primary key (scope, subject)
);

-- Every form carries a one-time key; what it led to is kept, so that pressing twice has one effect.
create table form_keys (
    key bytea primary key,
    used_at timestamptz not null,
    location text not null
);

create table children (
    id uuid primary key,
    iin text not null constraint children_iin_unique unique constraint children_iin_shape check (iin ~ '^[0-9]{12}$'),
    surname text not null,
    name text not null,
    patronymic text,
    sex text not null constraint children_sex_known check (sex in ('m', 'f')),
    birth_on date not null,
    district text not null,
    registered_at timestamptz not null
);

-- Which adult may act for which child: the registry said so on that day.
create table guardians (
    child_id uuid not null references children (id),
    account_id uuid not null references accounts (id),
    relation text not null,
    added_at timestamptz not null,
    constraint guardians_once primary key (child_id, account_id)
);
create index guardians_account on guardians (account_id);

-- The portal's clock: every deed asks it once. The sandbox replaces this function by one that adds its offset,
-- so that all processes agree; the production build never does.
create function portal_now() returns timestamptz language sql volatile as 'select clock_timestamp()';
