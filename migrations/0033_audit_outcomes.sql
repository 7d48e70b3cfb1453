-- Administrative changes are few among many issued tokens, so they have an index of their own. The chain contains denied
-- requests only if an older version wrote them. The conditions of the indexes exclude issued tokens, so writing the
-- audit rows of tokens takes no longer than before.
create index audit_events_changed on audit_events (at) where outcome = 'changed';
create index audit_events_refused on audit_events (at) where outcome = 'refused';

-- Older versions of dockpass do not need to know these indexes.
insert into schema_compatibility (number, works_with) values (33, 10);
