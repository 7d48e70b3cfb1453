create table user_groups (
  name text not null primary key,
  created_at bigint not null
);

create table group_members (
  group_name text not null references user_groups (name) on delete cascade,
  user_name text not null references users (name) on delete cascade,
  primary key (group_name, user_name)
) /* sqlite: without rowid */;

create index group_members_user on group_members (user_name);

-- subject is the name of a user, or group:NAME. actions is a list, separated by commas.
create table grants (
  subject text not null,
  pattern text not null,
  actions text not null,
  created_at bigint not null,
  primary key (subject, pattern)
) /* sqlite: without rowid */;
