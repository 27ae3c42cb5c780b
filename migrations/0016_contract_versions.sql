-- Versions of a contract: a text, once frozen, never changes; whoever changes anything makes the next version, and the one
-- before is void. A contract never carries signatures over two texts.

alter table contracts
    -- Counted within the number, from 1.
    add column version integer not null default 1 constraint contracts_version_positive check (version > 0),
    -- rules::contract::VersionReason; 'left' when the case went on without this contract.
    add column void_reason text constraint contracts_void_reason_known
        check (void_reason in ('left', 'refilled', 'terms_changed', 'papers_returned'));
update contracts set void_reason = 'left' where voided_at is not null;
alter table contracts
    drop constraint contracts_number_unique,
    add constraint contracts_number_version_unique unique (number, version),
    add constraint contracts_void_whole check ((voided_at is null) = (void_reason is null)),
    -- The address goes on to the next version before that one is filled in.
    drop constraint contracts_filled_whole,
    add constraint contracts_filled_whole check ((filled_at is null) = (pdf is null) and (pdf is null) = (pdf_sha256 is null)
        and (filled_at is null or parent_address is not null)),
    add constraint contracts_hash_is_of_the_text check (pdf_sha256 = sha256(pdf)),
    add constraint contracts_parent_signed_this_text
        check (coalesce(parent_verdict ->> 'content_sha256', encode(pdf_sha256, 'hex')) = encode(pdf_sha256, 'hex')),
    add constraint contracts_kindergarten_signed_this_text
        check (coalesce(kindergarten_verdict ->> 'content_sha256', encode(pdf_sha256, 'hex')) = encode(pdf_sha256, 'hex'));
create index contracts_pdf_sha256 on contracts (pdf_sha256) where pdf_sha256 is not null;

-- What is frozen stays: the text and what it says, then each signature. A void version takes no signature.
create function contracts_frozen_stays() returns trigger language plpgsql as $$
begin
    if old.pdf is not null and (new.pdf, new.number, new.version, new.starts_on, new.parent_fee, new.parent_address)
        is distinct from (old.pdf, old.number, old.version, old.starts_on, old.parent_fee, old.parent_address) then
        raise exception 'the text of a contract is frozen' using errcode = 'check_violation';
    end if;
    if (old.parent_cms is not null and new.parent_cms is distinct from old.parent_cms)
        or (old.kindergarten_cms is not null and new.kindergarten_cms is distinct from old.kindergarten_cms) then
        raise exception 'a signature under a contract stays' using errcode = 'check_violation';
    end if;
    if old.voided_at is not null and ((new.parent_cms, new.kindergarten_cms)
        is distinct from (old.parent_cms, old.kindergarten_cms) or new.voided_at is null) then
        raise exception 'a void contract is not signed' using errcode = 'check_violation';
    end if;
    return new;
end $$;
create trigger contracts_frozen_stays before update on contracts
    for each row execute function contracts_frozen_stays();
