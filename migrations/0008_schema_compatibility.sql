-- A later migration that an older dockpass can live with says so here (docs/adr/0024-two-versions-on-one-database.md):
-- whoever knows the migrations up to works_with may run on a database that has this one.
create table schema_compatibility (
  number bigint not null primary key,
  works_with bigint not null
);
