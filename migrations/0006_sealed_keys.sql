-- Private keys with their certificates, encrypted (docs/adr/0022). name is the name that the file would have in a
-- folder, and sealed is its encrypted content. The row `seal` says how the encryption key is derived from the secret,
-- which is not in the database. With this row, a wrong secret is detected.
create table sealed_keys (
  name text not null primary key,
  sealed text not null
);
