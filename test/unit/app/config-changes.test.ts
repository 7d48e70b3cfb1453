import { join } from 'node:path';
import { expect, test } from 'vitest';
import { recordReload, recordStart } from '../../../src/app/config-changes.ts';
import { loadConfig, type Config } from '../../../src/config/load.ts';
import { openStore } from '../../../src/store/open-store.ts';
import type { Store } from '../../../src/store/store.ts';
import { afterwards } from '../../support/run/afterwards.ts';
import { temporaryDirectory } from '../../support/run/temp.ts';

const clock = (): number => 1_700_000_000_000;
const errors: unknown[] = [];
const log = { info: () => {}, warn: () => {}, error: (...words: unknown[]) => void errors.push(words) };

async function newStore(): Promise<Store> {
  const store = await openStore(join(await temporaryDirectory('changes'), 'dockpass.db'));
  afterwards(() => store.close());
  return store;
}

const configOf = (flags: Readonly<Record<string, unknown>>): Promise<Config> =>
  loadConfig({ file: null, environment: {}, flags });

const rules = (last: string) =>
  JSON.stringify(
    [...Array<string>(50).fill('team/**'), last].map((on) => ({
      deny: ['push'],
      to: ['everyone'],
      on: [on],
    })),
  );

const rowsOf = async (store: Store): Promise<string[]> =>
  (await store.auditLog.list({})).map(({ reason }) => reason);

test('a start records nothing the first time, with the same settings, or for other ports and secrets', async () => {
  const store = await newStore();
  for (const settings of [
    {},
    { listen: ':6002', 'up.port': '6001', 'keys.directory': 'other', 'keys.secret': 'x'.repeat(32) },
    {},
  ])
    await recordStart(store, clock, log, await configOf(settings));
  expect(await rowsOf(store)).toEqual([]);
  expect(errors).toEqual([]);
});

test('a start after a reload compares with the reloaded settings', async () => {
  const store = await newStore();
  const [before, after] = [await configOf({}), await configOf({ publicDomains: ['pub.example.com'] })];
  await recordStart(store, clock, log, before);
  await recordReload({ store, clock, log }, before, after);
  await recordStart(store, clock, log, after);
  expect(await rowsOf(store)).toEqual([
    'configuration reloaded, changed: publicDomains (from [] to ["pub.example.com"])',
  ]);
});

test('a long value is shortened, and a change at its end is still noticed', async () => {
  const store = await newStore();
  for (const last of ['a/**', 'b/**'])
    await recordStart(store, clock, log, await configOf({ policy: rules(last) }));
  const [row = '', ...others] = await rowsOf(store);
  expect(others).toEqual([]);
  expect(row.match(/… \(SHA-256 [0-9a-f]{16}\)/g)).toHaveLength(2);
  expect(row.length).toBeLessThan(1000);
});

test('a setting that a newer version adds is no change', async () => {
  const store = await newStore();
  await store.facts.set('settings', '{"service":"registry"}');
  await recordStart(store, clock, log, await configOf({}));
  expect(await rowsOf(store)).toEqual([]);
  await recordStart(store, clock, log, await configOf({ catalog: 'users' }));
  expect(await rowsOf(store)).toEqual([
    'configuration changed since the last start, changed: catalog (from own to users)',
  ]);
});
