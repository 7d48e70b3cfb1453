import { beforeAll, describe, expect, test } from 'vitest';
import { createAccessToken } from '../../../src/admin/access-tokens.ts';
import { administrator, apiClient, password } from '../../support/api/client.ts';
import { privateHost, startIssuer, type TestIssuer } from '../../support/dockpass/issuer.ts';

let issuer: TestIssuer;

const odd = `Robert'); DROP TABLE users;--<script>\n`;

const event = {
  ...{ kind: 'get' as const, digest: 'sha256:a', mediaType: '', children: null, actor: 'alice' },
  ...{ address: '', host: '', userAgent: '', domain: 'private' as const },
};

beforeAll(async () => {
  issuer = await startIssuer();
  await issuer.addUser(administrator, password, 'admin');
  await issuer.addUser('alice', password, 'none');
  const { grants, usage } = issuer.server.store;
  await grants.put({ subject: 'alice', pattern: 'team/**', actions: ['pull'], createdAt: 0 });
  await grants.put({ subject: 'alice', pattern: 'inbox', actions: ['push'], createdAt: 0 });
  const at = issuer.clock();
  const repositories = ['team/app', 'team/web', 'secret', 'inbox', odd];
  await usage.record(
    repositories.map((repository, index) => ({ ...event, id: `${index}`, at, repository, tag: 'v1' })),
    at,
  );
});

interface Page {
  readonly items: readonly { readonly name: string; readonly pulls: number }[];
  readonly next: string | null;
}

async function read(query = '', user = administrator): Promise<Page> {
  const answer = await apiClient(issuer, user)('get', `/usage?${query}`);
  expect(answer.status).toBe(200);
  return answer.body as Page;
}

const namesOf = ({ items }: Page): string[] => items.map(({ name }) => name);

test('shows an administrator all images, odd names as they are (attack 114)', async () => {
  expect(namesOf(await read())).toEqual(['team/app:v1', 'team/web:v1', 'secret:v1', 'inbox:v1', `${odd}:v1`]);
});

test('shows others only repositories that they may pull', async () => {
  expect(namesOf(await read('', 'alice'))).toEqual(['team/app:v1', 'team/web:v1']);
  expect(namesOf(await read('repository=secret', 'alice'))).toEqual([]);
  expect(namesOf(await read('repository=inbox&tag=v1', 'alice'))).toEqual([]);
});

test('pages through the list', async () => {
  const first = await read('limit=1', 'alice');
  const second = await read(`limit=1&cursor=${first.next ?? ''}`, 'alice');
  expect([...namesOf(first), ...namesOf(second), second.next]).toEqual(['team/app:v1', 'team/web:v1', null]);
});

test('filters by name, actor and time', async () => {
  expect(namesOf(await read('q=web'))).toEqual(['team/web:v1']);
  expect(namesOf(await read('by=bob'))).toEqual([]);
  expect(namesOf(await read('by=alice&since=1d&repository=team/app'))).toEqual(['team/app:v1']);
  issuer.clock.advance(10);
  expect(namesOf(await read('since=5s'))).toEqual([]);
});

test('ranks by pulls and by the last use, page by page', async () => {
  const { usage } = issuer.server.store;
  const at = issuer.clock();
  const more = { ...event, kind: 'get' as const, repository: 'team/ranked', actor: 'carol', at };
  await usage.record(
    [
      { ...more, id: 'r1', tag: 'often', at: at - 5000 },
      { ...more, id: 'r2', tag: 'often', at: at - 4000 },
      { ...more, id: 'r3', tag: 'once', at: at - 3000 },
      { ...more, id: 'r4', tag: 'once-too', at: at - 3000 },
    ],
    at,
  );
  const byPulls = 'repository=team/ranked&order=pulls';
  expect(namesOf(await read(byPulls))).toEqual([
    'team/ranked:often',
    'team/ranked:once',
    'team/ranked:once-too',
  ]);
  const first = await read(`${byPulls}&limit=2`);
  const second = await read(`${byPulls}&limit=2&cursor=${first.next ?? ''}`);
  expect([namesOf(first).length, namesOf(second), second.next]).toEqual([2, ['team/ranked:once-too'], null]);
  expect(namesOf(await read('repository=team/ranked&order=lastUse'))[2]).toBe('team/ranked:often');
});

