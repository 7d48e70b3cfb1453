-- What registries reported with notifications. Texts come from clients, so they can be long; the keys are the first 16
-- bytes of their SHA-256. `at` is the time of the event and `received_at` the time of its arrival, in milliseconds. Rows
-- are removed in the order of `seq`, a while after their arrival.
create table usage_events (
  seq bigint not null primary key,
  id_key bytea not null,
  id text not null,
  at bigint not null,
  received_at bigint not null,
  kind text not null,
  repository text not null,
  tag text,
  digest text,
  media_type text not null,
  -- The digests in an index, as a JSON array; null for other manifests, and if the registry did not report them.
  children text,
  actor text not null,
  address text not null,
  host text not null,
  domain text not null,
  user_agent text not null,
  -- Identifies repository, actor and address: 52 bits of their SHA-256. Null if the event is not a fetch.
  fetcher bigint,
  -- What the event counts as: pull, child or push; and for which row of usage_images. Null if it counts as nothing.
  outcome text,
  image bigint
) /* sqlite: without rowid */;

create unique index usage_events_id on usage_events (id_key);
create index usage_events_fetcher on usage_events (fetcher, at) where fetcher is not null;
create index usage_events_image on usage_events (image, at) where image is not null;

-- One row for each tag, and for each digest that was used without a tag, under public domains and under private ones.
create table usage_images (
  id bigint not null primary key,
  image_key bytea not null,
  repository_key bytea not null,
  repository text not null,
  tag text,
  -- The digest that the newest event named, and the time of this event.
  digest text,
  digest_at bigint not null,
  domain text not null,
  pulls bigint not null,
  last_pulled_at bigint,
  last_pulled_by text,
  pushes bigint not null,
  last_pushed_at bigint,
  last_pushed_by text
) /* sqlite: without rowid */;

create unique index usage_images_key on usage_images (image_key);
create index usage_images_repository on usage_images (repository_key);

create table usage_actors (
  id bigint not null primary key,
  name_key bytea not null,
  name text not null
) /* sqlite: without rowid */;

create unique index usage_actors_name on usage_actors (name_key);

-- For each image and month: how often each actor has pulled and pushed it on each day, as src/store/usage/month-cells.ts
-- describes. A month is 12 * year + (0 to 11), in UTC.
create table usage_months (
  image bigint not null,
  month bigint not null,
  cells bytea not null,
  primary key (image, month)
) /* sqlite: without rowid */;

-- Older versions of dockpass ignore these tables.
insert into schema_compatibility (number, works_with) values (37, 10);
