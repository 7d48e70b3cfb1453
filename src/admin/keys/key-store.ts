import type { Clock } from '../../clock.ts';
import type { Config } from '../../config/load.ts';
import { DockpassError } from '../../errors.ts';
import type { ClockFault } from '../../keys/clock-fault.ts';
import { requireSameAuthority } from '../../keys/ca/require-same-authority.ts';
import type { KeyRing } from '../../keys/key-ring.ts';
import { openKeyRing, type KeyRingOptions } from '../../keys/open-key-ring.ts';
import { openEncryptedKeyStore, type EncryptedKeyTable } from '../../keys/storage/encrypted-key-store.ts';
import { fileKeyStore } from '../../keys/storage/file-key-store.ts';
import type { KeyStore } from '../../keys/storage/key-store.ts';
import { readStoredKeys } from '../../keys/stored-keys.ts';
import { asCommandLine } from '../people/actor.ts';
import { isPostgres, openExistingStore } from '../../store/open-store.ts';
import type { Store } from '../../store/store.ts';
import { clockFaultFor } from './confirmed-clock.ts';
import { requireNoKnownAuthority } from './known-authorities.ts';

/**
 * Checks that the key files, if there are any, can be used. Does nothing if `keys.secret` is set, because the keys are
 * then in the database. `serve` and `up` call this function before they create a database.
 * @throws DockpassError `key_files`
 */
export async function checkKeyFiles({ keys }: Config): Promise<void> {
  if (keys.secret === null) await readStoredKeys(keys, fileKeyStore(keys.directory));
}

/**
 * Returns true if the key folder contains a certificate authority, or if the configuration names one.
 * @throws DockpassError `key_files` if the keys cannot be used
 */
export async function hasKeyFiles({ keys }: Pick<Config, 'keys'>): Promise<boolean> {
  return (await readStoredKeys(keys, fileKeyStore(keys.directory))) !== undefined;
}

/**
 * Opens the key store. If `keys.secret` is set, the key store is the database; if `keys.secret` is not set, the key
 * store is the key folder. If the keys that registries trust are in the other of these two places, throws an error.
 * Without this error, the caller would create new keys, which no registry trusts.
 * @throws DockpassError `key_secret`, `key_files`
 */
export async function openKeyStore(
  { keys }: Pick<Config, 'keys'>,
  { encryptedKeys }: { readonly encryptedKeys: EncryptedKeyTable },
): Promise<KeyStore> {
  if (keys.secret !== null) {
    const keyStore = await openEncryptedKeyStore(encryptedKeys, keys.secret);
    await requireSameAuthority(keys, keyStore);
    return keyStore;
  }
  if ((await encryptedKeys.names()).length === 0) return fileKeyStore(keys.directory);
  throw new DockpassError(
    'key_secret',
    'the keys are in the database, but keys.secret is not set for this process: set keys.secret (DOCKPASS_KEYS_SECRET_FILE) to the secret that the other dockpass processes use',
  );
}

/** The key store that a command works on, and the database if there is one. */
export interface OpenKeys {
  readonly keyStore: KeyStore;
  /**
   * The database, whose audit log records changes to the keys. Undefined if the keys are files and there is no
   * database.
   */
  readonly store: Store | undefined;
}

/**
 * Opens the keys, calls `work` with them, and closes the database afterwards. Creates no database: if the keys are files,
 * the database may be missing.
 * @throws DockpassError `database` if the keys are stored in the database and it does not exist
 */
export async function withKeys<Result>(
  config: Config,
  work: (keys: OpenKeys) => Promise<Result>,
): Promise<Result> {
  const { database, keys } = config;
  const store = await openExistingStore(database, config.databaseOwnership, 'any');
  if (store === undefined) {
    if (keys.secret === null) return work({ keyStore: fileKeyStore(keys.directory), store });
    throw new DockpassError(
      'database',
      `the database ${isPostgres(database) ? '' : `${database} `}does not exist. Because keys.secret is set, dockpass stores the keys in this database. Start dockpass once to create the database and the keys: dockpass serve`,
    );
  }
  try {
    return await work({ keyStore: await openKeyStore(config, store), store: asCommandLine(store) });
  } finally {
    await store.close();
  }
}

/**
 * Returns the options with which a command opens the key ring. With these options, the key ring creates no certificate
 * if the clock of this machine is wrong, and no CA if the database already records a CA.
 */
export async function keyRingOptions(
  { keyStore, store }: OpenKeys,
  clock: Clock,
): Promise<KeyRingOptions & { readonly clockFault: ClockFault }> {
  return {
    clockFault: await clockFaultFor(store, clock),
    ...(store && { beforeNewAuthority: () => requireNoKnownAuthority(store, keyStore) }),
  };
}

/** Opens the keys as `withKeys` does, but passes only the key store to `work`. */
export function withKeyStore<Result>(
  config: Config,
  work: (keyStore: KeyStore) => Promise<Result>,
): Promise<Result> {
  return withKeys(config, ({ keyStore }) => work(keyStore));
}

/**
 * Opens the keys as `withKeys` does, but passes the key ring to `work`.
 * @param options if `work` only shows the keys, pass `renew: false`. If no keys may be created, pass a function
 *   `beforeNewAuthority` that throws an error.
 */
export function withKeyRing<Result>(
  config: Config,
  clock: Clock,
  work: (ring: KeyRing) => Promise<Result> | Result,
  options: Pick<KeyRingOptions, 'renew' | 'beforeNewAuthority'> = {},
): Promise<Result> {
  return withKeys(config, async (keys) => {
    const all = { ...(await keyRingOptions(keys, clock)), ...options };
    return work(await openKeyRing(config.keys, clock, keys.keyStore, all));
  });
}
