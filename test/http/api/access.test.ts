import { beforeAll, describe, expect, test } from 'vitest';
import { mayUse, type Rank } from '../../../src/http/api/caller.ts';
import { accessTable } from '../../support/api/access-table.ts';
import { administrator, password } from '../../support/api/client.ts';
import type { ApiLab } from '../../support/api/example.ts';
import { basic, exampleOf, namedRoutes, sendExample, startLab } from '../../support/api/lab.ts';
import { publicHost } from '../../support/dockpass/issuer.ts';

// Attack 122: every route with every role.

let lab: ApiLab;

/** The callers with a login, each with its rank. `authorization` is the header that it sends. */
const callers: { who: string; rank: Rank; authorization: string }[] = [];
const names = [
  ['the role none', 'user'],
  ['the role reader', 'user'],
  ['the role writer', 'user'],
  ['the role admin', 'administrator'],
] as const satisfies readonly (readonly [string, Rank])[];

beforeAll(async () => {
  lab = await startLab();
  for (const role of ['none', 'reader', 'writer'] as const) {
    await lab.issuer.addUser(`role-${role}`, password, role);
    callers.push({ who: `the role ${role}`, rank: 'user', authorization: basic(`role-${role}`) });
  }
  callers.push({ who: 'the role admin', rank: 'administrator', authorization: basic(administrator) });
});

describe('the table of access', () => {
  test('names every route of the API, and no other', () => {
    const missing = namedRoutes.map(([name]) => name).filter((name) => accessTable[name] === undefined);
    expect(missing, 'add these routes to test/support/api/access-table.ts').toEqual([]);
    const routes = new Set(namedRoutes.map(([name]) => name));
    expect(Object.keys(accessTable).filter((name) => !routes.has(name))).toEqual([]);
  });
});

describe.each(namedRoutes)('%s', (name, route) => {
  const access = accessTable[name] ?? 'anyone';

  test('does not exist under a public domain', async () => {
    const answer = await sendExample(
      lab,
      route,
      await exampleOf(name)(lab),
      basic(administrator),
      publicHost,
    );
    expect(answer.status).toBe(404);
    expect(answer.body).toMatchObject({ code: 'not_found' });
  });

  test.runIf(access !== 'anyone')('is denied to clients without a login', async () => {
    const answer = await sendExample(lab, route, await exampleOf(name)(lab), undefined);
    expect(answer.status).toBe(401);
    expect(answer.headers['www-authenticate']).toBe('Bearer realm="dockpass"');
  });

  test.runIf(access !== 'anyone')('is denied to an access token without --api', async () => {
    const token = await lab.issuer.addAccessToken(administrator, { name: lab.newName('token') });
    for (const authorization of [basic(administrator, token), `Bearer ${token}`]) {
      const answer = await sendExample(lab, route, await exampleOf(name)(lab), authorization);
      expect(answer.status).toBe(403);
      expect(answer.body).toMatchObject({ code: 'api_not_allowed' });
    }
  });

  test.runIf(access !== 'anyone').each(names)('is answered to %s by its rank', async (who, rank) => {
    const caller = callers.find((candidate) => candidate.who === who);
    const example = await exampleOf(name)(lab);
    const answer = await sendExample(lab, route, example, caller?.authorization);
    if (mayUse(rank, access)) {
      const status = rank === 'administrator' ? example.status : (example.statusOfOthers ?? example.status);
      expect([answer.status, answer.body]).toEqual([status, answer.body]);
    } else {
      expect(answer.status).toBe(403);
      expect(answer.body).toMatchObject({ code: 'forbidden' });
    }
  });
});
