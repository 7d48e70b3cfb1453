-- What people note about robots and access tokens: what they are for, and the person or team that is responsible.
alter table robots add column description text not null default '';
alter table robots add column owner text not null default '';
alter table access_tokens add column description text not null default '';
alter table access_tokens add column owner text not null default '';

-- Older versions ignore these columns, and create robots and tokens without these texts.
insert into schema_compatibility (number, works_with) values (27, 10);
