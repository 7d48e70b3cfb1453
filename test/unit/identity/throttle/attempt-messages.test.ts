import { expect, test } from 'vitest';
import { formatMessage, parseMessage } from '../../../../src/identity/throttle/attempt-messages.ts';

const id = '00000000-0000-4000-8000-000000000000';
const attempt = {
  addressPrefix: '192.0.2.1',
  account: 'alice',
  fingerprint: 'x'.repeat(44),
  accountExists: true,
  isKnownAddress: false,
};

test.each([
  { event: 'begin', id, attempt },
  { event: 'end', id, attempt, outcome: 'wrong' },
  { event: 'known addresses', addresses: [['192.0.2.1', 'alice']] },
] as const)('reads what it has written: $event', (message) => {
  expect(parseMessage(formatMessage(message))).toEqual(message);
});

test('takes over nothing that a message does not need to say', () => {
  const more = { event: 'begin', id, attempt: { ...attempt, unlockedAt: 9_999_999_999, extra: 1 }, extra: 1 };
  expect(parseMessage(JSON.stringify(more))).toEqual({ event: 'begin', id, attempt });
});

test.each([
  ['no JSON', '{'],
  ['null', 'null'],
  ['a list', '[]'],
  ['an unknown event', { event: 'unlock', id, attempt }],
  ['the event of an older version', { what: 'begin' }],
  ['no attempt', { event: 'begin' }],
  ['an attempt that is null', { event: 'begin', id, attempt: null }],
  ['no id', { event: 'begin', attempt }],
  ['a long id', { event: 'begin', id: 'a'.repeat(1000), attempt }],
  ['an account that is no text', { event: 'begin', id, attempt: { ...attempt, account: 5 } }],
  ['a long account', { event: 'begin', id, attempt: { ...attempt, account: 'a'.repeat(66) } }],
  ['a long address', { event: 'begin', id, attempt: { ...attempt, addressPrefix: 'a'.repeat(65) } }],
  ['a long fingerprint', { event: 'begin', id, attempt: { ...attempt, fingerprint: 'a'.repeat(65) } }],
  [
    'a missing field',
    { event: 'begin', id, attempt: { ...attempt, accountExists: true, isKnownAddress: undefined } },
  ],
  ['an unknown outcome', { event: 'end', id, attempt, outcome: 'constructor' }],
  ['addresses that are no list', { event: 'known addresses', addresses: {} }],
  ['too many addresses', { event: 'known addresses', addresses: Array(13).fill(['192.0.2.1', 'alice']) }],
  ['an address without an account', { event: 'known addresses', addresses: [['192.0.2.1']] }],
])('ignores %s', (_what, message) => {
  expect(parseMessage(typeof message === 'string' ? message : JSON.stringify(message))).toBeUndefined();
});
