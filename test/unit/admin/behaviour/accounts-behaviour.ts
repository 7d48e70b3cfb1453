import { describe, expect, test } from 'vitest';
import {
  createAccessToken,
  listAccessTokens,
  revokeAccessToken,
} from '../../../../src/admin/access-tokens.ts';
import { ensureAdmin } from '../../../../src/admin/bootstrap-admin.ts';
import { addGrant, listGrants, removeGrant } from '../../../../src/admin/rights/grants.ts';
import { addGroup, joinGroup, leaveGroup, removeGroup } from '../../../../src/admin/groups.ts';
import { importHtpasswd, planHtpasswdImport } from '../../../../src/admin/import-htpasswd.ts';
import { disableRobot, enableRobot, removeRobot, rotateRobotSecret } from '../../../../src/admin/robots.ts';
import {
  listSessions,
  revokeAllSessions,
  revokeSession,
  revokeSessionsOf,
} from '../../../../src/admin/sessions.ts';
import {
  addUser,
  disableUser,
  enableUser,
  removeUser,
  setPassword,
  setRole,
  unlockUser,
} from '../../../../src/admin/users.ts';
import { createPasswordHasher } from '../../../../src/identity/password/password-hash.ts';
import { Secret } from '../../../../src/secret.ts';
import type { Store } from '../../../../src/store/store.ts';
import {
  add,
  addRobot,
  addSession,
  auditReasons,
  clock,
  contentsOf,
  now,
  nowInSeconds,
  password,
  type NewAdminDatabase,
} from './admin-database.ts';

const next = new Secret('another correct horse');
const newPassword = { password: next, minLength: 15 };
const htpasswd = (text: string) => ({ path: 'htpasswd', text });
const admin = (name: string) => ({ name, password });

