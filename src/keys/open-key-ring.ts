import type { Clock } from '../clock.ts';
import { DockpassError } from '../errors.ts';
import { algorithms } from './signing/algorithm.ts';
import { createFirstAuthority, requireKey } from './ca/authority.ts';
import type { Authority } from './ca/authority-type.ts';
import { describeKeys } from './describe-keys.ts';
import { fileKeyStore } from './storage/file-key-store.ts';
import { coalesce } from '../cache/coalesce.ts';
import { listNames, publish, readStoredKeys, type StoredKeys } from './stored-keys.ts';
import type { KeyStore } from './storage/key-store.ts';
import type { KeyRing } from './key-ring.ts';
import type { KeySettings } from './key-settings.ts';
import { succeedLeafSet } from './leaf-set.ts';
import { backdate, currentKey, dueIn, mayHaveValidTokens, publishLead } from './rotation-schedule.ts';
import type { Leaf } from './signing/signing-key.ts';

/**
 * Opens the keys, making on the first start what is missing: the authority, a leaf that it certifies, and the bundle
 * that registries trust.
 * @param publishKeys writes what registries read. A caller that works in a transaction leaves it out until the commit.
 * @throws DockpassError `key_files`, `key_secret`, `data_directory`
 */
export async function openKeyRing(
  settings: KeySettings,
  clock: Clock,
  keep: KeyStore = fileKeyStore(settings.directory),
  publishKeys: typeof publish = publish,
): Promise<KeyRing> {
  await keep.tidy();
  let kept = await readStoredKeys(settings, keep);
  if (kept === undefined) {
    await createFirstAuthority(keep, clock);
    kept = await readStoredKeys(settings, keep);
  }
  let state = kept ?? gone(keep);
  let published: StoredKeys | undefined;
  const readAgain = async (): Promise<void> => {
    state = (await readStoredKeys(settings, keep)) ?? gone(keep);
  };
  const publishOnce = async (): Promise<void> => {
    if (published === state) return;
    await publishKeys(settings, state);
    published = state;
  };
  const rotate = async (lead: number): Promise<void> => {
    const successor = await makeSuccessor(settings, state.authority, lead, clock);
    const now = clock();
    const kept = state.leaves.filter((leaf, at, all) => mayHaveValidTokens(leaf, all[at + 1], now));
    await succeedLeafSet(keep, { generation: state.generation + 1, leaves: [...kept, successor] });
    // Whoever was first: what stands there now counts.
    await readAgain();
  };
  const refresh = coalesce(async () => {
    if ((await listNames(keep)) !== state.names) await readAgain();
    const due = dueIn(state.keys, state.authority, settings, clock());
    if (due !== undefined && state.authority.key !== undefined) await rotate(due);
    await publishOnce();
  });
  await refresh();
  if (state.keys.length === 0)
    throw new DockpassError(
      'key_files',
      'there is no leaf yet, and the authority\'s key is not here: run "dockpass keys rotate" where it is',
    );
  return {
    current: () => currentKey(state.keys, clock()),
    published: () => state.keys.map(({ jwk }) => jwk),
    rootCertBundle: () => state.bundle,
    list: () => describeKeys(state, clock()),
    rotate: async () => {
      await rotate(publishLead);
      await publishOnce();
    },
    refresh,
  };
}

/** Of a running process no authority is made anew: a folder may be unmounted, and a database brought back. */
function gone(keep: KeyStore): never {
  throw new DockpassError('key_files', `${keep.place('authority.pem')} has gone: put it back from a backup`);
}

/** Its time counts from when it is all but there: drawing a key takes as long as the machine is busy. */
async function makeSuccessor(
  settings: KeySettings,
  authority: Authority,
  lead: number,
  clock: Clock,
): Promise<Leaf> {
  const issuer = requireKey(authority);
  const { certifyLeaf } = await import('./create-keys.ts');
  const key = await algorithms[settings.algorithm].makeKey();
  const now = clock();
  const signsFrom = lead === 0 ? Math.floor(now / 1000) * 1000 : Math.ceil((now + lead) / 1000) * 1000;
  const until = new Date(signsFrom + settings.leafLifetime * 1000);
  return certifyLeaf(key, issuer, new Date(signsFrom - backdate), until);
}
