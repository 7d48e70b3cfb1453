import { expect, test } from 'vitest';
import type { AuditEvent } from '../../../src/audit/event.ts';
import { formatEvent } from '../../../src/audit/format-event.ts';

const issued: AuditEvent = {
  id: '0123abcd4567',
  at: 0,
  outcome: 'issued',
  subject: 'alice',
  address: '192.0.2.1',
  client: 'docker/29',
  host: 'r.example.com',
  realm: 'private',
  asked: 'repository:app:pull,push',
  granted: 'repository:app:pull',
  reason: 'role',
  tokenId: 'jti',
  times: 2,
};
const denied: AuditEvent = {
  ...issued,
  outcome: 'refused',
  granted: '',
  reason: 'wrong_credentials',
  tokenId: '',
};

test('a line says who requested what, what was granted and why', () => {
  expect(formatEvent(issued)).toBe(
    '1970-01-01T00:00:00.000Z 0123abcd4567 issued  alice from 192.0.2.1 (docker/29) on r.example.com (private) requested repository:app:pull,push granted repository:app:pull reason: role token jti 2 times',
  );
  expect(formatEvent({ ...issued, subject: '', granted: '' })).toContain(
    'issued  anonymous from 192.0.2.1 (docker/29) on r.example.com (private) requested repository:app:pull,push granted nothing',
  );
});

test('a line of a denied request does not say that the client was the user whose name it sent', () => {
  expect(formatEvent(denied)).toContain('refused claimed name alice from 192.0.2.1');
  expect(formatEvent({ ...denied, subject: '' })).toContain('refused no known name from 192.0.2.1');
});

test.each([
  ['', 'cli: root (sudo by alice) on build1', ' by root (sudo by alice) on build1'],
  ['', 'retention', ' by retention'],
  ['192.0.2.1', 'docker/29', ' by 192.0.2.1 (docker/29)'],
  ['', 'dockpass.yml', ''],
  ['', 'dockpass', ''],
  ['', 'cli', ''],
])('a line of a change from %j and %j ends with who made it: %j', (address, client, end) => {
  const changed: AuditEvent = { ...denied, outcome: 'changed', reason: 'user bob disabled', address, client };
  expect(formatEvent(changed)).toBe(`1970-01-01T00:00:00.000Z 0123abcd4567 changed  user bob disabled${end}`);
});
