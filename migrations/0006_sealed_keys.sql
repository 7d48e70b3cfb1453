-- Private keys with their certificates, encrypted (docs/adr/0022): name as a file would be called, sealed what stands in
-- it. The row `seal` says how the secret outside the database becomes the key, and lets a wrong one be told.
create table sealed_keys (
  name text not null primary key,
  sealed text not null
);
