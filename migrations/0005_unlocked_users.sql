-- Wrong passwords from before this moment are forgotten ("dockpass user unlock").
alter table users add column unlocked_at bigint;
