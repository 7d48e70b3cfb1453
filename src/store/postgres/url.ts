import { readFileSync } from 'node:fs';
import { DockpassError, messageOf } from '../../errors.ts';

/** The parts of a URL `postgres://USER:PASSWORD@HOST:PORT,HOST:PORT/DATABASE?…`. */
export interface PostgresUrl {
  /** One server, or a primary and its standbys in any order. */
  readonly servers: readonly PostgresServer[];
  /** If a part is missing in the URL, PGUSER and similar variables or the defaults of pg apply. */
  readonly user?: string;
  readonly password?: string;
  readonly database?: string;
  readonly ssl: false | PostgresTls;
}

export interface PostgresServer {
  /** A name or an address. A path is the folder of a Unix socket. */
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
 * The parameters of libpq that dockpass supports. Any other is rejected, because a typing error must not switch TLS
 * off.
 */
const parameters = ['sslmode', 'sslrootcert', 'sslcert', 'sslkey', 'host', 'target_session_attrs'] as const;
type Parameter = (typeof parameters)[number];

/**
 * The certificate of the server is verified in all modes except two. This is stricter than libpq, whose mode
 * `require` accepts any certificate.
 */
const tlsModes: Readonly<Record<string, 'off' | 'unverified' | 'verified'>> = {
  disable: 'off',
  'no-verify': 'unverified',
  require: 'verified',
  'verify-ca': 'verified',
  'verify-full': 'verified',
};

const shape = /^postgres(?:ql)?:\/\/(?:([^@/?]*)@)?([^/?]*)(?:\/([^?]*))?(?:\?(.*))?$/;

/** @throws DockpassError `database`, which names the wrong part and never contains the password */
export function parsePostgresUrl(url: string): PostgresUrl {
  const [, identity = '', hosts = '', database = '', query = ''] = shape.exec(url) ?? refuse('');
  const colon = identity.indexOf(':');
  const user = decoded(colon < 0 ? identity : identity.slice(0, colon), 'the user');
  const password = colon < 0 ? '' : decoded(identity.slice(colon + 1), 'the password');
  const wanted = parametersIn(query);
  const name = decoded(database, 'the name of the database');
  const sessions = wanted.get('target_session_attrs');
  if (sessions !== undefined && !['read-write', 'primary', 'any'].includes(sessions))
    refuse(`target_session_attrs must be read-write, because dockpass writes`);
  return {
    servers: (hosts === '' ? (wanted.get('host') ?? 'localhost') : hosts).split(',').map(serverOf),
    ...(user !== '' && { user }),
    ...(password !== '' && { password }),
    ...(name !== '' && { database: name }),
    ssl: tlsOf(wanted),
  };
}

function serverOf(text: string): PostgresServer {
  if (text.startsWith('/')) return { host: text, port: 5432 };
  const [, host = '', port = '5432'] =
    /^(\[[0-9a-f:.%]+\]|[^:[\]]+)(?::(.*))?$/i.exec(text) ?? refuse(`${JSON.stringify(text)} is not a host`);
  if (!/^\d{1,5}$/.test(port) || Number(port) < 1 || Number(port) > 65_535)
    refuse(`${JSON.stringify(port)} is not a port`);
  return { host: decoded(host.replace(/^\[(.*)\]$/, '$1'), 'the host'), port: Number(port) };
}

function parametersIn(query: string): Map<Parameter, string> {
  const wanted = new Map<Parameter, string>();
  for (const [name, value] of new URLSearchParams(query)) {
    const known = parameters.find((parameter) => parameter === name);
    if (known === undefined)
      return refuse(`there is no parameter ${JSON.stringify(name)}. Use one of: ${parameters.join(', ')}`);
    wanted.set(known, value);
  }
  return wanted;
}

function tlsOf(wanted: ReadonlyMap<Parameter, string>): PostgresUrl['ssl'] {
  const mode = wanted.get('sslmode') ?? (wanted.has('sslrootcert') ? 'verify-full' : 'disable');
  const tls = tlsModes[mode];
  if (tls === undefined)
    return refuse(
      `sslmode cannot be ${JSON.stringify(mode)}. Use one of: ${Object.keys(tlsModes).join(', ')}`,
    );
  if (tls === 'off') return false;
  const read = (parameter: Parameter): string | undefined => {
    const path = wanted.get(parameter);
    try {
      return path === undefined ? undefined : readFileSync(path, 'utf8');
    } catch (error) {
      return refuse(`${parameter} cannot be read: ${messageOf(error)}`);
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

function decoded(text: string, what: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return refuse(`${what} contains a % that encodes nothing. Write a literal % as %25`);
  }
}

function refuse(why: string): never {
  const wanted = 'database must look like postgres://USER@HOST:PORT/DATABASE';
  throw new DockpassError('database', why === '' ? wanted : `${wanted}; ${why}`);
}
