import { describe, expect, test } from 'vitest';
import { openStore } from '../../src/store/open-store.ts';
import { explainEvents } from '../../src/explain/explain-events.ts';
import {
  accessIn,
  privateHost,
  publicHost,
  startIssuer,
  type ErrorBody,
  type TestIssuer,
} from '../support/dockpass/issuer.ts';
import request, { type Response } from 'supertest';

const password = 'correct horse battery';

/** Stops the server, so that it writes all pending events, and returns the rows with their explanations. */
async function rowsOf(issuer: TestIssuer) {
  await issuer.stop();
  const store = await openStore(issuer.config.database);
  try {
    const rows = await store.auditLog.list({});
    expect(await store.auditLog.verify()).toBeUndefined();
    return { rows, explained: await Promise.all(rows.map(({ id }) => explainEvents(id, store, Date.now()))) };
  } finally {
    await store.close();
  }
}

function idIn(answer: Response): string {
  const { message } = (answer.body as ErrorBody).errors[0] ?? { message: '' };
  return /\(refusal ([0-9a-z]{12})\)$/.exec(message)?.[1] ?? '';
}

describe('the audit log', () => {
  test('a forwarded request with insufficient access is one denied row and no issued row', async () => {
    const issuer = await startIssuer();
    await issuer.addUser('alice', password, 'reader');
    const answer = await request(issuer.url)
      .get('/auth/forward')
      .set({ Host: privateHost, 'X-Forwarded-Method': 'PUT', 'X-Forwarded-Uri': '/v2/a/manifests/v1' })
      .auth('alice', password);
    expect(answer.status).toBe(403);
    const { rows } = await rowsOf(issuer);
    expect(rows).toMatchObject([
      {
        id: idIn(answer),
        outcome: 'refused',
        reason: 'forbidden',
        subject: 'alice',
        host: privateHost,
        realm: 'private',
        asked: 'repository:a:pull,push',
        granted: '',
        tokenId: '',
        times: 1,
      },
    ]);
  });

  test('shows requested and granted actions if a token has fewer than requested', async () => {
    const issuer = await startIssuer({ catalog: 'admins' });
    await issuer.addUser('alice', password, 'reader');
    const query = 'scope=repository:a:pull,push&scope=registry:catalog:*';
    const answer = await issuer
      .get(privateHost, query)
      .auth('alice', password)
      .set('User-Agent', 'docker/28');
    expect(accessIn(answer)).toEqual([{ type: 'repository', name: 'a', actions: ['pull'] }]);
    const { rows, explained } = await rowsOf(issuer);
    expect(explained[0]?.[0]?.meaning).toEqual([
      expect.stringMatching(
        /^The token does not grant repository:a:push registry:catalog:\*\. .*"requested access to the resource is denied"/,
      ),
      `To see what decides, run "dockpass explain --host ${privateHost} --user alice repository:a:push registry:catalog:*".`,
    ]);
    expect(rows).toMatchObject([
      {
        outcome: 'issued',
        subject: 'alice',
        address: '127.0.0.1',
        client: 'docker/28',
        host: privateHost,
        realm: 'private',
        asked: 'repository:a:pull,push registry:catalog:*',
        granted: 'repository:a:pull',
        reason: 'role; the catalog is for admins',
        at: issuer.clock(),
        times: 1,
      },
    ]);
    expect(rows[0]?.tokenId).toMatch(/^[0-9a-f-]{36}$/);
  });

  test('requests that share a token within a second are one row with a count', async () => {
    const issuer = await startIssuer();
    await issuer.addUser('alice', password, 'reader');
    const pull = (scope: string) => issuer.get(privateHost, `scope=${scope}`).auth('alice', password);
    for (let at = 0; at < 5; at++) await pull('repository:a:pull');
    await pull('repository:a:pull,push');
    const { rows } = await rowsOf(issuer);
    expect(rows.map(({ asked, granted, times }) => [asked, granted, times])).toEqual([
      // The first request has its own token. The four requests after it share another one.
      ['repository:a:pull', 'repository:a:pull', 1],
      ['repository:a:pull', 'repository:a:pull', 4],
      ['repository:a:pull,push', 'repository:a:pull', 1],
    ]);
  });

  test('every denial has an id with which its row and its meaning can be found', async () => {
    const issuer = await startIssuer();
    const anonymous = await issuer.get(privateHost, 'scope=repository:a:pull');
    const badScope = await issuer.get(publicHost, 'scope=nonsense');
    const badForm = await issuer.post(privateHost, 'grant_type=password');
    const ids = [anonymous, badScope, badForm].map(idIn);
    expect(new Set(ids).size).toBe(3);
    const { rows, explained } = await rowsOf(issuer);
    expect(rows.map(({ id, outcome, reason }) => [id, outcome, reason])).toEqual([
      [ids[0], 'refused', 'login_required'],
      [ids[1], 'refused', 'bad_scope'],
      [ids[2], 'refused', 'bad_request'],
    ]);
    expect(rows[0]).toMatchObject({ asked: 'repository:a:pull', host: privateHost, realm: 'private' });
    expect(explained[0]?.[0]?.meaning[0]).toContain('docker login');
  });

  test('records the name of a denied login only if such a user exists, and does not show it', async () => {
    const issuer = await startIssuer();
    await issuer.addUser('alice', password);
    const unknown = await issuer.get(privateHost).auth('typed-password', 'x');
    const wrong = await issuer.get(privateHost).auth('Alice', 'wrong horse battery');
    // Both responses have the same bytes. Different ids in them would reveal which user exists.
    expect(wrong.text).toBe(unknown.text);
    const { rows, explained } = await rowsOf(issuer);
    expect(rows.map(({ subject }) => subject).sort()).toEqual(['', 'alice']);
    expect(JSON.stringify(rows)).not.toContain('typed-password');
    expect(
      explained
        .flat()
        .flatMap(({ meaning }) => meaning)
        .join(),
    ).toContain('alice exists and is not disabled');
  });

  test('the same client gets another id a minute later', async () => {
    const issuer = await startIssuer();
    const first = idIn(await issuer.get(privateHost));
    expect(idIn(await issuer.get(privateHost))).toBe(first);
    issuer.clock.advance(61);
    expect(idIn(await issuer.get(privateHost))).not.toBe(first);
  });

  test('records a denial at the edge with its scope', async () => {
    const issuer = await startIssuer();
    await issuer.addUser('alice', password, 'reader');
    const answer = await request(issuer.url)
      .get('/auth/forward')
      .set('Host', privateHost)
      .set('X-Forwarded-Method', 'DELETE')
      .set('X-Forwarded-Uri', `/v2/team/app/manifests/sha256:${'0'.repeat(64)}`)
      .auth('alice', password);
    expect([answer.status, (answer.body as ErrorBody).errors[0]?.message]).toEqual([
      403,
      expect.stringContaining('no matching right (refusal '),
    ]);
    const { rows } = await rowsOf(issuer);
    expect(rows.filter(({ outcome }) => outcome === 'refused')).toMatchObject([
      { id: idIn(answer), subject: 'alice', asked: 'repository:team/app:delete', reason: 'forbidden' },
    ]);
  });
});

