-- When the kindergarten's own step began: with the stage, or after the last check of a signature that nobody could make at
-- once. None while such a check is awaited: the step is not the kindergarten's then.
create function step_since(voucher uuid, stage_since timestamptz) returns timestamptz language sql stable as $$
    select case when bool_or(p.to_on is null) then null
                else greatest(stage_since, max(p.to_on)::timestamp at time zone 'Asia/Almaty') end
    from voucher_pauses p where p.voucher_id = voucher and p.why = 'check'
$$;
