import type { Config } from '../config/load.ts';
import { DockpassError } from '../errors.ts';
import { openExistingStore } from '../store/open-store.ts';
import type { Ports } from '../store/store.ts';

/**
 * Finds users, groups and robots that policy rules name but that do not exist, which is often a typing mistake. If the
 * database does not exist yet, there are no warnings. This function never creates a database.
 * @returns a line for each warning
 */
export async function findMissingAudiences(
  config: Pick<Config, 'policy' | 'database' | 'htpasswd'>,
): Promise<string[]> {
  if (config.policy.length === 0) return [];
  try {
    const store = await openExistingStore(config.database);
    if (store === undefined) return [];
    try {
      return await missingFrom(store, config);
    } finally {
      await store.close();
    }
  } catch (error) {
    // The configuration can be valid while its database cannot be reached.
    if (!(error instanceof DockpassError)) throw error;
    return [`cannot check whether the users, groups and robots in policy rules exist: ${error.message}`];
  }
}

async function missingFrom(
  store: Ports,
  { policy, htpasswd }: Pick<Config, 'policy' | 'htpasswd'>,
): Promise<string[]> {
  const warnings: string[] = [];
  for (const { number, to } of policy) {
    for (const audience of to) {
      // If an htpasswd file is configured, the users are in that file and not in the database.
      if (htpasswd !== null && audience.startsWith('user:')) continue;
      const [kind, name = ''] = audience.split(':', 2);
      if (!(await exists(store, kind, name)))
        warnings.push(`policy rule ${number} has no effect for ${audience}: there is no ${kind} ${name} yet`);
    }
  }
  return warnings;
}

/** Returns true also for an audience without a name, such as `everyone`. */
async function exists(
  { users, groups, robots }: Ports,
  kind: string | undefined,
  name: string,
): Promise<boolean> {
  if (kind === 'user') return (await users.find(name)) !== undefined;
  if (kind === 'robot') return (await robots.find(name)) !== undefined;
  if (kind === 'group') return (await groups.list()).some((group) => group.name === name);
  return true;
}
