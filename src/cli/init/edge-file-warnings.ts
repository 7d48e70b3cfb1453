import { readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Config } from '../../config/load.ts';
import { manifestComment } from '../../edge/edge.ts';
import { findRunning } from '../running/current-config.ts';
import { edgeFileNames } from './edge-files.ts';
import { edgeKinds } from './edge-kinds.ts';

/** What to do if immutable tags are configured, and `dockpass up` does not run the edge. */
export const newEdgeFileNeeded =
  'immutableTags: an edge of your own must send the manifests of pushes to dockpass. If you wrote its file before you set immutableTags, write it again with "dockpass init --edge-only", and reload the edge. To check it, run "dockpass doctor"';

/**
 * Finds the files of edges next to the configuration file that do not protect the immutable tags, because they were
 * written before these were set.
 * @returns one line of text for each warning
 */
export async function findEdgeFileWarnings(config: Config): Promise<string[]> {
  if (config.immutableTags.length === 0) return [];
  const folder = config.file === undefined ? process.cwd() : dirname(config.file);
  const paths = edgeKinds.flatMap((kind) => edgeFileNames(kind).slice(-1)).map((name) => join(folder, name));
  const texts = await Promise.all(paths.map((path) => readFile(path, 'utf8').catch(() => '')));
  const own = paths.flatMap((path, index) => {
    const text = texts[index] ?? '';
    return /^.*the edge of dockpass/.test(text) ? [{ path, isNew: text.includes(manifestComment) }] : [];
  });
  const old = own.filter(({ isNew }) => !isNew);
  if (old.length > 0)
    return old.map(
      ({ path }) =>
        `immutableTags has no effect with the edge file ${path}, because the file was written before. Write it again with "dockpass init --edge-only --out ${folder}", and reload the edge`,
    );
  if (own.length > 0 || (await findRunning(config)).servers.some(({ program }) => program === 'up'))
    return [];
  return [newEdgeFileNeeded];
}
