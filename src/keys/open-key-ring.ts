import type { Clock } from '../clock.ts';
import { DockpassError } from '../errors.ts';
import { algorithms } from './signing/algorithm.ts';
import { createFirstAuthority, requireKey } from './ca/authority.ts';
import type { Authority } from './ca/authority-type.ts';
import { requireDedicated } from './ca/external-ca.ts';
import { describeKeys } from './describe-keys.ts';
import { fileKeyStore } from './storage/file-key-store.ts';
import { coalesce } from '../cache/coalesce.ts';
import { listNames, publish, readPublishedStamp, readStoredKeys, type StoredKeys } from './stored-keys.ts';
import type { KeyStore } from './storage/key-store.ts';
import type { KeyRing } from './key-ring.ts';
import type { KeySettings } from './key-settings.ts';
import { succeedLeafSet } from './leaf-set.ts';
import { implausibleClockError, requirePlausibleClock, type ClockFault } from './clock-fault.ts';
import { backdate, currentKey, dueIn, mustStay, publishLead } from './rotation-schedule.ts';
import type { Leaf } from './signing/signing-key.ts';

export interface KeyRingOptions {
  /**
   * Writes the files that registries read. A caller that opens the key ring in a database transaction passes a function
   * that does nothing, and writes the files after the commit.
   */
  readonly publishKeys?: (settings: KeySettings, stored: StoredKeys) => Promise<readonly string[] | void>;
  /**
   * Is called if another program has changed a file for registries, after the key ring has written the right content
   * again. The argument is the path of the file.
   */
  readonly onTampering?: (path: string) => void;
  /** Says whether the clock can be trusted. If it cannot, the key ring creates no certificate. */
  readonly clockFault?: ClockFault;
  /**
   * If there is no CA, the key ring calls this function before it creates one. The function throws an error if the CA
   * that registries trust must be restored instead.
   */
  readonly beforeNewAuthority?: () => Promise<void>;
  /**
   * If false, the key ring creates a key only if there is none, and does not replace a key that expires soon. Commands
   * that only show keys pass false. The default is true.
   */
  readonly renew?: boolean;
}

/**
 * Opens the key ring. At the first start, this function creates the CA, a signing key, and the trust bundle for
 * registries.
 * @throws DockpassError `key_files`, `key_secret`, `data_directory`, `clock_implausible`
 */
export async function openKeyRing(
  settings: KeySettings,
  clock: Clock,
  keyStore: KeyStore = fileKeyStore(settings.directory),
  {
    publishKeys = publish,
    onTampering = () => {},
    clockFault = () => undefined,
    beforeNewAuthority,
    renew = true,
  }: KeyRingOptions = {},
): Promise<KeyRing> {
  await keyStore.removeLeftovers();
  let stored = await readStoredKeys(settings, keyStore);
  if (stored === undefined) {
    await beforeNewAuthority?.();
    requirePlausibleClock(clockFault);
    await createFirstAuthority(keyStore, clock);
    stored = await readStoredKeys(settings, keyStore);
  }
  let state = stored ?? failMissing(keyStore);
  requireDedicated(state.authority, settings, state.keys.length > 0);
  let published: StoredKeys | undefined;
  let publishedStamp = '';
  const reload = async (): Promise<void> => {
    state = (await readStoredKeys(settings, keyStore)) ?? failMissing(keyStore);
  };
  const publishOnce = async (): Promise<void> => {
    if (published === state) {
      if ((await readPublishedStamp(settings)) === publishedStamp) return;
      // The files that registries read have changed. Another dockpass process may have stored new keys and then written
      // these files.
      if ((await listNames(keyStore)) !== state.names) await reload();
    }
    const isPublished = published === state;
    // The stamp contains the change times, inodes and sizes of the files that registries read. It is read before
    // `publishKeys` compares and writes these files. If it were read afterwards, a change by another program right
    // after the write would not be noticed. If `publishKeys` writes a file, the next refresh finds another stamp and
    // compares the files once more.
    const stamp = await readPublishedStamp(settings);
    const different = await publishKeys(settings, state);
    if (isPublished) for (const path of different ?? []) onTampering(path);
    published = state;
    publishedStamp = stamp;
  };
  const rotate = async (lead: number): Promise<void> => {
    const successor = await createSuccessor(settings, state.authority, lead, clock);
    const now = clock();
    const remaining = state.leaves.filter((leaf, at, all) => mustStay(leaf, all.slice(at + 1), now));
    await succeedLeafSet(keyStore, { generation: state.generation + 1, leaves: [...remaining, successor] });
    // If another process stored a version with this number first, `reload` reads the keys of that process.
    await reload();
  };
  const refresh = coalesce(async () => {
    if ((await listNames(keyStore)) !== state.names) await reload();
    const due = dueIn(state.keys, state.authority, settings, clock());
    // Call `clockFault` at each refresh, even if no key must be replaced. It compares the clock with its previous call,
    // so it must be called often to notice that the clock was changed.
    const fault = clockFault();
    const hasNoKey = state.keys.length === 0;
    if (due !== undefined && state.authority.key !== undefined && (renew || hasNoKey)) {
      if (fault === undefined) await rotate(due);
      else if (hasNoKey) throw implausibleClockError(fault);
    }
    await publishOnce();
  });
  await refresh();
  if (state.keys.length === 0)
    throw new DockpassError(
      'key_files',
      'there is no signing key yet, and the key of the certificate authority is not on this machine. Run "dockpass keys rotate" on the machine that has this key.',
    );
  return {
    current: () => currentKey(state.keys, clock()),
    published: () => state.keys.map(({ jwk }) => jwk),
    rootCertBundle: () => state.bundle,
    authority: () => state.authority.certificate,
    sharedReason: () => (settings.mode === 'kid' ? undefined : state.authority.sharedReason),
    list: () => describeKeys(state, clock()),
    rotate: async () => {
      requirePlausibleClock(clockFault);
      await rotate(publishLead);
      await publishOnce();
    },
    refresh,
  };
}

/**
 * Throws an error, because the CA no longer exists. dockpass does not create a new CA in this case, because the cause
 * may be temporary: an unmounted folder, or a database that is being restored.
 */
function failMissing(keyStore: KeyStore): never {
  throw new DockpassError(
    'key_files',
    `${keyStore.describe('authority.pem')} no longer exists. Restore it from a backup.`,
  );
}

/**
 * Creates a new signing key with its certificate. The current time is read only after the key has been created, because
 * creating a key can take seconds on a busy machine.
 */
async function createSuccessor(
  settings: KeySettings,
  authority: Authority,
  lead: number,
  clock: Clock,
): Promise<Leaf> {
  const issuer = requireKey(authority);
  const { certifyLeaf } = await import('./create-keys.ts');
  const key = await algorithms[settings.algorithm].createKey();
  const now = clock();
  const signsFrom = lead === 0 ? Math.floor(now / 1000) * 1000 : Math.ceil((now + lead) / 1000) * 1000;
  const until = new Date(signsFrom + settings.leafLifetime * 1000);
  return certifyLeaf(key, issuer, new Date(signsFrom - backdate), until);
}
