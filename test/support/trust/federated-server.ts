import type { Response } from 'supertest';
import request from 'supertest';
import { expect } from 'vitest';
import type { AuditEvent } from '../../../src/audit/event.ts';
import { dataOf, privateHost, startIssuer, startOfTime, type TestIssuer } from '../dockpass/issuer.ts';
import { configIn } from '../dockpass/settings.ts';
import { basic } from '../network/raw-http.ts';
import { temporaryDirectory } from '../run/temp.ts';
import { startTrustIssuer, type TrustIssuer, type TrustIssuerOptions } from './issuer.ts';

/** A token server with trust rules, and the issuer of JWTs that these rules name. Both have the same clock. */
export interface FederatedServer {
  readonly ci: TrustIssuer;
  readonly server: TestIssuer;
  /** Applies other trust rules and settings, as a reload of the changed configuration does. */
  useRules(rules: readonly object[], changed?: Readonly<Record<string, unknown>>): Promise<void>;
  /** Logs in with a JWT as docker login does, and returns the answer. */
  login(jwt: string, options?: LoginOptions): Promise<Response>;
  /** Logs in and returns the refresh token. */
  beginSession(jwt: string, options?: LoginOptions): Promise<string>;
  /** Requests a token with a refresh token. */
  resume(refreshToken: string, options?: LoginOptions): Promise<Response>;
  /** Returns a field of all audit events with this outcome that are written so far. They are written once a second. */
  recorded(outcome: AuditEvent['outcome'], field: 'subject' | 'client' | 'reason'): Promise<string[]>;
  /** Stops the token server, and starts another one with the same database and rules. */
  restart(): Promise<void>;
}

export interface LoginOptions {
  readonly host?: string;
  readonly user?: string;
  readonly query?: string;
}

/** A rule for the issuer. By default, the jobs of one repository push to `acme/app`. */
export function ruleOf(ci: Pick<TrustIssuer, 'issuer'>, change: object = {}): object {
  return {
    name: 'acme-app',
    issuer: ci.issuer,
    audience: [privateHost],
    when: { repository_id: '42', ref: ['refs/heads/main'] },
    only: ['acme/app/**:pull,push'],
    ...change,
  };
}

/** The claims that the rule of `ruleOf` accepts. */
export const jobClaims = { repository_id: '42', ref: 'refs/heads/main', sub: 'repo:acme/app' };

/**
 * @param rules returns the rules of dockpass.yml. Default: the rule of `ruleOf`
 * @param settings further settings
 * @param options of the issuer
 */
export async function startFederatedServer(
  rules: (ci: TrustIssuer) => readonly object[] = (ci) => [ruleOf(ci)],
  settings: Readonly<Record<string, unknown>> = {},
  options: TrustIssuerOptions = {},
): Promise<FederatedServer> {
  let now = (): number => startOfTime;
  const ci = await startTrustIssuer({ ...options, clock: () => now() });
  let trust = rules(ci);
  let server = await startIssuer({ ...settings, trust });
  now = server.clock;
  const login: FederatedServer['login'] = (jwt, { host = privateHost, user = 'ci', query = '' } = {}) =>
    server
      .get(host, query)
      .set('Authorization', basic(user, jwt))
      .then((answer) => answer);
  return {
    ci,
    get server() {
      return server;
    },
    useRules: async (rulesNow, changed = {}) => {
      trust = rulesNow;
      const directory = await temporaryDirectory('changed-rules');
      const publicDomains = server.config.publicDomains.map(({ name }) => name);
      const start = { ...dataOf(server), publicDomains };
      const config = await configIn(directory, { ...start, ...settings, ...changed, trust });
      expect(await server.server.reload(() => Promise.resolve(config))).toBeDefined();
    },
    login,
    beginSession: async (jwt, options = {}) => {
      const answer = await login(jwt, { ...options, query: `offline_token=true&${options.query ?? ''}` });
      const { refresh_token: token } = answer.body as { refresh_token?: string };
      if (token === undefined) throw new Error(`no refresh token: ${answer.status} ${answer.text}`);
      return token;
    },
    resume: (refreshToken, { host = privateHost, query = '' } = {}) =>
      server
        .post(host, `grant_type=refresh_token&refresh_token=${refreshToken}&service=registry&${query}`)
        .then((answer) => answer),
    recorded: async (outcome, field) =>
      (await server.server.store.auditLog.list({ outcome })).map((event) => event[field]),
    restart: async () => {
      await server.stop();
      server = await startIssuer({ ...settings, trust, ...dataOf(server) }, server.clock());
      now = server.clock;
    },
  };
}

/** The scope of a push to a repository, as a query parameter. */
export const pushTo = (repository: string): string => `scope=repository:${repository}:pull,push`;

/** Sends the question that an edge sends for a registry request with Basic credentials. */
export function askForward(
  { server }: Pick<FederatedServer, 'server'>,
  jwt: string,
  method: string,
  uri: string,
): Promise<Response> {
  return request(server.url)
    .get('/auth/forward')
    .set({ Host: privateHost, 'X-Forwarded-Method': method, 'X-Forwarded-Uri': uri })
    .set('Authorization', basic('ci', jwt))
    .then((answer) => answer);
}
