import { homedir, tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The repository's own directory. */
export const repository = fileURLToPath(new URL('../../..', import.meta.url));

/** Where scripts/install-parts.sh puts what no package has. The same rule as in scripts/parts.sh. */
export const partsDirectory =
  process.env['DOCKPASS_PARTS'] ??
  join(process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache'), 'dockpass-parts');

/** PATH with what a person's shell may leave out: Debian has nginx and dockerd in /usr/sbin. */
export const searchPath = [process.env['PATH'] ?? '', '/usr/local/sbin', '/usr/sbin', '/sbin'].join(
  delimiter,
);

/** Marks every process of one vitest run, its children's children included, for whoever clears up (clean-up.ts). */
export const runMarker = 'TEST_RUN';

/** The process id of the whole vitest run that this worker belongs to (whole-run.ts sets it). */
export const runPid = Number(process.env[runMarker] ?? process.pid);

/** Where all files of a vitest run are. */
export function runDirectory(pid: number): string {
  return join(tmpdir(), `${runPrefix}${pid}`);
}

/** What the names of these directories begin with. */
export const runPrefix = 'dockpass-test-';

/**
 * What a child of a test sees: nothing of the machine's own settings (a proxy, a DOCKPASS_…, a DOCKER_HOST) decides
 * how a test ends.
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
