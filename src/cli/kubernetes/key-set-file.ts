import { createPublicKey } from 'node:crypto';
import { DockpassError } from '../../errors.ts';
import { readKeySetFile } from '../../identity/federated/keys/key-set-file.ts';

/**
 * Checks the file with the public keys of a cluster. Each key must be usable, because dockpass would silently ignore an
 * unusable one, and reject the tokens that are signed with it.
 * @throws DockpassError `key_files` with what is wrong and what to do
 */
export async function requireKeySet(path: string): Promise<void> {
  const keySet = await readKeySetFile(path);
  if (typeof keySet === 'string') throw rejected(path, keySet);
  for (const [kid, problem] of keySet.unused)
    throw rejected(path, `${problem} (kid: ${kid === '' ? 'none' : kid})`);
  if (keySet.keys.length === 0) throw rejected(path, 'the key set contains no key');
  for (const { kid, ...jwk } of keySet.keys) {
    if (kid === undefined) throw rejected(path, 'a key has no kid, so no token can name it');
    try {
      createPublicKey({ key: jwk, format: 'jwk' });
    } catch (cause) {
      throw rejected(path, `the key with the kid ${kid} is damaged`, cause);
    }
  }
}

function rejected(path: string, what: string, cause?: unknown): DockpassError {
  return new DockpassError(
    'key_files',
    `cannot use the key set ${path}: ${what}. Nothing was written. Save the public keys of the cluster with: kubectl get --raw /openid/v1/jwks > ${path}`,
    { cause },
  );
}
