-- Names are canonical: lower case. Times are whole seconds since the epoch, but for audit_events.at: milliseconds.
create table users (
  name text not null primary key,
  role text not null,
  password_hash text,
  disabled integer not null,
  created_at bigint not null,
  changed_at bigint not null
) /* sqlite: without rowid */;

-- seq is without gaps; hash covers the row and the hash before it, so a row changed or taken out shows.
create table audit_events (
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

create index audit_events_at on audit_events (at);
create index audit_events_id on audit_events (id);
