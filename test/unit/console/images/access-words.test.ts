import { expect, test } from 'vitest';
import {
  describeFrom,
  describeLogin,
  recognizeDecider,
} from '../../../../src/console/model/images/access-words.ts';
import { repositoryHref, imageHref } from '../../../../src/console/model/images/addresses.ts';

test.each([
  ['role writer: pull, push on **', 'role'],
  ['grant to group:dev: pull on team/**', 'grant'],
  ['policy rule 3: deny push to everyone on a', 'rule'],
  ['created with pull on team/**', 'robot or token'],
  ['the access token or robot was created with --only, which limits its rights', 'robot or token'],
  ['publicRepositories: **', 'public setting'],
  ['trust rule acme-app: pull, push on acme/app', 'trust rule'],
  ['the trust rule acme-app limits the rights of the job', 'trust rule'],
  ['something new', 'other'],
])('recognizes what %j is', (text, kind) => {
  expect(recognizeDecider(text).kind).toBe(kind);
});

test('names the networks from which an access is possible', () => {
  expect(describeFrom(null)).toBeUndefined();
  expect(describeFrom([['10.0.0.0/8'], []])).toBe('10.0.0.0/8; elsewhere');
});

test('names who has an access', () => {
  expect(describeLogin({ kind: 'anonymous', name: '' })).toEqual({ name: 'anyone', kind: 'without a login' });
  expect(describeLogin({ kind: 'token', name: 'laptop', user: 'alice' }).kind).toBe('access token of alice');
});

test('leads from a federated identity to its trust rule', () => {
  const shown = { name: 'ci:acme-app', kind: 'by a trust rule', href: '/auth/trust/rules/acme-app' };
  expect(describeLogin({ kind: 'ci', name: 'ci:acme-app' })).toEqual(shown);
  expect(describeLogin({ kind: 'ci', name: 'acme-app' })).toEqual(shown);
  expect(recognizeDecider('trust rule acme-app: pull on a').href).toBe(shown.href);
  expect(recognizeDecider('trust rule a"><b: x').href).toBeUndefined();
});

test('a name cannot lead to another page', () => {
  expect(repositoryHref('team/app')).toBe('/auth/repositories/team%2Fapp');
  expect(imageHref('a/../b?c#d', 'sha256:00')).toBe(
    '/auth/repositories/a%2F..%2Fb%3Fc%23d/images/sha256%3A00',
  );
});
