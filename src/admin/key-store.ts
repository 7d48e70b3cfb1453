import { existsSync } from 'node:fs';
import type { Clock } from '../clock.ts';
import type { Config } from '../config/load.ts';
import { DockpassError } from '../errors.ts';
import { fileKeyStore } from '../keys/storage/file-key-store.ts';
import { requireSameAuthority } from '../keys/ca/require-same-authority.ts';
import { readStoredKeys } from '../keys/stored-keys.ts';
import type { KeyStore } from '../keys/storage/key-store.ts';
import type { KeyRing } from '../keys/key-ring.ts';
import { openKeyRing } from '../keys/open-key-ring.ts';
import { openEncryptedKeyStore } from '../keys/storage/encrypted-key-store.ts';
import { isPostgres, openStore } from '../store/open-store.ts';
import type { Store } from '../store/store.ts';

/** Keys that cannot be used stop a start before a database is made. @throws DockpassError `key_files` */
export async function checkKeyFiles({ keys }: Config): Promise<void> {
  if (keys.secret === null) await readStoredKeys(keys, fileKeyStore(keys.directory));
}

/**
 * Where the keys are kept: in the database where there is a secret to seal them with, else in the folder. Never in one
 * while they are in the other: keys made anew by mistake are refused by every registry.
 * @throws DockpassError `key_secret`, `key_files`
 */
export async function openKeyStore({ keys }: Config, store: Store): Promise<KeyStore> {
  if (keys.secret !== null) {
    const keep = await openEncryptedKeyStore(store.sealedKeys, keys.secret);
    await requireSameAuthority(keys, keep);
    return keep;
  }
  if ((await store.sealedKeys.names()).length === 0) return fileKeyStore(keys.directory);
  throw new DockpassError(
    'key_secret',
    'the keys are in the database, and keys.secret is not set here: give this process the secret that all others have (DOCKPASS_KEYS_SECRET_FILE)',
  );
}

/** For a command: the keep, as long as the work lasts. */
export async function withKeyStore<Result>(
  config: Config,
  work: (keep: KeyStore) => Promise<Result>,
): Promise<Result> {
  const { database, keys } = config;
  // A command on keys makes no database.
  if (keys.secret === null && !isPostgres(database) && !existsSync(database))
    return work(fileKeyStore(keys.directory));
  const store = await openStore(database);
  try {
    return await work(await openKeyStore(config, store));
  } finally {
    await store.close();
  }
}

/** The same with the ring open. */
export function withKeyRing<Result>(
  config: Config,
  clock: Clock,
  work: (ring: KeyRing) => Promise<Result> | Result,
): Promise<Result> {
  return withKeyStore(config, async (keep) => work(await openKeyRing(config.keys, clock, keep)));
}
