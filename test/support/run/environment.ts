import { homedir, tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The root folder of the repository. */
export const repository = fileURLToPath(new URL('../../..', import.meta.url));

/**
 * The folder in which scripts/install-parts.sh installs programs without a Debian package. Keep in sync with
 * scripts/parts.sh.
 */
export const partsDirectory =
  process.env['DOCKPASS_PARTS'] ??
  join(process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache'), 'dockpass-parts');

/** PATH with folders that the PATH of a user may lack. Debian has nginx and dockerd in /usr/sbin. */
export const searchPath = [process.env['PATH'] ?? '', '/usr/local/sbin', '/usr/sbin', '/sbin'].join(
  delimiter,
);

/** The environment variable by which clean-up.ts finds all processes of a vitest run, including their descendants. */
export const runMarker = 'TEST_RUN';

/** The process id of the vitest run to which this worker belongs (whole-run.ts sets it). */
export const runPid = Number(process.env[runMarker] ?? process.pid);

/** Returns the folder for all temporary files of a vitest run. */
export function runDirectory(pid: number): string {
  return join(tmpdir(), `${runPrefix}${pid}`);
}

/** The name of the folder of a vitest run is this prefix and the process id. */
export const runPrefix = 'dockpass-test-';

/**
 * Returns the environment for child processes of a test. It contains no settings of the machine, such as a proxy,
 * DOCKPASS_… or DOCKER_HOST, so that they cannot change the results of tests.
 */
export function childEnvironment(extra: Readonly<Record<string, string>> = {}): Record<string, string> {
  return {
    PATH: searchPath,
    HOME: homedir(),
    LANG: 'C.UTF-8',
    TZ: 'UTC',
    [runMarker]: String(runPid),
    ...extra,
  };
}
