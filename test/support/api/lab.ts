import request, { type Response } from 'supertest';
import { routes } from '../../../src/http/api/routes.ts';
import type { Route } from '../../../src/http/api/route.ts';
import { openBrowser } from '../dockpass/console.ts';
import { privateHost, startIssuer, type TestIssuer } from '../dockpass/issuer.ts';
import { startFakeRegistry } from '../registry/fake-registry.ts';
import { administrator, password } from './client.ts';
import type { ApiLab, Example, ExampleRequest } from './example.ts';
import { examples } from './examples/index.ts';

/** Starts a server for the examples, with one administrator. */
export async function startLab(settings: Readonly<Record<string, unknown>> = {}): Promise<ApiLab> {
  const registry = await startFakeRegistry();
  const policy = [{ allow: ['pull'], to: ['users', 'robots'], on: ['lab/**'], realm: 'private' }];
  const issuer = await startIssuer({ registries: [registry.url], policy, ...settings });
  await issuer.addUser(administrator, password, 'admin');
  let count = 0;
  const newName = (prefix: string): string => `${prefix}-${++count}`;
  const cookies = new Map<string, Promise<string>>();
  return {
    issuer,
    registry,
    newName,
    addUser: async () => {
      const name = newName('user');
      await issuer.addUser(name, password);
      return name;
    },
    cookieOf: (user) => {
      const cookie = cookies.get(user) ?? signIn(issuer, user);
      cookies.set(user, cookie);
      return cookie;
    },
    addGroup: async () => {
      const name = newName('group');
      await issuer.server.store.groups.add(name, 0);
      return name;
    },
  };
}

async function signIn(issuer: TestIssuer, user: string): Promise<string> {
  const browser = openBrowser(issuer);
  const { status } = await browser.signIn(user, password);
  if (status !== 201) throw new Error(`${user} cannot sign in to the console: status ${status}`);
  return browser.cookie();
}

/** The name of a route in the tables of the tests: `POST /users`. */
export function nameOf({ method, path }: Pick<Route, 'method' | 'path'>): string {
  return `${method} ${path}`;
}

/** All routes with their names. */
export const namedRoutes: readonly (readonly [name: string, route: Route])[] = routes.map((route) => [
  nameOf(route),
  route,
]);

/** Returns the example of a route. */
export function exampleOf(name: string): Example {
  const example = examples[name];
  if (example === undefined)
    throw new Error(
      `the route "${name}" has no example. Add one to a file in test/support/api/examples/: a request that succeeds if an administrator sends it. The tests of the API call every route with its example.`,
    );
  return example;
}

/** Who sends an example. */
export interface Sender {
  /** The Authorization header. Undefined for a client without a login, or with a cookie only. */
  readonly authorization?: string;
  /** The name of a user who can sign in to the console. Undefined for robots and access tokens. */
  readonly user?: string;
}

export function asUser(user: string): Sender {
  return { user, authorization: basic(user) };
}

/** Sends the request of an example. */
export async function sendExample(
  lab: ApiLab,
  { method }: Pick<Route, 'method'>,
  { path, body, headers, through }: ExampleRequest,
  { authorization, user }: Sender,
  host = privateHost,
): Promise<Response> {
  const test = request(lab.issuer.url)[lowerCase[method]](`/auth/api/v1${path}`).set('Host', host);
  if (through === 'console' && user !== undefined)
    test.set({ ...samePage, Cookie: await lab.cookieOf(user) });
  else if (authorization !== undefined) test.set('Authorization', authorization);
  if (body === undefined) return test.set(headers ?? {});
  return test.set({ 'Content-Type': 'application/json', ...headers }).send(JSON.stringify(body));
}

/** The headers of a request that a page of the console sends. */
export const samePage = { 'Sec-Fetch-Site': 'same-origin', 'Content-Type': 'application/json' };

const lowerCase = { GET: 'get', POST: 'post', PUT: 'put', PATCH: 'patch', DELETE: 'delete' } as const;

export function basic(name: string, secret = password): string {
  return `Basic ${Buffer.from(`${name}:${secret}`).toString('base64')}`;
}
