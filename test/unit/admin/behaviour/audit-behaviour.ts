import { describe, expect, test } from 'vitest';
import { exportEvents } from '../../../../src/admin/audit/export-events.ts';
import { newestFirst, readNewestEvents, type EventPage } from '../../../../src/admin/audit/read-events.ts';
import type { AuditSelection } from '../../../../src/admin/audit/select-events.ts';
import { formatEventText } from '../../../../src/audit/event-text.ts';
import { otherRequests } from '../../../../src/audit/scope-list.ts';
import type { AuditEvent } from '../../../../src/audit/event.ts';
import type { AuditChain, AuditPlace, Store } from '../../../../src/store/store.ts';
import type { NewAdminDatabase } from './admin-database.ts';

function event(id: string, at: number, change: Partial<AuditEvent> = {}): AuditEvent {
  return {
    ...{ id, at, outcome: 'issued', subject: 'alice', address: '192.0.2.1', client: 'docker/28' },
    ...{ host: 'registry.example.com', realm: 'private', asked: 'repository:team/app:pull' },
    ...{ granted: 'repository:team/app:pull', reason: 'role', tokenId: 'jti', times: 1 },
    ...change,
  };
}

function append(store: Store, chain: AuditChain, ...events: readonly AuditEvent[]): Promise<void> {
  return store.auditLog.append(events.map(formatEventText), false, chain);
}

async function idsOf({ auditLog }: Store, selection: AuditSelection, limit = 3): Promise<string[]> {
  const ids: string[] = [];
  let before: AuditPlace | undefined;
  do {
    const page: EventPage = await readNewestEvents(auditLog, selection, { before, limit });
    expect(page.rows.length).toBeLessThanOrEqual(limit);
    ids.push(...page.rows.map(({ id }) => id));
    before = page.next;
  } while (before !== undefined);
  return ids;
}

async function textOfStream(pieces: AsyncIterable<string>): Promise<string> {
  let text = '';
  for await (const piece of pieces) text += piece;
  return text;
}

