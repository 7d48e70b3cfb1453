import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { describe, expect, test } from 'vitest';
import { Secret } from '../../../../src/secret.ts';
import type { AuditEvent } from '../../../../src/audit/event.ts';
import { parseEventText, type EventText } from '../../../../src/audit/event-text.ts';
import { isCut } from '../../../../src/audit/scope-list.ts';
import { createAuditRecorder } from '../../../../src/observe/audit/recorder.ts';
import { startAuditRetention } from '../../../../src/observe/audit/retention.ts';
import { formatEvent } from '../../../../src/audit/format-event.ts';
import { noLog } from '../../../../src/observe/log.ts';
import { noMeter } from '../../../../src/observe/meter.ts';
import type { AuditChain, AuditLimits, AuditLog } from '../../../../src/store/store.ts';
import { DockpassError } from '../../../../src/errors.ts';
import { issueToken, type TokenRequest } from '../../../../src/issue-token.ts';
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
  const written: (AuditEvent & { readonly chain: AuditChain })[] = [];
  const log = {
    works: false,
    isNearlyFull: false,
    written,
    append: async (events: readonly EventText[], _isRetry = false, chain: AuditChain = 'proven') => {
      if (!log.works) throw new Error('disk full');
      written.push(...events.map((event) => ({ ...parseEventText(event), chain })));
    },
    lacksSpace: async () => log.isNearlyFull,
  };
  return log;
}

interface Options {
  readonly names?: (names: readonly string[]) => Promise<ReadonlySet<string>>;
  readonly clock?: () => number;
}

/** Starts a recorder. `issue` requests a token at an issuer that uses it. */
function startRecorder(options: Options = {}) {
  const { names = async (all) => new Set(all), clock = () => 0 } = options;
  const log = faultyLog();
  const lost = { count: 0 };
  const meter = { ...noMeter, auditLost: (events: number) => void (lost.count += events) };
  const warnings: string[] = [];
  const warn = (message: string): void => void warnings.push(message);
  const recorder = createAuditRecorder(log as unknown as AuditLog, meter, { ...noLog, warn }, clock, names);
  let tokens = 0;
  const issuer = quickIssuer({
    record: recorder,
    sign: async () => new SignedToken(`id-${tokens++}`, 'jwt', 300, '', false),
  });
  const pull = (scopes: readonly string[], change: Partial<TokenRequest> = {}): Promise<unknown> =>
    issueToken(tokenRequest('pub.example.com', { scopes, ...change }), issuer);
  return { log, lost, warnings, recorder, pull };
}

/** Logs in as a user, under the private domain. */
const asWriter: Partial<TokenRequest> = {
  host: { name: 'registry.example.com', port: undefined },
  credentials: { kind: 'password', name: 'writer', password: new Secret('writer-secret') },
};

const collectGarbage = ((): (() => void) => {
  setFlagsFromString('--expose-gc');
  return runInNewContext('gc') as () => void;
})();

/** Returns the number of bytes in use on the heap. */
function heapAfterCollection(): number {
  collectGarbage();
  return process.memoryUsage().heapUsed;
}

const sizeOf = (events: readonly AuditEvent[]): number =>
  events.reduce((sum, event) => sum + JSON.stringify(event).length, 0);

