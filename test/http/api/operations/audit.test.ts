import { beforeAll, describe, expect, test } from 'vitest';
import { formatEventText } from '../../../../src/audit/event-text.ts';
import type { AuditEvent } from '../../../../src/audit/event.ts';
import { apiMethods, type ApiMethods } from '../../../support/api/methods.ts';
import { startIssuer, type TestIssuer } from '../../../support/dockpass/issuer.ts';

const password = 'correct horse battery';
let issuer: TestIssuer;
let api: ApiMethods;

interface Page {
  readonly items: readonly { readonly id: string; readonly name: string; readonly reason: string }[];
  readonly next: string | null;
  readonly position: string | null;
  readonly uncertain: number;
  readonly more: boolean;
}

const at = (second: number): number => Date.parse('2026-03-01T11:00:00Z') + second * 1000;

function event(id: string, second: number, change: Partial<AuditEvent> = {}): AuditEvent {
  return {
    ...{ id, at: at(second), outcome: 'issued', subject: 'alice', address: '192.0.2.1', client: 'docker/28' },
    ...{ host: 'registry.example.com', realm: 'private', asked: 'repository:team/app:pull' },
    ...{ granted: 'repository:team/app:pull', reason: 'role', tokenId: 'jti', times: 1 },
    ...change,
  };
}

const append = (...events: readonly AuditEvent[]): Promise<void> =>
  issuer.server.store.auditLog.append(events.map(formatEventText));

beforeAll(async () => {
  issuer = await startIssuer();
  await issuer.addUser('root-1', password, 'admin');
  await issuer.addUser('alice', password);
  api = apiMethods(issuer, 'root-1', password);
  await append(
    event('first', 1),
    event('second', 2, { subject: 'bob', asked: 'repository:base/x:pull and 3 more', granted: '' }),
    event('third', 3, { outcome: 'changed', reason: 'user alice disabled', asked: '', granted: '' }),
    event('fourth', 4, { client: '=HYPERLINK("http://192.0.2.9")' }),
  );
});

async function pageOf(query: string): Promise<Page> {
  const answer = await api.get(`/audit${query}`);
  expect(answer.status).toBe(200);
  return answer.body as Page;
}

const idsOf = async (query: string): Promise<string[]> => (await pageOf(query)).items.map(({ id }) => id);

