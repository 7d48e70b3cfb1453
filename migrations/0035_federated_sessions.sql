-- The sessions of jobs that have logged in with a JWT of their platform (docs/adr/0061-sessions-of-federated-identities.md).
-- hash is the SHA-256 of the refresh token, in hexadecimal. user_name is `ci:` and the name of the trust rule. It refers to
-- no table, because the rule can be in dockpass.yml. claims and sources are JSON: the claims of the JWT, and the names of
-- the key sets that verified it.
create table federated_sessions (
  hash text not null primary key,
  id text not null unique,
  user_name text not null,
  claims text not null,
  sources text not null,
  service text not null,
  host text not null,
  client text not null,
  created_at bigint not null,
  expires_at bigint not null,
  last_used_at bigint not null,
  last_used_from text not null
) /* sqlite: without rowid */;

-- Lists the sessions of a rule, and finds the oldest ones, because their number is limited.
create index federated_sessions_user on federated_sessions (user_name, created_at);
create index federated_sessions_expiry on federated_sessions (expires_at);

-- When each trust rule last accepted a JWT, and from which address. The rule can be in dockpass.yml.
create table trust_rule_uses (
  name text not null primary key,
  last_used_at bigint not null,
  last_used_from text not null
) /* sqlite: without rowid */;

-- Older versions ignore the tables, and accept no JWT.
insert into schema_compatibility (number, works_with) values (35, 10);
