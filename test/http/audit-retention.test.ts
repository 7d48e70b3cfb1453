import { expect, test } from 'vitest';
import { startIssuer, startOfTime } from '../support/dockpass/issuer.ts';

const day = 24 * 60 * 60 * 1000;

/**
 * Fills an audit log with an event for each age, in days. The returned function starts a server with other audit
 * settings on the same database, and returns the events that remain.
 */
async function withAges(ages: readonly number[]) {
  const issuer = await startIssuer();
  for (const age of ages) {
    const change = { at: startOfTime - age * day, subject: '', what: `${age} days old` };
    await issuer.server.store.change(change, async () => undefined);
  }
  await issuer.stop();
  return async (audit: { keep?: string; maxEvents?: number }): Promise<string[]> => {
    const again = await startIssuer({ database: issuer.config.database, audit });
    const { auditLog } = again.server.store;
    const left = async (): Promise<string[]> => (await auditLog.list({})).map(({ reason }) => reason);
    await expect.poll(left).not.toHaveLength(ages.length);
    expect(await auditLog.verify()).toBeUndefined();
    return left();
  };
}

test('a server that starts deletes events older than audit.keep', async () => {
  const restart = await withAges([30, 20, 5, 1]);
  expect(await restart({ keep: '10d' })).toEqual(['5 days old', '1 days old']);
});

test('a server that starts deletes the oldest events beyond audit.maxEvents', async () => {
  const restart = await withAges([4, 3, 2, 1]);
  expect(await restart({ maxEvents: 3 })).toEqual(['3 days old', '2 days old', '1 days old']);
});
