import { expect, test } from 'vitest';
import { dataOf, privateHost, publicHost, startIssuer, startOfTime } from '../support/dockpass/issuer.ts';

const day = 24 * 60 * 60 * 1000;

interface AuditSettings {
  readonly keep?: string;
  readonly maxEvents?: number;
}

/**
 * Fills an audit log with an event for each age, in days. Then starts a server again, which deletes events, and returns
 * the events that remain. The settings do not change, because a start with other settings adds an event.
 */
async function leftAfterStart(ages: readonly number[], audit: AuditSettings): Promise<string[]> {
  const issuer = await startIssuer({ audit });
  for (const age of ages) {
    const change = { at: startOfTime - age * day, subject: '', what: `${age} days old` };
    await issuer.server.store.change(change, async () => undefined);
  }
  await issuer.stop();
  const again = await startIssuer({ ...dataOf(issuer), audit });
  const { auditLog } = again.server.store;
  const left = async (): Promise<string[]> => (await auditLog.list({})).map(({ reason }) => reason);
  await expect.poll(left).not.toHaveLength(ages.length);
  expect(await auditLog.verify()).toBeUndefined();
  return left();
}

test('a server that starts deletes events older than audit.keep', async () => {
  expect(await leftAfterStart([30, 20, 5, 1], { keep: '10d' })).toEqual(['5 days old', '1 days old']);
});

test('a server that starts deletes the oldest events beyond audit.maxEvents', async () => {
  expect(await leftAfterStart([4, 3, 2, 1], { maxEvents: 3 })).toEqual([
    '3 days old',
    '2 days old',
    '1 days old',
  ]);
});

test('attack: denied requests and anonymous tokens never displace administrative changes', async () => {
  const issuer = await startIssuer({ audit: { maxEvents: 8 } });
  for (let at = 0; at < 5; at++) {
    const change = { at: startOfTime, subject: '', what: `change ${at}` };
    await issuer.server.store.change(change, async () => undefined);
  }
  for (let at = 0; at < 50; at++) {
    await issuer.get(publicHost, `scope=repository:a:pull`).set('User-Agent', `client ${at}`);
    await issuer.get(privateHost, `scope=repository:a${at}:pull`);
  }
  await issuer.stop();
  const again = await startIssuer({ ...dataOf(issuer), audit: { maxEvents: 8 } });
  const { auditLog } = again.server.store;
  await expect.poll(async () => (await auditLog.list({})).length).toBe(7);
  const left = await auditLog.list({});
  expect(left.filter(({ outcome }) => outcome === 'changed')).toHaveLength(5);
  expect(await auditLog.verify('proven')).toBeUndefined();
  expect(await auditLog.verify('unproven')).toBeUndefined();
});

test('a server that starts deletes the oldest events beyond audit.maxBytes', async () => {
  const issuer = await startIssuer({ audit: { maxBytes: '16KiB' } });
  for (let at = 0; at < 20; at++) {
    const change = { at: startOfTime, subject: '', what: `${at} ${'x'.repeat(1000)}` };
    await issuer.server.store.change(change, async () => undefined);
  }
  await issuer.stop();
  const again = await startIssuer({ ...dataOf(issuer), audit: { maxBytes: '16KiB' } });
  const { auditLog } = again.server.store;
  await expect.poll(async () => (await auditLog.list({})).length).toBeLessThan(15);
  const left = await auditLog.list({});
  expect(left.length).toBeGreaterThan(5);
  expect(left.at(-1)?.reason).toMatch(/^19 /);
});
