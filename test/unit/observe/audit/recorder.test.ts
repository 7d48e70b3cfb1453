import { describe, expect, test } from 'vitest';
import { Secret } from '../../../../src/secret.ts';
import type { AuditEvent } from '../../../../src/audit/event.ts';
import { parseEventText, type EventText } from '../../../../src/audit/event-text.ts';
import { createAuditRecorder } from '../../../../src/observe/audit/recorder.ts';
import { startAuditRetention } from '../../../../src/observe/audit/retention.ts';
import { formatEvent } from '../../../../src/audit/format-event.ts';
import { noLog } from '../../../../src/observe/log.ts';
import { noMeter } from '../../../../src/observe/meter.ts';
import type { AuditLog } from '../../../../src/store/store.ts';
import { DockpassError } from '../../../../src/errors.ts';
import { issueToken } from '../../../../src/issue-token.ts';
import { SignedToken } from '../../../../src/token/signed-token.ts';
import { quickIssuer, tokenRequest } from '../../../support/dockpass/issuer-parts.ts';

const refusal = new DockpassError('wrong_credentials', 'no');
const guess = (name: string, scope: string) =>
  tokenRequest('registry.example.com', {
    credentials: { kind: 'password', name, password: new Secret('x') },
    scopes: [scope],
  });

/** An audit log that rejects everything until `works` is set. */
function faultyLog() {
  const written: AuditEvent[] = [];
  const log = {
    works: false,
    written,
    append: async (events: readonly EventText[]) => {
      if (!log.works) throw new Error('disk full');
      written.push(...events.map(parseEventText));
    },
  };
  return log;
}

describe('the recorder', () => {
  test('keeps events that could not be written, with their counts', async () => {
    const log = faultyLog();
    const recorder = createAuditRecorder(
      log as unknown as AuditLog,
      noMeter,
      noLog,
      () => 0,
      async (names) => new Set(names),
    );
    recorder.denied(guess('alice', 'repository:a:pull'), undefined, refusal);
    recorder.denied(guess('alice', 'repository:a:pull'), undefined, refusal);
    await recorder.close();
    recorder.denied(guess('alice', 'repository:a:pull'), undefined, refusal);
    log.works = true;
    await recorder.close();
    // The first batch may have been written, so it is not changed, and the later event is a row of its own.
    expect(log.written).toMatchObject([
      { subject: 'alice', times: 2 },
      { subject: 'alice', times: 1 },
    ]);
  });

  test('counts the requests of each client that share a token, even while names cannot be looked up', async () => {
    const log = faultyLog();
    log.works = true;
    let asked = 0;
    const known = async (names: readonly string[]): Promise<ReadonlySet<string>> => {
      // Further events arrive while the names of the first batch are looked up.
      if (asked++ > 0) return new Set(names);
      await issue('192.0.2.1');
      await issue('192.0.2.3');
      throw new Error('no database');
    };
    const recorder = createAuditRecorder(log as unknown as AuditLog, noMeter, noLog, () => 0, known);
    const token = new SignedToken('id', 'jwt', 300, '', true);
    const issuer = quickIssuer({ record: recorder, sign: async () => token });
    const issue = (address: string): Promise<unknown> =>
      issueToken(tokenRequest('pub.example.com', { address, scopes: ['repository:open/x:pull'] }), issuer);
    for (const address of ['192.0.2.1', '192.0.2.2', '192.0.2.1', '192.0.2.2', '192.0.2.2'])
      await issue(address);
    recorder.denied(guess('alice', 'repository:a:pull'), undefined, refusal);
    await recorder.close();
    expect(log.written).toEqual([]);
    await recorder.close();
    const issued = log.written.filter(({ outcome }) => outcome === 'issued');
    expect(issued.map(({ address, tokenId, times }) => [address, tokenId, times])).toEqual([
      ['192.0.2.1', 'id', 3],
      ['192.0.2.2', 'id', 3],
      ['192.0.2.3', 'id', 1],
    ]);
  });

  test('combines denials with names that do not exist', async () => {
    const log = faultyLog();
    log.works = true;
    const known = async (names: readonly string[]): Promise<ReadonlySet<string>> =>
      new Set(names.filter((name) => name === 'alice'));
    const recorder = createAuditRecorder(log as unknown as AuditLog, noMeter, noLog, () => 0, known);
    for (const name of ['a', 'b', 'ALICE', 'c', 'x'.repeat(1000)])
      recorder.denied(guess(name, 'repository:a:pull'), undefined, refusal);
    await recorder.close();
    expect(log.written.map(({ subject, times }) => [subject, times])).toEqual([
      ['', 4],
      ['alice', 1],
    ]);
  });
});

test('retention deletes by age and by number until nothing is left to delete', async () => {
  const asked: number[][] = [];
  let left = 3;
  const prune = async (before: number, keep: number): Promise<number> => {
    asked.push([before, keep]);
    return left-- > 0 ? 500 : 0;
  };
  const stop = startAuditRetention({ prune }, { keep: 60, maxEvents: 7 }, () => 100_000, noLog);
  await expect.poll(() => asked.length).toBe(4);
  await stop();
  expect(asked[0]).toEqual([40_000, 7]);
});

test('74: text of a client cannot move the cursor of a terminal or forge a line', () => {
  const line = formatEvent({
    id: 'id',
    at: 0,
    outcome: 'refused',
    subject: '',
    address: '192.0.2.1',
    client: 'docker\r\n\x1b[2J\u009b\u202e',
    host: '',
    realm: '',
    asked: 'repository:\n',
    granted: '',
    reason: 'bad_scope',
    tokenId: '',
    times: 1,
  });
  expect(line).toContain('docker\\u000d\\u000a\\u001b[2J\\u009b\\u202e');
  expect(line).not.toMatch(/[\0-\x1f\x7f-\x9f]/);
});
