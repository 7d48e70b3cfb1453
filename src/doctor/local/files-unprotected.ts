import { stat } from 'node:fs/promises';
import { describeProblems, findUnprotected, fixOf } from '../../admin/files/permissions.ts';
import type { Config } from '../../config/load.ts';
import type { PermissionProblem } from '../../files/permissions.ts';
import { noFindings, wrong } from '../finding.ts';
import { createProbe } from '../probe.ts';

/** Checks that only the user that runs dockpass, and root, can change its keys, its data and their folders. */
export const filesUnprotected = createProbe<undefined, readonly PermissionProblem[]>({
  measure: async ({ config }) => findUnprotected(config, await userOfDockpass(config)),
  judge: (found) => {
    if (found.length === 0) return noFindings;
    return wrong('files_unprotected', {
      problem: `Other users of this machine can change keys or data of dockpass: ${describeProblems(found)}.`,
      impact:
        'They can replace the keys that registries trust, or the database with all users and rights. dockpass logs an error at each start. With strictPermissions: true, it does not start.',
      fix: fixOf(found),
    });
  },
});

/**
 * Returns the operating system user that runs dockpass. If root runs doctor, dockpass itself usually runs as another
 * user. In this case, returns the owner of the database or, if there is no database file, of the key folder.
 */
async function userOfDockpass({ database, keys }: Config): Promise<number | undefined> {
  const own = process.geteuid?.();
  if (own !== 0) return own;
  const ownerOf = (path: string) =>
    stat(path).then(
      ({ uid }) => uid,
      () => undefined,
    );
  return (await ownerOf(database)) ?? (await ownerOf(keys.directory)) ?? own;
}
