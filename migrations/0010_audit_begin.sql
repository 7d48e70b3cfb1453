-- One row with the last entry that retention deleted, so that other entries removed from the beginning, and a change of
-- the first entry, are detected. The table is empty before retention deletes something. If it did so before this
-- migration, the oldest entry counts as correct.
create table audit_begin (
  seq bigint not null primary key,
  hash text not null
);

insert into audit_begin (seq, hash)
select seq, hash from audit_events where seq > 1 and seq = (select min(seq) from audit_events);
