import { hostname } from 'node:os';
import type { Config } from '../../config/load.ts';
import { configOfServer, parseServer, type RunningServer } from '../../config/running-settings.ts';
import { different } from '../../config/reload.ts';
import { DockpassError, messageOf } from '../../errors.ts';
import { findServers } from '../../store/open-store.ts';
import { formatTime, say } from '../output.ts';

/** The configuration in force: that of the running server if there is one, otherwise that of the command. */
export interface CurrentConfig {
  readonly config: Config;
  /** The server that uses the configuration. Undefined if no server runs. */
  readonly server: RunningServer | undefined;
}

/**
 * Returns the configuration in force, and says on stderr where it comes from.
 * @param local the configuration of this command. Its setting `database` determines which server is meant.
 */
export async function currentConfig(local: Config): Promise<CurrentConfig> {
  const { servers, fault } = await findRunning(local);
  const [server] = servers;
  if (server === undefined) {
    say(
      fault === undefined
        ? `no running server; using ${sourceOf(local)}`
        : `cannot ask the running server for its settings (${fault}). Run this command as the user that runs dockpass. Using ${sourceOf(local)}`,
    );
    return { config: local, server: undefined };
  }
  const config = configOfServer(server, local);
  say(`using the settings of the running server (${describeRunning(server)})`);
  const others = servers
    .slice(1)
    .filter((other) => differenceTo(other, config)?.some((key) => !ownKeys.has(key)) ?? true);
  if (others.length > 0)
    say(
      `warning: these servers use other settings with the same database: ${others.map(describeRunning).join('; ')}`,
    );
  return { config, server };
}

/**
 * Settings that may differ between servers with the same database. A difference needs no warning, because these
 * settings do not affect any answer of a command such as `explain`.
 */
const ownKeys: ReadonlySet<string> = new Set(['listen', 'operations.listen']);

/**
 * Finds the servers that run on the configured database. Servers on this machine come before those on other machines.
 * In both groups, the server that started last comes first.
 */
export async function findRunning(
  local: Config,
): Promise<{ readonly servers: readonly RunningServer[]; readonly fault: string | undefined }> {
  try {
    const { descriptions, fault } = await findServers(local.database);
    const servers = descriptions.flatMap((text) => parseServer(text) ?? []);
    const isElsewhere = ({ host }: RunningServer): number => (host === hostname() ? 0 : 1);
    const sorted = servers.toSorted(
      (one, other) => isElsewhere(one) - isElsewhere(other) || other.startedAt - one.startedAt,
    );
    return { servers: sorted, fault };
  } catch (error) {
    return { servers: [], fault: messageOf(error) };
  }
}

/** Describes a running server, such as `dockpass up, process 4711 on build1, since 2026-11-22T10:00:00Z`. */
export function describeRunning({ program, pid, host, startedAt }: RunningServer): string {
  return `dockpass ${program}, process ${pid} on ${host}, since ${formatTime(Math.floor(startedAt / 1000))}`;
}

export function sourceOf({ file }: Config): string {
  return file ?? 'environment variables and defaults, because there is no configuration file';
}

/** Says which settings of the running server differ from this configuration. Says nothing if no server runs. */
export async function sayIfServerDiffers(config: Config): Promise<void> {
  const [server] = (await findRunning(config)).servers;
  if (server === undefined) return;
  const keys = differenceTo(server, config);
  if (keys === undefined) {
    say(
      `warning: the settings of the running server (${describeRunning(server)}) cannot be read, because it is another version of dockpass`,
    );
    return;
  }
  if (keys.length > 0)
    say(
      `the running server (${describeRunning(server)}) uses other settings: ${keys.join(', ')}. To see them, run "dockpass status"`,
    );
}

/**
 * Returns the settings of a server that differ from `config`. Secrets are not compared, because a server does not tell
 * its secrets. Returns undefined if the server has settings that this version of dockpass does not know.
 */
function differenceTo(server: RunningServer, config: Config): readonly string[] | undefined {
  try {
    return different(config, configOfServer(server, config));
  } catch (error) {
    if (error instanceof DockpassError && error.code === 'bad_configuration') return undefined;
    throw error;
  }
}
