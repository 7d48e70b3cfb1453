import type { Config } from '../config/load.ts';
import type { Ports } from '../store/store.ts';
import { readExisting } from './read-existing.ts';

/**
 * Finds users, groups, robots and trust rules that do not exist although a policy rule names them. Often the cause is a
 * typing mistake. If the database does not exist yet, there are no warnings. This function never creates a database.
 * @returns one line of text for each warning
 */
export async function findMissingAudiences(
  config: Pick<Config, 'policy' | 'database' | 'htpasswd' | 'trust'>,
): Promise<string[]> {
  if (config.policy.length === 0) return [];
  const { problems, warnings } = await readExisting(
    config,
    (store) => missingFrom(store, config),
    'cannot check whether the users, groups and robots in policy rules exist',
  );
  return [...problems, ...warnings];
}

/** Like `findMissingAudiences`, with an open database. */
export async function missingFrom(
  store: Ports,
  { policy, htpasswd, trust }: Pick<Config, 'policy' | 'htpasswd' | 'trust'>,
): Promise<string[]> {
  const warnings: string[] = [];
  for (const { number, to } of policy) {
    for (const audience of to) {
      // If an htpasswd file is configured, a user can be in that file and not in the database. Therefore do not warn
      // about users who are missing from the database.
      if (htpasswd !== null && audience.startsWith('user:')) continue;
      const [kind, name = ''] = audience.split(':', 2);
      if (kind === 'ci' && trust.some((rule) => rule.name === name)) continue;
      if (!(await exists(store, kind, name)))
        warnings.push(
          `policy rule ${number} has no effect for ${audience}: there is no ${kind === 'ci' ? 'trust rule' : kind} ${name} yet`,
        );
    }
  }
  return warnings;
}

/**
 * Returns true if the user, robot or group exists, or a trust rule in the database. Always returns true for `everyone`
 * and other audiences that do not name a user, robot or group.
 */
async function exists(
  { users, groups, robots, trustRules }: Ports,
  kind: string | undefined,
  name: string,
): Promise<boolean> {
  if (kind === 'user') return (await users.find(name)) !== undefined;
  if (kind === 'robot') return (await robots.find(name)) !== undefined;
  if (kind === 'group') return (await groups.list()).some((group) => group.name === name);
  if (kind === 'ci') return (await trustRules.find(name)) !== undefined;
  return true;
}