/** Tests users, robots, groups, grants, tokens and sessions, which must behave the same on every database. */
export function accountsBehaviour(backend: string, newDatabase: NewAdminDatabase): void {
  const newStore = async (): Promise<Store> => (await newDatabase()).connect();

  describe(`${backend}: names`, () => {
    const ways = {
      'a user': (store: Store, name: string) => add(store, name),
      'a robot': (store: Store, name: string) => addRobot(store, name),
      'the administrator of up': (store: Store, name: string) => ensureAdmin(store, clock, admin(name)),
      'an htpasswd file': (store: Store, name: string) =>
        importHtpasswd(store, clock, htpasswd(`${name}:{SHA}x`), 'writer'),
    } satisfies Record<string, (store: Store, name: string) => Promise<unknown>>;

    test.each([
      ['a user', 'a user', 'already_exists'],
      ['a user', 'a robot', 'already_exists'],
      ['a robot', 'a user', 'already_exists'],
      ['a robot', 'a robot', 'already_exists'],
      ['a robot', 'the administrator of up', 'already_exists'],
      ['a robot', 'an htpasswd file', 'bad_htpasswd'],
      ['the administrator of up', 'a robot', 'already_exists'],
      ['an htpasswd file', 'a robot', 'already_exists'],
    ] as const)('the name of %s cannot be taken by %s', async (first, second, code) => {
      const store = await newStore();
      await ways[first](store, 'deploy');
      const before = await contentsOf(store);
      await expect(ways[second](store, 'deploy')).rejects.toMatchObject({ code });
      expect(await contentsOf(store)).toEqual(before);
    });

    test('names that differ only in case are the same name', async () => {
      const store = await newStore();
      expect(await add(store, 'Deploy')).toBe('deploy');
      await expect(addRobot(store, 'DEPLOY')).rejects.toMatchObject({ code: 'already_exists' });
    });

    test('a name stays unique if users and robots are added at the same time', async () => {
      const database = await newDatabase();
      const [one, other] = [await database.connect(), await database.connect()];
      const attempts = [add(one, 'deploy'), add(other, 'deploy')];
      for (let round = 0; round < 5; round++)
        attempts.push(addRobot(one, 'deploy'), addRobot(other, 'deploy'));
      const results = await Promise.allSettled(attempts);
      expect(results.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
      const { users, robots, audit } = await contentsOf(one);
      expect(users.length + robots.length).toBe(1);
      expect(audit).toHaveLength(1);
    });
  });

  describe(`${backend}: the audit log`, () => {
    /** Each operation with its text in the audit log. In this order, each operation can succeed. */
    const operations: readonly (readonly [string, (store: Store) => Promise<unknown>])[] = [
      ['user alice added as writer', (store) => add(store, 'alice')],
      ['password of user alice set', (store) => setPassword(store, clock, 'Alice', newPassword)],
      ['user alice disabled', (store) => disableUser(store, clock, 'Alice')],
      ['user alice enabled', (store) => enableUser(store, clock, 'Alice')],
      ['role of user alice set to reader', (store) => setRole(store, clock, 'Alice', 'reader')],
      ['user alice unlocked', (store) => unlockUser(store, clock, 'Alice')],
      ['group dev added', (store) => addGroup(store, clock, 'Dev')],
      ['user alice joined group dev', (store) => joinGroup(store, clock, { group: 'Dev', user: 'Alice' })],
      [
        'added a grant for group:dev: pull on a/**',
        (store) => addGrant(store, clock, { subject: 'group:dev', pattern: 'a/**', actions: ['pull'] }),
      ],
      [
        'grant on a/** to group:dev removed',
        (store) => removeGrant(store, clock, { subject: 'group:dev', pattern: 'a/**' }),
      ],
      ['user alice left group dev', (store) => leaveGroup(store, clock, { group: 'dev', user: 'alice' })],
      ['group dev removed', (store) => removeGroup(store, clock, 'Dev')],
      [
        'access token laptop of alice created with rights: **:pull',
        (store) =>
          createAccessToken(store, clock, {
            ...{ name: 'Laptop', user: 'Alice', expiresIn: 60 },
            only: [{ pattern: '**', actions: ['pull'] }],
          }),
      ],
      [
        'access token laptop of alice revoked',
        (store) => revokeAccessToken(store, clock, { name: 'laptop', user: 'alice' }),
      ],
      ['robot ci created with rights: **:pull', (store) => addRobot(store, 'CI')],
      [
        'secret of robot ci rotated',
        (store) => rotateRobotSecret(store, clock, 'CI', { overlap: 0, expiresIn: undefined }),
      ],
      ['robot ci disabled', (store) => disableRobot(store, clock, 'CI')],
      ['robot ci enabled', (store) => enableRobot(store, clock, 'CI')],
      ['robot ci removed', (store) => removeRobot(store, clock, 'CI')],
      ['all sessions of alice revoked', (store) => revokeSessionsOf(store, clock, 'Alice')],
      ['all sessions revoked', (store) => revokeAllSessions(store, clock)],
      ['user alice removed', (store) => removeUser(store, clock, 'Alice')],
      [
        'user boss added as admin, as set in the environment variables',
        (store) => ensureAdmin(store, clock, admin('boss')),
      ],
      [
        'user boss enabled as admin with a new password, as set in the environment variables',
        (store) => ensureAdmin(store, clock, { name: 'boss', password: next }),
      ],
    ];

    test('each operation writes one row, with the time of the clock', async () => {
      const store = await newStore();
      for (const [, operation] of operations) await operation(store);
      const rows = await store.auditLog.list({});
      expect(rows.map(({ reason }) => reason)).toEqual(operations.map(([reason]) => reason));
      expect(new Set(rows.map(({ at }) => at))).toEqual(new Set([now]));
      expect(new Set(rows.map(({ outcome }) => outcome))).toEqual(new Set(['changed']));
      expect(await store.auditLog.verify()).toBeUndefined();
    });

    test('if the row cannot be written, nothing is changed', async () => {
      const database = await newDatabase();
      const store = await database.connect();
      for (const [reason, operation] of operations) {
        const before = await contentsOf(store);
        const allowAgain = await database.rejectRowsOf('audit_events');
        await expect(operation(store), reason).rejects.toMatchObject({ code: 'database' });
        expect(await contentsOf(store), reason).toEqual(before);
        await allowAgain();
        await operation(store);
      }
    });

    test('if the change cannot be written, there is no row', async () => {
      const database = await newDatabase();
      const store = await database.connect();
      await add(store, 'alice');
      const grant = { subject: 'alice', pattern: '**', actions: ['pull'] } as const;
      const token = { name: 'laptop', user: 'alice', only: null, expiresIn: null };
      for (const [table, operation] of [
        ['users', () => add(store, 'bob')],
        ['users', () => importHtpasswd(store, clock, htpasswd('bob:{SHA}x'), 'writer')],
        ['users', () => ensureAdmin(store, clock, admin('boss'))],
        ['user_groups', () => addGroup(store, clock, 'dev')],
        ['grants', () => addGrant(store, clock, grant)],
        ['access_tokens', () => createAccessToken(store, clock, token)],
        ['robots', () => addRobot(store, 'ci')],
        ['robot_secrets', () => addRobot(store, 'ci')],
      ] as const) {
        const allowAgain = await database.rejectRowsOf(table);
        await expect(operation(), table).rejects.toMatchObject({ code: 'database' });
        await allowAgain();
      }
      expect(await store.robots.list()).toEqual([]);
      expect(await auditReasons(store)).toEqual(['user alice added as writer']);
    });

    test('a password with a reserved prefix is rejected', async () => {
      const store = await newStore();
      await add(store, 'alice');
      for (const prefix of ['dpp_', 'dpr_', 'dpi_']) {
        const reserved = { password: new Secret(`${prefix}correct horse battery`), minLength: 15 };
        for (const operation of [
          () => addUser(store, clock, { ...reserved, name: 'bob', role: 'writer' }),
          () => setPassword(store, clock, 'alice', reserved),
        ])
          await expect(operation()).rejects.toMatchObject({
            code: 'bad_password',
            message: expect.stringContaining(`begins with ${prefix}, which is reserved`) as string,
          });
      }
      expect(await auditReasons(store)).toEqual(['user alice added as writer']);
    });

    test('a rejected operation writes no row', async () => {
      const store = await newStore();
      for (const [code, rejected] of [
        ['bad_name', () => add(store, '../x')],
        ['bad_name', () => addRobot(store, '1')],
        [
          'bad_password',
          () => addUser(store, clock, { ...newPassword, name: 'a', role: 'writer', minLength: 99 }),
        ],
        ['no_such_user', () => setPassword(store, clock, 'nobody-here', newPassword)],
        ['no_such_user', () => disableUser(store, clock, 'nobody-here')],
        ['no_such_user', () => enableUser(store, clock, 'nobody-here')],
        ['no_such_user', () => setRole(store, clock, 'nobody-here', 'reader')],
        ['no_such_user', () => unlockUser(store, clock, 'nobody-here')],
        ['no_such_user', () => removeUser(store, clock, 'nobody-here')],
        ['no_such_group', () => removeGroup(store, clock, 'none')],
        ['no_such_group', () => joinGroup(store, clock, { group: 'none', user: 'nobody-here' })],
        ['no_such_user', () => listAccessTokens(store, 'nobody-here')],
        ['no_such_user', () => revokeAccessToken(store, clock, { name: 'a', user: 'nobody-here' })],
        ['no_such_robot', () => rotateRobotSecret(store, clock, 'ci', { overlap: 0, expiresIn: undefined })],
        ['no_such_robot', () => disableRobot(store, clock, 'ci')],
        ['no_such_robot', () => removeRobot(store, clock, 'ci')],
        ['no_such_session', () => revokeSession(store, clock, 'none')],
        ['no_such_user', () => revokeSessionsOf(store, clock, 'nobody-here')],
        ['no_such_user', () => listGrants(store, 'nobody-here')],
        ['no_such_group', () => listGrants(store, 'group:none')],
        ['bad_usage', () => addGrant(store, clock, { subject: 'a', pattern: 'a//b', actions: ['pull'] })],
      ] as const)
        await expect(rejected(), code).rejects.toMatchObject({ code });
      expect(await auditReasons(store)).toEqual([]);
    });
  });

  describe(`${backend}: users`, () => {
    test('a user is stored in lower case, with the time of the clock and a hash of the password', async () => {
      const store = await newStore();
      expect(await add(store, 'Alice', 'reader')).toBe('alice');
      const user = await store.users.find('alice');
      expect(user).toMatchObject({ role: 'reader', disabled: false });
      expect([user?.createdAt, user?.changedAt]).toEqual([nowInSeconds, nowInSeconds]);
      expect(await createPasswordHasher().verify(password, user?.passwordHash)).toBe(true);
    });

    test('a new password ends the sessions and the lockout of this user alone', async () => {
      const store = await newStore();
      for (const name of ['alice', 'bob']) {
        await add(store, name);
        await addSession(store, name, `of-${name}`);
      }
      await setPassword(store, () => now + 5000, 'alice', newPassword);
      expect((await store.refreshTokens.list()).map(({ id }) => id)).toEqual(['of-bob']);
      const user = await store.users.find('alice');
      expect(user).toMatchObject({ changedAt: nowInSeconds + 5, unlockedAt: nowInSeconds + 5 });
      expect(await createPasswordHasher().verify(next, user?.passwordHash)).toBe(true);
    });

    test('a disabled user loses all sessions and does not get them back', async () => {
      const store = await newStore();
      await add(store, 'alice');
      await addSession(store, 'alice', 's1');
      await disableUser(store, clock, 'alice');
      expect(await store.users.find('alice')).toMatchObject({ disabled: true });
      await enableUser(store, clock, 'alice');
      expect(await store.users.find('alice')).toMatchObject({ disabled: false });
      expect(await store.refreshTokens.list()).toEqual([]);
    });

    test('unlocking a user changes nothing else', async () => {
      const store = await newStore();
      await add(store, 'alice');
      await addSession(store, 'alice', 's1');
      await unlockUser(store, () => now + 9000, 'alice');
      expect(await store.users.find('alice')).toMatchObject({
        changedAt: nowInSeconds,
        unlockedAt: nowInSeconds + 9,
      });
      expect(await store.refreshTokens.list()).toHaveLength(1);
    });

    test('a user is removed with all sessions, tokens, memberships and grants', async () => {
      const store = await newStore();
      await add(store, 'alice');
      await addSession(store, 'alice', 's1');
      await addGroup(store, clock, 'dev');
      await joinGroup(store, clock, { group: 'dev', user: 'alice' });
      await addGrant(store, clock, { subject: 'alice', pattern: '**', actions: ['pull'] });
      await createAccessToken(store, clock, { name: 'a', user: 'alice', only: null, expiresIn: null });
      await removeUser(store, clock, 'alice');
      const { users, groups, grants, accessTokens, sessions } = await contentsOf(store);
      expect([users, grants, accessTokens, sessions]).toEqual([[], [], [], []]);
      expect(groups).toMatchObject([{ name: 'dev', members: [] }]);
    });
  });

  describe(`${backend}: the administrator of up`, () => {
    test('a new password ends the sessions; a changed role is restored; otherwise nothing changes', async () => {
      const store = await newStore();
      const start = (secret: Secret) => ensureAdmin(store, clock, { name: 'boss', password: secret });
      await start(password);
      await addSession(store, 'boss', 's1');
      const before = await contentsOf(store);
      await start(password);
      expect(await contentsOf(store)).toEqual(before);

      await start(next);
      expect(await store.refreshTokens.list('boss')).toEqual([]);
      const { passwordHash } = (await store.users.find('boss')) ?? {};
      const hasher = createPasswordHasher();
      expect(await hasher.verify(password, passwordHash)).toBe(false);
      expect(await hasher.verify(next, passwordHash)).toBe(true);

      await store.users.update('boss', { role: 'reader', disabled: true, changedAt: 2 });
      await start(next);
      expect(await store.users.find('boss')).toMatchObject({ role: 'admin', disabled: false, passwordHash });
      expect(await auditReasons(store)).toEqual([
        'user boss added as admin, as set in the environment variables',
        'user boss enabled as admin with a new password, as set in the environment variables',
        'user boss enabled as admin, as set in the environment variables',
      ]);
    });

    test('the administrator is added once if several processes start at the same time', async () => {
      const database = await newDatabase();
      const stores = await Promise.all([database.connect(), database.connect(), database.connect()]);
      await Promise.all(stores.map((store) => ensureAdmin(store, clock, admin('boss'))));
      expect(await auditReasons(stores[0])).toEqual([
        'user boss added as admin, as set in the environment variables',
      ]);
    });
  });

  describe(`${backend}: groups and grants`, () => {
    test('adding an existing membership, or removing a missing one, changes nothing', async () => {
      const store = await newStore();
      await add(store, 'alice');
      await addGroup(store, clock, 'dev');
      const membership = { group: 'dev', user: 'alice' };
      expect(await leaveGroup(store, clock, membership)).toBe(false);
      expect(await joinGroup(store, clock, membership)).toBe(true);
      expect(await joinGroup(store, clock, membership)).toBe(false);
      expect(await leaveGroup(store, clock, membership)).toBe(true);
      expect((await auditReasons(store)).slice(2)).toEqual([
        'user alice joined group dev',
        'user alice left group dev',
      ]);
    });

    test('adding a grant reports which users it switches from the role to grants', async () => {
      const store = await newStore();
      for (const name of ['alice', 'bob', 'carol']) await add(store, name);
      await addGroup(store, clock, 'dev');
      for (const user of ['bob', 'alice']) await joinGroup(store, clock, { group: 'dev', user });
      const put = async (subject: string, pattern: string) =>
        (await addGrant(store, clock, { subject, pattern, actions: ['pull'] })).switched;
      expect(await put('Carol', 'a/**')).toEqual(['carol']);
      expect(await put('carol', 'b')).toEqual([]);
      expect(await put('group:dev', 'a/**')).toEqual(['alice', 'bob']);
      expect(await put('group:dev', 'b')).toEqual([]);
      const grant = { subject: 'CAROL', pattern: 'b' };
      expect(await removeGrant(store, clock, grant)).toEqual({ kind: 'user', name: 'carol' });
      await expect(removeGrant(store, clock, grant)).rejects.toMatchObject({ code: 'no_such_grant' });
    });

    test('a robot cannot get grants', async () => {
      const store = await newStore();
      await addRobot(store, 'ci');
      await expect(
        addGrant(store, clock, { subject: 'ci', pattern: '**', actions: ['pull'] }),
      ).rejects.toMatchObject({ code: 'bad_usage' });
    });
  });

  describe(`${backend}: access tokens and robots`, () => {
    test('an access token expires by the clock, and its name is unique for its owner', async () => {
      const store = await newStore();
      for (const name of ['alice', 'bob']) await add(store, name);
      const order = { name: 'Laptop', user: 'Alice', only: null, expiresIn: 60 };
      const { token, secret } = await createAccessToken(store, clock, order);
      expect(token).toMatchObject({ name: 'laptop', user: 'alice', createdAt: nowInSeconds });
      expect(token.expiresAt).toBe(nowInSeconds + 60);
      expect(secret.reveal()).toMatch(/^dpp_/);
      await expect(createAccessToken(store, clock, order)).rejects.toMatchObject({ code: 'already_exists' });
      await createAccessToken(store, clock, { ...order, user: 'bob', expiresIn: null });
      expect((await listAccessTokens(store)).map(({ user }) => user)).toEqual(['alice', 'bob']);
      expect(await listAccessTokens(store, 'BOB')).toMatchObject([{ user: 'bob', expiresAt: null }]);
    });

    test('after a rotation, the old secrets of a robot expire at the end of the overlap', async () => {
      const store = await newStore();
      await addRobot(store, 'ci');
      const rotation = { overlap: 30, expiresIn: 600 };
      const { robot, secret, oldSecretsEndAt } = await rotateRobotSecret(store, clock, 'CI', rotation);
      expect([robot.expiresAt, oldSecretsEndAt]).toEqual([nowInSeconds + 600, nowInSeconds + 30]);
      expect(secret.reveal()).toMatch(/^dpr_/);
    });

    test('a robot that has expired needs a new expiry, not only a new secret', async () => {
      const store = await newStore();
      await addRobot(store, 'ci');
      const later = (): number => now + 61_000;
      const rotate = (expiresIn: number | undefined) =>
        rotateRobotSecret(store, later, 'ci', { overlap: 0, expiresIn });
      await expect(rotate(undefined)).rejects.toMatchObject({ code: 'bad_usage' });
      expect((await rotate(60)).robot.expiresAt).toBe(nowInSeconds + 61 + 60);
    });
  });

  describe(`${backend}: sessions`, () => {
    const lifetimes = { idle: 100, absolute: 500 };

    test('a session is listed until it expires, is unused for too long, or reaches the maximum age', async () => {
      const store = await newStore();
      for (const name of ['alice', 'bob']) await add(store, name);
      await addSession(store, 'alice', 'idle');
      await addSession(store, 'alice', 'used', { lastUse: { at: nowInSeconds + 450, from: '192.0.2.1' } });
      await addSession(store, 'bob', 'short', { expiresAt: nowInSeconds + 50 });
      const listedAt = async (seconds: number, user?: string) =>
        (await listSessions(store, () => now + seconds * 1000, lifetimes, user)).map(({ id, endsAt }) => [
          id,
          endsAt - nowInSeconds,
        ]);
      const [idle, used, short] = [
        ['idle', 100],
        ['used', 500],
        ['short', 50],
      ];
      expect((await listedAt(0)).sort()).toEqual([idle, short, used]);
      expect((await listedAt(60)).sort()).toEqual([idle, used]);
      expect(await listedAt(200)).toEqual([used]);
      expect(await listedAt(500)).toEqual([]);
      expect(await listedAt(0, 'Bob')).toEqual([short]);
    });

    test('one session, all sessions of a user, or all sessions can be revoked', async () => {
      const store = await newStore();
      for (const name of ['alice', 'bob']) {
        await add(store, name);
        for (const id of ['a', 'b', 'c']) await addSession(store, name, `${name}-${id}`);
      }
      await revokeSession(store, clock, 'ALICE-A');
      expect(await revokeSessionsOf(store, clock, 'Alice')).toBe(2);
      expect(await revokeAllSessions(store, clock)).toBe(3);
      expect(await store.refreshTokens.list()).toEqual([]);
      expect((await auditReasons(store)).slice(2)).toEqual([
        'session alice-a of alice revoked',
        'all sessions of alice revoked',
        'all sessions revoked',
      ]);
    });
  });

  describe(`${backend}: import of an htpasswd file`, () => {
    const bcrypt = `$2y$05$${'a'.repeat(53)}`;

    test('the import adds all users at once, with a row for each; existing users stay unchanged', async () => {
      const store = await newStore();
      await add(store, 'alice');
      const alice = await store.users.find('alice');
      const file = htpasswd(`alice:${bcrypt}\nBob:${bcrypt}\ncarol:{SHA}x\n`);
      const plan = await planHtpasswdImport(store, file);
      expect(await auditReasons(store)).toHaveLength(1);
      expect(plan).toEqual({
        imported: [
          { name: 'bob', passwordHash: bcrypt },
          { name: 'carol', passwordHash: undefined },
        ],
        skipped: [],
        existingCount: 1,
      });
      expect(await importHtpasswd(store, clock, file, 'reader')).toEqual(plan);
      expect(await store.users.find('alice')).toEqual(alice);
      expect(await store.users.find('bob')).toMatchObject({ role: 'reader', passwordHash: bcrypt });
      expect(await store.users.find('carol')).toMatchObject({ passwordHash: null, createdAt: nowInSeconds });
      expect((await auditReasons(store)).slice(1)).toEqual([
        'user bob imported from htpasswd as reader',
        'user carol imported from htpasswd as reader',
        '2 users imported from htpasswd as reader',
      ]);
      expect(await importHtpasswd(store, clock, file, 'reader')).toMatchObject({ imported: [] });
      expect(await auditReasons(store)).toHaveLength(4);
    });

    test('users whose name is not allowed are skipped or get another name, and the audit log names both names', async () => {
      const store = await newStore();
      const names = ['robot$x', 'a+b', 'DOM\\u', 'bob'];
      const file = htpasswd(names.map((name) => `${name}:${bcrypt}\n`).join(''));
      await expect(importHtpasswd(store, clock, file, 'writer')).rejects.toMatchObject({
        code: 'bad_htpasswd',
        message: expect.stringMatching(
          /line 1: .*\n.*line 2: .*\n.*line 3: .*\n.*--skip-invalid.*--rename/,
        ) as string,
      });
      const choices = {
        skipInvalid: true,
        renames: new Map([
          ['robot$x', 'robot-x'],
          ['DOM\\u', 'u'],
        ]),
      };
      const plan = await planHtpasswdImport(store, file, choices);
      expect(await store.users.list()).toEqual([]);
      expect(plan).toEqual({
        imported: [
          { name: 'robot-x', passwordHash: bcrypt, nameInFile: 'robot$x' },
          { name: 'u', passwordHash: bcrypt, nameInFile: 'DOM\\u' },
          { name: 'bob', passwordHash: bcrypt },
        ],
        skipped: [
          { line: 2, name: 'a+b', fault: expect.stringContaining('"a+b" cannot be a name') as string },
        ],
        existingCount: 0,
      });
      expect(await importHtpasswd(store, clock, file, 'writer', choices)).toEqual(plan);
      expect((await store.users.list()).map(({ name }) => name).sort()).toEqual(['bob', 'robot-x', 'u']);
      expect(await auditReasons(store)).toEqual([
        'user robot-x imported from htpasswd as writer; its name in the file is "robot$x"',
        'user u imported from htpasswd as writer; its name in the file is "DOM\\\\u"',
        'user bob imported from htpasswd as writer',
        '3 users imported from htpasswd as writer; skipped because the name is not allowed: 1',
      ]);
      const again = await importHtpasswd(store, clock, file, 'writer', choices);
      expect(again).toMatchObject({ imported: [], existingCount: 3 });
    });

    test('a malformed line stops the import also if invalid names are skipped', async () => {
      const store = await newStore();
      const file = htpasswd(`a+b:${bcrypt}\nno colon\nbob:${bcrypt}\n`);
      await expect(importHtpasswd(store, clock, file, 'writer', { skipInvalid: true })).rejects.toMatchObject(
        {
          code: 'bad_htpasswd',
          message: expect.stringMatching(/^htpasswd: line 2: .*\nnothing was imported/) as string,
        },
      );
      expect(await store.users.list()).toEqual([]);
    });

    test('a user cannot be renamed to the name of another line or of a robot, or if the file does not name the user', async () => {
      const store = await newStore();
      await addRobot(store, 'ci');
      const file = htpasswd(`a+b:${bcrypt}\nbob:${bcrypt}\n`);
      for (const [old, name, code, message] of [
        ['a+b', 'bob', 'bad_htpasswd', /line 2: .*both get the name bob/],
        ['a+b', 'ci', 'bad_htpasswd', /line 1: ci is a robot/],
        ['A+B', 'ab', 'bad_usage', /has no user "A\+B"/],
      ] as const)
        await expect(
          importHtpasswd(store, clock, file, 'writer', { renames: new Map([[old, name]]) }),
        ).rejects.toMatchObject({ code, message: expect.stringMatching(message) as string });
      expect(await store.users.list()).toEqual([]);
    });

    test('the import adds no user if a line is wrong, and names each such line', async () => {
      const store = await newStore();
      await addRobot(store, 'ci');
      const file = htpasswd(`bob:${bcrypt}\nno colon\nci:${bcrypt}\nBOB:${bcrypt}\n`);
      await expect(importHtpasswd(store, clock, file, 'writer')).rejects.toMatchObject({
        code: 'bad_htpasswd',
        message: expect.stringMatching(
          /^htpasswd: line 2: .*\nhtpasswd: line 3: ci is a robot.*\nhtpasswd: line 4: .*the same user.*\nnothing was imported/,
        ) as string,
      });
      expect(await store.users.list()).toEqual([]);
    });
  });
}
