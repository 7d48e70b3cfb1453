import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { nothing, wrong, type Finding } from '../finding.ts';
import type { Patient } from '../context.ts';

/** Who else may read the keys that sign tokens? */
export async function keyFilesOpen({ config }: Patient): Promise<readonly Finding[]> {
  const { directory, authority } = config.keys;
  const names = await readdir(directory).catch(() => []);
  const secret = names.filter((name) => /^(?:authority(?:-next)?|leaves-\d+)\.pem$/.test(name));
  const paths = [
    ...secret.map((name) => join(directory, name)),
    ...(authority.key === null ? [] : [authority.key]),
  ];
  const open: string[] = [];
  for (const path of paths) {
    const mode = (await stat(path).catch(() => undefined))?.mode ?? 0;
    if ((mode & 0o077) !== 0) open.push(`${path} (mode ${(mode & 0o777).toString(8).padStart(4, '0')})`);
  }
  if (open.length === 0) return nothing;
  const files = open.map((text) => text.replace(/ \(mode .*$/, '')).join(' ');
  return wrong('key_files_open', {
    seen: `other users of this machine may read ${open.join(', ')}.`,
    means:
      'Whoever reads a key can sign tokens for every repository. dockpass refuses to start with such files.',
    mend: `chmod 600 ${files}    # if others did read them: dockpass keys rotate --authority`,
  });
}
