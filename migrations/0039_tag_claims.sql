-- The tags that are being pushed and that match the setting immutableTags. Each row lets one push write the tag.
create table tag_claims (
  repository text not null,
  tag text not null,
  -- A random text that identifies the push.
  holder text not null,
  -- When the claim ends unless the server extends it, in milliseconds since the epoch, by the clock of the database.
  expires_at bigint not null,
  primary key (repository, tag)
) /* sqlite: without rowid */;

-- Older versions of dockpass ignore this table.
insert into schema_compatibility (number, works_with) values (39, 10);