describe('the audit log in the API', () => {
  test('lists the rows newest first, as audit --json prints them', async () => {
    const page = await pageOf('?limit=2');
    expect(page.items.map(({ id }) => id)).toEqual(['fourth', 'third']);
    expect(page.items[1]).toEqual({
      ...{ name: 'alice', time: '2026-03-01T11:00:03.000Z', id: 'third', outcome: 'changed' },
      ...{ address: '192.0.2.1', client: 'docker/28', host: 'registry.example.com', realm: 'private' },
      ...{ asked: '', granted: '', reason: 'user alice disabled', tokenId: 'jti', times: 1 },
      ...{ seq: 3, chain: 'proven' },
    });
    expect(await idsOf(`?limit=2&cursor=${page.next}`)).toEqual(['second', 'first']);
  });

  test('filters like the command audit', async () => {
    expect(await idsOf('?user=BOB')).toEqual(['second']);
    expect(await idsOf('?outcome=changed')).toEqual(['third']);
    expect(await idsOf('?since=2026-03-01T11:00:02Z&until=2026-03-01T11:00:03Z')).toEqual([
      'third',
      'second',
    ]);
    expect(await idsOf('?until=2026-02-28')).toEqual([]);
    expect(await idsOf('?until=2026-03-01&limit=1')).toEqual(['fourth']);
    expect(await idsOf('?since=1h')).toEqual(['fourth', 'third', 'second', 'first']);
    expect(await idsOf('?q=bo')).toEqual(['second']);
    expect(await idsOf('?user=&repository=&q=')).toHaveLength(4);
    const page = await pageOf('?repository=team/app');
    expect(page.items.map(({ id }) => id)).toEqual(['fourth', 'first']);
    expect(page.uncertain).toBe(1);
  });

  test('reads the events that were recorded after a position, for a live view', async () => {
    const { position } = await pageOf('?limit=1');
    const later = await pageOf(`?after=${position}`);
    expect(later.items).toEqual([]);
    // The clock of the server that records this event is behind.
    await append(event('fifth', -100));
    const live = await pageOf(`?after=${later.position}`);
    expect(live.items.map(({ id }) => id)).toEqual(['fifth']);
    expect((await pageOf(`?after=${live.position}`)).items).toEqual([]);
    expect((await pageOf(`?after=${later.position}&user=bob`)).items).toEqual([]);
    // Each request examines some rows, so that it is quick however many rows come after the position.
    await append(event('x1', 10), event('x2', 11, { subject: 'bob' }), event('x3', 12));
    const some = await pageOf(`?after=${live.position}&user=bob&limit=1`);
    expect(some).toMatchObject({ items: [], more: true, next: null });
    const next = await pageOf(`?after=${some.position}&user=bob&limit=2`);
    expect(next).toMatchObject({ items: [{ id: 'x2' }], more: true });
    expect(await pageOf(`?after=${next.position}`)).toMatchObject({ items: [], more: false });
  });

  test('exports the selected rows as CSV, in which no text is a formula', async () => {
    const answer = await api.get(
      '/audit/export?format=csv&user=alice&outcome=issued&since=2026-03-01T11:00:00Z&until=2026-03-01T11:00:05Z',
    );
    expect(answer.status).toBe(200);
    expect(answer.headers['content-type']).toMatch(/^text\/csv; charset=utf-8/);
    expect(answer.headers['content-disposition']).toBe(
      'attachment; filename="dockpass-audit-2026-03-01.csv"',
    );
    const [header, ...lines] = answer.text.trimEnd().split('\r\n');
    expect(header).toMatch(/^time,id,outcome,name,/);
    expect(lines.map((line) => line.split(',')[1])).toEqual(['fourth', 'first']);
    expect(lines[0]).toContain(`,"'=HYPERLINK(""http://192.0.2.9"")",`);
  });

  test('exports JSON lines', async () => {
    const answer = await api.get('/audit/export?format=jsonl&outcome=changed').buffer();
    expect(answer.headers['content-type']).toBe('application/jsonl; charset=utf-8');
    const lines = answer.text.trimEnd().split('\n');
    expect(lines.map((line) => (JSON.parse(line) as { id: string }).id)).toEqual(['third']);
    const head = await fetchHead('/audit/export?format=jsonl');
    expect([head.status, head.text]).toEqual([200, '']);
  });

  test.each([
    ['/audit?since=yesterday', '/since'],
    ['/audit?until=2026-02-30', '/until'],
    ['/audit?outcome=lost', '/outcome'],
    ['/audit?limit=1001', '/limit'],
    ['/audit?cursor=WyIxIl0', '/cursor'],
    [`/audit?cursor=${Buffer.from('["1","third","2"]').toString('base64url')}`, '/cursor'],
    [`/audit?cursor=${Buffer.from('["x","proven","2"]').toString('base64url')}`, '/cursor'],
    [`/audit?after=${Buffer.from('["1","-2"]').toString('base64url')}`, '/after'],
    ['/audit?page=2', '/page'],
    ['/audit/export', '/format'],
    ['/audit/export?format=xlsx', '/format'],
  ])('rejects %s with a pointer', async (path, pointer) => {
    const answer = await api.get(path);
    expect(answer.status).toBe(400);
    expect(answer.body).toMatchObject({ code: 'bad_request', errors: [{ pointer }] });
  });

  test('is for administrators only', async () => {
    const alice = apiMethods(issuer, 'alice', password);
    for (const path of ['/audit', '/audit/export?format=csv'])
      expect((await alice.get(path)).status).toBe(403);
  });
});

async function fetchHead(path: string): Promise<{ status: number; text: string }> {
  const answer = await fetch(`${issuer.url}/auth/api/v1${path}`, {
    method: 'HEAD',
    headers: { Authorization: `Basic ${Buffer.from(`root-1:${password}`).toString('base64')}` },
  });
  return { status: answer.status, text: await answer.text() };
}
