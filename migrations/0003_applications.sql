-- Applications, from submission to enrolment. `stage` is the one spine; other rows hold facts, never a second opinion.

-- A file lies outside the web root under a random name; the row and the file are made in one act.
create table files (
    id uuid primary key,
    owner_id uuid not null references accounts (id),
    name text not null,
    media text not null constraint files_media_known check (media in ('application/pdf', 'image/jpeg', 'image/png')),
    size bigint not null constraint files_size_positive check (size > 0),
    sha256 bytea not null constraint files_sha256_length check (length(sha256) = 32),
    stored_at timestamptz not null,
    -- A draft's file is kept until then; null once it belongs to a case.
    kept_until timestamptz
);
create index files_owner on files (owner_id);
create index files_kept on files (kept_until) where kept_until is not null;

-- A queue = city × type × correction type. A round locks the row of its queue.
create table queues (
    id integer primary key generated always as identity,
    city text not null references cities (code),
    queue_type text not null constraint queues_type_known check (queue_type in ('special', 'general')),
    correction_type text,
    constraint queues_correction_matches_type check ((queue_type = 'special') = (correction_type is not null)),
    constraint queues_once unique nulls not distinct (city, queue_type, correction_type)
);

create table applications (
    id uuid primary key,
    -- 12 random characters and a check character; what the family quotes.
    number text not null constraint applications_number_unique unique,
    -- What the public queue shows instead of the number.
    public_handle text not null constraint applications_handle_unique unique,
    applicant_id uuid not null references accounts (id),
    child_id uuid not null references children (id),
    queue_id integer not null references queues (id),
    queue_type text not null,
    correction_type text,
    city text not null references cities (code),
    district text not null,
    language text not null constraint applications_language_known check (language in ('kk', 'ru')),
    birth_year integer not null,
    submitted_at timestamptz not null,
    consented_at timestamptz not null,
    stage text not null constraint applications_stage_known check (stage in (
        'awaiting_review', 'queued', 'voucher_issued', 'voucher_confirmed', 'awaiting_contract',
        'awaiting_parent_signature', 'awaiting_kindergarten_signature', 'enrolled', 'on_stop_list', 'archived')),
    stage_since timestamptz not null,
    reviewed_by uuid references accounts (id),
    reviewed_at timestamptz,
    reject_reason text,
    reject_text text,
    voucher_id uuid,
    group_id uuid references groups (id),
    contract_id uuid,
    enrolled_on date,
    stop_listed_on date,
    -- Null on the stop list when the one return is spent.
    return_by date,
    returned_at timestamptz,
    archive_reason text,
    archived_at timestamptz,
    constraint applications_correction_matches_type check ((queue_type = 'special') = (correction_type is not null)),
    constraint applications_review_is_special check (stage <> 'awaiting_review' or queue_type = 'special'),
    constraint applications_voucher_matches_stage check ((stage in ('voucher_issued', 'voucher_confirmed',
        'awaiting_contract', 'awaiting_parent_signature', 'awaiting_kindergarten_signature', 'enrolled'))
        = (voucher_id is not null)),
    constraint applications_group_matches_stage check ((stage in ('awaiting_contract', 'awaiting_parent_signature',
        'awaiting_kindergarten_signature', 'enrolled')) = (group_id is not null)),
    constraint applications_contract_matches_stage check ((stage in ('awaiting_parent_signature',
        'awaiting_kindergarten_signature', 'enrolled')) = (contract_id is not null)),
    constraint applications_enrolled_on_matches_stage check ((stage = 'enrolled') = (enrolled_on is not null)),
    constraint applications_stop_list_matches_stage check ((stage = 'on_stop_list') = (stop_listed_on is not null)
        and (return_by is null or stage = 'on_stop_list')),
    constraint applications_archive_matches_stage check ((stage = 'archived') = (archive_reason is not null)
        and (stage = 'archived') = (archived_at is not null)),
    constraint applications_rejection_whole check ((archive_reason is not distinct from 'rejected') = (reject_reason is not null))
);
-- One live application per child and queue type, whoever applies.
create unique index applications_child_live on applications (child_id, queue_type)
    where stage not in ('enrolled', 'archived');
-- An enrolled child cannot be enrolled twice.
create unique index applications_child_enrolled on applications (child_id) where stage = 'enrolled';
create index applications_queue_order on applications (queue_id, submitted_at, id) where stage = 'queued';
create index applications_review_order on applications (submitted_at, id) where stage = 'awaiting_review';
create index applications_applicant on applications (applicant_id, submitted_at);
create index applications_child on applications (child_id);
create index applications_group on applications (group_id) where group_id is not null;
create index applications_queue on applications (queue_id, stage);
create index applications_reviewed_by on applications (reviewed_by) where reviewed_by is not null;

-- Up to five kindergartens in order of wish; the first is required.
create table wishes (
    application_id uuid not null references applications (id),
    rank integer not null constraint wishes_rank_five check (rank between 1 and 5),
    kindergarten_id uuid not null references kindergartens (id),
    primary key (application_id, rank),
    constraint wishes_once unique (application_id, kindergarten_id)
);
create index wishes_kindergarten on wishes (kindergarten_id);

-- The PMPK conclusion: an uploaded file, or one fetched from Arkotek by its number.
create table conclusions (
    application_id uuid primary key references applications (id),
    source text not null constraint conclusions_source_known check (source in ('upload', 'registry')),
    number text,
    issued_on date,
    valid_until date,
    -- What the registry says the conclusion is for: the doctor sees a difference.
    correction_type text,
    file_id uuid references files (id),
    -- Null while the registry is silent: the application waits with its date, the doctor cannot confirm.
    received_at timestamptz,
    -- The registry answered that it knows no such conclusion: the doctor sees it and rejects.
    unknown_at timestamptz,
    constraint conclusions_upload_has_file check (source <> 'upload' or (file_id is not null and received_at is not null)),
    constraint conclusions_registry_has_number check (source <> 'registry' or number is not null),
    constraint conclusions_received_whole check (received_at is null or source = 'upload' or (issued_on is not null and valid_until is not null))
);
create index conclusions_file on conclusions (file_id);
create index conclusions_waiting on conclusions (application_id) where received_at is null and unknown_at is null;
