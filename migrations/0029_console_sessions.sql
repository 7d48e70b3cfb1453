-- The sessions of people who are signed in to the web console. hash is the SHA-256 of the secret in the cookie, in
-- hexadecimal. The cookie itself is not stored. user_name refers to no table, because users of the htpasswd file can sign
-- in too. For such a user, credential is a digest of the line of the file. For all others, it is empty.
create table console_sessions (
  hash text not null primary key,
  id text not null unique,
  user_name text not null,
  credential text not null,
  host text not null,
  browser text not null,
  created_at bigint not null,
  last_used_at bigint not null,
  last_used_from text not null
) /* sqlite: without rowid */;

create index console_sessions_user on console_sessions (user_name);

-- Finds out at the start whether there is an administrator, without reading all users.
create index users_admins on users (role) where role = 'admin';

-- Older versions ignore the table. If one of them sets a password or removes a user, console sessions stay in the table
-- (docs/adr/0053-sessions-of-the-console.md).
insert into schema_compatibility (number, works_with) values (29, 10);
