-- A migration adds a row here if older versions of dockpass also work with it: every version that knows the migrations
-- up to works_with can use the database after the migration `number` (docs/adr/0024-two-versions-on-one-database.md).
create table schema_compatibility (
  number bigint not null primary key,
  works_with bigint not null
);
