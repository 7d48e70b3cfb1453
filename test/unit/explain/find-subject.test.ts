import { join } from 'node:path';
import { beforeEach, expect, test } from 'vitest';
import { createAccessToken } from '../../../src/admin/access-tokens.ts';
import { createRobot } from '../../../src/admin/robots.ts';
import { addGrant, removeGrant } from '../../../src/admin/rights/grants.ts';
import { addUser } from '../../../src/admin/users.ts';
import { formatEventText } from '../../../src/audit/event-text.ts';
import { trustRules } from '../../../src/config/values/trust-rules.ts';
import { explainEvents } from '../../../src/explain/explain-events.ts';
import { findSubject } from '../../../src/explain/find-subject.ts';
import { Secret } from '../../../src/secret.ts';
import { openStore } from '../../../src/store/open-store.ts';
import type { Store } from '../../../src/store/store.ts';
import { afterwards } from '../../support/run/afterwards.ts';
import { temporaryDirectory } from '../../support/run/temp.ts';

const now = Date.UTC(2026, 10, 29);
const aYearAgo = (): number => now - 366 * 24 * 3600_000;
const trust = trustRules.parse([
  { name: 'app', issuer: 'github', when: { repository_id: 5 }, only: 'acme/app:pull,push' },
  { name: 'cluster', issuer: 'https://id.example.com', only: ['${kubernetes.io/namespace}/**:pull'] },
]);
const config = { htpasswd: null, htpasswdRole: 'writer', trust } as const;

let store: Store;
beforeEach(async () => {
  store = await openStore(join(await temporaryDirectory('explain'), 'dockpass.db'));
  afterwards(() => store.close());
});

const find = (name: string) => findSubject(name, undefined, store, config, now);

test('a trust rule is found by ci:NAME, with the rights that it can give', async () => {
  const app = await find('ci:App');
  expect(app).toMatchObject({ kind: 'loggedIn', subject: { kind: 'ci', name: 'app', through: 'JWT' } });
  expect(app).toMatchObject({ note: undefined });
  expect(await find('ci:cluster')).toMatchObject({
    subject: { rights: [{ pattern: { text: '${kubernetes.io/namespace}/**' } }] },
    note: expect.stringMatching(/^\$\{kubernetes\.io\/namespace\} can have any value here/) as string,
  });
  await expect(find('ci:gone')).rejects.toThrow(/^there is no trust rule "gone".*dockpass trust list/);
  await expect(find('app')).rejects.toThrow(/there is no user or robot/);
  await expect(findSubject('ci:app', 'token', store, config, now)).rejects.toThrow(/has no access tokens/);
});

test('a trust rule that waits for its confirmation cannot log in', async () => {
  const waiting = { ...config, trust: trust.map((rule) => ({ ...rule, isPending: true })) };
  expect(await findSubject('ci:app', undefined, store, waiting, now)).toMatchObject({
    kind: 'cannotLogIn',
    name: 'ci:app',
    reason: expect.stringContaining('dockpass trust confirm app') as string,
  });
});

async function meaningOfDenial(subject: string): Promise<string> {
  const event = {
    id: '3stag409zq69',
    at: now,
    outcome: 'refused',
    subject,
    address: '192.0.2.1',
    client: 'docker',
    host: 'registry.example.com',
    realm: 'private',
    asked: '',
    granted: '',
    reason: 'wrong_credentials',
    tokenId: '',
    times: 1,
  } as const;
  await store.auditLog.append([formatEventText(event)], false, 'unproven');
  const [explained] = await explainEvents(event.id, store, now);
  return explained?.meaning.join('\n') ?? '';
}

async function addAlice(): Promise<void> {
  const password = new Secret('correct horse battery');
  await addUser(store, aYearAgo, { name: 'alice', role: 'writer', password, minLength: 15 });
}

test('an expired robot is a robot that cannot log in, and the explanation says how to renew it', async () => {
  const only = [{ pattern: 'team/**', actions: ['pull'] }] as const;
  await createRobot(store, aYearAgo, { name: 'ci', only, expiresIn: 3600 });
  expect(await find('ci')).toMatchObject({
    kind: 'cannotLogIn',
    account: 'robot',
    reason: expect.stringMatching(/^no login: the robot has expired.*robot rotate ci --expires 365d/),
  });
  expect(await meaningOfDenial('ci')).toMatch(
    /ci is a robot that expired at 2025-.*robot rotate ci --expires/,
  );
});

test('the explanation of a rejected login names the expired access tokens of the user', async () => {
  await addAlice();
  const token = { name: 'laptop', user: 'alice', only: null, expiresIn: 3600 };
  await createAccessToken(store, aYearAgo, token);
  expect(await meaningOfDenial('alice')).toContain('These access tokens of alice have expired: laptop.');
});

test('the explanation of a user says that grants have switched the role off', async () => {
  await addAlice();
  expect(await find('alice')).toMatchObject({ kind: 'loggedIn', note: undefined });
  const grant = { subject: 'alice', pattern: 'team/**' };
  await addGrant(store, aYearAgo, { ...grant, actions: ['pull'] });
  expect(await find('alice')).toMatchObject({
    note: 'the role writer gives alice no rights on repositories, because alice has grants, directly or through a group',
  });
  await removeGrant(store, aYearAgo, grant);
  expect(await find('alice')).toMatchObject({
    note: expect.stringMatching(/because alice has had grants\. .*"dockpass user role alice writer"/),
  });
});
