import { describe, expect, test } from 'vitest';
import { openStore } from '../../src/store/open-store.ts';
import type { AuditEvent } from '../../src/audit/event.ts';
import { privateHost, publicHost, startIssuer, type TestIssuer } from '../support/dockpass/issuer.ts';

const password = 'correct horse battery';

/** Stops the server, and returns the events in its audit log. */
async function auditOf(issuer: TestIssuer): Promise<readonly AuditEvent[]> {
  await issuer.stop();
  const store = await openStore(issuer.config.database);
  try {
    return await store.auditLog.list({});
  } finally {
    await store.close();
  }
}

describe('a row of the audit log', () => {
  test('shows the user, the address, the requested and the granted actions', async () => {
    const issuer = await startIssuer({ catalog: 'admins' });
    await issuer.addUser('alice', password, 'reader');
    await issuer
      .get(privateHost, 'scope=repository:a:pull,push&scope=registry:catalog:*')
      .auth('alice', password)
      .set({ 'User-Agent': 'docker/28', 'X-Forwarded-For': '198.51.100.7' });
    expect(await auditOf(issuer)).toMatchObject([
      {
        outcome: 'issued',
        subject: 'alice',
        address: '198.51.100.7',
        client: 'docker/28',
        host: privateHost,
        realm: 'private',
        asked: 'repository:a:pull,push registry:catalog:*',
        granted: 'repository:a:pull',
        times: 1,
      },
    ]);
  });

  test('counts the requests of an anonymous client; other hosts and clients have their own rows', async () => {
    const issuer = await startIssuer({ publicDomains: [publicHost, 'other.example.com'] });
    const ask = (host: string, scope: string, client: string) =>
      issuer.get(host, `scope=${scope}`).set('User-Agent', client);
    for (let at = 0; at < 5; at++) await ask(publicHost, 'repository:a:pull', 'x');
    await ask('other.example.com', 'repository:a:pull', 'x');
    await ask(publicHost, 'repository:b:pull,push', 'x');
    await ask(publicHost, 'repository:a:pull', 'y');
    const rows = (await auditOf(issuer)).map(({ host, client, asked, granted, times }) => [
      host,
      client,
      asked,
      granted,
      times,
    ]);
    expect(rows).toEqual([
      [publicHost, 'x', 'repository:a:pull repository:b:pull,push', 'repository:a:pull repository:b:pull', 6],
      ['other.example.com', 'x', 'repository:a:pull', 'repository:a:pull', 1],
      [publicHost, 'y', 'repository:a:pull', 'repository:a:pull', 1],
    ]);
  });

  test('attack: requests with 57 long scopes each cost a few bytes of the database, not kilobytes', async () => {
    const issuer = await startIssuer();
    const requestCount = 300;
    for (let at = 0; at < requestCount; at++) {
      const scopes = Array.from({ length: 57 }, (_, of) => `repository:${at}x${of}${'x'.repeat(210)}:pull`);
      const answer = await issuer.get(publicHost, scopes.map((scope) => `scope=${scope}`).join('&'));
      expect(answer.status).toBe(200);
    }
    const events = await auditOf(issuer);
    expect(events.reduce((sum, { times }) => sum + times, 0)).toBe(requestCount);
    const bytes = events.reduce((sum, event) => sum + JSON.stringify(event).length, 0);
    expect(bytes / requestCount).toBeLessThan(100);
  });

  test('uses X-Forwarded-For only from a trusted proxy', async () => {
    const issuer = await startIssuer({ trustedProxies: ['192.0.2.200'] });
    await issuer.get(publicHost).set('X-Forwarded-For', '198.51.100.7');
    expect(await auditOf(issuer)).toMatchObject([{ address: '127.0.0.1' }]);
  });

  test.each([
    ['198.51.100.7, 127.0.0.1', '198.51.100.7'],
    ['203.0.113.9, 198.51.100.7', '198.51.100.7'],
    ['nonsense', 'unknown'],
    ['198.51.100.7, nonsense', 'unknown'],
    ['::ffff:198.51.100.7', '198.51.100.7'],
  ])('reads X-Forwarded-For %j from the right', async (forwarded, address) => {
    const issuer = await startIssuer();
    await issuer.get(publicHost).set('X-Forwarded-For', forwarded);
    expect(await auditOf(issuer)).toMatchObject([{ address }]);
  });
});
