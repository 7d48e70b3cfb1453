import { existsSync } from 'node:fs';
import type { Config } from '../config/load.ts';
import { openStore } from '../store/open-store.ts';
import type { Ports } from '../store/store.ts';

/**
 * Users, groups and robots that rules name and the database does not have: mostly a slip of the pen, sometimes somebody
 * who comes later. Nothing is said where there is no database yet, and none is made.
 */
export async function missingAudiences({
  policy,
  database,
  htpasswd,
}: Pick<Config, 'policy' | 'database' | 'htpasswd'>): Promise<string[]> {
  if (policy.length === 0 || !existsSync(database)) return [];
  const store = await openStore(database);
  try {
    const warnings: string[] = [];
    for (const { number, to } of policy) {
      for (const audience of to) {
        // Whoever is in an htpasswd file is not in the database.
        if (htpasswd !== null && audience.startsWith('user:')) continue;
        if (!(await isThere(audience, store)))
          warnings.push(
            `policy rule ${number} can match nobody yet by ${audience}: there is none of this name`,
          );
      }
    }
    return warnings;
  } finally {
    await store.close();
  }
}

async function isThere(audience: string, { users, groups, robots }: Ports): Promise<boolean> {
  const [kind, name = ''] = audience.split(':', 2);
  switch (kind) {
    case 'user':
      return (await users.find(name)) !== undefined;
    case 'robot':
      return (await robots.find(name)) !== undefined;
    case 'group':
      return (await groups.list()).some((group) => group.name === name);
    default:
      return true;
  }
}
