import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { canOthersRead, type Ownership } from '../../files/permissions.ts';
import { noFindings, wrong } from '../finding.ts';
import { createProbe } from '../probe.ts';

interface OpenFile extends Ownership {
  readonly path: string;
}

/** Checks that no other user of this machine can read the private key files. */
export const keyFilesOpen = createProbe<undefined, readonly OpenFile[]>({
  measure: async ({ config: { keys } }) => {
    const names = await readdir(keys.directory).catch(() => []);
    const secret = names.filter((name) => /^(?:authority(?:-next)?|leaves-\d+)\.pem$/.test(name));
    const paths = [
      ...secret.map((name) => join(keys.directory, name)),
      ...(keys.authority.key === null ? [] : [keys.authority.key]),
    ];
    const files = await Promise.all(
      paths.map(async (path) => {
        const { mode, uid, gid } = (await stat(path).catch(() => undefined)) ?? { mode: 0, uid: 0, gid: 0 };
        return { path, mode, uid, gid };
      }),
    );
    return files.filter(canOthersRead);
  },
  judge: (open) => {
    if (open.length === 0) return noFindings;
    const named = open.map(
      ({ path, mode }) => `${path} (mode ${(mode & 0o777).toString(8).padStart(4, '0')})`,
    );
    return wrong('key_files_open', {
      problem: `Other users of this machine can read ${named.join(', ')}.`,
      impact:
        'Anyone who reads a key can sign tokens for every repository. dockpass does not start while other users can read its keys.',
      fix: `chmod 600 ${open.map(({ path }) => path).join(' ')}    # if it is possible that other users have read the keys, also run: dockpass keys rotate --authority`,
    });
  },
});
