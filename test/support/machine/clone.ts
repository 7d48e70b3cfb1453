import { cp, mkdir } from 'node:fs/promises';
import { existsSync } from 'node:fs';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import { repository } from '../run/environment.ts';
import { mustRun } from '../process/run.ts';
import { temporaryDirectory } from '../run/temp.ts';

/** Copies the files that a clone of the repository would have, with uncommitted changes, to a temporary directory. */
export async function cleanClone(): Promise<string> {
  const directory = await temporaryDirectory('clone');
  const args = ['ls-files', '-z', '--cached', '--others', '--exclude-standard'];
  const { stdout } = await mustRun('git', args, { cwd: repository });
  for (const name of stdout.split('\0').filter((path) => path !== '' && existsSync(join(repository, path)))) {
    await mkdir(dirname(join(directory, name)), { recursive: true });
    await cp(join(repository, name), join(directory, name));
  }
  return directory;
}

/**
 * Returns environment variables that let npm use this machine's npm settings, cache and trusted certificates, so that
 * npm can reach its registry in the same way as outside the tests.
 */
export function npmEnvironment(): Record<string, string> {
  const certificates = process.env['NODE_EXTRA_CA_CERTS'];
  return {
    npm_config_userconfig: process.env['npm_config_userconfig'] ?? join(homedir(), '.npmrc'),
    npm_config_cache: process.env['npm_config_cache'] ?? join(homedir(), '.npm'),
    npm_config_prefer_offline: 'true',
    npm_config_update_notifier: 'false',
    ...(certificates === undefined ? {} : { NODE_EXTRA_CA_CERTS: certificates }),
  };
}
