import type { X509Certificate } from 'node:crypto';
import { existsSync } from 'node:fs';
import type { Clock } from '../clock.ts';
import { withKeyStore } from '../admin/keys/key-store.ts';
import type { Config } from '../config/load.ts';
import { algorithms } from '../keys/signing/algorithm.ts';
import { readAuthority } from '../keys/ca/authority.ts';
import type { Authority } from '../keys/ca/authority-type.ts';
import { fileKeyStore } from '../keys/storage/file-key-store.ts';
import type { KeyStore } from '../keys/storage/key-store.ts';
import type { KeySettings } from '../keys/key-settings.ts';
import { readLeafSet } from '../keys/leaf-set.ts';
import { bundleOf } from '../keys/stored-keys.ts';
import { findCurrentKey } from '../keys/rotation-schedule.ts';
import { signingKey, type KeyMode, type Leaf, type SigningKey } from '../keys/signing/signing-key.ts';
import { isPostgres } from '../store/open-store.ts';

/**
 * The keys of dockpass, as they are stored. doctor does not open a key ring, because a key ring renews keys that are
 * due for renewal, and would so hide faults.
 */
export interface OwnKeys {
  readonly authority: X509Certificate;
  readonly trusted: readonly X509Certificate[];
  /** The certificates in the trust bundle that dockpass publishes. */
  readonly bundle: readonly X509Certificate[];
  /** See `sharedReason` of `KeyRing`. */
  readonly sharedReason: string | undefined;
  /** The leaf certificates with their private keys, oldest first. */
  readonly leaves: readonly Leaf[];
  readonly current: Leaf;
  /**
   * A leaf certificate that has the same properties as the leaf that the next rotation will create. doctor creates it
   * only in memory. Undefined if the private key of the certificate authority is on another machine.
   */
  readonly next: Leaf | undefined;
  key(leaf: Leaf, mode: KeyMode): SigningKey;
}

/**
 * Reads the keys without changing them. If the keys are stored in files, they are read even if the database is missing
 * or damaged.
 * @returns undefined if there are no keys yet
 * @throws DockpassError `key_files`, `key_secret`, `database`
 */
export async function readOwnKeys(config: Config, clock: Clock): Promise<OwnKeys | undefined> {
  const { database, keys } = config;
  const inFolder = keys.secret === null && !isPostgres(database);
  if (inFolder) return readFrom(keys, fileKeyStore(keys.directory), clock);
  if (!isPostgres(database) && !existsSync(database)) return undefined;
  return withKeyStore(config, (keyStore) => readFrom(keys, keyStore, clock));
}

async function readFrom(
  settings: KeySettings,
  keyStore: KeyStore,
  clock: Clock,
): Promise<OwnKeys | undefined> {
  const set = await readLeafSet(keyStore);
  const authority = await readAuthority(settings, keyStore);
  if (set === undefined || authority === undefined) return undefined;
  const key = (leaf: Leaf, mode: KeyMode): SigningKey => signingKey(leaf, mode, authority.chain);
  const keys = set.leaves.map((leaf) => key(leaf, settings.mode));
  // If no key can sign at this time, doctor uses the newest key, so that the probes report what is wrong with it.
  const signing = findCurrentKey(keys, clock()) ?? keys.at(-1);
  return {
    authority: authority.certificate,
    trusted: authority.trusted,
    bundle: bundleOf(authority, set.leaves, settings.mode),
    sharedReason: settings.mode === 'kid' ? undefined : authority.sharedReason,
    leaves: set.leaves,
    current: set.leaves.find((_leaf, at) => keys[at] === signing) ?? (set.leaves[0] as Leaf),
    next: await nextLeaf(settings, authority, clock),
    key,
  };
}

async function nextLeaf(
  settings: KeySettings,
  { key, certificate }: Authority,
  clock: Clock,
): Promise<Leaf | undefined> {
  if (key === undefined) return undefined;
  const { createLeaf } = await import('../keys/create-keys.ts');
  const hour = 60 * 60 * 1000;
  return createLeaf(
    algorithms[settings.algorithm],
    { key, certificate },
    new Date(clock() - hour),
    new Date(clock() + hour),
  );
}
