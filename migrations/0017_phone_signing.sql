-- Signing with a phone (eGov mobile): every QR code that was shown. A code lives minutes, its row a day longer.

create table phone_signings (
    id uuid primary key,
    -- The version that was shown, and the hash of its text: a code never signs another one.
    contract_id uuid not null references contracts (id),
    content_sha256 bytea not null,
    -- Who asked for the code, and signs as whom.
    party text not null constraint phone_signings_party_known check (party in ('parent', 'kindergarten')),
    account_id uuid not null references accounts (id),
    kindergarten_id uuid references kindergartens (id),
    -- Of the one-time token; the token itself stands in the code only.
    token_sha256 bytea not null constraint phone_signings_token_once unique,
    made_at timestamptz not null,
    expires_at timestamptz not null,
    state text not null
        constraint phone_signings_state_known check (state in ('made', 'opened', 'received', 'refused', 'used')),
    -- Why the signature was refused, by the code of the refusal.
    refusal text,
    constraint phone_signings_kindergarten_named check ((party = 'kindergarten') = (kindergarten_id is not null)),
    constraint phone_signings_refused_for_a_reason check ((state = 'refused') = (refusal is not null)),
    constraint phone_signings_in_order check (expires_at > made_at)
);
create index phone_signings_contract on phone_signings (contract_id);
create index phone_signings_account on phone_signings (account_id);
create index phone_signings_kindergarten on phone_signings (kindergarten_id);
create index phone_signings_over on phone_signings (expires_at);
