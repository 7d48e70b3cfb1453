import { DockpassError } from '../../errors.ts';
import type { PostgresServer } from './url.ts';

/**
 * The server to which a connection or query was sent, with the user, password and database of this connection. Error
 * messages contain these values, except for the password.
 */
export interface AskedPostgres {
  readonly server: PostgresServer | undefined;
  readonly user: string | undefined;
  readonly password: string | undefined;
  readonly database: string | undefined;
}

/**
 * Maps each error code of Node.js or PostgreSQL (PostgreSQL manual, appendix A) to a function that returns a message
 * with the problem and its fix.
 */
const byCode: Readonly<Record<string, (at: AskedPostgres) => string>> = {
  ENOTFOUND: ({ server }) => `there is no host ${server?.host}. Correct the host in "database".`,
  EAI_AGAIN: ({ server }) =>
    `DNS cannot resolve the host ${server?.host} at the moment. Check DNS, or correct the host in "database".`,
  ECONNREFUSED: ({ server }) =>
    `nothing listens on ${server?.host}:${server?.port}. Start PostgreSQL, or correct host and port in "database".`,
  ENOENT: ({ server }) =>
    `there is no PostgreSQL socket in the folder ${server?.host}. Correct the host in "database".`,
  ETIMEDOUT: ({ server }) =>
    `${server?.host} does not answer. Check the network and the firewall between this machine and the database.`,
  EHOSTUNREACH: ({ server }) =>
    `${server?.host} cannot be reached from this machine. Check the network and the firewall.`,
  '28P01': ({ user, password }) =>
    password === undefined
      ? passwordMissing(user)
      : `the password of the role ${user} is wrong. Correct databasePassword or "database".`,
  '28000': ({ user }) =>
    `the role ${user} does not exist or is not allowed to log in. Run createuser ${user}, or allow the role in pg_hba.conf.`,
  '3D000': ({ database }) => `there is no database ${database}. Run createdb ${database}.`,
  '42501': ({ user }) =>
    `the role ${user} has no permission to create tables. Make this role the owner of the database: alter database … owner to ${user}`,
  '3F000': ({ user }) =>
    `there is no schema in which the role ${user} can create tables. Run "alter database … owner to ${user}", or set the search_path of the role.`,
  '25006': ({ server }) =>
    `${server?.host}:${server?.port} is a standby and accepts no writes. Set "database" to the primary, or to all servers: postgres://USER@HOST1,HOST2/DATABASE`,
  '57014': () => 'a statement took longer than 5 seconds. Check the load of the database.',
  '53300': () => 'the database has no free connection. Raise max_connections.',
  '53100': () => 'the disk of the database is full. Free some space.',
  '57P03': () => 'the database is starting up or shutting down. Try again in a moment.',
  DEPTH_ZERO_SELF_SIGNED_CERT: untrusted,
  SELF_SIGNED_CERT_IN_CHAIN: untrusted,
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: untrusted,
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: untrusted,
  CERT_HAS_EXPIRED: ({ server }) => `the certificate of ${server?.host} has expired. Renew the certificate.`,
  ERR_TLS_CERT_ALTNAME_INVALID: ({ server }) =>
    `the certificate is not valid for ${server?.host}. Correct the host in "database".`,
};

function untrusted({ server }: AskedPostgres): string {
  return `the certificate of ${server?.host} was issued by an unknown certificate authority. Write the certificate of that authority to a file. Then add the path of the file to the URL in "database": ?sslmode=verify-full&sslrootcert=FILE`;
}

/**
 * Converts a database error into a DockpassError with a message that describes the problem in one line and never
 * contains the password.
 */
export function explainPostgresError(error: unknown, asked: AskedPostgres): unknown {
  if (!(error instanceof Error) || error instanceof DockpassError) return error;
  const code = codeOf(error);
  const at = withDriverDefaults(asked);
  const why = byCode[code]?.(at) ?? withoutPassword(firstLine(error, at), at);
  return new DockpassError('database', `PostgreSQL: ${why}`, { cause: error });
}

/** Adds the values that the driver uses if the URL does not contain them. */
function withDriverDefaults({ server, user, password, database }: AskedPostgres): AskedPostgres {
  const { PGUSER, PGPASSWORD, PGDATABASE, USER } = process.env;
  const role = user ?? (PGUSER || USER);
  return {
    server,
    user: role,
    password: password ?? (PGPASSWORD || undefined),
    database: database ?? (PGDATABASE || role),
  };
}

/**
 * The message for a login without a password in the configuration and in PGPASSWORD. Whether `~/.pgpass` contains a
 * password is known only to the driver.
 */
function passwordMissing(user: string | undefined): string {
  return `the server requires a password for the role ${user}. dockpass has no password for it, or ~/.pgpass contains a wrong one. Set databasePassword, or write the password to a file and set DOCKPASS_DATABASE_PASSWORD_FILE to its path.`;
}

/**
 * Returns the code of an error, or an empty text if the error has no code. If a host has several addresses and none of
 * them answers, Node.js reports a list with one error for each address. In this case, the code of the first error is
 * returned.
 */
function codeOf(error: Error): string {
  const inner = error instanceof AggregateError ? (error.errors[0] as unknown) : error;
  return inner instanceof Error && 'code' in inner && typeof inner.code === 'string' ? inner.code : '';
}

function firstLine(error: Error, { user }: AskedPostgres): string {
  const line = error.message.split('\n')[0] ?? '';
  if (line === 'timeout expired' || line.includes('Connection terminated due to connection timeout'))
    return 'the server does not answer. Check the network and the firewall between this machine and the database.';
  if (line === 'timeout exceeded when trying to connect')
    return 'all database connections of this process have been busy for 5 seconds, or the server does not answer. Check the load of the database.';
  // If there is no password, the driver notices this before it answers the server, so the error has no code.
  if (/client password must be a (?:non-empty )?string$/.test(line)) return passwordMissing(user);
  return line.includes('does not support SSL')
    ? 'the server does not support TLS. Enable TLS on the server (ssl = on). If you control the whole network between dockpass and the server, you can set sslmode=disable to connect without TLS.'
    : line;
}

function withoutPassword(text: string, { password }: AskedPostgres): string {
  if (password === undefined || password === '') return text;
  return text.replaceAll(password, '[secret]').replaceAll(encodeURIComponent(password), '[secret]');
}

/**
 * Returns true if the error means that no server can handle queries at the moment. There are two cases:
 * - The error has no PostgreSQL error code (five digits or capital letters). Such an error does not come from a server,
 *   so this function assumes that no server has answered.
 * - The PostgreSQL error code means that the server is a standby, is starting up or is shutting down.
 */
export function isUnreachable(error: unknown): boolean {
  const cause = error instanceof DockpassError ? error.cause : error;
  const code = cause instanceof Error ? codeOf(cause) : '';
  return !/^[0-9A-Z]{5}$/.test(code) || ['57P01', '57P02', '57P03', '25006'].includes(code);
}

/**
 * Returns true if PostgreSQL cancelled the transaction because of a deadlock, which means that two transactions waited
 * for each other.
 */
export function isDeadlock(error: unknown): boolean {
  return error instanceof Error && codeOf(error) === '40P01';
}
