import { describe, expect, test } from 'vitest';
import { addGroup, joinGroup, leaveGroup, removeGroup } from '../../src/admin/groups.ts';
import { addGrant, removeGrant } from '../../src/admin/rights/grants.ts';
import { setRole } from '../../src/admin/users.ts';
import type { Store } from '../../src/store/store.ts';
import { accessIn, privateHost, publicHost, startIssuer } from '../support/dockpass/issuer.ts';

const password = 'correct horse battery';
const dev = { group: 'dev', user: 'alice' };

describe('commands that seem to take rights away', () => {
  test.each<[string, string, (store: Store, clock: () => number) => Promise<unknown>]>([
    ['group leave', 'group:dev', (store, clock) => leaveGroup(store, clock, dev)],
    ['group remove', 'group:dev', (store, clock) => removeGroup(store, clock, 'dev')],
    [
      'grant remove for a group',
      'group:dev',
      (store, clock) => removeGrant(store, clock, { subject: 'group:dev', pattern: 'team/**' }),
    ],
    [
      'grant remove for the user',
      'alice',
      (store, clock) => removeGrant(store, clock, { subject: 'alice', pattern: 'team/**' }),
    ],
  ])('%s never lets a user push everywhere', async (_command, subject, remove) => {
    const { server, clock, addUser, get } = await startIssuer();
    const { store } = server;
    const held = async (repository: string): Promise<string> => {
      const answer = await get(privateHost, `scope=repository:${repository}:*`).auth('alice', password);
      return accessIn(answer)[0]?.actions.join() ?? '';
    };
    await addUser('alice', password);
    await addGroup(store, clock, 'dev');
    await joinGroup(store, clock, dev);
    expect(await held('prod/app')).toBe('pull,push');
    await addGrant(store, clock, { subject, pattern: 'team/**', actions: ['pull'] });
    expect([await held('team/app'), await held('prod/app')]).toEqual(['pull', '']);
    await remove(store, clock);
    expect([await held('team/app'), await held('prod/app')]).toEqual(['', '']);
    await setRole(store, clock, 'alice', 'reader');
    expect([await held('team/app'), await held('prod/app')]).toEqual(['pull', 'pull']);
  });
});

describe('a repository name in another case, on storage that ignores case', () => {
  const settings = {
    publicRepositories: ['open/**', 'SECRET/**'],
    policy: [
      { deny: ['*'], to: ['everyone'], on: ['secret/**'] },
      { allow: ['pull'], to: ['everyone'], on: ['SECRET/**'], realm: 'public' },
    ],
  };

  test.each(['secret/app', 'SECRET/app', 'Secret/app', 'sECRET/a/b'])(
    '%s is denied like the name in lower case, to anonymous clients and to administrators',
    async (repository) => {
      const { addUser, get } = await startIssuer(settings);
      await addUser('boss', password, 'admin');
      const query = `scope=repository:${repository}:*`;
      expect(accessIn(await get(publicHost, query))).toEqual([]);
      expect(accessIn(await get(publicHost, query).auth('boss', password))).toEqual([]);
      expect(accessIn(await get(privateHost, query).auth('boss', password))).toEqual([]);
    },
  );

  test.each(['SECRET/app', 'OPEN/app'])('%s is not public because of its spelling', async (repository) => {
    const { get } = await startIssuer({ publicRepositories: ['open/**', 'SECRET/**'] });
    expect(accessIn(await get(publicHost, `scope=repository:${repository}:pull`))).toEqual([]);
    expect(accessIn(await get(publicHost, 'scope=repository:open/app:pull'))).toHaveLength(1);
  });
});
