-- Vouchers and contracts: what was given, until when, and what was signed.

create table vouchers (
    id uuid primary key,
    application_id uuid not null references applications (id),
    child_id uuid not null references children (id),
    number text not null constraint vouchers_number_unique unique,
    issued_at timestamptz not null,
    -- The term to confirm: the last good day is stored and is the day shown.
    confirm_day0 date not null,
    confirm_days integer not null,
    confirm_by date not null,
    -- The Almaty day on which the SMS gateway took the notice; until then nothing is annulled.
    notice_accepted_on date,
    confirmed_at timestamptz,
    conclude_day0 date,
    conclude_days integer,
    extended_at timestamptz,
    -- Null while the kindergarten holds the case: the term stands still.
    conclude_by date,
    -- False when the day falls into a year the calendar does not know: shown as "not before", never late.
    conclude_firm boolean not null default true,
    ended_at timestamptz,
    end_reason text constraint vouchers_end_known check (end_reason in ('lapsed', 'refused', 'not_finished', 'withdrawn', 'outgrown', 'enrolled_elsewhere', 'enrolled')),
    constraint vouchers_end_whole check ((ended_at is null) = (end_reason is null)),
    constraint vouchers_conclude_whole check ((confirmed_at is null) = (conclude_day0 is null)
        and (confirmed_at is null) = (conclude_days is null) and (conclude_by is null or confirmed_at is not null)),
    constraint vouchers_confirm_after_issue check (confirmed_at >= issued_at),
    constraint vouchers_end_after_issue check (ended_at >= issued_at)
);
-- Never two vouchers for one child.
create unique index vouchers_child_live on vouchers (child_id) where ended_at is null;
create unique index vouchers_application_live on vouchers (application_id) where ended_at is null;
create index vouchers_application on vouchers (application_id);
create index vouchers_confirm_due on vouchers (confirm_by) where ended_at is null and confirmed_at is null;
create index vouchers_conclude_due on vouchers (conclude_by) where ended_at is null and conclude_by is not null;
alter table applications add constraint applications_voucher foreign key (voucher_id) references vouchers (id)
    deferrable initially deferred;
create index applications_voucher on applications (voucher_id) where voucher_id is not null;

-- Days, both inclusive, on which the kindergarten held the case: they do not count against the family.
create table voucher_pauses (
    voucher_id uuid not null references vouchers (id),
    from_on date not null,
    to_on date,
    ordinal integer not null,
    primary key (voucher_id, ordinal),
    constraint voucher_pauses_ordered check (to_on is null or from_on <= to_on)
);
create unique index voucher_pauses_one_open on voucher_pauses (voucher_id) where to_on is null;

-- One row per version of a contract. Its text is frozen when the parent has filled it in.
create table contracts (
    id uuid primary key,
    application_id uuid not null references applications (id),
    voucher_id uuid not null references vouchers (id),
    group_id uuid not null references groups (id),
    number text not null constraint contracts_number_unique unique,
    template_version text not null,
    starts_on date not null,
    parent_fee integer not null constraint contracts_fee_not_negative check (parent_fee >= 0),
    sent_at timestamptz not null,
    parent_address text,
    filled_at timestamptz,
    pdf bytea,
    pdf_sha256 bytea,
    parent_cms bytea,
    parent_verdict jsonb,
    parent_signed_at timestamptz,
    kindergarten_cms bytea,
    kindergarten_verdict jsonb,
    kindergarten_signed_at timestamptz,
    voided_at timestamptz,
    constraint contracts_filled_whole check ((filled_at is null) = (pdf is null) and (pdf is null) = (pdf_sha256 is null)
        and (filled_at is null) = (parent_address is null)),
    constraint contracts_parent_signs_text check ((parent_cms is null) = (parent_signed_at is null)
        and (parent_cms is null) = (parent_verdict is null) and (parent_cms is null or pdf is not null)),
    constraint contracts_kindergarten_signs_after_parent check ((kindergarten_cms is null) = (kindergarten_signed_at is null)
        and (kindergarten_cms is null) = (kindergarten_verdict is null)
        and (kindergarten_cms is null or parent_cms is not null))
);
create unique index contracts_application_open on contracts (application_id) where voided_at is null;
create index contracts_voucher on contracts (voucher_id);
create index contracts_group on contracts (group_id);
alter table applications add constraint applications_contract foreign key (contract_id) references contracts (id)
    deferrable initially deferred;
create index applications_contract on applications (contract_id) where contract_id is not null;

create table contract_documents (
    contract_id uuid not null references contracts (id),
    kind text not null,
    file_id uuid not null references files (id),
    primary key (contract_id, kind)
);
create index contract_documents_file on contract_documents (file_id);

-- Which kindergartens a family cannot choose any more with this application, and why.
create table declines (
    application_id uuid not null references applications (id),
    kindergarten_id uuid not null references kindergartens (id),
    reason text not null,
    declined_at timestamptz not null,
    -- A decline for the vaccination ratio removes the kindergarten, one for papers does not.
    final boolean not null,
    primary key (application_id, kindergarten_id, declined_at)
);
create index declines_kindergarten on declines (kindergarten_id);
