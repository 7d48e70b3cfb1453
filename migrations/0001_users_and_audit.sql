-- Names of users are lower case. Times are whole seconds since the epoch. Only audit_events.at is in milliseconds.
create table users (
  name text not null primary key,
  role text not null,
  password_hash text,
  disabled integer not null,
  created_at bigint not null,
  changed_at bigint not null
) /* sqlite: without rowid */;

-- seq has no gaps. hash covers the row and the hash of the row before it, so that a changed or removed row is detected.
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
