import { beforeAll, describe, expect, test } from 'vitest';
import {
  accessIn,
  privateHost,
  publicHost,
  refusalIn,
  startIssuer,
  type TestIssuer,
} from '../support/dockpass/issuer.ts';

const password = 'correct horse battery';
let issuer: TestIssuer;

beforeAll(async () => {
  issuer = await startIssuer();
  await issuer.addUser('alice', password, 'writer');
  await issuer.addUser('root-admin', password, 'admin');
});

const ask = (scope: string, user = 'alice') =>
  issuer.get(privateHost, `service=registry&${scope}`).auth(user, password);
const askOne = (scope: string, user?: string) => ask(`scope=${encodeURIComponent(scope)}`, user);

async function expectRefused(scope: string): Promise<void> {
  for (const host of [publicHost, privateHost]) {
    const answer = await issuer.get(host, `scope=${encodeURIComponent(scope)}`).auth('alice', password);
    expect([answer.status, refusalIn(answer)], JSON.stringify(scope)).toEqual([400, 'bad_scope']);
  }
}

describe('attack matrix, scope', () => {
  test('1: rejects colons in the name that are not a port', () => expectRefused('repository:a:b:c:pull'));

  test('2: a host with a port is part of the name', async () => {
    const answer = await askOne('repository:host:5000/a:pull');
    expect(accessIn(answer)).toEqual([{ type: 'repository', name: 'host:5000/a', actions: ['pull'] }]);
  });

  test('3: rejects characters before the type', () => expectRefused('!!repository:a:pull'));

  test('4: docker plugins are granted as repositories', async () => {
    const answer = await askOne('repository(plugin):a:pull');
    expect(accessIn(answer)).toEqual([{ type: 'repository', name: 'a', actions: ['pull'] }]);
  });

  test('5: the action * grants what the subject has and no more', async () => {
    expect(accessIn(await askOne('repository:a:*'))[0]?.actions).toEqual(['pull', 'push']);
    expect(accessIn(await askOne('repository:a:*', 'root-admin'))[0]?.actions).toEqual([
      'pull',
      'push',
      'delete',
      '*',
    ]);
    const anonymous = await issuer.get(publicHost, 'scope=repository:a:*');
    expect(accessIn(anonymous)[0]?.actions).toEqual(['pull']);
  });

  test('6: grants a repeated action once', async () => {
    expect(accessIn(await askOne('repository:a:pull,pull'))[0]?.actions).toEqual(['pull']);
  });

  test('7: rejects actions in upper case', () => expectRefused('repository:a:PULL'));

  test('8: a scope without actions grants no access', async () => {
    const answer = await askOne('repository:a:');
    expect(answer.status).toBe(200);
    expect(accessIn(answer)).toEqual([]);
  });

  test('9: no one can list all repositories, unless the setting catalog allows it to administrators', async () => {
    for (const user of [undefined, 'root-admin']) {
      const answer = await askOne('registry:catalog:*', user);
      expect(answer.status).toBe(200);
      expect(accessIn(answer)).toEqual([]);
    }
    const admins = await startIssuer({ catalog: 'admins' });
    for (const [name, role] of [
      ['writer-1', 'writer'],
      ['root-admin', 'admin'],
    ] as const) {
      await admins.addUser(name, 'correct horse battery', role);
      const answer = await admins
        .get(privateHost, 'scope=registry:catalog:*')
        .auth(name, 'correct horse battery');
      expect(accessIn(answer)).toEqual(
        role === 'admin' ? [{ type: 'registry', name: 'catalog', actions: ['*'] }] : [],
      );
    }
  });

  test.each(['../x', '%2e%2e/x', 'a//b', '/a', 'a/', './a', 'a/..', '%2E%2e'])(
    '10: rejects %s as repository name',
    (name) => expectRefused(`repository:${name}:pull`),
  );

  test.each(['\0', '\r', '\n', '\t', '\x1b', '\x7f'])(
    '11: rejects the control character %j',
    async (control) => {
      await expectRefused(`repository:a${control}b:pull`);
      await expectRefused(`repository:a:pull${control}`);
      await expectRefused(`${control}repository:a:pull`);
    },
  );

  test('12: rejects a name with more than 255 characters', async () => {
    const longest = 'a'.repeat(255);
    expect(accessIn(await askOne(`repository:${longest}:pull`))[0]?.name).toBe(longest);
    await expectRefused(`repository:${longest}a:pull`);
  });

  test('13: accepts 100 scopes and rejects 101, repeated or joined', async () => {
    const scopes = Array.from({ length: 101 }, (_, at) => `repository:r${at}:pull`);
    const repeated = (some: string[]): string => some.map((scope) => `scope=${scope}`).join('&');
    expect(accessIn(await ask(repeated(scopes.slice(1))))).toHaveLength(100);
    const answers = [await ask(repeated(scopes)), await ask(`scope=${scopes.join('+')}`)];
    expect(answers.map((answer) => [answer.status, refusalIn(answer)])).toEqual([
      [400, 'bad_scope'],
      [400, 'bad_scope'],
    ]);
  });

  test.each(['аlpine', 'alpine\u200b', 'ａlpine', 'alpıne', 'Alpine', 'İ'])(
    '14: rejects %s, which only looks like a repository name',
    (name) => expectRefused(`repository:${name}:pull`),
  );

  test('15: accepts a repeated scope with POST, as podman sends it', async () => {
    const answer = await issuer.post(
      privateHost,
      `grant_type=password&username=alice&password=${password}&service=registry` +
        '&scope=repository:a:pull&scope=repository:b:pull,push',
    );
    expect(accessIn(answer)).toEqual([
      { type: 'repository', name: 'a', actions: ['pull'] },
      { type: 'repository', name: 'b', actions: ['pull', 'push'] },
    ]);
  });
});
