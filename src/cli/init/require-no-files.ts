import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { DockpassError } from '../../errors.ts';

/**
 * Checks that a folder contains none of the named files, because a command must not overwrite them.
 * @param hint what else the person can do, as one or more sentences
 * @throws DockpassError `already_exists`
 */
export function requireNoFiles(folder: string, names: readonly string[], hint = ''): void {
  const found = names.map((name) => join(folder, name)).filter((path) => existsSync(path));
  if (found.length === 0) return;
  throw new DockpassError(
    'already_exists',
    `nothing was written, because ${found.join(' and ')} would be overwritten. Move the old files away, or choose another folder with --out.${hint === '' ? '' : ` ${hint}`}`,
  );
}
