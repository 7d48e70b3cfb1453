-- Failed login attempts before this time no longer count ("dockpass user unlock").
alter table users add column unlocked_at bigint;
