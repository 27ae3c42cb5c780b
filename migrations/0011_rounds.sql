-- Rounds keep a protocol, and a voucher keeps a place for its family until the family chooses.

-- The group that keeps a place; it counts only while the voucher is out and nothing is chosen.
alter table vouchers add column kept_group_id uuid constraint vouchers_kept_group references groups (id);
create index vouchers_kept_group on vouchers (kept_group_id) where kept_group_id is not null;

-- A round reads the first families of each language and birth year, no more of them than there are places.
create index applications_queue_class on applications (queue_id, language, birth_year, submitted_at, id)
    where stage = 'queued';

-- A round that issued, reseated or unseated somebody. A round without effect leaves no row.
create table rounds (
    id uuid primary key,
    queue_id integer not null references queues (id),
    at timestamptz not null,
    -- The operator who held it; null: it ran by itself.
    held_by uuid references accounts (id),
    -- Before the round: free places in all, and by language and birth years.
    free integer not null constraint rounds_free_not_negative check (free >= 0),
    places jsonb not null,
    -- Vouchers that were out and had no chosen place: so many of the free places stood behind them.
    vouchers_out integer not null,
    waiting integer not null,
    issued integer not null,
    kept_back integer not null,
    passed_over integer not null,
    -- Vouchers that got a place again, and those for which none was left.
    reseated integer not null,
    unseated integer not null,
    constraint rounds_counts_not_negative check (least(vouchers_out, waiting, issued, kept_back, passed_over, reseated, unseated) >= 0)
);
create index rounds_queue on rounds (queue_id, at desc);
create index rounds_at on rounds (at desc);
create index rounds_held_by on rounds (held_by) where held_by is not null;

-- What became of each family the round considered, in order, by public handle.
create table round_lines (
    round_id uuid not null references rounds (id),
    ordinal integer not null constraint round_lines_ordinal_positive check (ordinal > 0),
    handle text not null,
    outcome text not null constraint round_lines_outcome_known
        check (outcome in ('issued', 'kept_back', 'passed_over', 'reseated', 'unseated')),
    -- The closed list of `rules::round::PassedOver`.
    reason text constraint round_lines_reason_known
        check (reason in ('has_voucher', 'no_language', 'no_birth_year', 'declined', 'taken')),
    -- The group that keeps a place for the family: the operator sees it.
    group_id uuid references groups (id),
    primary key (round_id, ordinal),
    constraint round_lines_reason_whole check ((outcome = 'passed_over') = (reason is not null))
);
create index round_lines_group on round_lines (group_id) where group_id is not null;
