import { readFileSync } from 'node:fs';
import { DockpassError, messageOf } from '../../errors.ts';

/** The parts of a URL `postgres://USER:PASSWORD@HOST:PORT,HOST:PORT/DATABASE?…`. */
export interface PostgresUrl {
  /** One server, or a primary and its standbys in any order. */
  readonly servers: readonly PostgresServer[];
  /**
   * Undefined if the URL contains no user name. If the user name, the password or the database is missing, the driver
   * uses an environment variable (for example, PGUSER) or a default.
   */
  readonly user?: string;
  readonly password?: string;
  readonly database?: string;
  readonly ssl: false | PostgresTls;
}

export interface PostgresServer {
  /** A host name, an IP address, or the path of the folder that contains a Unix socket. */
  readonly host: string;
  readonly port: number;
}

export interface PostgresTls {
  readonly rejectUnauthorized: boolean;
  readonly ca?: string;
  readonly cert?: string;
  readonly key?: string;
}

/**
 * The libpq parameters that dockpass supports. All other parameters are rejected, because if dockpass ignored a
 * mistyped `sslmode`, it would connect without TLS.
 */
const parameters = ['sslmode', 'sslrootcert', 'sslcert', 'sslkey', 'host', 'target_session_attrs'] as const;
type Parameter = (typeof parameters)[number];

/**
 * The values of sslmode. In all modes except `disable` and `no-verify`, the certificate of the server is verified. This
 * is stricter than libpq, which accepts any certificate in the mode `require`.
 */
const tlsModes: ReadonlyMap<string, 'off' | 'unverified' | 'verified'> = new Map([
  ['disable', 'off'],
  ['no-verify', 'unverified'],
  ['require', 'verified'],
  ['verify-ca', 'verified'],
  ['verify-full', 'verified'],
]);

const shape = /^postgres(?:ql)?:\/\/(?:([^@/?]*)@)?([^/?]*)(?:\/([^?]*))?(?:\?(.*))?$/;

/**
 * Parses the URL of a PostgreSQL database.
 * @throws DockpassError `database` with a message that names the incorrect part of the URL and never contains the
 *   password
 */
export function parsePostgresUrl(url: string): PostgresUrl {
  const [, identity = '', hosts = '', database = '', query = ''] = shape.exec(url) ?? reject('');
  // The password seems to contain an @, / or ? that is not encoded, so a piece of it looks like another part of the
  // URL. The messages below would show this piece.
  if (hosts.includes('@') || (identity === '' && `${database}${query}`.includes('@')))
    reject('in the user, the password and the other parts, write @ as %40, / as %2F and ? as %3F');
  const colon = identity.indexOf(':');
  const user = decode(colon < 0 ? identity : identity.slice(0, colon), 'the user');
  const password = colon < 0 ? '' : decode(identity.slice(colon + 1), 'the password');
  const given = parametersIn(query);
  const name = decode(database, 'the name of the database');
  const sessions = given.get('target_session_attrs');
  if (sessions !== undefined && !['read-write', 'primary', 'any'].includes(sessions))
    reject(
      `target_session_attrs must be read-write, primary or any, because dockpass writes to the database`,
    );
  return {
    servers: (hosts === '' ? (given.get('host') ?? 'localhost') : hosts).split(',').map(serverOf),
    ...(user !== '' && { user }),
    ...(password !== '' && { password }),
    ...(name !== '' && { database: name }),
    ssl: tlsOf(given),
  };
}

function serverOf(text: string): PostgresServer {
  if (text.startsWith('/')) return { host: text, port: 5432 };
  const [, host = '', port = '5432'] =
    /^(\[[0-9a-f:.%]+\]|[^:[\]]+)(?::(.*))?$/i.exec(text) ?? reject(`${JSON.stringify(text)} is not a host`);
  if (!/^\d{1,5}$/.test(port) || Number(port) < 1 || Number(port) > 65_535)
    reject(`${JSON.stringify(port)} is not a port`);
  return { host: decode(host.replace(/^\[(.*)\]$/, '$1'), 'the host'), port: Number(port) };
}

function parametersIn(query: string): Map<Parameter, string> {
  const given = new Map<Parameter, string>();
  for (const [name, value] of new URLSearchParams(query)) {
    const known = parameters.find((parameter) => parameter === name);
    if (known === undefined)
      return reject(`there is no parameter ${JSON.stringify(name)}. Use one of: ${parameters.join(', ')}`);
    given.set(known, value);
  }
  return given;
}

function tlsOf(given: ReadonlyMap<Parameter, string>): PostgresUrl['ssl'] {
  const mode = given.get('sslmode') ?? (given.has('sslrootcert') ? 'verify-full' : 'disable');
  const tls = tlsModes.get(mode);
  if (tls === undefined)
    return reject(
      `sslmode cannot be ${JSON.stringify(mode)}. Use one of: ${[...tlsModes.keys()].join(', ')}`,
    );
  if (tls === 'off') return false;
  const read = (parameter: Parameter): string | undefined => {
    const path = given.get(parameter);
    try {
      return path === undefined ? undefined : readFileSync(path, 'utf8');
    } catch (error) {
      return reject(`the file in ${parameter} cannot be read: ${messageOf(error)}`);
    }
  };
  const [ca, cert, key] = [read('sslrootcert'), read('sslcert'), read('sslkey')];
  return {
    rejectUnauthorized: tls === 'verified',
    ...(ca !== undefined && { ca }),
    ...(cert !== undefined && { cert }),
    ...(key !== undefined && { key }),
  };
}

function decode(text: string, what: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return reject(`${what} contains invalid percent-encoding. Write a literal % as %25`);
  }
}

function reject(why: string): never {
  const expected = 'database must look like postgres://USER@HOST:PORT/DATABASE';
  throw new DockpassError('database', why === '' ? expected : `${expected}; ${why}`);
}
