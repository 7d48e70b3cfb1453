const withUserAlone = /^(postgres(?:ql)?:\/\/[^:@/?]+)@/;

/**
 * Returns the URL of the database with the password inserted. A URL that contains no user name, or that already
 * contains a password, is returned unchanged.
 */
export function withPassword(database: string, password: string | null): string {
  if (password === null) return database;
  return database.replace(withUserAlone, (_, start: string) => `${start}:${encodeURIComponent(password)}@`);
}

export function acceptsPassword(database: string): boolean {
  return withUserAlone.test(database);
}
