import { hostname } from 'node:os';
import { resolve } from 'node:path';
import type { Clock } from '../clock.ts';
import type { Config } from '../config/load.ts';
import { describeServer } from '../config/running-settings.ts';
import type { Log } from '../observe/log.ts';
import type { Store } from '../store/store.ts';

/** The program that runs the token server. Commands such as `dockpass status` show it. */
export interface ServerProgram {
  readonly name: 'serve' | 'up';
  readonly describeVersion: () => string;
}

export interface ServerAnnouncement {
  /** Tells commands the settings of a changed configuration. Never throws. */
  changed(config: Config): Promise<void>;
  end(): Promise<void>;
}

/**
 * Tells commands that use the same database which settings this server uses. If that is not possible, the server runs
 * nevertheless, and the commands use their configuration file.
 * @param actual the setting `listen`, with the port at which the server listens
 */
export async function announceServer(
  initial: Config,
  store: Store,
  { name, describeVersion }: ServerProgram,
  actual: Readonly<Record<string, string>>,
  clock: Clock,
  log: Log,
): Promise<ServerAnnouncement> {
  const identity = {
    program: name,
    version: describeVersion(),
    host: hostname(),
    pid: process.pid,
    startedAt: clock(),
    file: initial.file === undefined ? undefined : resolve(initial.file),
  };
  let latest = initial;
  const warn = (error: unknown): void =>
    log.warn(
      `commands such as "dockpass explain" cannot read the settings of this server, so they use those of the configuration file: ${String(error)}`,
    );
  const announcement = await store
    .announce(() => describeServer(identity, initial, latest, actual))
    .catch(warn);
  return {
    changed: async (config) => {
      latest = config;
      await announcement?.changed().catch(warn);
    },
    // If the database cannot be reached, commands notice nevertheless that the server has ended.
    end: async () => {
      await announcement?.end().catch(() => {});
    },
  };
}
