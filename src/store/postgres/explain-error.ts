import { DockpassError } from '../../errors.ts';
import type { PostgresServer } from './url.ts';

/** Whom we asked, for the message. */
export interface AskedPostgres {
  readonly server: PostgresServer | undefined;
  readonly user: string | undefined;
  readonly password: string | undefined;
  readonly database: string | undefined;
}

/** What node and PostgreSQL call it → which part of the URL to look at (PostgreSQL appendix A, node's system errors). */
const byCode: Readonly<Record<string, (at: AskedPostgres) => string>> = {
  ENOTFOUND: ({ server }) => `there is no host ${server?.host}: correct the host in "database"`,
  EAI_AGAIN: ({ server }) => `the host ${server?.host} cannot be looked up: correct the host in "database"`,
  ECONNREFUSED: ({ server }) =>
    `nothing listens on ${server?.host}:${server?.port}: start PostgreSQL, or correct host and port in "database"`,
  ENOENT: ({ server }) => `there is no socket in ${server?.host}: correct the host in "database"`,
  ETIMEDOUT: ({ server }) => `${server?.host} does not answer: is it reachable from here?`,
  EHOSTUNREACH: ({ server }) => `${server?.host} cannot be reached from here`,
  '28P01': ({ user }) => `the password for the role ${user} is wrong`,
  '28000': ({ user }) => `the role ${user} may not log in (pg_hba.conf), or is not there: createuser ${user}`,
  '3D000': ({ database }) => `there is no database ${database}: createdb ${database}`,
  '42501': ({ user }) =>
    `the role ${user} may not create tables here: make it the database's owner (alter database … owner to ${user})`,
  '3F000': ({ user }) =>
    `the role ${user} sees no schema that it may create tables in: alter database … owner to ${user}, or set its search_path`,
  '25006': ({ server }) =>
    `${server?.host}:${server?.port} is a standby and takes no writes: name the primary, or all servers: postgres://USER@ONE,OTHER/DATABASE`,
  '57014': () => 'the database took longer than 5 seconds for a statement',
  '53300': () => 'the database has no connection free (max_connections)',
  '53100': () => "the database's disk is full",
  '57P03': () => 'the database is starting up or shutting down: try again',
  DEPTH_ZERO_SELF_SIGNED_CERT: untrusted,
  SELF_SIGNED_CERT_IN_CHAIN: untrusted,
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: untrusted,
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: untrusted,
  CERT_HAS_EXPIRED: ({ server }) => `the certificate of ${server?.host} has expired`,
  ERR_TLS_CERT_ALTNAME_INVALID: ({ server }) =>
    `the certificate is not for ${server?.host}: correct the host in "database"`,
};

function untrusted({ server }: AskedPostgres): string {
  return `the certificate of ${server?.host} is from no authority known here: add its certificate, ?sslmode=verify-full&sslrootcert=FILE`;
}

/** Tells what is wrong with the database in one line. The password never shows. */
export function explainPostgresError(error: unknown, asked: AskedPostgres): unknown {
  if (!(error instanceof Error) || error instanceof DockpassError) return error;
  const code = codeOf(error);
  const why = byCode[code]?.(asked) ?? withoutPassword(firstLine(error), asked);
  return new DockpassError('database', `PostgreSQL: ${why}`, { cause: error });
}

/** Of several addresses of one host none answered: each failed alike. */
function codeOf(error: Error): string {
  const inner = error instanceof AggregateError ? (error.errors[0] as unknown) : error;
  return inner instanceof Error && 'code' in inner && typeof inner.code === 'string' ? inner.code : '';
}

function firstLine(error: Error): string {
  const line = error.message.split('\n')[0] ?? '';
  if (line === 'timeout expired' || line.includes('Connection terminated due to connection timeout'))
    return 'the server does not answer: is it reachable from here?';
  if (line === 'timeout exceeded when trying to connect')
    return 'all our connections have been busy for 5 seconds, or the server does not answer';
  return line.includes('does not support SSL')
    ? 'the server speaks no TLS: switch it on there (ssl = on), or sslmode=disable where the network is yours alone'
    : line;
}

function withoutPassword(text: string, { password }: AskedPostgres): string {
  if (password === undefined || password === '') return text;
  return text.replaceAll(password, '[secret]').replaceAll(encodeURIComponent(password), '[secret]');
}

/** Did no server answer? What a server says has a code of five characters; starting or shutting down, it is none yet. */
export function isUnreachable(error: unknown): boolean {
  const cause = error instanceof DockpassError ? error.cause : error;
  const code = cause instanceof Error ? codeOf(cause) : '';
  return !/^[0-9A-Z]{5}$/.test(code) || ['57P01', '57P02', '57P03', '25006'].includes(code);
}

/** Two waited for each other, and PostgreSQL chose this one to give way. */
export function isDeadlock(error: unknown): boolean {
  return error instanceof Error && codeOf(error) === '40P01';
}
