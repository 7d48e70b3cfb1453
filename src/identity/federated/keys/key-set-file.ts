import { readPublicFile } from '../../../files/atomic-file.ts';
import { parseKeySet, type KeySet } from '../../../trust/key-set.ts';

/**
 * Reads a key set from a file.
 * @returns the key set or, if it cannot be used, what is wrong with it
 */
export async function readKeySetFile(path: string): Promise<KeySet | string> {
  const text = await readPublicFile(path);
  return text === undefined ? 'the file does not exist' : parseKeySet(text);
}
