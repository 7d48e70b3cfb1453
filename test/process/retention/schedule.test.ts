import { join } from 'node:path';
import { beforeAll, expect, test } from 'vitest';
import { createImageRegistries } from '../../../src/admin/images/image-registry.ts';
import { runScheduled } from '../../../src/admin/retention/scheduled-run.ts';
import { startRetentionSchedule } from '../../../src/app/schedule/retention.ts';
import { parseCron, type CronExpression } from '../../../src/schedule/cron-expression.ts';
import { loadConfig, type Config } from '../../../src/config/load.ts';
import { systemClock } from '../../../src/clock.ts';
import { openKeyRing } from '../../../src/keys/open-key-ring.ts';
import { noLog } from '../../../src/observe/log.ts';
import { auditBegin } from '../../../src/store/store.ts';
import { readLaterEvents } from '../../../src/admin/audit/read-events.ts';
import { ruleOf } from '../../support/retention/rules.ts';
import { startRetentionLab, type RetentionLab } from '../../support/retention/retention-lab.ts';
import { afterwards } from '../../support/run/afterwards.ts';
import { needs } from '../../support/run/parts.ts';
import { temporaryDirectory } from '../../support/run/temp.ts';

needs('registry-3.1')('scheduled retention', () => {
  let lab: RetentionLab;
  beforeAll(async () => {
    lab = await startRetentionLab('3.1');
  });

  const rule = (on: string) => ({ on: [on], keep: { tags: ['v*'] } });
  const { signal } = new AbortController();

  async function auditRows(): Promise<string[]> {
    const { rows } = await readLaterEvents(lab.store.auditLog, {}, auditBegin);
    return rows.map(({ client, reason }) => `${client}: ${reason}`);
  }

  test('writes the plan to the audit log, and deletes only with `apply: true`', async () => {
    await lab.push('ci/one', 'old', 50);
    await lab.push('ci/one', 'v1', 50);
    await lab.report({ kind: 'get', repository: 'ci/one', tag: 'old', actor: 'carol' }, 3);
    const parts = lab.parts(rule('ci/one'));
    const planned = await runScheduled(parts, { apply: false, dueAt: 1000, signal });
    expect(planned).toMatchObject({ deletions: 1 });
    expect(await lab.tags('ci/one')).toEqual(['old', 'v1']);
    expect(await auditRows()).toEqual([
      expect.stringMatching(/^retention: retention would delete ci\/one:old \(.*; last pull .*Z by carol\)$/),
      expect.stringMatching(/^retention: retention plan \w+ made: 1 deletion in 1 repository/),
    ]);
    await runScheduled(parts, { apply: true, dueAt: 2000, signal });
    expect(await lab.tags('ci/one')).toEqual(['v1']);
    expect((await auditRows()).slice(-3)).toEqual([
      expect.stringMatching(/^retention: retention plan \w+ made/),
      expect.stringMatching(/^retention: retention plan \w+ applied: 1 deletion/),
      expect.stringMatching(
        /^retention: image ci\/one@sha256:\w+ with the tag old deleted by retention plan/,
      ),
    ]);
  });

  test('of several servers, one runs', async () => {
    await lab.push('ci/two', 'old', 50);
    const parts = lab.parts(rule('ci/two'));
    const runs = await Promise.all(
      [1, 2, 3].map(() => runScheduled(parts, { apply: true, dueAt: 3000, signal })),
    );
    expect(runs.filter((run) => run !== undefined)).toHaveLength(1);
    expect(await lab.tags('ci/two')).toEqual([]);
    expect(await runScheduled(parts, { apply: true, dueAt: 3000, signal })).toBeUndefined();
  });

  test('runs at the times of the setting', async () => {
    await lab.push('ci/three', 'old', 50);
    const every = parseCron('* * * * *') as CronExpression;
    const environment = {
      DOCKPASS_REGISTRIES: lab.registry.url,
      DOCKPASS_KEYS_DIRECTORY: join(await temporaryDirectory('keys'), 'keys'),
    };
    const config: Config = {
      ...(await loadConfig({ environment })),
      retention: [ruleOf(rule('ci/three'))],
      retentionSchedule: { at: every, apply: true },
    };
    // The next minute of this clock begins soon.
    const offset = 60_000 - (Date.now() % 60_000) - 1500;
    const clock = () => Date.now() + offset;
    const stop = startRetentionSchedule({
      ...{ store: lab.store, clock, log: noLog, config: () => config },
      images: createImageRegistries(await openKeyRing(config.keys, systemClock), clock),
    });
    afterwards(stop);
    await expect.poll(() => lab.tags('ci/three'), { timeout: 30_000 }).toEqual([]);
  });
});
