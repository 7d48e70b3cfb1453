import { hash } from '@node-rs/bcrypt';
import { rm, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { createRobot, removeRobot } from '../../src/admin/robots.ts';
import { disableUser, enableUser } from '../../src/admin/users.ts';
import { openStore } from '../../src/store/open-store.ts';
import { afterwards } from '../support/run/afterwards.ts';
import {
  accessIn,
  privateHost,
  refusalIn,
  startIssuer,
  type TestIssuer,
} from '../support/dockpass/issuer.ts';
import { temporaryDirectory } from '../support/run/temp.ts';

const password = 'correct horse battery';
let line: (name: string) => string;

beforeAll(async () => {
  // 5 is the default cost of htpasswd -B.
  const bcrypt = (await hash(password, 5)).replace(/^.2./, () => '$2y');
  line = (name) => `${name}:${bcrypt}\n`;
});

const status = async (issuer: TestIssuer, user: string, secret = password): Promise<number> =>
  (await issuer.get(privateHost).auth(user, secret)).status;

describe('the htpasswd file of a registry', () => {
  /**
   * Starts a server with this htpasswd file. Each write sets another modification time, because the clock of the file
   * system may be too coarse for that.
   */
  async function setUp(text: string, settings: Readonly<Record<string, unknown>> = {}) {
    const file = join(await temporaryDirectory('htpasswd'), 'htpasswd');
    let at = 1_700_000_000;
    const write = async (next: string): Promise<void> => {
      await writeFile(file, next);
      await utimes(file, at, at++);
    };
    await write(text);
    return { issuer: await startIssuer({ htpasswd: file, ...settings }), file, write };
  }

  test('lets only its users with bcrypt hashes log in, as writers', async () => {
    const { issuer } = await setUp(`${line('Alice')}${line('bob')}weak:plain text\n`);
    const scope = 'scope=repository:a:*';
    for (const name of ['Alice', 'alice', 'bob'])
      expect(accessIn(await issuer.get(privateHost, scope).auth(name, password))[0]?.actions).toEqual([
        'pull',
        'push',
      ]);
    for (const [name, secret] of [
      ['alice', 'wrong'],
      ['weak', 'plain text'],
      ['nobody-here', password],
    ] as const) {
      const answer = await issuer.get(privateHost).auth(name, secret);
      expect([name, answer.status, refusalIn(answer)]).toEqual([name, 401, 'wrong_credentials']);
    }
    expect(issuer.logged.join('\n')).toContain('their password hash is not bcrypt: weak');
  });

  test('has denied logins in the audit log, without names that do not exist', async () => {
    const { issuer } = await setUp(line('alice'));
    for (const name of ['alice', 'nobody-here']) await issuer.get(privateHost).auth(name, 'wrong');
    await issuer.stop();
    const store = await openStore(issuer.config.database);
    const subjects = (await store.auditLog.list({})).map(({ subject }) => subject);
    await store.close();
    expect(subjects.sort()).toEqual(['', 'alice']);
  });

  test('gives its users the role of htpasswdRole', async () => {
    const { issuer } = await setUp(line('alice'), { htpasswdRole: 'reader' });
    const answer = await issuer.get(privateHost, 'scope=repository:a:*').auth('alice', password);
    expect(accessIn(answer)[0]?.actions).toEqual(['pull']);
  });

  test('is ignored for a name that is also a dockpass user', async () => {
    const { issuer } = await setUp(line('alice'));
    await issuer.addUser('alice', 'another horse battery');
    expect(await status(issuer, 'alice', 'another horse battery')).toBe(200);
    expect(await status(issuer, 'alice')).toBe(401);
  });

  test('has users who can be disabled and enabled, and a changed password does not enable them', async () => {
    const { issuer, file, write } = await setUp(`${line('Alice')}${line('bob')}`);
    const { store } = issuer.server;
    expect(await status(issuer, 'alice')).toBe(200);
    expect(await disableUser(store, issuer.clock, 'ALICE', file)).toBe('alice');
    for (const name of ['alice', 'Alice']) expect(await status(issuer, name)).toBe(401);
    expect(await status(issuer, 'bob')).toBe(200);
    await write(`${line('alice')}${line('bob')}# changed\n`);
    expect(await status(issuer, 'alice')).toBe(401);
    expect(await store.htpasswdUsers.listDisabled()).toMatchObject([{ name: 'alice' }]);
    await enableUser(store, issuer.clock, 'alice');
    expect(await status(issuer, 'alice')).toBe(200);
    await write('no colon');
    await issuer.addUser('dora', 'another horse battery');
    await disableUser(store, issuer.clock, 'dora', file);
    expect(await status(issuer, 'dora', 'another horse battery')).toBe(401);
    await write(`${line('alice')}${line('bob')}`);
    for (const change of [
      () => disableUser(store, issuer.clock, 'nobody-here', file),
      () => disableUser(store, issuer.clock, 'alice'),
      () => enableUser(store, issuer.clock, 'bob'),
    ])
      await expect(change()).rejects.toMatchObject({ code: 'no_such_user' });
    const rows = await store.auditLog.list({ subject: 'alice' });
    const changes = rows.filter(({ outcome }) => outcome === 'changed');
    expect(changes.map(({ reason }) => reason)).toEqual(['user alice disabled', 'user alice enabled']);
  });

  test('a robot keeps its name: a user of the file with this name cannot log in', async () => {
    const { issuer, file, write } = await setUp(line('alice'));
    const { store } = issuer.server;
    const ci = { name: 'ci', only: [{ pattern: '**', actions: ['pull'] }], expiresIn: 60 } as const;
    await createRobot(store, issuer.clock, ci);
    await write(`${line('alice')}${line('CI')}`);
    expect([await status(issuer, 'alice'), await status(issuer, 'ci')]).toEqual([200, 401]);
    await expect.poll(() => issuer.logged.join('\n')).toContain('because robots have the same names: ci');
    await expect(
      createRobot(store, issuer.clock, { ...ci, name: 'alice', htpasswd: file }),
    ).rejects.toMatchObject({ code: 'already_exists' });
    await removeRobot(store, issuer.clock, 'ci');
    expect(await status(issuer, 'ci')).toBe(200);
  });

  test('is read again with the next login after a change', async () => {
    const { issuer, write } = await setUp(line('alice'));
    expect(await status(issuer, 'alice')).toBe(200);
    await write(line('bob'));
    expect([await status(issuer, 'alice'), await status(issuer, 'bob')]).toEqual([401, 200]);
  });

  test.each(['no colon', ':x', `twin:$2y$99$${'a'.repeat(53)}`, 'bob:x\nBOB:y'])(
    'is ignored if it is faulty (%j): the previous users stay, and the log gives the reason once',
    async (fault) => {
      const { issuer, file, write } = await setUp(line('alice'));
      await write(`${line('carol')}${fault}\n`);
      expect([await status(issuer, 'alice'), await status(issuer, 'carol')]).toEqual([200, 401]);
      const faults = issuer.logged.filter((text) => text.includes(`${file}:`));
      expect(faults).toHaveLength(1);
      await write(line('carol'));
      expect([await status(issuer, 'alice'), await status(issuer, 'carol')]).toEqual([401, 200]);
    },
  );

  test('stays in effect if the file is missing, until there is a new one', async () => {
    const { issuer, file, write } = await setUp(line('alice'));
    await rm(file);
    expect(await status(issuer, 'alice')).toBe(200);
    expect(issuer.logged.join('\n')).toContain('dockpass uses the last valid version of it');
    await write(line('bob'));
    expect(await status(issuer, 'alice')).toBe(401);
  });

  test('prevents the start if it cannot be used', async () => {
    await expect(setUp('no colon')).rejects.toMatchObject({ code: 'bad_configuration' });
    const missing = startIssuer({ htpasswd: '/nowhere/htpasswd' });
    await expect(missing).rejects.toThrow('/nowhere/htpasswd');
  });

  test('has the same rate limit for failed login attempts', async () => {
    const { issuer } = await setUp(line('alice'));
    for (let at = 0; at < 10; at++) expect(await status(issuer, 'alice', `guess ${at}`)).toBe(401);
    expect(await status(issuer, 'alice', 'another')).toBe(429);
  });
});

describe('an imported bcrypt hash', () => {
  async function setUp() {
    const issuer = await startIssuer();
    const passwordHash = line('').slice(1).trim();
    const user = { name: 'alice', role: 'writer', passwordHash, disabled: false } as const;
    await issuer.server.store.users.add({ ...user, createdAt: 1, changedAt: 1 });
    const cli = await openStore(issuer.config.database);
    afterwards(() => cli.close());
    const hashOf = async (): Promise<string> => (await cli.users.find('alice'))?.passwordHash ?? '';
    return { issuer, cli, hashOf };
  }

  test('is accepted at once and replaced by argon2id soon after', async () => {
    const { issuer, hashOf } = await setUp();
    expect(await status(issuer, 'alice', 'wrong')).toBe(401);
    expect(await hashOf()).toMatch(/^\$2y\$/);
    expect(await status(issuer, 'alice')).toBe(200);
    await expect.poll(hashOf).toMatch(/^\$argon2id\$/);
    expect([await status(issuer, 'alice'), await status(issuer, 'alice', 'wrong')]).toEqual([200, 401]);
  });

  test('never replaces a password that was set in the meantime', async () => {
    const { cli, hashOf } = await setUp();
    const old = await hashOf();
    await cli.users.update('alice', { passwordHash: 'the new one', changedAt: 2 });
    expect(await cli.users.replaceHash('alice', old, 'the old one, hashed again')).toBe(false);
    expect(await hashOf()).toBe('the new one');
  });
});
