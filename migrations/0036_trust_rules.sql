-- Trust rules that administrators add with commands or the API. They follow those of dockpass.yml, sorted by position.
create table trust_rules (
  name text not null primary key,
  position bigint not null,
  -- JSON: what an entry of `trust` in dockpass.yml has, without the name.
  definition text not null,
  -- JSON: the names of the claims that the first JWT fixes. If there are any, the rule waits and grants nothing.
  pins text not null,
  -- JSON: the first JWT that matches the waiting rule: its claims, the time and the address. Null if there is none yet.
  candidate text,
  created_at bigint not null
) /* sqlite: without rowid */;

-- Older versions of dockpass ignore this table: they accept no JWT.
insert into schema_compatibility (number, works_with) values (36, 10);
