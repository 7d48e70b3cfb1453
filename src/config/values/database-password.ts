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

/**
 * Returns true if the URL of a database contains a password. A password may contain characters that should have been
 * escaped, such as `@` or `/`, so any colon in front of an `@` counts.
 */
export function containsPassword(database: string): boolean {
  return /^\w+:\/\/[^@]*:[^@]+@/.test(database);
}
