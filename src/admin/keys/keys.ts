import type { Clock } from '../../clock.ts';
import type { Config } from '../../config/load.ts';
import { DockpassError } from '../../errors.ts';
import { openKeyRing } from '../../keys/open-key-ring.ts';
import { openEncryptedKeyStore, reencrypt } from '../../keys/storage/encrypted-key-store.ts';
import { fileKeyStore } from '../../keys/storage/file-key-store.ts';
import type { KeyStore } from '../../keys/storage/key-store.ts';
import { moveKeys } from '../../keys/storage/move-keys.ts';
import type { Store } from '../../store/store.ts';
import { changeKeyFiles, changeStoredKeys } from './key-change.ts';
import { openKeyStore, type OpenKeys } from './key-store.ts';

/**
 * Creates a new signing key, which starts to sign tokens within two seconds. Tokens that older keys signed stay valid
 * until they expire.
 * @returns the key id of the new key
 * @throws DockpassError `key_files`, `key_secret`
 */
export async function rotateKeys(
  { keyStore, store }: OpenKeys,
  config: Pick<Config, 'keys'>,
  clock: Clock,
): Promise<string> {
  const rotate = async (target: KeyStore): Promise<string> => {
    const ring = await openKeyRing(config.keys, clock, target, publishLater);
    await ring.rotate();
    return ring.list().at(-1)?.name ?? '';
  };
  const describe = (leaf: string): string => `keys rotated: new signing key ${leaf}`;
  const leaf =
    store !== undefined && config.keys.secret !== null
      ? await changeStoredKeys(store, clock, describe, async (table) =>
          rotate(await openKeyStore(config, { encryptedKeys: table })),
        )
      : await changeKeyFiles(store, clock, 'rotation of the keys started', describe, () => rotate(keyStore));
  await publishKeys(config, clock, keyStore);
  return leaf;
}

/**
 * Copies the keys from the folder into the database, encrypted with `keys.secret`. The CA stays the same, so you do not
 * have to change the registries. The key files stay in the folder, but dockpass no longer reads them.
 * @param authority if `stays`, the private key of the CA is not copied. In this case, only a machine that has the
 *   folder can create signing keys.
 * @throws DockpassError `bad_usage` if `keys.secret` is not set; `key_files`; `already_exists` if the database has
 *   other keys
 */
export async function moveKeysToDatabase(
  store: Store,
  config: Pick<Config, 'keys'>,
  clock: Clock,
  authority: 'along' | 'stays',
): Promise<void> {
  const secret = requireSecret(config);
  await changeStoredKeys(
    store,
    clock,
    () => 'keys moved to the database',
    async (table) => {
      const folder = fileKeyStore(config.keys.directory);
      await moveKeys(folder, await openEncryptedKeyStore(table, secret), authority);
      await openKeyRing(
        config.keys,
        clock,
        await openKeyStore(config, { encryptedKeys: table }),
        publishLater,
      );
    },
  );
  await publishKeys(config, clock, await openKeyStore(config, store));
}

/**
 * Encrypts the keys in the database with a new secret.
 * @throws DockpassError `bad_usage` if `keys.secret` is not set; `key_secret`, `key_files`
 */
export async function reencryptKeys(
  store: Store,
  config: Pick<Config, 'keys'>,
  clock: Clock,
  newSecret: string,
): Promise<void> {
  const secret = requireSecret(config);
  const describe = (): string => 'keys encrypted with a new secret';
  await changeStoredKeys(store, clock, describe, (table) => reencrypt(table, secret, newSecret));
}

/**
 * A function that does nothing. Within a transaction, pass it to each call of `openKeyRing`. It replaces the default
 * function, which writes the files for registries at once. Without it, the files would be written before the commit.
 */
export const publishLater = async (): Promise<void> => {};

/**
 * Writes the files for registries (the trust bundle and the JWKS). This function only calls `openKeyRing`, because
 * `openKeyRing` writes the files each time it opens the keys.
 */
export async function publishKeys(
  { keys }: Pick<Config, 'keys'>,
  clock: Clock,
  keyStore: KeyStore,
): Promise<void> {
  await openKeyRing(keys, clock, keyStore);
}

function requireSecret({ keys }: Pick<Config, 'keys'>): string {
  if (keys.secret !== null) return keys.secret;
  throw new DockpassError(
    'bad_usage',
    'keys.secret is not set, but dockpass needs it to encrypt the keys in the database: set keys.secret (DOCKPASS_KEYS_SECRET_FILE), then run the command again',
  );
}
