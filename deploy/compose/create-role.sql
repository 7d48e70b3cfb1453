-- PostgreSQL runs this file as a superuser when it creates its data directory. It creates the role of dockpass, which is no
-- superuser, and its database. dockpass knows only the password of this role. The superuser has no password afterwards, so
-- it can log in only inside the container: docker compose exec postgres psql -U postgres
\set password `cat /run/secrets/database_password`
create role dockpass login password :'password';
create database dockpass owner dockpass;
revoke connect on database dockpass from public;
alter role postgres password null;
