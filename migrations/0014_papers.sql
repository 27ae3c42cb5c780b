-- The family's wallet of papers, papers sent back to be corrected, files that have lost their row or their bytes.

-- A paper as it is now; what was attached to a contract stays with it, whatever becomes of this one.
create table papers (
    id uuid primary key,
    account_id uuid not null references accounts (id),
    -- Null: the parent's own.
    child_id uuid references children (id),
    kind text not null constraint papers_kind_known check (kind in (
        'form_027', 'birth_certificate', 'parent_id', 'form_052_2', 'form_065', 'pmpk_conclusion')),
    file_id uuid not null references files (id),
    issued_on date,
    expires_on date,
    stored_at timestamptz not null,
    -- The warnings given about this very paper (rules::paper::Warning).
    warned text[] not null default '{}',
    constraint papers_owner_matches_kind check ((kind = 'parent_id') = (child_id is null)),
    constraint papers_dates_ordered check (expires_on >= issued_on),
    constraint papers_once unique nulls not distinct (account_id, child_id, kind)
);
create index papers_child on papers (child_id) where child_id is not null;
create index papers_file on papers (file_id);
create index papers_expiry on papers (expires_on) where expires_on is not null;

-- Papers the kindergarten sent back, by the version of the contract that is to come with better ones.
create table paper_returns (
    contract_id uuid not null references contracts (id),
    kind text not null,
    -- The file that was sent back: it is not taken again.
    file_id uuid references files (id),
    reason text not null constraint paper_returns_reason_known check (reason in (
        'unreadable', 'incomplete', 'expired', 'of_another', 'wrong_paper', 'other')),
    comment text not null,
    returned_at timestamptz not null,
    primary key (contract_id, kind)
);
create index paper_returns_file on paper_returns (file_id) where file_id is not null;

-- Files seen in the store without a row: one under way, or one whose process died. Gone when seen so a day later.
create table lone_files (
    file_id uuid primary key,
    seen_at timestamptz not null
);

-- Since when the store does not have the file of this row: an alarm.
alter table files add column missing_since timestamptz;
create index files_missing on files (missing_since) where missing_since is not null;
