import { describe, expect, test } from 'vitest';
import { ensureAdmin } from '../../../../src/admin/bootstrap-admin.ts';
import { addGroup, joinGroup, leaveGroup, removeGroup } from '../../../../src/admin/groups.ts';
import { addGrant, removeGrant } from '../../../../src/admin/rights/grants.ts';
import { removeUser, setRole } from '../../../../src/admin/users.ts';
import { readAccount } from '../../../../src/identity/account.ts';
import { matches } from '../../../../src/policy/pattern.ts';
import { expandActions, roles, type Role } from '../../../../src/policy/rights.ts';
import type { RightsSource, Store } from '../../../../src/store/store.ts';
import { randomFrom, type Random } from '../../../support/policy/random-policies.ts';
import { clock, password, type NewAdminDatabase } from './admin-database.ts';

/** Returns what a user has, for example `role: ** pull,push` or `grants: team/** pull`. */
async function held(store: Store, name: string): Promise<string> {
  const account = await readAccount(store, name);
  const rights = account?.rights.map(({ pattern, actions }) => `${pattern.text} ${actions.join()}`) ?? [];
  return `${account?.rightsFrom ?? 'no user'}: ${rights.sort().join(' ')}`;
}

const addUser = (store: Store, name: string, role: Role = 'writer') =>
  store.users.add({ name, role, passwordHash: null, disabled: false, createdAt: 1, changedAt: 1 });
const grant = (store: Store, subject: string, pattern = 'team/**') =>
  addGrant(store, clock, { subject, pattern, actions: ['pull'] });
const dev = { group: 'dev', user: 'alice' };
const ofAlice = { subject: 'alice', pattern: 'team/**' };
const ofDev = { subject: 'group:dev', pattern: 'team/**' };

