-- hash is the SHA-256 of the token in hexadecimal. The token itself is not stored.
create table refresh_tokens (
  hash text not null primary key,
  id text not null unique,
  user_name text not null references users (name) on delete cascade,
  service text not null,
  host text not null,
  client text not null,
  created_at bigint not null,
  expires_at bigint not null,
  last_used_at bigint not null,
  last_used_from text not null
) /* sqlite: without rowid */;

create index refresh_tokens_user on refresh_tokens (user_name);
