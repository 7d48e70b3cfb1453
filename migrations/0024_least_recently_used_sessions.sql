-- Finds the sessions of a user that were not used for the longest time, because the number of sessions is limited.
create index refresh_tokens_last_use on refresh_tokens (user_name, last_used_at);

insert into schema_compatibility (number, works_with) values (24, 10);