/** Tests whether a user has the rights of the role or only those of grants, with every database backend. */
export function rightsBehaviour(backend: string, newDatabase: NewAdminDatabase): void {
  const newStore = async (): Promise<Store> => (await newDatabase()).connect();

  /** Adds the writer alice and the group dev, of which alice is a member. */
  async function addAlice(store: Store): Promise<void> {
    await addUser(store, 'alice');
    await addGroup(store, clock, 'dev');
    await joinGroup(store, clock, dev);
  }

  describe(`${backend}: the rights of the role do not come back`, () => {
    test.each<[string, (store: Store) => Promise<unknown>]>([
      ['leaving the group', (store) => leaveGroup(store, clock, dev)],
      ['removing the group', (store) => removeGroup(store, clock, 'dev')],
      ['removing the last grant of the group', (store) => removeGrant(store, clock, ofDev)],
    ])('by %s', async (_how, remove) => {
      const store = await newStore();
      await addAlice(store);
      expect(await held(store, 'alice')).toBe('role: ** pull,push');
      await grant(store, 'group:dev');
      expect(await held(store, 'alice')).toBe('grants: team/** pull');
      await remove(store);
      expect(await held(store, 'alice')).toBe('grants: ');
      expect(await setRole(store, clock, 'Alice', 'reader')).toMatchObject({ rightsFrom: 'role' });
      expect(await held(store, 'alice')).toBe('role: ** pull');
    });

    test('by removing the last grant of the user', async () => {
      const store = await newStore();
      await addAlice(store);
      await grant(store, 'alice');
      await removeGrant(store, clock, ofAlice);
      expect(await held(store, 'alice')).toBe('grants: ');
    });

    test.each<[string, string, (store: Store) => Promise<unknown>]>([
      ['removing the grant of the user', 'alice', (store) => removeGrant(store, clock, ofAlice)],
      ['removing the grant of the group', 'group:dev', (store) => removeGrant(store, clock, ofDev)],
      ['leaving the group', 'group:dev', (store) => leaveGroup(store, clock, dev)],
      ['removing the group', 'group:dev', (store) => removeGroup(store, clock, 'dev')],
    ])('by %s, if an older version of dockpass has added the grant to %s', async (_how, subject, remove) => {
      const database = await newDatabase();
      const store = await database.connect();
      await addAlice(store);
      await database.execute(
        `insert into grants (subject, pattern, actions, created_at) values ('${subject}', 'team/**', 'pull', 1)`,
      );
      expect(await held(store, 'alice')).toBe('grants: team/** pull');
      await remove(store);
      expect(await held(store, 'alice')).toBe('grants: ');
    });

    test('by a new start of up, unless the administrator had another role', async () => {
      const store = await newStore();
      const boss = { name: 'boss', password };
      await ensureAdmin(store, clock, boss);
      await grant(store, 'boss');
      await removeGrant(store, clock, { subject: 'boss', pattern: 'team/**' });
      await ensureAdmin(store, clock, boss);
      expect(await held(store, 'boss')).toBe('grants: ');
      await store.users.update('boss', { role: 'reader', changedAt: 2 });
      await ensureAdmin(store, clock, boss);
      expect(await held(store, 'boss')).toBe('role: ** pull,push,delete,*');
    });
  });

  describe(`${backend}: the rights of the role end`, () => {
    test('when a user joins a group that has grants', async () => {
      const store = await newStore();
      await addAlice(store);
      await addUser(store, 'bob');
      await grant(store, 'group:dev');
      expect(await held(store, 'bob')).toBe('role: ** pull,push');
      await joinGroup(store, clock, { group: 'dev', user: 'bob' });
      expect(await held(store, 'bob')).toBe('grants: team/** pull');
    });

    test('not for a new user who has the name of a removed one', async () => {
      const store = await newStore();
      await addAlice(store);
      await grant(store, 'alice');
      await removeUser(store, clock, 'alice');
      await addUser(store, 'alice');
      expect(await held(store, 'alice')).toBe('role: ** pull,push');
    });
  });

  test(`${backend}: a new role is stored, but while a grant reaches the user, the grant decides`, async () => {
    const store = await newStore();
    await addAlice(store);
    await grant(store, 'group:dev');
    expect(await setRole(store, clock, 'alice', 'admin')).toMatchObject({
      role: 'admin',
      rightsFrom: 'grants',
    });
    expect(await held(store, 'alice')).toBe('grants: team/** pull');
  });

  test(`${backend}: the role none gives no rights, and grants add some`, async () => {
    const store = await newStore();
    await addUser(store, 'alice', 'none');
    expect(await held(store, 'alice')).toBe('role: ');
    await grant(store, 'alice');
    expect(await held(store, 'alice')).toBe('grants: team/** pull');
  });

  test(`${backend}: after an upgrade, users whom a grant reaches have only the rights of grants`, async () => {
    const database = await newDatabase();
    const older = await database.connect();
    await addAlice(older);
    for (const name of ['bob', 'carol']) await addUser(older, name);
    await addGroup(older, clock, 'idle');
    await joinGroup(older, clock, { group: 'idle', user: 'carol' });
    await grant(older, 'group:dev');
    await grant(older, 'bob');
    await database.execute(
      'alter table users drop column rights_from',
      'drop table disabled_htpasswd_users',
      'delete from migrations where number = 23',
      'delete from schema_compatibility where number = 23',
    );
    const store = await database.connect();
    await leaveGroup(store, clock, dev);
    await removeGrant(store, clock, { subject: 'bob', pattern: 'team/**' });
    expect(await held(store, 'alice')).toBe('grants: ');
    expect(await held(store, 'bob')).toBe('grants: ');
    expect(await held(store, 'carol')).toBe('role: ** pull,push');
  });

  test(`${backend}: after random changes, the rights equal those of a model, and no removal adds a right`, async () => {
    // To repeat a failed run, set DOCKPASS_TEST_SEED to the seed that it printed.
    const seed = Number(process.env['DOCKPASS_TEST_SEED'] ?? Date.now() % 2 ** 31);
    const random = randomFrom(seed);
    const store = await newStore();
    const model = new RightsModel();
    for (const user of users) await addUser(store, user);
    for (const group of groups) await addGroup(store, clock, group);
    const done: string[] = [];
    for (let step = 0; step < 300; step++) {
      const before = await Promise.all(users.map((user) => actionsOf(store, user)));
      const change = drawChange(random);
      done.push(JSON.stringify(change));
      await apply(store, change);
      model.apply(change);
      for (const [at, user] of users.entries()) {
        const state = { seed, done: done.slice(-10), user };
        expect({ ...state, held: await held(store, user) }).toEqual({ ...state, held: model.held(user) });
        if (!removals.has(change.kind)) continue;
        const added = (await actionsOf(store, user)).filter((action) => !before[at]?.includes(action));
        expect({ ...state, added }).toEqual({ ...state, added: [] });
      }
    }
  });
}

const users = ['alice', 'bob', 'carol'] as const;
const groups = ['dev', 'ops'] as const;
const patterns = ['team/**', '**'] as const;
type Change =
  | { readonly kind: 'add grant' | 'remove grant'; readonly subject: string; readonly pattern: string }
  | { readonly kind: 'join' | 'leave'; readonly group: string; readonly user: string }
  | { readonly kind: 'remove group'; readonly group: string }
  | { readonly kind: 'set role'; readonly user: string; readonly role: Role };
