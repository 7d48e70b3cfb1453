-- What events and lists of tags say about each tag. Times are in milliseconds since the epoch. The keys are the first 16
-- bytes of the SHA-256 of repository and tag, and of the repository.
create table usage_tags (
  tag_key bytea not null primary key,
  repository_key bytea not null,
  tag text not null,
  -- The newest push that an event reported.
  pushed_at bigint,
  pushed_digest text,
  -- The newest deletion that an event reported, or the time at which the tag was found missing.
  deleted_at bigint,
  -- The newest list of the registry that named the tag.
  listed_at bigint,
  listed_digest text
) /* sqlite: without rowid */;

create index usage_tags_repository on usage_tags (repository_key);

-- Manifests that events named, because a registry lists only those that have a tag.
create table usage_manifests (
  manifest_key bytea not null primary key,
  repository_key bytea not null,
  digest text not null,
  -- The first event that named the manifest. Null if only a list of tags did.
  named_at bigint,
  -- The newest push, with or without a tag.
  pushed_at bigint,
  -- The newest time at which a tag stopped to point to the manifest.
  untagged_at bigint,
  -- The newest deletion that an event reported, or the time at which the manifest was found missing.
  deleted_at bigint
) /* sqlite: without rowid */;

create index usage_manifests_repository on usage_manifests (repository_key, pushed_at);

-- `first received`: when the first event arrived. `newest event`: the latest time at which an event happened or arrived.
create table usage_times (
  name text not null primary key,
  at bigint not null
) /* sqlite: without rowid */;

insert into usage_times (name, at)
  select 'first received', min(received_at) from usage_events having count(*) > 0;
insert into usage_times (name, at)
  select 'newest event', max(case when at > received_at then at else received_at end)
    from usage_events having count(*) > 0;

create table retention_plans (
  id text not null primary key,
  created_at bigint not null,
  -- planning, planned, failed, applying, stopped or applied
  state text not null,
  -- JSON: the deletions, and what the registry contained. Null until it is planned.
  content text,
  -- JSON: the code and the text of the error because of which the plan failed or was stopped.
  problem text,
  -- How many of the deletions were begun.
  begun bigint not null
) /* sqlite: without rowid */;

-- Which process does something that only one may do, and until when.
create table retention_leases (
  name text not null primary key,
  holder text not null,
  until bigint not null
) /* sqlite: without rowid */;

-- Older versions of dockpass ignore these tables.
insert into schema_compatibility (number, works_with) values (38, 10);