describe('the recorder', () => {
  test('keeps events that could not be written, with their counts', async () => {
    const { log, recorder } = startRecorder();
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

  test('counts the requests of each client that share a token', async () => {
    const log = faultyLog();
    log.works = true;
    const none = async (): Promise<ReadonlySet<string>> => new Set();
    const recorder = createAuditRecorder(log as unknown as AuditLog, noMeter, noLog, () => 0, none);
    const issuer = quickIssuer({
      record: recorder,
      sign: async () => new SignedToken('id', 'jwt', 300, '', true),
    });
    const scopes = ['repository:open/x:pull'];
    for (const address of ['192.0.2.1', '192.0.2.2', '192.0.2.1', '192.0.2.2', '192.0.2.2'])
      await issueToken(tokenRequest('registry.example.com', { ...asWriter, address, scopes }), issuer);
    await recorder.close();
    expect(log.written.map(({ address, tokenId, times }) => [address, tokenId, times])).toEqual([
      ['192.0.2.1', 'id', 2],
      ['192.0.2.2', 'id', 3],
    ]);
  });

  test('keeps denials whose names cannot be looked up, and those that arrive meanwhile', async () => {
    let asked = 0;
    const { log, recorder } = startRecorder({
      names: async (names) => {
        if (asked++ > 0) return new Set(names);
        recorder.denied(guess('bob', 'repository:a:pull'), undefined, refusal);
        throw new Error('no database');
      },
    });
    log.works = true;
    recorder.denied(guess('alice', 'repository:a:pull'), undefined, refusal);
    await recorder.close();
    expect(log.written).toEqual([]);
    await recorder.close();
    await recorder.close();
    expect(log.written.map(({ subject }) => subject)).toEqual(['alice', 'bob']);
  });

  test('combines denials with names that do not exist', async () => {
    const { log, recorder } = startRecorder({
      names: async (names) => new Set(names.filter((name) => name === 'alice')),
    });
    log.works = true;
    for (const name of ['a', 'b', 'ALICE', 'c', 'x'.repeat(1000)])
      recorder.denied(guess(name, 'repository:a:pull'), undefined, refusal);
    await recorder.close();
    expect(log.written.map(({ subject, times }) => [subject, times])).toEqual([
      ['', 4],
      ['alice', 1],
    ]);
  });
});

describe('tokens for anonymous clients', () => {
  test('are one row for each address, client, host and second, with the repositories and no token id', async () => {
    let now = 0;
    const { log, recorder, pull } = startRecorder({ clock: () => now });
    log.works = true;
    for (const name of ['a', 'open/b', 'a', 'secret']) await pull([`repository:${name}:pull,push`]);
    await pull(['repository:a:pull'], { address: '192.0.2.99' });
    await pull(['repository:a:pull'], { client: 'other' });
    now = 1000;
    await pull(['repository:a:pull']);
    await recorder.close();
    expect(log.written).toHaveLength(4);
    expect(log.written[0]).toMatchObject({
      outcome: 'issued',
      subject: '',
      tokenId: '',
      times: 4,
      asked: 'repository:a:pull,push repository:open/b:pull,push repository:secret:pull,push',
      granted: 'repository:a:pull repository:open/b:pull',
      reason: 'public repository; not a public repository',
      chain: 'unproven',
    });
  });

  test('attack: 57 long scopes in each request make a row of at most a few kilobytes, which says how many are missing', async () => {
    const { log, recorder, pull } = startRecorder();
    log.works = true;
    const scopes = Array.from({ length: 57 }, (_, at) => `repository:a${at}${'x'.repeat(218)}:pull`);
    for (let round = 0; round < 100; round++) await pull(scopes);
    await recorder.close();
    expect(log.written).toMatchObject([{ times: 100 }]);
    expect(sizeOf(log.written)).toBeLessThan(4000);
    const [{ granted } = { granted: '' }] = log.written;
    expect(granted).toMatch(/^repository:a0x{218}:pull repository:a1x{218}:pull .* and \d+ more$/);
    expect(isCut(granted)).toBe(true);
  });
});

describe('while the database takes no writes', () => {
  test('attack: 20,000 anonymous requests with long, different texts use a small, bounded amount of memory', async () => {
    const { log, recorder, pull } = startRecorder();
    const size = 20_000;
    for (let at = 0; at < size / 2; at++) {
      const address = `198.51.${at % 200}.${at % 250}`;
      await pull([`repository:a${at}${'x'.repeat(200)}:pull`], {
        address,
        client: `${at}${'ü'.repeat(110)}`,
      });
      const name = `user${at}`;
      recorder.denied({ ...guess(name, `${at}${'\u0001'.repeat(5000)}`), address }, undefined, refusal);
    }
    await recorder.close();
    log.works = true;
    await recorder.close();
    await recorder.close();
    // No event is lost without a trace: those that do not fit are counted.
    expect(log.written.reduce((sum, { times }) => sum + times, 0)).toBe(size);
    expect(log.written.at(-1)).toMatchObject({ address: 'several addresses' });
    expect(sizeOf(log.written)).toBeLessThan(1024 * 1024);
  });

  test('attack: the memory does not keep whole requests of which only parts are recorded', async () => {
    const { recorder, pull } = startRecorder();
    const address = (at: number): string => `192.0.${at >> 8}.${at & 255}`;
    const before = heapAfterCollection();
    for (let at = 0; at < 4000; at++) {
      // V8 stores a part of a text as a reference to the whole text, which has 50 kB here.
      const query = `${at}x`.repeat(10_000).slice(0, 50_000).padEnd(50_001, String(at));
      const parts = { client: query.slice(0, 120), address: address(at) };
      await pull([`repository:a${query.slice(0, 100)}:pull`], parts);
      const name = query.slice(300, 340);
      recorder.denied({ ...guess(name, query.slice(50, 200)), ...parts }, undefined, refusal);
      await pull([`repository:b${query.slice(0, 100)}:pull`], { ...asWriter, ...parts });
    }
    const used = heapAfterCollection() - before;

    expect(used).toBeLessThan(24 * 1024 * 1024);
    await recorder.close();
  });

  test('attack: a flood of anonymous requests does not displace events of known users', async () => {
    const { log, lost, recorder, pull } = startRecorder();
    for (let at = 0; at < 5000; at++) {
      recorder.denied(guess(`user${at}`, `repository:${'x'.repeat(900)}${at}:pull`), undefined, refusal);
      await pull([`repository:a${at}:pull`], { client: `client ${at}` });
    }
    for (let at = 0; at < 50; at++) await pull([`repository:a${at}:pull,push`], asWriter);
    await recorder.close();
    log.works = true;
    await recorder.close();
    await recorder.close();
    expect(
      log.written.filter(({ subject, chain }) => subject === 'writer' && chain === 'proven'),
    ).toHaveLength(50);
    expect(lost.count).toBe(0);
  });

  test('attack: one network that floods does not hide the requests of another', async () => {
    const { log, recorder } = startRecorder();
    log.works = true;
    const deny = (address: string, at: number) =>
      recorder.denied({ ...guess(`user${at}`, `repository:a${at}:pull`), address }, undefined, refusal);
    for (let at = 0; at < 5000; at++) deny(`2001:db8:7:${at.toString(16)}::1`, at);
    deny('192.0.2.7', 1);
    await recorder.close();
    expect(log.written.filter(({ address }) => address === '192.0.2.7')).toHaveLength(1);
  });

  test('drops events of known users beyond 64 MiB, and counts them', async () => {
    const { lost, recorder, pull } = startRecorder();
    const scopes = Array.from({ length: 20 }, (_, at) => `repository:a${at}${'x'.repeat(200)}:pull`);
    for (let at = 0; at < 12_000; at++) await pull(scopes, asWriter);
    expect(lost.count).toBeGreaterThan(0);
    expect(lost.count).toBeLessThan(6000);
    await recorder.close();
  });
});

test('if the disk is almost full, unproven events are dropped, counted and reported, and others are written', async () => {
  const { log, lost, warnings, recorder, pull } = startRecorder();
  log.works = true;
  log.isNearlyFull = true;
  const requestAll = async (): Promise<void> => {
    await pull(['repository:a:pull']);
    recorder.denied(guess('alice', 'repository:a:pull'), undefined, refusal);
    await pull(['repository:a:pull'], asWriter);
    await recorder.close();
  };
  await requestAll();
  expect(log.written).toMatchObject([{ subject: 'writer' }]);
  expect(lost.count).toBe(2);
  expect(warnings).toEqual([expect.stringContaining('almost full')]);
  log.isNearlyFull = false;
  await requestAll();
  expect(log.written).toHaveLength(4);
});

test('retention deletes by age and by number until nothing is left to delete', async () => {
  const asked: unknown[][] = [];
  let left = 3;
  const prune = async ({ before, maxEvents, maxBytes = 0 }: AuditLimits, chain?: AuditChain) => {
    asked.push([chain, before, maxEvents, maxBytes]);
    return left-- > 0 ? 500 : 0;
  };
  const limits = { keep: 60, maxEvents: 7, maxBytes: 1000 };
  const stop = startAuditRetention({ prune }, limits, () => 100_000, noLog);
  await expect.poll(() => asked.length).toBe(5);
  await stop();
  // Unproven events can use only a quarter, so they never displace other events.
  expect(asked[0]).toEqual(['proven', 40_000, 6, 750]);
  expect(asked[4]).toEqual(['unproven', 40_000, 1, 250]);
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
