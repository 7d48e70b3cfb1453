-- An event is found by its time and its id. Events arrive in about the order of their times, so a new entry is next to the
-- last one. In an index that begins with the hash of the id, each entry would be on another page, and writing the pages is
-- most of the work of recording an event.
drop index usage_events_id;
create unique index usage_events_id on usage_events (at, id_key);

-- Older versions of dockpass can still use the table, but they search it without an index.
insert into schema_compatibility (number, works_with) values (40, 10);
