-- Where the audit log ends, in one row (none before the first event), so that rows cut off its end show too.
create table audit_end (
  seq bigint not null primary key,
  hash text not null
);

insert into audit_end (seq, hash)
select seq, hash from audit_events order by seq desc limit 1;
