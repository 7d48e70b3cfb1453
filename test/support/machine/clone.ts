import { cp, mkdir } from 'node:fs/promises';
import { existsSync } from 'node:fs';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import { repository } from '../run/environment.ts';
import { mustRun } from '../process/run.ts';
import { temporaryDirectory } from '../run/temp.ts';

/** What somebody gets who clones the repository as it stands, changes that are not committed yet included. */
export async function cleanClone(): Promise<string> {
  const directory = await temporaryDirectory('clone');
  const words = ['ls-files', '-z', '--cached', '--others', '--exclude-standard'];
  const { stdout } = await mustRun('git', words, { cwd: repository });
  for (const name of stdout.split('\0').filter((path) => path !== '' && existsSync(join(repository, path)))) {
    await mkdir(dirname(join(directory, name)), { recursive: true });
    await cp(join(repository, name), join(directory, name));
  }
  return directory;
}

/** How npm reaches its registry is the machine's affair: its settings, its cache, the certificates that it trusts. */
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
