-- One row: where the audit log ends, so that rows cut off its end show too.
create table audit_end (
  seq bigint not null,
  hash text not null
);

insert into audit_end (seq, hash)
select coalesce(max(seq), 0), coalesce((select hash from audit_events order by seq desc limit 1), '')
from audit_events;
