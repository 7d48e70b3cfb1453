import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { stringify } from 'yaml';
import { loadConfig, type Config } from '../../../src/config/load.ts';

/** The effective configuration of a directory with this dockpass.yml in it, everything else at its default. */
export async function configIn(
  directory: string,
  settings: Readonly<Record<string, unknown>> = {},
): Promise<Config> {
  const file = join(directory, 'dockpass.yml');
  await writeFile(file, stringify(settings));
  return await loadConfig({ file, environment: {} });
}
