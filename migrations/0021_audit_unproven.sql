-- Denied requests and tokens for anonymous clients have their own hash chain, so that retention can delete them without
-- deleting administrative changes and tokens of known users. The columns are the same as in audit_events.
create table audit_unproven (
  seq bigint not null primary key,
  id text not null,
  at bigint not null,
  outcome text not null,
  subject text not null,
  address text not null,
  client text not null,
  host text not null,
  realm text not null,
  asked text not null,
  granted text not null,
  reason text not null,
  token_id text not null,
  times bigint not null,
  hash text not null
);

create index audit_unproven_at on audit_unproven (at);
create index audit_unproven_id on audit_unproven (id);

create table audit_unproven_end (
  seq bigint not null primary key,
  hash text not null,
  bytes bigint not null default 0
);

create table audit_unproven_begin (
  seq bigint not null primary key,
  hash text not null
);

-- The approximate number of bytes that all rows of the chain need. 250 is for the index entries, the hash and numbers.
alter table audit_end add column bytes bigint not null default 0;

update audit_end set bytes = (
  select coalesce(sum(250 + octet_length(id) + octet_length(outcome) + octet_length(subject) + octet_length(address)
    + octet_length(client) + octet_length(host) + octet_length(realm) + octet_length(asked) + octet_length(granted)
    + octet_length(reason) + octet_length(token_id)), 0)
  from audit_events);

-- Older versions write all events to audit_events, and the hash chain there stays valid.
insert into schema_compatibility (number, works_with) values (21, 10);
