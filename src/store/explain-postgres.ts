import { DockpassError } from '../errors.ts';

/** What node and PostgreSQL call it → which part of the URL to look at (PostgreSQL appendix A, node's system errors). */
const byCode: Readonly<Record<string, (at: URL | undefined) => string>> = {
  ENOTFOUND: (at) => `there is no host ${at?.hostname}: correct the host in "database"`,
  EAI_AGAIN: (at) => `the host ${at?.hostname} cannot be looked up: correct the host in "database"`,
  ECONNREFUSED: (at) =>
    `nothing listens on ${at?.hostname}:${at?.port || 5432}: start PostgreSQL, or correct host and port in "database"`,
  ETIMEDOUT: (at) => `${at?.hostname} does not answer: is it reachable from here?`,
  '28P01': (at) => `the password for the role ${at?.username} is wrong`,
  '28000': (at) =>
    `the role ${at?.username} may not log in (pg_hba.conf), or is not there: createuser ${at?.username}`,
  '3D000': (at) => `there is no database ${at?.pathname.slice(1)}: createdb ${at?.pathname.slice(1)}`,
  '42501': (at) =>
    `the role ${at?.username} may not create tables here: make it the database's owner (alter database … owner to ${at?.username})`,
  '57014': () => 'the database took longer than 5 seconds for a statement',
  '53300': () => 'the database has no connection free (max_connections)',
  '53100': () => "the database's disk is full",
};

/** Tells what is wrong with the database in one line. The URL's password never shows. */
export function explainPostgres(error: unknown, url: string): unknown {
  if (!(error instanceof Error) || error instanceof DockpassError) return error;
  const code = 'code' in error && typeof error.code === 'string' ? error.code : '';
  const at = URL.canParse(url) ? new URL(url) : undefined;
  const why = byCode[code]?.(at) ?? withoutPassword(error.message, at);
  return new DockpassError('database', `PostgreSQL: ${why}`, { cause: error });
}

function withoutPassword(text: string, at: URL | undefined): string {
  if (at === undefined || at.password === '') return text;
  return text.replaceAll(at.password, '[secret]').replaceAll(decodeURIComponent(at.password), '[secret]');
}
