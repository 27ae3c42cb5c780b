-- One code may lead to many contracts of a kindergarten: its rows are one batch, named after the first of them.
alter table phone_signings add column batch uuid;
update phone_signings set batch = id;
alter table phone_signings alter column batch set not null;
create index phone_signings_batch on phone_signings (batch);
