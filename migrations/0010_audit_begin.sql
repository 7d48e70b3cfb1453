-- After which row the audit log begins, in one row: the last that was pruned; none before that. So rows taken from the
-- beginning show, and so does a change of the first. Of a log that was pruned before, the oldest row is taken as it stands.
create table audit_begin (
  seq bigint not null primary key,
  hash text not null
);

insert into audit_begin (seq, hash)
select seq, hash from audit_events where seq > 1 and seq = (select min(seq) from audit_events);
