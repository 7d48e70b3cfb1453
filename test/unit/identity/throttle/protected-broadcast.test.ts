import { expect, test } from 'vitest';
import { protectBroadcast } from '../../../../src/identity/throttle/protected-broadcast.ts';
import type { Broadcast } from '../../../../src/store/broadcast.ts';
import { fakeClock } from '../../../support/dockpass/issuer.ts';

const secret = 'a secret of more than thirty-two characters';

function setUp(options: { secret?: string } = {}) {
  const listeners = new Set<(text: string) => void>();
  const sent: string[] = [];
  /** What anyone who may connect to the database can do: read and send any text. */
  const deliver = (text: string): void => {
    for (const listener of listeners) listener(text);
  };
  const channel: Broadcast = {
    publish: async (text) => {
      sent.push(text);
      deliver(text);
    },
    subscribe: (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
  const clock = fakeClock();
  const received: string[] = [];
  const ignored: string[] = [];
  const receiver = protectBroadcast(channel, secret, clock, (reason) => ignored.push(reason));
  const stop = receiver.subscribe((text) => received.push(text));
  return {
    clock,
    sent,
    deliver,
    received,
    ignored,
    stop,
    sender: protectBroadcast(channel, options.secret ?? secret, clock),
  };
}

test('delivers a message of a server with the same secret', async () => {
  const { sender, received, stop } = setUp();
  await sender.publish('alice from 192.0.2.1, größer');
  expect(received).toEqual(['alice from 192.0.2.1, größer']);
  stop();
  await sender.publish('more');
  expect(received).toHaveLength(1);
});

test('ignores a message of a server with another secret', async () => {
  const { sender, received } = setUp({ secret: 'another secret of more than thirty-two characters' });
  await sender.publish('text');
  expect(received).toEqual([]);
});

test('shows nothing of its content, and the same text looks different each time', async () => {
  const { sender, sent } = setUp();
  await sender.publish('alice alice alice');
  await sender.publish('alice alice alice');
  for (const message of sent)
    expect(Buffer.from(message.slice(3), 'base64url').toString('latin1')).not.toContain('alice');
  expect(sent[0]?.slice(0, 20)).not.toBe(sent[1]?.slice(0, 20));
});

test('ignores a message that was sent before', async () => {
  const { sender, sent, deliver, received } = setUp();
  await sender.publish('once');
  for (let times = 0; times < 5; times++) deliver(sent[0] ?? '');
  expect(received).toEqual(['once']);
});

test('ignores an old message, also when its id is forgotten, and one from the future', async () => {
  const { sender, sent, deliver, received, clock } = setUp();
  await sender.publish('old');
  const [old = ''] = sent;
  for (let minute = 0; minute < 10; minute++) {
    clock.advance(61);
    await sender.publish(`minute ${minute}`);
    deliver(old);
  }
  expect(received.filter((text) => text === 'old')).toHaveLength(1);
  expect(received).toHaveLength(11);
  const ahead = setUp();
  ahead.clock.advance(120);
  await ahead.sender.publish('from the future');
  const { deliver: deliverNow, received: receivedNow } = setUp();
  deliverNow(ahead.sent[0] ?? '');
  expect(receivedNow).toEqual([]);
});

test('a server that floods the channel cannot make others forget a message that is still accepted', async () => {
  const { sender, sent, deliver, received } = setUp();
  await sender.publish('once');
  const [once = ''] = sent;
  for (let at = 0; at < 100_001; at++) await sender.publish('');
  deliver(once);
  expect(received.filter((text) => text === 'once')).toHaveLength(1);
});

test('ignores a message if any of its characters is changed', async () => {
  const { sender, sent, deliver, received } = setUp();
  await sender.publish('text');
  const [message = ''] = sent;
  for (let at = 0; at < message.length; at++)
    // Another letter also changes bits that base64url does not use in the last character, so that one is left out.
    if (at < message.length - 1)
      deliver(message.slice(0, at) + (message[at] === 'A' ? 'B' : 'A') + message.slice(at + 1));
  expect(received).toEqual(['text']);
});

test.each([
  '',
  'v2.',
  'v2.AAAA',
  `v2.${'A'.repeat(75)}`,
  `v2.${'A'.repeat(9000)}`,
  'v2.%%%',
  '{"event":"begin"}',
])('ignores %s', (text) => {
  const { deliver, received } = setUp();
  deliver(text);
  expect(received).toEqual([]);
});

test('says why it ignores a message', async () => {
  const { sender, sent, deliver, ignored, clock } = setUp();
  await sender.publish('text');
  deliver('{}');
  deliver(sent[0] ?? '');
  clock.advance(61);
  deliver(sent[0] ?? '');
  expect(ignored).toEqual(['not authentic', 'repeated', 'wrong time']);
});
