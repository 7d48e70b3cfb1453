import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { loadConfig, type Config } from '../../../src/config/load.ts';
import { needsRestart, reloadedSettings } from '../../../src/config/reload.ts';
import { formatSetting } from '../../../src/config/show.ts';
import { messageOf } from '../../../src/errors.ts';
import { temporaryDirectory } from '../../support/run/temp.ts';

const day = 24 * 60 * 60;

async function load(text: string, environment: Record<string, string> = {}): Promise<Config> {
  const file = join(await temporaryDirectory(), 'dockpass.yml');
  await writeFile(file, text);
  return loadConfig({ file, environment });
}

async function faultsOf(text: string, environment: Record<string, string> = {}): Promise<string[]> {
  return load(text, environment).then(
    () => [],
    (error: unknown) => messageOf(error).split('\n'),
  );
}

const written =
  '{ on: ["ci/**"], keep: { newest: 20, pulledWithin: 30d, pushedWithin: 14d, tags: ["v*", latest] }, untagged: 7d }';

describe('the setting retention', () => {
  test('is a list of rules', async () => {
    const { retention } = await load(`retention:\n  - ${written}\n  - { on: team/*, untagged: 1y }`);
    expect(retention).toMatchObject([
      {
        number: 1,
        on: [{ text: 'ci/**' }],
        keep: {
          newest: 20,
          pulledWithin: 30 * day,
          pushedWithin: 14 * day,
          tags: [{ text: 'v*' }, { text: 'latest' }],
        },
        untagged: 7 * day,
      },
      { number: 2, on: [{ text: 'team/*' }], keep: undefined, untagged: 365 * day },
    ]);
  });

  test('is empty without configuration, and there is no schedule', async () => {
    const { retention, retentionSchedule } = await load('');
    expect(retention).toEqual([]);
    expect(retentionSchedule).toEqual({ at: null, apply: false });
  });

  test('is JSON in the environment', async () => {
    const rules = '[{"on": ["ci/**"], "keep": {"newest": "20"}}]';
    const { retention } = await load('', { DOCKPASS_RETENTION: rules });
    expect(retention).toMatchObject([{ on: [{ text: 'ci/**' }], keep: { newest: 20 } }]);
    expect(await faultsOf('', { DOCKPASS_RETENTION: '[{"on": ["ci/**"], "keep": {}}]' })).toEqual([
      expect.stringMatching(
        /^DOCKPASS_RETENTION: retention\.0\.keep: must have at least one of the keys newest/,
      ),
    ]);
  });

  test('is shown as it is written', async () => {
    const config = await load(`retention: [${written}]`);
    const shown = formatSetting(config, 'retention');
    expect(shown).toBe(
      '[{ "on": ["ci/**"], "keep": { "newest": 20, "pulledWithin": "30d", "pushedWithin": "14d", "tags": ["v*", "latest"] }, "untagged": "7d" }]',
    );
    expect(formatSetting(await load(`retention: ${shown}`), 'retention')).toBe(shown);
  });

  test.each([
    ['{ on: ["**"], keep: {} }', 'retention.0.keep: must have at least one of the keys newest'],
    ['{ on: ["**"], keep: }', 'retention.0.keep: must have at least one of the keys newest'],
    ['{ on: ["**"] }', 'retention.0: must have at least one of the keys "keep"'],
    ['{ keep: { newest: 1 } }', 'retention.0.on: must be a list'],
    ['{ on: [], keep: { newest: 1 } }', 'retention.0.on: must have at least one entry'],
    ['{ on: [""], keep: { newest: 1 } }', 'retention.0.on.0: must be a repository pattern'],
    ['{ on: ["**"], keep: { newest: 0 } }', 'retention.0.keep.newest: must be a whole number of at least 1'],
    ['{ on: ["**"], keep: { newest: -1 } }', 'retention.0.keep.newest: must be a whole number of at least 1'],
    [
      '{ on: ["**"], keep: { newest: 1.5 } }',
      'retention.0.keep.newest: must be a whole number of at least 1',
    ],
    ['{ on: ["**"], keep: { tags: [] } }', 'retention.0.keep.tags: must have at least one entry'],
    [
      '{ on: ["**"], keep: { pulledWithin: 30 } }',
      'retention.0.keep.pulledWithin: must be a duration such as',
    ],
    [
      '{ on: ["**"], keep: { pulledWithin: 0d } }',
      'retention.0.keep.pulledWithin: must be a duration such as',
    ],
    ['{ on: ["**"], keep: { pushedWithin: month } }', 'retention.0.keep.pushedWithin: must be a duration'],
    ['{ on: ["**"], untagged: 1.5d }', 'retention.0.untagged: must be a duration such as 12h, 30d, 8w or 1y'],
    ['{ on: ["**"], untaged: 1d }', 'retention.0.untaged: there is no such setting. Did you mean untagged?'],
    ['{ on: ["**"], keep: { pulledwithin: 1d } }', 'there is no such setting. Did you mean pulledWithin?'],
    ['{ on: ["**"], newest: 5 }', 'retention.0.newest: there is no such setting'],
    ['keep', 'retention.0: must be a rule, such as'],
  ])('rejects the rule %s, and names its line', async (rule, wanted) => {
    const faults = await faultsOf(`service: registry\nretention:\n  - ${rule}`);
    expect(faults.join('\n')).toContain(wanted);
    expect(faults[0]).toMatch(/dockpass\.yml:3: /);
  });
});

describe('the setting retentionSchedule', () => {
  test('is a cron expression, and whether the plan is applied', async () => {
    const { retentionSchedule } = await load('retentionSchedule: { at: "0 3 * * *", apply: true }');
    expect(retentionSchedule).toMatchObject({ at: { text: '0 3 * * *' }, apply: true });
    const config = await load('', {
      DOCKPASS_RETENTION_SCHEDULE_AT: '"30 4 * * sun"',
      DOCKPASS_RETENTION_SCHEDULE_APPLY: 'yes',
    });
    expect(config.retentionSchedule).toMatchObject({ at: { text: '30 4 * * sun' }, apply: true });
    expect(formatSetting(config, 'retentionSchedule.at')).toBe('"30 4 * * sun"');
  });

  test.each([
    ['at: "0 25 * * *"', 'retentionSchedule.at: must be a cron expression, but its hour is "25"'],
    ['at: 3', 'retentionSchedule.at: must be a cron expression in quotes'],
    ['at: "3:00"', 'retentionSchedule.at: must be a cron expression with five fields'],
    ['at: "0 3 * * *", apply: maybe', 'retentionSchedule.apply: must be true or false'],
  ])('rejects { %s }', async (schedule, wanted) => {
    expect(await faultsOf(`retentionSchedule: { ${schedule} }`)).toEqual([
      expect.stringContaining(`:1: ${wanted}`),
    ]);
  });
});

test('a running server follows changed retention settings', async () => {
  const environment = { DOCKPASS_DATABASE: '/srv/dockpass.db' };
  const file = join(await temporaryDirectory(), 'dockpass.yml');
  await writeFile(file, '');
  const before = await loadConfig({ file, environment });
  await writeFile(file, `retention: [${written}]\nretentionSchedule: { at: "0 3 * * *", apply: true }`);
  const after = await loadConfig({ file, environment });
  expect(needsRestart(before, after)).toEqual([]);
  expect(reloadedSettings(before, after)).toEqual([
    'retention',
    'retentionSchedule.at',
    'retentionSchedule.apply',
  ]);
});
