-- Letters of the public with the operator's answers, the questions and answers published from them, and what the
-- operator has to say on every page.

create table letters (
    id uuid primary key,
    -- 12 random characters and a check character, like an application's: with it the letter is followed.
    number text not null constraint letters_number_unique unique,
    topic text not null constraint letters_topic_known check (topic in (
        'queue', 'voucher', 'documents', 'kindergarten', 'contract', 'portal', 'other')),
    text text not null constraint letters_text_length check (char_length(text) between 10 and 2000),
    -- In which it was written, and is answered.
    language text not null constraint letters_language_known check (language in ('kk', 'ru')),
    -- As typed, its check character right; that there is such an application is not promised.
    application_number text,
    reply text not null constraint letters_reply_known check (reply in ('sms', 'cabinet', 'none')),
    phone text,
    -- Who was signed in; null for a visitor.
    account_id uuid references accounts (id),
    -- A keyed hash of the sender's browser: that browser alone is shown the number after sending.
    browser bytea not null constraint letters_browser_length check (length(browser) = 32),
    received_at timestamptz not null,
    taken_at timestamptz,
    taken_by uuid references accounts (id),
    answer text constraint letters_answer_length check (char_length(answer) between 2 and 2000),
    answered_at timestamptz,
    answered_by uuid references accounts (id),
    constraint letters_phone_for_sms check ((reply = 'sms') = (phone is not null)),
    constraint letters_cabinet_has_account check (reply <> 'cabinet' or account_id is not null),
    constraint letters_taken_whole check ((taken_at is null) = (taken_by is null)),
    constraint letters_answer_whole check ((answer is null) = (answered_at is null) and (answer is null) = (answered_by is null)),
    constraint letters_taken_before_answer check (answered_at is null or taken_at is not null)
);
create index letters_account on letters (account_id, received_at desc);
create index letters_taken on letters (taken_by);
create index letters_answerer on letters (answered_by);
create index letters_open on letters (received_at) where answered_at is null;

-- A published question with its answer: written anew in both languages, so that nothing personal of the letter is in it.
create table questions (
    id uuid primary key,
    letter_id uuid references letters (id),
    topic text not null constraint questions_topic_known check (topic in (
        'queue', 'voucher', 'documents', 'kindergarten', 'contract', 'portal', 'other')),
    question_kk text not null,
    question_ru text not null,
    answer_kk text not null,
    answer_ru text not null,
    published_at timestamptz not null,
    changed_at timestamptz not null,
    changed_by uuid not null references accounts (id),
    -- Taken off the public page; can be published again.
    withdrawn_at timestamptz,
    constraint questions_whole check (question_kk <> '' and question_ru <> '' and answer_kk <> '' and answer_ru <> '')
);
create index questions_letter on questions (letter_id);
create index questions_editor on questions (changed_by);
create index questions_published on questions (topic, published_at) where withdrawn_at is null;

-- Notices of the system: above every page from one moment to another.
create table banners (
    id uuid primary key,
    kind text not null constraint banners_kind_known check (kind in ('info', 'warning')),
    text_kk text not null,
    text_ru text not null,
    starts_at timestamptz not null,
    ends_at timestamptz not null,
    made_at timestamptz not null,
    made_by uuid not null references accounts (id),
    withdrawn_at timestamptz,
    constraint banners_begin_before_they_end check (starts_at < ends_at)
);
create index banners_maker on banners (made_by);
create index banners_ends on banners (ends_at) where withdrawn_at is null;

-- An answer also goes to people without an account: such a notice has a number of its own instead of an account. And
-- whoever asked for the cabinet gets no text: the notice is kept there.
alter table notices alter column account_id drop not null;
alter table notices add column recipient text;
alter table notices add constraint notices_for_somebody check (account_id is not null or recipient is not null);
alter table notices drop constraint notices_state_known;
alter table notices add constraint notices_state_known check (state in ('queued', 'sent', 'delivered', 'failed', 'kept'));
alter table notices drop constraint notices_sent_has_provider;
alter table notices add constraint notices_sent_has_provider check (
    state in ('queued', 'failed', 'kept') or (provider_id is not null and sent_at is not null));
