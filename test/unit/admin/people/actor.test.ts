import { hostname, userInfo } from 'node:os';
import { expect, test } from 'vitest';
import { describePerson } from '../../../../src/admin/people/actor.ts';

const user = userInfo().username;

test.each([
  [{}, ''],
  [{ SUDO_USER: 'alice' }, ' (sudo by alice)'],
  [{ DOAS_USER: 'alice' }, ' (sudo by alice)'],
  [{ SUDO_USER: user }, ''],
  [{ SUDO_USER: '' }, ''],
  [{ SUDO_USER: 'a\n2026 changed user\u202e' }, ' (sudo by a2026 changed user)'],
  [{ SUDO_USER: 'x'.repeat(1000) }, ` (sudo by ${'x'.repeat(64)})`],
])('with the environment %j, the person is the user%s', (environment, caller) => {
  expect(describePerson(environment)).toBe(`${user}${caller} on ${hostname().slice(0, 64)}`);
});
