-- Every signature that was received whole: what was asked about its certificate, and what came of it. Kept for good.

create table signature_checks (
    id uuid primary key,
    contract_id uuid not null references contracts (id),
    party text not null constraint signature_checks_party_known check (party in ('parent', 'kindergarten')),
    -- Who sent it, and is told what came of it.
    account_id uuid not null references accounts (id),
    cms bytea not null,
    -- The text it signs: of another text it is worth nothing.
    content_sha256 bytea not null,
    received_at timestamptz not null,
    state text not null constraint signature_checks_state_known check (state in ('waiting', 'accepted', 'refused', 'dropped')),
    settled_at timestamptz,
    -- Why it was refused, by the code of the refusal.
    reason text,
    -- When the authority was asked last.
    asked_at timestamptz,
    verdict jsonb,
    -- Provider and version of who verified, and what each of them said.
    verifier text not null,
    answers jsonb not null,
    -- From the signer's certificate up to the root; the responder's answer; the time-stamp token: as they came.
    certificates bytea[] not null,
    ocsp bytea,
    time_stamp bytea,
    constraint signature_checks_settled_whole check ((state = 'waiting') = (settled_at is null)),
    constraint signature_checks_refused_for_a_reason check ((state = 'refused') = (reason is not null)),
    constraint signature_checks_accepted_with_verdict check ((state = 'accepted') = (verdict is not null))
);
-- One of each party at a time.
create unique index signature_checks_one_waiting on signature_checks (contract_id, party) where state = 'waiting';
create index signature_checks_contract on signature_checks (contract_id, party, received_at);
create index signature_checks_account on signature_checks (account_id);
create index signature_checks_due on signature_checks (asked_at nulls first, received_at) where state = 'waiting';

-- A term stands still while a signature waits for its check.
alter table voucher_pauses drop constraint voucher_pauses_why_known;
alter table voucher_pauses add constraint voucher_pauses_why_known
    check (why in ('kindergarten', 'check', 'outage', 'no_place'));
