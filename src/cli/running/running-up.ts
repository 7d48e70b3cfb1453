import { hostname } from 'node:os';
import { configOfServer } from '../../config/running-settings.ts';
import type { Config } from '../../config/load.ts';
import { findRunning } from './current-config.ts';

/**
 * Returns the settings of the `dockpass up` that runs on this machine with the same database. Its flags can differ from
 * the configuration file. If none runs, returns the settings of this command.
 */
export async function runningConfig(
  local: Config,
): Promise<{ readonly config: Config; readonly isUp: boolean }> {
  const { servers } = await findRunning(local);
  const server = servers.find(({ program, host }) => program === 'up' && host === hostname());
  return server === undefined
    ? { config: local, isUp: false }
    : { config: configOfServer(server, local), isUp: true };
}
