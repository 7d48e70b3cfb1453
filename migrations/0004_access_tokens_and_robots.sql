-- only_rights is JSON: [{"pattern":"team/**","actions":["pull"]}]. If it is null, the token has all rights of its user.
create table access_tokens (
  hash text not null primary key,
  name text not null,
  user_name text not null references users (name) on delete cascade,
  only_rights text,
  created_at bigint not null,
  expires_at bigint,
  last_used_at bigint,
  last_used_from text,
  unique (user_name, name)
) /* sqlite: without rowid */;

create table robots (
  name text not null primary key,
  only_rights text not null,
  disabled integer not null,
  created_at bigint not null,
  expires_at bigint,
  last_used_at bigint,
  last_used_from text
) /* sqlite: without rowid */;

-- During a rotation a robot has two secrets: the new one, and the old one until expires_at.
create table robot_secrets (
  hash text not null primary key,
  robot_name text not null references robots (name) on delete cascade,
  created_at bigint not null,
  expires_at bigint
) /* sqlite: without rowid */;
