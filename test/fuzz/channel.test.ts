import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  formatMessage,
  parseMessage,
  type AttemptMessage,
} from '../../src/identity/throttle/attempt-messages.ts';
import { protectBroadcast } from '../../src/identity/throttle/protected-broadcast.ts';
import { fuzz } from '../support/fuzz/fuzz.ts';

const id = '00000000-0000-4000-8000-000000000000';
const attempt = {
  addressPrefix: '192.0.2.1',
  account: 'alice',
  fingerprint: 'x'.repeat(44),
  accountExists: true,
  isKnownAddress: false,
};
const field = fc.oneof(
  fc.anything({ withBigInt: false }),
  fc.string({ maxLength: 100 }),
  fc.constantFrom('__proto__', 'constructor', '', -1, 1e308, null, true, 'x'.repeat(10_000)),
);
/** Messages that are nearly right: some fields are missing, hostile, or of another type. */
const nearMessage = fc
  .record(
    {
      event: fc.oneof(fc.constantFrom('begin', 'end', 'known addresses'), field),
      id: fc.oneof(fc.constant(id), field),
      attempt: fc.oneof(
        fc.constant(attempt),
        fc.record(
          {
            addressPrefix: fc.oneof(fc.constant(attempt.addressPrefix), field),
            account: fc.oneof(fc.constant(attempt.account), field),
            fingerprint: fc.oneof(fc.constant(attempt.fingerprint), field),
            accountExists: fc.oneof(fc.boolean(), field),
            isKnownAddress: fc.oneof(fc.boolean(), field),
            unlockedAt: field,
          },
          { requiredKeys: ['addressPrefix', 'account'] },
        ),
        field,
      ),
      outcome: fc.oneof(fc.constantFrom('right', 'wrong', 'unanswered'), field),
      addresses: fc.oneof(
        fc.array(fc.tuple(fc.constantFrom('192.0.2.1', 'x'.repeat(65)), fc.constant('alice')), {
          maxLength: 20,
        }),
        fc.array(field, { maxLength: 3 }),
        field,
      ),
      what: field,
    },
    { requiredKeys: ['event'] },
  )
  .map((message) => {
    try {
      return JSON.stringify(message);
    } catch {
      return '';
    }
  });

test('a message is ignored, or has exactly the fields of its kind, within their bounds', async () => {
  const counts = { read: 0, ignored: 0 };
  const property = fc.property(
    fc.oneof({ weight: 5, arbitrary: nearMessage }, fc.json(), fc.string()),
    (text) => {
      const message = parseMessage(text);
      if (message === undefined) {
        counts.ignored++;
        return;
      }
      counts.read++;
      expectBounded(message);
      expect(parseMessage(formatMessage(message))).toEqual(message);
    },
  );
  await fuzz(property, 10_000);
  // Make sure that enough of the messages were valid, and enough of them invalid.
  expect(Math.min(counts.read, counts.ignored)).toBeGreaterThan(200);
});

function expectBounded(message: AttemptMessage): void {
  const isShort = (text: unknown): boolean => typeof text === 'string' && text.length <= 65;
  if (message.event === 'known addresses') {
    expect(Object.keys(message).sort()).toEqual(['addresses', 'event']);
    expect(message.addresses.length).toBeLessThanOrEqual(12);
    for (const pair of message.addresses) {
      expect(pair).toHaveLength(2);
      expect(pair.every(isShort)).toBe(true);
    }
    return;
  }
  const { event, attempt: read, ...rest } = message;
  expect(Object.keys(rest).sort()).toEqual(event === 'end' ? ['id', 'outcome'] : ['id']);
  if (message.event === 'end') expect(['right', 'wrong', 'unanswered']).toContain(message.outcome);
  expect(message.id).toMatch(/^[\da-f-]{36}$/);
  expect(Object.keys(read).sort()).toEqual(Object.keys(attempt).sort());
  expect([read.addressPrefix, read.account, read.fingerprint].every(isShort)).toBe(true);
  expect([typeof read.accountExists, typeof read.isKnownAddress]).toEqual(['boolean', 'boolean']);
}

test('only messages of a server with the same secret arrive, each once, whatever else is sent', async () => {
  const secret = 'a secret of at least 32 characters';
  const change = fc.record({
    kind: fc.constantFrom(
      'as sent',
      'again',
      'other secret',
      'cut',
      'one character',
      'two joined',
      'random',
      'old',
    ),
    at: fc.nat(),
    put: fc.string({ minLength: 1, maxLength: 1 }),
    random: fc.oneof(
      fc.string(),
      fc.base64String().map((text) => `v2.${text}`),
      fc.constant(`v2.${'A'.repeat(9000)}`),
    ),
  });
  const property = fc.asyncProperty(
    fc.array(fc.string({ maxLength: 40 }), { minLength: 1, maxLength: 6 }),
    fc.array(change, { maxLength: 12 }),
    async (texts, changes) => {
      let now = 1_000_000_000_000;
      const onChannel: string[] = [];
      const listeners: ((message: string) => void)[] = [];
      const channel = {
        publish: async (message: string) => void onChannel.push(message),
        subscribe: (listener: (message: string) => void) => {
          listeners.push(listener);
          return () => true;
        },
      };
      const received: string[] = [];
      const server = protectBroadcast(channel, secret, () => now);
      server.subscribe((text) => void received.push(text));
      for (const [at, text] of texts.entries()) await server.publish(`${at} ${text}`);
      const sent = [...onChannel];
      await protectBroadcast(channel, `another ${secret}`, () => now).publish('0 forged');
      const forged = onChannel.at(-1) ?? '';
      const deliver = (message: string): void => listeners.forEach((listener) => listener(message));
      for (const { kind, at, put, random } of changes) {
        const message = sent[at % sent.length] ?? '';
        const place = at % message.length;
        if (kind === 'as sent' || kind === 'again') deliver(message);
        if (kind === 'other secret') deliver(forged);
        if (kind === 'cut') deliver(message.slice(0, place));
        if (kind === 'one character') deliver(message.slice(0, place) + put + message.slice(place + 1));
        if (kind === 'two joined') deliver(message.slice(0, place) + (sent.at(-1) ?? '').slice(place));
        if (kind === 'random') deliver(random);
      }
      const published = texts.map((text, at) => `${at} ${text.toWellFormed()}`);
      for (const text of received) expect(published).toContain(text);
      expect(new Set(received).size).toBe(received.length);
      // A recorded message is worth nothing later.
      const before = received.length;
      now += 61_000;
      sent.forEach(deliver);
      expect(received.length).toBe(before);
      // A server that is not attacked receives everything.
      now -= 61_000;
      sent.forEach(deliver);
      expect([...received].sort()).toEqual([...published].sort());
    },
  );
  await fuzz(property, 500);
});
