-- An outage declared by mistake is withdrawn: no term counts its days any more. The row stays, so that everybody sees what was
-- said, and the revisions only ever grow.
alter table outages add column withdrawn_at timestamptz;