describe('the next request sees', () => {
  test('changed grants and memberships; the catalog still depends on the role', async () => {
    const issuer = await startIssuer({ catalog: 'admins' });
    await issuer.addUser('root', password, 'admin');
    const { store } = issuer.server;
    const holds = async (): Promise<string[]> => {
      const scopes = 'scope=repository:team/app:*&scope=repository:x:*&scope=registry:catalog:*';
      return accessIn(await issuer.get(privateHost, scopes).auth('root', password)).map(
        ({ name, actions }) => `${name}:${actions.join()}`,
      );
    };
    expect(await holds()).toEqual(['team/app:pull,push,delete,*', 'x:pull,push,delete,*', 'catalog:*']);
    await store.groups.add('dev', 1);
    await store.grants.put({ subject: 'group:dev', pattern: 'team/**', actions: ['pull'], createdAt: 1 });
    expect(await holds()).toHaveLength(3);
    await store.groups.join('dev', 'root');
    expect(await holds()).toEqual(['team/app:pull', 'catalog:*']);
    await store.grants.put({ subject: 'root', pattern: 'x', actions: ['push'], createdAt: 1 });
    expect(await holds()).toEqual(['team/app:pull', 'x:push', 'catalog:*']);
    await store.groups.leave('dev', 'root');
    expect(await holds()).toEqual(['x:push', 'catalog:*']);
  });
});
