import { describe, expect, test } from 'vitest';
import { addGroup } from '../../../../src/admin/groups.ts';
import { findMissingAudiences } from '../../../../src/admin/missing-audiences.ts';
import type { Config } from '../../../../src/config/load.ts';
import { configIn } from '../../../support/dockpass/settings.ts';
import { temporaryDirectory } from '../../../support/run/temp.ts';
import { add, addRobot, clock, type NewAdminDatabase } from './admin-database.ts';

/** Creates a configuration whose policy rules name users, a group and a robot. */
export async function configWithAudiences(database: string): Promise<Config> {
  const policy = [
    { allow: ['pull'], to: ['user:alice', 'user:bob', 'ci:app', 'ci:gone'], on: ['a/**'] },
    { deny: ['push'], to: ['group:dev', 'robot:ci', 'everyone'], on: ['b/**'] },
  ];
  const trust = [
    { name: 'app', issuer: 'github', when: { repository_id: 5 }, audience: 'r', only: 'a/**:pull' },
  ];
  return configIn(await temporaryDirectory('audiences'), { database, policy, trust });
}

/** Tests that `check` reports names in policy rules that do not exist, with every database backend. */
export function audiencesBehaviour(backend: string, newDatabase: NewAdminDatabase): void {
  describe(`${backend}: names in policy rules`, () => {
    test('names that do not exist are reported', async () => {
      const database = await newDatabase();
      const store = await database.connect();
      await add(store, 'alice');
      const config = await configWithAudiences(database.location);
      expect(await findMissingAudiences(config)).toEqual([
        'policy rule 1 has no effect for user:bob: there is no user bob yet',
        'policy rule 1 has no effect for ci:gone: there is no trust rule gone yet',
        'policy rule 2 has no effect for group:dev: there is no group dev yet',
        'policy rule 2 has no effect for robot:ci: there is no robot ci yet',
      ]);
      await add(store, 'bob');
      await addGroup(store, clock, 'dev');
      await addRobot(store, 'ci');
      expect(await findMissingAudiences(config)).toEqual([expect.stringContaining('ci:gone')]);
    });
  });
}
