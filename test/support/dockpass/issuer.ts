import { decodeJwt } from 'jose';
import request, { type Response, type Test } from 'supertest';
import { startTokenServer, type TokenServer } from '../../../src/app/server.ts';
import type { Config } from '../../../src/config/load.ts';
import { createPasswordHasher } from '../../../src/identity/password/password-hash.ts';
import { Secret } from '../../../src/secret.ts';
import { createSecretToken } from '../../../src/identity/token/secret-token.ts';
import { createLog } from '../../../src/observe/log.ts';
import type { Role } from '../../../src/policy/rights.ts';
import type { AccessToken } from '../../../src/store/store.ts';
import type { AccessEntry } from '../../../src/token/claims.ts';
import { afterwards } from '../run/afterwards.ts';
import { keepText, registerSecret } from '../run/evidence.ts';
import './denied-answers.ts';
import { configIn } from './settings.ts';
import { temporaryDirectory } from '../run/temp.ts';

export const publicHost = 'pub.example.com';
export const privateHost = 'registry.example.com';

/** The time at which every fake clock starts by default, in milliseconds since the epoch. It is a whole second. */
export const startOfTime = Date.parse('2026-03-01T12:00:00Z');

export interface FakeClock {
  (): number;
  advance(seconds: number): void;
}

export function fakeClock(at = startOfTime): FakeClock {
  let now = at;
  return Object.assign(() => now, { advance: (seconds: number) => void (now += seconds * 1000) });
}

/** A token server that runs in the process of the test, on a free port. It has its own directory, keys and clock. */
export interface TestIssuer {
  readonly url: string;
  readonly operationsUrl: string;
  readonly port: number;
  readonly config: Config;
  readonly server: TokenServer;
  readonly clock: FakeClock;
  /** The lines that the server has logged so far. */
  readonly logged: readonly string[];
  addUser(name: string, password: string, role?: Role): Promise<void>;
  /** Creates an access token for the user and returns its text. */
  addAccessToken(user: string, change?: Partial<AccessToken>): Promise<string>;
  /** Sends `GET /auth/token` with this Host header. The query must already be URL-encoded. */
  get(host: string, query?: string): Test;
  /** Sends `POST /auth/token` with this Host header. The form must already be URL-encoded. */
  post(host: string, form: string): Test;
  /**
   * Stops the server. Before, it answers open requests and writes data that it has not yet written to the database.
   * This is called automatically after the test.
   */
  stop(): Promise<void>;
}

/** The settings with which another server continues with the database and the keys of a stopped one. */
export function dataOf({ config }: TestIssuer): Readonly<Record<string, unknown>> {
  return { database: config.database, keys: { directory: config.keys.directory } };
}

/**
 * @param settings as in dockpass.yml; they override the test's default for the public domain and the ports
 * @param startAt the time of the server's clock at the start, in milliseconds since the epoch
 */
export async function startIssuer(
  settings: Readonly<Record<string, unknown>> = {},
  startAt = startOfTime,
): Promise<TestIssuer> {
  const directory = await temporaryDirectory('issuer');
  const defaults = {
    publicDomains: [publicHost],
    listen: '127.0.0.1:0',
    operations: { listen: '127.0.0.1:0' },
  };
  const config = await configIn(directory, { ...defaults, ...settings });
  const clock = fakeClock(startAt);
  const logged: string[] = [];
  const server = await startTokenServer(config, { clock, log: createLog((line) => logged.push(line)) });
  const url = `http://127.0.0.1:${server.address.port}`;
  const operationsUrl = `http://127.0.0.1:${server.operations.port}`;
  const end = async (): Promise<void> => {
    keepText('metrics', (await request(operationsUrl).get('/metrics')).text);
    await server.close();
    keepText('logs', logged.join('\n'));
  };
  let stopped: Promise<void> | undefined;
  const stop = (): Promise<void> => (stopped ??= end());
  afterwards(stop);
  return {
    url,
    operationsUrl,
    port: server.address.port,
    config,
    server,
    clock,
    logged,
    addUser: async (name, password, role = 'writer') => {
      registerSecret(password);
      const at = Math.floor(clock() / 1000);
      const passwordHash = await hashOf(password);
      await server.store.users.add({
        name,
        role,
        passwordHash,
        disabled: false,
        createdAt: at,
        changedAt: at,
      });
    },
    addAccessToken: async (user, change) => {
      const { text, token } = createSecretToken('dpp_', 20);
      const created = { name: 'ci', user, only: null, createdAt: 0, expiresAt: null, lastUse: null };
      await server.store.accessTokens.add({ hash: token.hash, ...created, ...change });
      return text.reveal();
    },
    get: (host, query = '') => request(url).get(`/auth/token?${query}`).set('Host', host),
    post: (host, form) => request(url).post('/auth/token').set('Host', host).type('form').send(form),
    stop,
  };
}

const hashes = new Map<string, Promise<string>>();

function hashOf(password: string): Promise<string> {
  const known = hashes.get(password) ?? createPasswordHasher().hash(new Secret(password));
  hashes.set(password, known);
  return known;
}

/** Returns the access rights in the token of an answer. */
export function accessIn(answer: Response): readonly AccessEntry[] {
  const { token } = answer.body as { token: string };
  return decodeJwt<{ access: AccessEntry[] }>(token).access;
}

export interface ErrorBody {
  readonly errors: readonly {
    readonly code: string;
    readonly message: string;
    readonly detail: { readonly code: string };
  }[];
  readonly error?: string;
  readonly error_description?: string;
}

/** Returns the error code of dockpass in an answer (src/errors.ts). Undefined if the answer contains no error. */
export function refusalIn(answer: Response): string | undefined {
  return (answer.body as Partial<ErrorBody>).errors?.[0]?.detail.code;
}
