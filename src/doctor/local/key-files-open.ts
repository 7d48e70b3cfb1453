import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { noFindings, wrong, type Finding } from '../finding.ts';
import type { DoctorContext } from '../context.ts';

/** Who else may read the keys that sign tokens? */
export async function keyFilesOpen({ config }: DoctorContext): Promise<readonly Finding[]> {
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
  if (open.length === 0) return noFindings;
  const files = open.map((text) => text.replace(/ \(mode .*$/, '')).join(' ');
  return wrong('key_files_open', {
    problem: `other users of this machine may read ${open.join(', ')}.`,
    impact:
      'Whoever reads a key can sign tokens for every repository. dockpass refuses to start with such files.',
    fix: `chmod 600 ${files}    # if others did read them: dockpass keys rotate --authority`,
  });
}
