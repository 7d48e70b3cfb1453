import { expect, test } from 'vitest';
import { createEventId } from '../../../../src/audit/event-id.ts';
import { findErrorId, findRequestedImage } from '../../../../src/console/model/explain/error-id.ts';

test.each([
  '3stag409zq69',
  '  3STAG409ZQ69\n',
  'Error response from daemon: unauthorized: log in (refusal 3stag409zq69)',
  'denied: too many failed login attempts (refusal 3stag409zq69)\nexit status 1',
  '{"errors":[{"code":"DENIED","message":"no","detail":{"code":"forbidden","id":"3stag409zq69"}}]}',
])('finds the id in %j', (text) => {
  expect(findErrorId(text)).toBe('3stag409zq69');
});

test.each(['', 'denied', 'requested access to the resource is denied', '3stag409zq6', 'abcdefghijkl'])(
  'finds no id in %j',
  (text) => {
    expect(findErrorId(text)).toBeUndefined();
  },
);

test('finds each id that the server creates', () => {
  for (let at = 0; at < 200; at++) {
    const id = createEventId(Date.now() + at * 86_400_000);
    expect(findErrorId(`x (refusal ${id})`)).toBe(id);
    expect(findErrorId(id)).toBe(id);
  }
});

test.each([
  [
    "pull access denied for registry.example.com/team/app, repository does not exist or may require 'docker login'",
    'registry.example.com',
    'team/app',
  ],
  [
    'unexpected status from HEAD request to https://registry.example.com/v2/team/app/blobs/sha256:00: 403',
    'registry.example.com',
    'team/app',
  ],
  ['denied: push to localhost:5001/app:1.0', 'localhost:5001', 'app'],
])('finds the image in %j', (text, host, repository) => {
  expect(findRequestedImage(text)).toEqual({ host, repository });
});
