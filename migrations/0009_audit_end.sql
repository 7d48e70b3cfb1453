-- One row with the last entry of the audit log, so that entries removed from its end are detected. The table is empty
-- before the first event.
create table audit_end (
  seq bigint not null primary key,
  hash text not null
);

insert into audit_end (seq, hash)
select seq, hash from audit_events order by seq desc limit 1;
