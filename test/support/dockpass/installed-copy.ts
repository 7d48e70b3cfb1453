import { cp, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { repository } from '../run/environment.ts';
import { temporaryDirectory } from '../run/temp.ts';

/** A copy of the installed package, whose files the test can replace. @returns its folder */
export async function installedCopy(): Promise<string> {
  const copy = await temporaryDirectory('installed');
  for (const name of ['bin', 'dist', 'migrations', 'package.json'])
    await cp(join(repository, name), join(copy, name), { recursive: true });
  await symlink(join(repository, 'node_modules'), join(copy, 'node_modules'));
  return copy;
}
