import { DockpassError } from '../../errors.ts';
import type { PostgresServer } from './url.ts';

/** The server that was asked, for messages. */
export interface AskedPostgres {
  readonly server: PostgresServer | undefined;
  readonly user: string | undefined;
  readonly password: string | undefined;
  readonly database: string | undefined;
}

/** Error codes of Node and PostgreSQL (PostgreSQL manual, appendix A), with what to change for each. */
const byCode: Readonly<Record<string, (at: AskedPostgres) => string>> = {
  ENOTFOUND: ({ server }) => `there is no host ${server?.host}. Correct the host in "database".`,
  EAI_AGAIN: ({ server }) => `the host ${server?.host} cannot be looked up. Correct the host in "database".`,
  ECONNREFUSED: ({ server }) =>
    `nothing listens on ${server?.host}:${server?.port}. Start PostgreSQL, or correct host and port in "database".`,
  ENOENT: ({ server }) => `there is no socket in ${server?.host}. Correct the host in "database".`,
  ETIMEDOUT: ({ server }) =>
    `${server?.host} does not answer. Check the network and the firewall between this machine and the database.`,
  EHOSTUNREACH: ({ server }) =>
    `${server?.host} cannot be reached from this machine. Check the network and the firewall.`,
  '28P01': ({ user }) => `the password of the role ${user} is wrong. Correct databasePassword or "database".`,
  '28000': ({ user }) =>
    `the role ${user} does not exist or may not log in. Run createuser ${user}, or allow it in pg_hba.conf.`,
  '3D000': ({ database }) => `there is no database ${database}. Run createdb ${database}.`,
  '42501': ({ user }) =>
    `the role ${user} may not create tables. Make it the owner of the database: alter database … owner to ${user}`,
  '3F000': ({ user }) =>
    `the role ${user} has no schema in which it may create tables. Run: alter database … owner to ${user}; or set its search_path.`,
  '25006': ({ server }) =>
    `${server?.host}:${server?.port} is a standby and accepts no writes. Name the primary, or all servers: postgres://USER@ONE,OTHER/DATABASE`,
  '57014': () => 'the database needed more than 5 seconds for a statement. Check its load.',
  '53300': () => 'the database has no free connection. Raise max_connections.',
  '53100': () => 'the disk of the database is full. Free some space.',
  '57P03': () => 'the database is starting up or shutting down. Try again in a moment.',
  DEPTH_ZERO_SELF_SIGNED_CERT: untrusted,
  SELF_SIGNED_CERT_IN_CHAIN: untrusted,
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: untrusted,
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: untrusted,
  CERT_HAS_EXPIRED: ({ server }) => `the certificate of ${server?.host} has expired. Renew it.`,
  ERR_TLS_CERT_ALTNAME_INVALID: ({ server }) =>
    `the certificate is not valid for ${server?.host}. Correct the host in "database".`,
};

function untrusted({ server }: AskedPostgres): string {
  return `the certificate of ${server?.host} was issued by an unknown certificate authority. Add its certificate: ?sslmode=verify-full&sslrootcert=FILE`;
}

/** Describes in one line what is wrong with the database. The line never contains the password. */
export function explainPostgresError(error: unknown, asked: AskedPostgres): unknown {
  if (!(error instanceof Error) || error instanceof DockpassError) return error;
  const code = codeOf(error);
  const why = byCode[code]?.(asked) ?? withoutPassword(firstLine(error), asked);
  return new DockpassError('database', `PostgreSQL: ${why}`, { cause: error });
}

/** If a host has several addresses and none answered, all failed in the same way. */
function codeOf(error: Error): string {
  const inner = error instanceof AggregateError ? (error.errors[0] as unknown) : error;
  return inner instanceof Error && 'code' in inner && typeof inner.code === 'string' ? inner.code : '';
}

function firstLine(error: Error): string {
  const line = error.message.split('\n')[0] ?? '';
  if (line === 'timeout expired' || line.includes('Connection terminated due to connection timeout'))
    return 'the server does not answer. Check the network and the firewall between this machine and the database.';
  if (line === 'timeout exceeded when trying to connect')
    return 'all connections of this process have been busy for 5 seconds, or the server does not answer. Check the load of the database.';
  return line.includes('does not support SSL')
    ? 'the server does not support TLS. Switch it on there (ssl = on), or set sslmode=disable if you control the whole network.'
    : line;
}

function withoutPassword(text: string, { password }: AskedPostgres): string {
  if (password === undefined || password === '') return text;
  return text.replaceAll(password, '[secret]').replaceAll(encodeURIComponent(password), '[secret]');
}

/**
 * Returns true if no server answered. An error that PostgreSQL sends has a code of five characters. A server that
 * starts up or shuts down counts as not answering.
 */
export function isUnreachable(error: unknown): boolean {
  const cause = error instanceof DockpassError ? error.cause : error;
  const code = cause instanceof Error ? codeOf(cause) : '';
  return !/^[0-9A-Z]{5}$/.test(code) || ['57P01', '57P02', '57P03', '25006'].includes(code);
}

/** Returns true if two transactions waited for each other and PostgreSQL cancelled this one. */
export function isDeadlock(error: unknown): boolean {
  return error instanceof Error && codeOf(error) === '40P01';
}
