import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { stringify } from 'yaml';
import { loadConfig, type Config } from '../../../src/config/load.ts';

/**
 * Writes `settings` to dockpass.yml in the directory, and loads the configuration from it. All other settings have
 * their default values.
 */
export async function configIn(
  directory: string,
  settings: Readonly<Record<string, unknown>> = {},
): Promise<Config> {
  const file = join(directory, 'dockpass.yml');
  await writeFile(file, stringify(settings));
  return await loadConfig({ file, environment: {} });
}
