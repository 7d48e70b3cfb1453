import { createPublicKey, type X509Certificate } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import type { Clock } from '../clock.ts';
import { DockpassError } from '../errors.ts';
import { algorithmOf, algorithms } from './algorithm.ts';
import { readAuthority, type Authority } from './authority.ts';
import { removeStaleDrafts, replaceFile } from './key-files.ts';
import type { KeyDescription, KeyRing } from './key-ring.ts';
import { jwksFile, rootCertBundleFile, type KeySettings } from './key-settings.ts';
import { leavesFile, newestGeneration, readLeafSet, succeedLeafSet, type LeafSet } from './leaf-files.ts';
import { signingKey, type Leaf, type SigningKey } from './signing-key.ts';

/** Milliseconds by which a leaf is valid before it signs: a registry's clock may run late. */
const backdate = 60 * 60 * 1000;
/**
 * Milliseconds at least between a leaf's publication and its first signature, which then waits for the next full
 * second, because certificates count in those. Long enough for every process, which looks every 400 ms
 * (keep-fresh.ts), to show it in its key set; short enough that a rotation is done within two seconds.
 */
const publishLead = 600;

/**
 * Opens the keys, making on the first start what is missing: the authority, a leaf that it certifies, and the bundle
 * that registries trust. A directory whose files do not fit together is never repaired by guessing.
 * @throws DockpassError `key_files`
 */
export async function openKeyRing(settings: KeySettings, clock: Clock): Promise<KeyRing> {
  await removeStaleDrafts(settings.directory);
  let state = await load(settings, clock);
  const rotate = async (lead: number): Promise<void> => {
    const now = clock();
    const signsFrom = lead === 0 ? Math.floor(now / 1000) * 1000 : Math.ceil((now + lead) / 1000) * 1000;
    const successor = await makeSuccessor(settings, state.authority, signsFrom);
    const kept = state.set?.leaves.filter((leaf, at, all) => mayHaveTokens(leaf, all[at + 1], now)) ?? [];
    await succeedLeafSet(settings.directory, {
      generation: (state.set?.generation ?? 0) + 1,
      leaves: [...kept, successor],
    });
    // Whoever was first: what stands there now counts.
    state = await load(settings, clock);
  };
  const refresh = async (): Promise<void> => {
    if ((await newestGeneration(settings.directory)) !== state.set?.generation)
      state = await load(settings, clock);
    const due = dueIn(state, settings, clock());
    if (due !== undefined) await rotate(due);
  };
  await refresh();
  return {
    current: () => currentKey(state.keys, clock()),
    published: () => state.keys.map(({ jwk }) => jwk),
    rootCertBundle: () => state.bundle,
    list: () => describe(state, clock()),
    rotate: () => rotate(publishLead),
    refresh,
  };
}

/** What the files said when they were last read. */
interface State {
  readonly authority: Authority;
  readonly set: LeafSet | undefined;
  /** Oldest first; by the algorithm that is configured last. */
  readonly keys: readonly SigningKey[];
  readonly bundle: string;
}

async function load(settings: KeySettings, clock: Clock): Promise<State> {
  const set = await readLeafSet(settings.directory);
  const authority = await readAuthority(settings, set !== undefined, clock);
  const keys = (set?.leaves ?? []).map((leaf) => {
    requireOurs(leaf, authority, leavesFile(settings.directory, set?.generation ?? 0));
    return signingKey(leaf, settings.mode, authority.chain);
  });
  const bundle = bundleOf(authority, keys, settings);
  await publish(rootCertBundleFile(settings.directory), bundle);
  await publish(
    jwksFile(settings.directory),
    `${JSON.stringify({ keys: keys.map(({ jwk }) => jwk) }, null, 2)}\n`,
  );
  return { authority, set, keys, bundle };
}

function requireOurs(leaf: Leaf, authority: Authority, path: string): void {
  const mend = `move ${path} away, and a new leaf is made at the next start`;
  if (algorithmOf(leaf.key) === undefined)
    throw new DockpassError(
      'key_files',
      `${path} holds a key that is too weak or of an unknown kind: ${mend}`,
    );
  if (!authority.trusted.some((certificate) => leaf.certificate.verify(certificate.publicKey))) {
    throw new DockpassError('key_files', `${path} was not signed by this authority: ${mend}`);
  }
}

