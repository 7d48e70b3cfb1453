import { beforeAll, describe, expect, test } from 'vitest';
import { mayUse, type Rank } from '../../../src/http/api/caller.ts';
import { createSecretToken } from '../../../src/identity/token/secret-token.ts';
import { accessTable } from '../../support/api/access-table.ts';
import { administrator, password } from '../../support/api/client.ts';
import type { ApiLab, ExampleRequest } from '../../support/api/example.ts';
import {
  asUser,
  basic,
  exampleOf,
  namedRoutes,
  samePage,
  sendExample,
  startLab,
  type Sender,
} from '../../support/api/lab.ts';
import { publicHost } from '../../support/dockpass/issuer.ts';

// Attack 122: every route with every role. Attack 125: writes with the cookie of the console.

/** The callers with a login, each with its rank. */
const callers = {
  'a user with the role none': 'user',
  'a user with the role reader': 'user',
  'a user with the role writer': 'user',
  'an access token of a writer': 'user',
  'a limited access token of an administrator': 'limited',
  'a robot': 'limited',
  'an access token of an administrator': 'administrator',
  'a user with the role admin': 'administrator',
} as const satisfies Readonly<Record<string, Rank>>;
type CallerName = keyof typeof callers;

let lab: ApiLab;
let senders: Readonly<Record<CallerName, Sender>>;
let robotSecret: string;

beforeAll(async () => {
  lab = await startLab();
  for (const role of ['none', 'reader', 'writer'] as const)
    await lab.issuer.addUser(`role-${role}`, password, role);
  const { addAccessToken, server } = lab.issuer;
  const only = [{ pattern: '**', actions: ['pull'] as const }];
  const { text, token } = createSecretToken('dpr_', 20);
  robotSecret = text.reveal();
  await server.store.robots.add(
    { name: 'ci', only, api: true, disabled: false, createdAt: 0, expiresAt: null, lastUse: null },
    { hash: token.hash, robot: 'ci', createdAt: 0, expiresAt: null },
  );
  const bearer = (secret: string): Sender => ({ authorization: `Bearer ${secret}` });
  senders = {
    'a user with the role none': asUser('role-none'),
    'a user with the role reader': asUser('role-reader'),
    'a user with the role writer': asUser('role-writer'),
    'an access token of a writer': bearer(await addAccessToken('role-writer', { name: 'all', api: true })),
    'a limited access token of an administrator': bearer(
      await addAccessToken(administrator, { name: 'limited', only, api: true }),
    ),
    'a robot': { authorization: basic('ci', robotSecret) },
    'an access token of an administrator': bearer(
      await addAccessToken(administrator, { name: 'all', api: true }),
    ),
    'a user with the role admin': asUser(administrator),
  };
});

describe('the table of access', () => {
  test('names every route of the API, and no other', () => {
    const missing = namedRoutes.map(([name]) => name).filter((name) => accessTable[name] === undefined);
    expect(missing, 'add these routes to test/support/api/access-table.ts').toEqual([]);
    const routes = new Set(namedRoutes.map(([name]) => name));
    expect(Object.keys(accessTable).filter((name) => !routes.has(name))).toEqual([]);
  });
});

/** The status of the answer to a caller who may use the route. */
function statusFor(rank: Rank, { status, statusOfOthers, statusOfLimited }: ExampleRequest): number {
  if (rank === 'administrator') return status;
  return (rank === 'limited' ? statusOfLimited : undefined) ?? statusOfOthers ?? status;
}

describe.each(namedRoutes)('%s', (name, route) => {
  const access = accessTable[name] ?? 'anyone';
  const needsLogin = access !== 'anyone';

  test('does not exist under a public domain', async () => {
    const answer = await sendExample(
      lab,
      route,
      await exampleOf(name)(lab),
      asUser(administrator),
      publicHost,
    );
    expect(answer.status).toBe(404);
    expect(answer.body).toMatchObject({ code: 'not_found' });
  });

  if (needsLogin)
    test('is denied to clients without a login', async () => {
      const { headers: _, ...example } = await exampleOf(name)(lab);
      const answer = await sendExample(lab, route, example, {});
      expect(answer.status).toBe(401);
      expect(answer.headers['www-authenticate']).toBe('Bearer realm="dockpass"');
    });

  if (needsLogin)
    test('is denied to an access token without --api', async () => {
      const token = await lab.issuer.addAccessToken(administrator, { name: lab.newName('token') });
      for (const authorization of [basic(administrator, token), `Bearer ${token}`]) {
        const answer = await sendExample(lab, route, await exampleOf(name)(lab), { authorization });
        expect(answer.status).toBe(403);
        expect(answer.body).toMatchObject({ code: 'api_not_allowed' });
      }
    });

  if (needsLogin)
    test.each(Object.entries(callers))('is answered to %s by its rank', async (who, rank) => {
      const example = await exampleOf(name)(lab);
      const answer = await sendExample(lab, route, example, senders[who as CallerName]);
      // Only the console itself, that is, a cookie, gets a registry token.
      const isTokenForConsole =
        example.through === 'console' && senders[who as CallerName].user === undefined;
      if (isTokenForConsole) expect(answer.status).toBe(403);
      else if (mayUse(rank, access))
        expect([answer.status, answer.body]).toEqual([statusFor(rank, example), answer.body]);
      else {
        expect(answer.status).toBe(403);
        expect(answer.body).toMatchObject({ code: 'forbidden' });
      }
    });

  if (needsLogin && route.method !== 'GET')
    test('by the cookie of the console needs the headers of a page of the console', async () => {
      const { headers, ...example } = await exampleOf(name)(lab);
      const Cookie = headers?.['Cookie'] ?? (await lab.cookieOf(administrator));
      const sendWith = (given: Readonly<Record<string, string>>) => {
        const { through: _, ...plain } = example;
        return sendExample(lab, route, { ...plain, headers: { ...given, Cookie } }, {});
      };
      const type = { 'Content-Type': 'application/json' };
      for (const denied of [
        type,
        { ...type, 'Sec-Fetch-Site': 'same-site' },
        { ...type, 'Sec-Fetch-Site': 'cross-site' },
        { ...type, 'Sec-Fetch-Site': 'none' },
        { 'Sec-Fetch-Site': 'same-origin', 'Content-Type': 'text/plain' },
        { 'Sec-Fetch-Site': 'same-origin', 'Content-Type': 'application/x-www-form-urlencoded' },
      ]) {
        const answer = await sendWith(denied);
        expect([denied, answer.status]).toEqual([denied, 403]);
        expect(answer.body).toMatchObject({ code: 'cross_site' });
      }
      const done = await sendWith(samePage);
      expect([done.status, done.body]).toEqual([example.status, done.body]);
    });
});
