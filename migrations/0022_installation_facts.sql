-- Facts about the whole installation, each with a name: the certificate authorities that it has used, and up to which
-- audit event an administrator has confirmed the clock.
create table installation_facts (
  name text not null primary key,
  value text not null
) /* sqlite: without rowid */;

-- Older versions of dockpass ignore this table.
insert into schema_compatibility (number, works_with) values (22, 10);