/** In kid mode registry 2.8 finds keys by the certificates in its bundle, so the leaves stand in it too. */
function bundleOf(authority: Authority, keys: readonly SigningKey[], settings: KeySettings): string {
  const leaves = settings.mode === 'kid' ? keys.map(({ certificate }) => certificate) : [];
  return [...authority.trusted, ...leaves].map(String).join('');
}

/** Public, so it may be read by all: the registry often runs as another user. */
async function publish(path: string, text: string): Promise<void> {
  const published = await readFile(path, 'utf8').catch(() => undefined);
  if (published !== text) await replaceFile(path, text, 0o644);
}

async function makeSuccessor(settings: KeySettings, authority: Authority, signsFrom: number): Promise<Leaf> {
  const { makeLeaf } = await import('./make.ts');
  const until = new Date(signsFrom + settings.leafLifetime * 1000);
  return makeLeaf(algorithms[settings.algorithm], authority, new Date(signsFrom - backdate), until);
}

/** The newest that may sign already; where a clock was set back and none may, the oldest. */
export function currentKey(keys: readonly SigningKey[], now: number): SigningKey {
  for (let at = keys.length - 1; at >= 0; at--) {
    const key = keys[at];
    if (key !== undefined && signsFrom(key.certificate) <= now) return key;
  }
  const first = keys[0];
  if (first === undefined) throw new DockpassError('key_files', 'there is no leaf to sign with');
  return first;
}

function signsFrom(certificate: X509Certificate): number {
  return certificate.validFromDate.getTime() + backdate;
}

/** Milliseconds to the first signature of a successor that has to be made now; undefined where none has. */
function dueIn({ keys, authority }: State, settings: KeySettings, now: number): number | undefined {
  const newest = keys.at(-1);
  if (newest === undefined || newest.algorithm.name !== settings.algorithm) return 0;
  // After a rollover of the authority a leaf of the new one is due.
  if (!newest.certificate.verify(authority.certificate.publicKey)) return publishLead;
  const end = newest.certificate.validToDate.getTime();
  // What an authority certifies that has ended itself is worth nothing; the warnings say so.
  if (authority.certificate.validToDate.getTime() <= now) return undefined;
  if (end <= now) return 0;
  // A leaf can be cut short by its authority's end; making another would not help, and would go on for ever.
  const cutShort = end >= authority.certificate.validToDate.getTime();
  return end - now < settings.rotateBefore * 1000 && !cutShort ? publishLead : undefined;
}

/** A leaf whose successor has signed for longer than any token lives has no tokens about. */
function mayHaveTokens(leaf: Leaf, successor: Leaf | undefined, now: number): boolean {
  const longest = 24 * 60 * 60 * 1000;
  return (
    leaf.certificate.validToDate.getTime() > now &&
    (successor === undefined || now - signsFrom(successor.certificate) < longest)
  );
}

function describe({ authority, keys }: State, now: number): KeyDescription[] {
  const current = keys.length === 0 ? undefined : currentKey(keys, now);
  const type = authority.key.asymmetricKeyType === 'rsa' ? 'RSA' : 'EC';
  const bits = createPublicKey(authority.key).asymmetricKeyDetails;
  return [
    {
      name: 'authority',
      use: 'certifies leaves',
      algorithm: `${type} ${bits?.modulusLength ?? bits?.namedCurve ?? ''}`,
      ...validity(authority.certificate),
    },
    ...keys.map((key): KeyDescription => ({
      name: key.kid,
      use:
        key === current
          ? 'signs tokens'
          : signsFrom(key.certificate) > now
            ? 'will sign tokens'
            : 'verifies tokens',
      algorithm: key.algorithm.name,
      ...validity(key.certificate),
    })),
  ];
}

function validity({ validFromDate, validToDate }: X509Certificate): { from: string; until: string } {
  return { from: validFromDate.toISOString(), until: validToDate.toISOString() };
}
