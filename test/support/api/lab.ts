import request, { type Response } from 'supertest';
import { routes } from '../../../src/http/api/routes.ts';
import type { Route } from '../../../src/http/api/route.ts';
import { privateHost, startIssuer } from '../dockpass/issuer.ts';
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
  return {
    issuer,
    registry,
    newName,
    addUser: async () => {
      const name = newName('user');
      await issuer.addUser(name, password);
      return name;
    },
    addGroup: async () => {
      const name = newName('group');
      await issuer.server.store.groups.add(name, 0);
      return name;
    },
  };
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

/** Sends the request of an example. @param authorization the Authorization header; undefined for no login */
export async function sendExample(
  { issuer }: ApiLab,
  { method }: Route,
  { path, body, headers }: ExampleRequest,
  authorization: string | undefined,
  host = privateHost,
): Promise<Response> {
  const test = request(issuer.url)[lowerCase[method]](`/auth/api/v1${path}`).set('Host', host);
  if (authorization !== undefined) test.set('Authorization', authorization);
  for (const [header, value] of Object.entries(headers ?? {})) test.set(header, value);
  return body === undefined ? test : test.send(body);
}

const lowerCase = { GET: 'get', POST: 'post', PUT: 'put', PATCH: 'patch', DELETE: 'delete' } as const;

export function basic(name: string, secret = password): string {
  return `Basic ${Buffer.from(`${name}:${secret}`).toString('base64')}`;
}
