-- rights_from says whether a user holds the repository rights of the role ('role') or only those of grants ('grants'). It
-- is stored, so that removing the last grant of a user does not give the rights of the role back. Users who have a grant
-- now, directly or through a group, start with 'grants'.
alter table users add column rights_from text not null default 'role';

update users set rights_from = 'grants'
where name in (select subject from grants)
  or name in (
    select user_name from group_members join grants on grants.subject = 'group:' || group_members.group_name
  );

-- The users of the htpasswd file whom an administrator has disabled. They have no row in the table users.
create table disabled_htpasswd_users (
  name text not null primary key,
  disabled_at bigint not null
) /* sqlite: without rowid */;

-- Older versions treat a user without grants as before, and let disabled users of an htpasswd file log in.
insert into schema_compatibility (number, works_with) values (23, 10);
