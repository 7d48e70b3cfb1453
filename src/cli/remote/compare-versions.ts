import { readVersion } from '../version.ts';
import { parse } from './problem-error.ts';

/**
 * Compares the version of the server with that of this command.
 * @param readMe returns the answer to `GET /me`
 * @returns a sentence if the versions differ; undefined if they are equal or if the server does not tell its version
 */
export async function compareVersions(
  readMe: () => Promise<string>,
  origin: string,
): Promise<string | undefined> {
  const me = await readMe().then(parse, () => undefined);
  const version = (me as { version?: unknown } | undefined)?.version;
  const own = readVersion();
  if (typeof version !== 'string' || version === own) return undefined;
  return `${origin} runs dockpass ${version}, and this command is dockpass ${own}. Use the same version.`;
}
