import { beforeAll, describe, expect, test } from 'vitest';
import { openStore } from '../../src/store/open-store.ts';
import {
  accessIn,
  privateHost,
  refusalIn,
  startIssuer,
  type TestIssuer,
} from '../support/dockpass/issuer.ts';

const password = 'correct horse battery';

/** Logs in with this X-Forwarded-For header. The request comes from a trusted proxy. */
const login = (issuer: TestIssuer, forwarded: string, name = 'alice', secret = password, query = '') =>
  issuer.get(privateHost, query).set('X-Forwarded-For', forwarded).auth(name, secret);

describe('the address of a client behind a proxy', () => {
  test.each([
    ['203.0.113.10:4711', '203.0.113.10'],
    ['203.0.113.10:_port', '203.0.113.10'],
    ['[2001:db8::1]:4711', '2001:db8::1'],
    ['2001:DB8:0::1', '2001:db8::1'],
    ['198.51.100.1, 203.0.113.10', '203.0.113.10'],
    ['unknown', 'unknown'],
    ['_hidden', 'unknown'],
    ['localhost', 'unknown'],
    ['203.0.113.10, unknown', 'unknown'],
    ['', 'unknown'],
  ])('X-Forwarded-For %j is recorded as %s', async (forwarded, address) => {
    const issuer = await startIssuer();
    await issuer.addUser('alice', password);
    expect((await login(issuer, forwarded)).status).toBe(200);
    await issuer.stop();
    const store = await openStore(issuer.config.database);
    try {
      expect((await store.auditLog.list({})).map((event) => event.address)).toEqual([address]);
    } finally {
      await store.close();
    }
  });

  test.each([
    ['an address with changing ports', (at: number) => `203.0.113.10:${4711 + at}`],
    ['entries that are no addresses', (at: number) => ['unknown', `_id${at}`, `garbage ${at}`][at % 3] ?? ''],
  ])('%s share one limit for failed logins', async (_what, forwarded) => {
    const issuer = await startIssuer();
    await issuer.addUser('alice', password);
    for (let at = 0; at < 10; at++)
      expect((await login(issuer, forwarded(at), 'alice', `wrong password ${at}`)).status).toBe(401);
    expect((await login(issuer, forwarded(10))).status).toBe(429);
    // Another client is not affected, and neither is one on the machine of the proxy.
    for (const address of ['203.0.113.11', '127.0.0.1'])
      expect((await login(issuer, address)).status).toBe(200);
  });
});

test('a client that polls with an old password does not lock out the right password from its address', async () => {
  const issuer = await startIssuer();
  await issuer.addUser('alice', password);
  const statuses: number[] = [];
  for (let at = 0; at < 112; at++)
    statuses.push((await login(issuer, '203.0.113.9', 'alice', 'the password of last year')).status);
  expect(statuses).toEqual([...Array<number>(101).fill(401), ...Array<number>(11).fill(429)]);
  expect((await login(issuer, '203.0.113.9')).status).toBe(200);
});

describe('a client whose address cannot be read', () => {
  const rules = [
    { allow: ['pull'], to: ['user:alice'], on: ['inside/**'], from: ['127.0.0.0/8', '203.0.113.0/24'] },
    { deny: ['pull'], to: ['everyone'], on: ['secret/**'], from: ['203.0.113.0/24'] },
  ];
  let issuer: TestIssuer;
  beforeAll(async () => {
    issuer = await startIssuer({ policy: rules });
    await issuer.addUser('alice', password, 'none');
    await issuer.addUser('bob', password, 'reader');
  });
  const may = async (name: string, repository: string, forwarded: string): Promise<boolean> => {
    const answer = await login(issuer, forwarded, name, password, `scope=repository:${repository}:pull`);
    expect([answer.status, refusalIn(answer)]).toEqual([200, undefined]);
    return accessIn(answer).length > 0;
  };

  test('gets nothing from an allow rule with `from`', async () => {
    expect(await may('alice', 'inside/app', '203.0.113.9')).toBe(true);
    for (const forwarded of ['unknown', '_hidden', '127.0.0.1, unknown'])
      expect(await may('alice', 'inside/app', forwarded)).toBe(false);
  });

  test('is denied what a deny rule with `from` denies, because it may be in that network', async () => {
    expect(await may('bob', 'secret/app', '198.51.100.1')).toBe(true);
    expect(await may('bob', 'secret/app', 'unknown')).toBe(false);
    expect(await may('bob', 'other/app', 'unknown')).toBe(true);
  });
});