test('counts the pulls of each day, of visible repositories only', async () => {
  const days = async (query: string, user?: string) =>
    (await apiClient(issuer, user ?? administrator)('get', `/usage/days?${query}`)).body as {
      items: readonly { readonly day: string; readonly pulls: number }[];
    };
  const sum = ({ items }: Awaited<ReturnType<typeof days>>): number =>
    items.reduce((total, { pulls }) => total + pulls, 0);
  expect((await days('repository=team/app')).items).toEqual([
    { day: new Date(issuer.clock()).toISOString().slice(0, 10), pulls: 1, pushes: 0 },
  ]);
  expect(sum(await days('by=alice&since=2d'))).toBe(5);
  expect(sum(await days('by=alice', 'alice'))).toBe(2);
  expect(sum(await days('repository=secret', 'alice'))).toBe(0);
});

test.each([
  'since=soon',
  'cursor=x',
  'cursor=WyJhIl0',
  'user=alice',
  'limit=0',
  'order=size',
  'order=pulls&cursor=WyJhIiwiYiJd',
])('rejects ?%s', async (query) => {
  expect((await apiClient(issuer, administrator)('get', `/usage?${query}`)).status).toBe(400);
});

describe('GET /usage/events', () => {
  interface Event {
    readonly user: string | null;
    readonly address: string;
    readonly token: { readonly auditId: string; readonly accessToken: string | null } | null;
  }
  const events = async (query: string): Promise<{ items: Event[]; next: string | null }> => {
    const answer = await apiClient(issuer, administrator)('get', `/usage/events?${query}`);
    expect(answer.status).toBe(200);
    return answer.body as { items: Event[]; next: string | null };
  };

  test('joins an event with the token that allowed it (attack 113: not a forged one)', async () => {
    const { store } = issuer.server;
    const clock = issuer.clock;
    const { secret } = await createAccessToken(store, clock, {
      user: 'alice',
      name: 'laptop',
      only: null,
      expiresIn: 3600,
    });
    const scope = 'repository:team/joined:pull';
    const answer = await issuer
      .get(privateHost, `service=registry&scope=${scope}`)
      .auth('alice', secret.reveal());
    expect(answer.status).toBe(200);
    await expect.poll(() => store.auditLog.list({ subject: 'alice', outcome: 'issued' })).not.toEqual([]);
    const at = clock();
    const base = {
      ...{ at, kind: 'get' as const, repository: 'team/joined', tag: 'v1', digest: 'sha256:a' },
      ...{
        mediaType: '',
        children: null,
        host: privateHost,
        userAgent: 'docker/29',
        domain: 'private' as const,
      },
    };
    const forged = { ...base, id: 'forged', actor: administrator, address: '127.0.0.1' };
    await store.usage.record([{ ...base, id: 'joined', actor: 'alice', address: '192.0.2.99' }, forged], at);
    const { items } = await events('repository=team/joined');
    expect(items.find(({ user }) => user === administrator)?.token).toBeNull();
    const joined = items.find(({ user }) => user === 'alice');
    expect(joined).toMatchObject({ address: '192.0.2.99', token: { accessToken: 'laptop' } });
    const id = joined?.token?.auditId ?? '';
    expect((await apiClient(issuer, administrator)('get', `/explain/${id}`)).status).toBe(200);
  });

  test('pages through the events', async () => {
    const first = await events('repository=team/joined&limit=1');
    const second = await events(`repository=team/joined&limit=1&cursor=${first.next ?? ''}`);
    expect([first.items.length, second.items.length, second.next]).toEqual([1, 1, null]);
    expect(first.items).not.toEqual(second.items);
  });

  test('shows odd names as they are (attack 114)', async () => {
    expect((await events(`repository=${encodeURIComponent(odd)}`)).items).toMatchObject([
      { name: `${odd}:v1` },
    ]);
  });

  test('is for administrators only', async () => {
    const answer = await apiClient(issuer, 'alice')('get', '/usage/events?repository=team/app');
    expect(answer.status).toBe(403);
  });

  test.each([
    '',
    'repository=',
    'repository=a&cursor=x',
    'repository=a&cursor=WyJhIiwiYiJd',
    'repository=a&q=b',
  ])('rejects ?%s', async (query) => {
    const answer = await apiClient(issuer, administrator)('get', `/usage/events?${query}`);
    expect(answer.status).toBe(400);
  });
});
