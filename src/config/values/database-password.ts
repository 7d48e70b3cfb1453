const withUserAlone = /^(postgres(?:ql)?:\/\/[^:@/?]+)@/;

/** The database's URL with the password that is given beside it; what has one already, or takes none, is left. */
export function withPassword(database: string, password: string | null): string {
  if (password === null) return database;
  return database.replace(withUserAlone, (_, start: string) => `${start}:${encodeURIComponent(password)}@`);
}

export function acceptsPassword(database: string): boolean {
  return withUserAlone.test(database);
}