/** The search in the audit log behaves the same with each database. */
export function auditBehaviour(backend: string, newDatabase: NewAdminDatabase): void {
  const newStore = async (): Promise<Store> => (await newDatabase()).connect();

  describe(`${backend}: the search in the audit log`, () => {
    test('pages through both chains, newest first, also if many events have the same time', async () => {
      const store = await newStore();
      const proven = Array.from({ length: 10 }, (_, at) => event(`p${at}`, 1000 + Math.floor(at / 4)));
      const unproven = Array.from({ length: 7 }, (_, at) =>
        event(`u${at}`, 1001 + Math.floor(at / 3), { outcome: 'refused' }),
      );
      await append(store, 'proven', ...proven);
      await append(store, 'unproven', ...unproven);
      const whole = await idsOf(store, {}, 1000);
      expect(whole).toEqual([
        'u6',
        'p9',
        'p8',
        'u5',
        'u4',
        'u3',
        'p7',
        'p6',
        'p5',
        'p4',
        'u2',
        'u1',
        'u0',
        'p3',
        'p2',
        'p1',
        'p0',
      ]);
      for (const limit of [1, 2, 3, 5, 16, 17]) expect(await idsOf(store, {}, limit)).toEqual(whole);
    });

    test('shows each event once if the clock was set back', async () => {
      const store = await newStore();
      await append(store, 'proven', event('a', 5000), event('b', 6000), event('c', 2000), event('d', 3000));
      expect(await idsOf(store, {}, 1)).toEqual(['b', 'a', 'd', 'c']);
    });

    test('goes on after the last row if rows are added and pruned between two pages', async () => {
      const store = await newStore();
      await append(store, 'proven', ...Array.from({ length: 9 }, (_, at) => event(`p${at}`, 1000 + at)));
      const first = await readNewestEvents(store.auditLog, {}, { limit: 3 });
      await append(store, 'proven', event('new', 9000));
      await store.auditLog.prune({ before: 1002, maxEvents: 1000 });
      const second = await readNewestEvents(store.auditLog, {}, { before: first.next, limit: 100 });
      expect([...first.rows, ...second.rows].map(({ id }) => id)).toEqual([
        'p8',
        'p7',
        'p6',
        'p5',
        'p4',
        'p3',
        'p2',
      ]);
    });

    test('filters by time, user, outcome and repository', async () => {
      const store = await newStore();
      const none = { asked: '', granted: '', client: 'dockpass' };
      await append(
        store,
        'proven',
        event('issued', 1000),
        event('changed', 2000, { outcome: 'changed', ...none, reason: 'user alice disabled' }),
        event('bob', 3000, { subject: 'bob', asked: 'repository:team/app2:pull', granted: '' }),
        event('old refusal', 4000, { outcome: 'refused', granted: '' }),
      );
      await append(
        store,
        'unproven',
        event('refused', 5000, { outcome: 'refused', granted: '' }),
        event('cut', 6000, { asked: 'repository:z:pull and 3 more', granted: '' }),
        event('others', 7000, { client: otherRequests, asked: '', granted: '' }),
      );
      expect(await idsOf(store, { since: 2000, until: 4000 })).toEqual(['old refusal', 'bob', 'changed']);
      expect(await idsOf(store, { user: 'BOB' })).toEqual(['bob']);
      expect(await idsOf(store, { outcome: 'changed' })).toEqual(['changed']);
      expect(await idsOf(store, { outcome: 'refused' })).toEqual(['refused', 'old refusal']);
      expect(await idsOf(store, { outcome: 'issued', user: 'alice' })).toEqual(['others', 'cut', 'issued']);
      const selection = { repository: 'team/app' };
      const page = await readNewestEvents(store.auditLog, selection, { limit: 100 });
      expect(page.rows.map(({ id }) => id)).toEqual(['refused', 'old refusal', 'issued']);
      expect(page.uncertainCount).toBe(2);
      // These characters have a meaning in the database's pattern language, but not in names.
      expect(await idsOf(store, { repository: 'team%' })).toEqual([]);
      expect(await idsOf(store, { repository: 'team_app' })).toEqual([]);
    });

    test('ends a long search after its time and says where to go on', async () => {
      const store = await newStore();
      await append(store, 'proven', event('old', 1, { subject: 'rare' }));
      for (let group = 0; group < 25; group++)
        await append(
          store,
          'proven',
          ...Array.from({ length: 500 }, (_, at) => event('x', 1000 + group * 500 + at)),
        );
      const search = (before: AuditPlace | undefined): Promise<EventPage> =>
        readNewestEvents(store.auditLog, { user: 'rare' }, { before, limit: 10, budgetMs: 0 });
      const first = await search(undefined);
      expect(first.rows).toEqual([]);
      const second = await search(first.next);
      expect(second.next?.at).toBeLessThan(first.next?.at ?? 0);
      const third = await search(second.next);
      expect(third.rows.map(({ id }) => id)).toEqual(['old']);
      expect(third.next).toBeUndefined();
    });

    test('exports all rows as CSV without formulas, and as JSON lines', async () => {
      const store = await newStore();
      const attacks = [
        '=cmd|"/c calc"!A1',
        '+1',
        '-1',
        '@SUM(1)',
        ' =1',
        '\t=1',
        '\r\n=1',
        '＝1',
        'a,b',
        'plain',
      ];
      await append(store, 'proven', ...attacks.map((client, at) => event(`e${at}`, 1000 + at, { client })));
      const textOf = async (format: 'csv' | 'jsonl'): Promise<string> =>
        textOfStream(exportEvents(store.auditLog, {}, format));
      const lines = (await textOf('csv')).split('\r\n');
      expect(lines[0]).toBe(
        'time,id,outcome,name,address,client,host,realm,asked,granted,reason,tokenId,times,chain,seq',
      );
      expect(lines).toHaveLength(attacks.length + 2);
      expect(
        lines
          .slice(1, -1)
          .reverse()
          .map((line) => /192\.0\.2\.1,(.*),registry/.exec(line)?.[1]),
      ).toEqual([
        `"'=cmd|""/c calc""!A1"`,
        `"'+1"`,
        `"'-1"`,
        `"'@SUM(1)"`,
        `"' =1"`,
        String.raw`\x09=1`,
        String.raw`\x0d\x0a=1`,
        `"'＝1"`,
        '"a,b"',
        'plain',
      ]);
      const objects = (await textOf('jsonl'))
        .trimEnd()
        .split('\n')
        .map((line) => JSON.parse(line) as unknown);
      expect(objects).toHaveLength(attacks.length);
      expect(objects.at(-1)).toMatchObject({ name: 'alice', id: 'e0', time: '1970-01-01T00:00:01.000Z' });
    });

    test('an export that is aborted ends', async () => {
      const store = await newStore();
      for (let group = 0; group < 13; group++)
        await append(
          store,
          'proven',
          ...Array.from({ length: 500 }, (_, at) => event('x', group * 500 + at)),
        );
      const stop = new AbortController();
      let pages = 0;
      for await (const { rows } of newestFirst(store.auditLog, {}, stop.signal)) {
        expect(rows.length).toBeLessThanOrEqual(1000);
        pages++;
        stop.abort();
      }
      expect(pages).toBe(1);
    });
  });
}
