-- What people were told, and who did or saw what. Both are written in the transaction of the deed.

create table notices (
    id uuid primary key,
    account_id uuid not null references accounts (id),
    application_id uuid references applications (id),
    -- The notice with its facts (rules::notice::Notice); the words are put in the account's language.
    notice jsonb not null,
    language text not null constraint notices_language_known check (language in ('kk', 'ru')),
    created_at timestamptz not null,
    read_at timestamptz,
    state text not null constraint notices_state_known check (state in ('queued', 'sent', 'delivered', 'failed')),
    -- Where it was sent; stored when the gateway took it.
    phone text,
    attempts integer not null default 0,
    next_attempt_at timestamptz not null,
    provider_id text,
    sent_at timestamptz,
    settled_at timestamptz,
    constraint notices_sent_has_provider check (state in ('queued', 'failed') or (provider_id is not null and sent_at is not null))
);
create index notices_account on notices (account_id, created_at desc);
create index notices_application on notices (application_id);
create index notices_due on notices (next_attempt_at) where state in ('queued', 'sent');
-- A voucher's notice waits for its gateway: looked up when the text is taken.

create table journal (
    id bigint primary key generated always as identity,
    at timestamptz not null,
    -- Null: the system itself.
    actor_id uuid references accounts (id),
    actor_role text not null,
    deed text not null,
    application_id uuid references applications (id),
    subject text,
    request_id uuid not null,
    facts jsonb not null default '{}'
);
create index journal_application on journal (application_id, id);
create index journal_actor on journal (actor_id, id);

-- Terms and limits of the rules, each with the day from which it holds. The newest row not after a moment is in force.
create table settings (
    name text not null,
    valid_from timestamptz not null,
    value integer not null constraint settings_value_not_negative check (value >= 0),
    reason text not null,
    primary key (name, valid_from)
);

-- Questions to the outside that wait for an answer are told by one lease at a time.
create table leases (
    name text primary key,
    holder uuid not null,
    until timestamptz not null
);
