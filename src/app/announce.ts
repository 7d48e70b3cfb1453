import { hostname } from 'node:os';
import { resolve } from 'node:path';
import type { Clock } from '../clock.ts';
import type { Config } from '../config/load.ts';
import { describeServer } from '../config/running-settings.ts';
import type { Log } from '../observe/log.ts';
import type { Store } from '../store/store.ts';

/** The command that runs the token server, and its version. Commands such as `dockpass status` show both. */
export interface ServerProgram {
  readonly name: 'serve' | 'up';
  readonly describeVersion: () => string;
}

export interface ServerAnnouncement {
  /** Call this method after a reload, so that commands read the changed settings of this server. Never throws. */
  changed(config: Config): Promise<void>;
  end(): Promise<void>;
}

/**
 * Lets commands that use the same database read the settings of this server. If that is not possible, the server runs
 * nevertheless, and the commands use the settings of their configuration file.
 * @param actual the values of those settings that can differ from the configuration: `listen` with the port at which
 *   the server really listens, because the operating system chooses it if the configured port is 0
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
    // If this fails, commands still notice that the server has ended, because the socket (SQLite) or the connection
    // (PostgreSQL) of an ended server is closed.
    end: async () => {
      await announcement?.end().catch(() => {});
    },
  };
}
