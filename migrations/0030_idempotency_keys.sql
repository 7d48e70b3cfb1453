-- The answers to requests of the administration API that had an Idempotency-Key, for 24 hours. They contain no secrets.
create table idempotency_keys (
  caller text not null,
  key text not null,
  -- A digest of the request. A password in the request is a slow hash here, as in the table users.
  request text not null,
  -- The answer as JSON; null as long as it is not known.
  answer text,
  created_at bigint not null,
  primary key (caller, key)
) /* sqlite: without rowid */;

create index idempotency_keys_by_time on idempotency_keys (created_at);

-- Older versions of dockpass ignore this table.
insert into schema_compatibility (number, works_with) values (30, 10);
