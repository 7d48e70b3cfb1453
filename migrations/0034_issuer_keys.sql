-- The public keys of the issuers of federated identities, as last read from each issuer (docs/adr/0060). With them,
-- servers verify JWTs after a restart while the issuer is unreachable, and share what one of them has read.
create table issuer_keys (
  -- Identifies the key set: the issuer and, if the rule names it, the URL of the key set.
  source text not null primary key,
  -- The key set as JSON (RFC 7517).
  key_set text not null,
  -- In seconds since the epoch.
  read_at bigint not null
);

-- Older versions of dockpass ignore this table.
insert into schema_compatibility (number, works_with) values (34, 10);
