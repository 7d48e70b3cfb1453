-- 1 if the access token or the secrets of the robot are also accepted by the administration API, 0 if not.
alter table access_tokens add column api integer not null default 0;
alter table robots add column api integer not null default 0;

-- Older versions have no administration API, ignore these columns, and create tokens and robots without the API.
insert into schema_compatibility (number, works_with) values (28, 10);