const removals: ReadonlySet<Change['kind']> = new Set(['remove grant', 'leave', 'remove group']);

function drawChange(random: Random): Change {
  const [group, user] = [random.pick(groups), random.pick(users)];
  switch (random.below(13)) {
    case 0:
    case 1:
    case 2:
      return { kind: 'add grant', subject: drawHolder(random), pattern: random.pick(patterns) };
    case 3:
    case 4:
    case 5:
    case 6:
      return { kind: 'remove grant', subject: drawHolder(random), pattern: random.pick(patterns) };
    case 7:
    case 8:
      return { kind: 'join', group, user };
    case 9:
    case 10:
      return { kind: 'leave', group, user };
    case 11:
      return { kind: 'remove group', group };
    default:
      return { kind: 'set role', user, role: random.pick(roles) };
  }
}

function drawHolder(random: Random): string {
  return random.chance(0.5) ? random.pick(users) : `group:${random.pick(groups)}`;
}

async function apply(store: Store, change: Change): Promise<void> {
  switch (change.kind) {
    case 'add grant':
      await grant(store, change.subject, change.pattern);
      return;
    case 'remove grant':
      await removeGrant(store, clock, change).catch(ignoreCode('no_such_grant'));
      return;
    case 'join':
      await joinGroup(store, clock, change);
      return;
    case 'leave':
      await leaveGroup(store, clock, change);
      return;
    case 'remove group':
      // The group is added again at once, so that later changes find it.
      await removeGroup(store, clock, change.group);
      await addGroup(store, clock, change.group);
      return;
    case 'set role':
      await setRole(store, clock, change.user, change.role);
  }
}

function ignoreCode(expected: string): (error: unknown) => void {
  return (error) => {
    if ((error as { code?: string }).code !== expected) throw error;
  };
}

/** Returns each action that the user has on two repositories, as `REPOSITORY ACTION`. */
async function actionsOf(store: Store, user: string): Promise<string[]> {
  const account = await readAccount(store, user);
  return ['team/app', 'other/app'].flatMap((repository) =>
    (account?.rights ?? [])
      .filter(({ pattern }) => matches(pattern, repository))
      .flatMap(({ actions }) => expandActions(actions).map((action) => `${repository} ${action}`)),
  );
}

/** The chapter "Roles and rights" of the documentation, written a second time, as simply as possible. */
class RightsModel {
  readonly #roles = new Map<string, Role>(users.map((user) => [user, 'writer']));
  readonly #sources = new Map<string, RightsSource>(users.map((user) => [user, 'role']));
  readonly #grants = new Set<string>();
  readonly #members = new Set<string>();

  apply(change: Change): void {
    if (change.kind === 'add grant') this.#grants.add(`${change.subject} ${change.pattern}`);
    if (change.kind === 'remove grant') this.#grants.delete(`${change.subject} ${change.pattern}`);
    if (change.kind === 'join') this.#members.add(`${change.group} ${change.user}`);
    if (change.kind === 'leave') this.#members.delete(`${change.group} ${change.user}`);
    if (change.kind === 'remove group') {
      for (const user of users) this.#members.delete(`${change.group} ${user}`);
      for (const pattern of patterns) this.#grants.delete(`group:${change.group} ${pattern}`);
    }
    if (change.kind === 'set role') {
      this.#roles.set(change.user, change.role);
      this.#sources.set(change.user, 'role');
    }
    for (const user of users) if (this.#reaching(user).length > 0) this.#sources.set(user, 'grants');
  }

  held(user: string): string {
    const rightsOfRole = {
      admin: '** pull,push,delete,*',
      writer: '** pull,push',
      reader: '** pull',
      none: '',
    };
    return this.#sources.get(user) === 'grants'
      ? `grants: ${this.#reaching(user).sort().join(' ')}`
      : `role: ${rightsOfRole[this.#roles.get(user) ?? 'none']}`;
  }

  #reaching(user: string): string[] {
    const subjects = [user, ...groups.filter((group) => this.#members.has(`${group} ${user}`))];
    return patterns.flatMap((pattern) =>
      subjects
        .filter((name) => this.#grants.has(`${name === user ? user : `group:${name}`} ${pattern}`))
        .map(() => `${pattern} pull`),
    );
  }
}
