import type { X509Certificate } from 'node:crypto';
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
import { replaceKnownAuthorities } from './known-authorities.ts';
import { confirmClock } from './confirmed-clock.ts';
import { keyRingOptions, openKeyStore, type OpenKeys } from './key-store.ts';

/**
 * Creates a new signing key, which starts to sign tokens within two seconds. Tokens that older keys signed stay valid
 * until they expire.
 * @param trust pass `clock` if an administrator has checked that the clock is right. Then a key is created although the
 *   clock seems to be slow, for example because the database contains events with a later time. The database records
 *   that the administrator has confirmed the clock.
 * @returns the key id of the new key
 * @throws DockpassError `key_files`, `key_secret`, `clock_implausible`
 */
export async function rotateKeys(
  keys: OpenKeys,
  config: Pick<Config, 'keys'>,
  clock: Clock,
  trust?: 'clock',
): Promise<string> {
  const { keyStore, store } = keys;
  if (trust === 'clock' && store !== undefined) await confirmClock(store);
  const { clockFault, ...options } = await keyRingOptions(keys, clock);
  const rotate = async (target: KeyStore): Promise<string> => {
    const ring = await openKeyRing(config.keys, clock, target, {
      ...options,
      ...(trust !== 'clock' && { clockFault }),
      publishKeys: publishLater,
    });
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
      const keyStore = await openKeyStore(config, { encryptedKeys: table });
      const options = await keyRingOptions({ keyStore, store }, clock);
      await openKeyRing(config.keys, clock, keyStore, { ...options, publishKeys: publishLater });
    },
  );
  await publishKeys(config, clock, await openKeyStore(config, store));
}

/**
 * Creates a new CA and its first signing key, after the keys were lost. Every registry then needs the new trust bundle.
 * Leaf certificates of the lost CA are removed.
 * @throws DockpassError `already_exists` if there is a CA; `bad_usage` if the CA comes from your own PKI; `key_files`,
 *   `key_secret`, `clock_implausible`
 */
export async function createNewAuthority(
  keys: OpenKeys,
  config: Pick<Config, 'keys'>,
  clock: Clock,
): Promise<X509Certificate> {
  const { keyStore, store } = keys;
  if (config.keys.authority.certificate !== null)
    throw new DockpassError(
      'bad_usage',
      'the certificate authority comes from your own PKI (keys.authority), so dockpass creates none. Correct keys.authority.certificate and keys.authority.key.',
    );
  await requireNoAuthority(keyStore);
  const { clockFault } = await keyRingOptions(keys, clock);
  const create = async (target: KeyStore): Promise<X509Certificate> => {
    for (const name of await target.names()) await target.remove(name);
    const ring = await openKeyRing(config.keys, clock, target, {
      clockFault,
      publishKeys: publishLater,
    });
    return ring.authority();
  };
  const describe = ({ fingerprint256 }: X509Certificate): string =>
    `new certificate authority created: SHA-256 fingerprint ${fingerprint256}`;
  const authority =
    store !== undefined && config.keys.secret !== null
      ? await changeStoredKeys(store, clock, describe, async (table) => {
          const target = await openKeyStore(config, { encryptedKeys: table });
          await requireNoAuthority(target);
          return create(target);
        })
      : await changeKeyFiles(store, clock, 'creation of a new certificate authority started', describe, () =>
          create(keyStore),
        );
  if (store !== undefined) await replaceKnownAuthorities(store, authority);
  await publishKeys(config, clock, keyStore);
  return authority;
}

async function requireNoAuthority(keyStore: KeyStore): Promise<void> {
  const found = (await keyStore.names()).find((name) => /^authority\.(?:pem|crt)$/.test(name));
  if (found === undefined) return;
  throw new DockpassError(
    'already_exists',
    `${keyStore.describe(found)} contains a certificate authority that registries may trust. To replace it, run "dockpass keys rotate --authority".`,
  );
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
 * Writes the files for registries (the trust bundle and the JWKS). The keys stay as they are. A call of `openKeyRing`
 * is enough, because it writes the files each time it opens the keys.
 */
export async function publishKeys(
  { keys }: Pick<Config, 'keys'>,
  clock: Clock,
  keyStore: KeyStore,
): Promise<void> {
  await openKeyRing(keys, clock, keyStore, { renew: false });
}

function requireSecret({ keys }: Pick<Config, 'keys'>): string {
  if (keys.secret !== null) return keys.secret;
  throw new DockpassError(
    'bad_usage',
    'keys.secret is not set, but dockpass needs it to encrypt the keys in the database: set keys.secret (DOCKPASS_KEYS_SECRET_FILE), then run the command again',
  );
}
