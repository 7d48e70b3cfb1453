import type { Clock } from '../../clock.ts';
import { DockpassError } from '../../errors.ts';
import { algorithms } from '../signing/algorithm.ts';
import { newAuthority, readAuthorityNamed, requireKey } from './authority.ts';
import { fileKeyStore } from '../storage/file-key-store.ts';
import { previousAuthority, type KeyStore } from '../storage/key-store.ts';
import type { KeySettings } from '../key-settings.ts';
import { formatPairs } from '../../files/pem.ts';
import { signingKey, type SigningKey } from '../signing/signing-key.ts';

/**
 * Replaces the CA in two steps, because every registry reads its trust bundle only at its start. First the bundle
 * contains both CAs, and the old one still issues leaf certificates. When every registry has this bundle, the new
 * CA takes over. After a crash at any point, registries with either bundle accept the tokens. If the key of the CA
 * is stored outside of the database, so is the key of the new one.
 */

/** Step one. When the key ring is read again, the bundle contains both CAs. */
export async function beginRollover(settings: KeySettings, keyStore: KeyStore, clock: Clock): Promise<void> {
  requireOwnAuthority(settings);
  if (!(await isKeyOutside(keyStore))) {
    await keyStore.create('authority-next.pem', formatPairs([await newAuthority(clock)]));
    return;
  }
  requireKey((await readAuthorityNamed('authority', settings, keyStore)) ?? noAuthority());
  const folder = fileKeyStore(settings.directory);
  const next = await newAuthority(clock);
  // A rollover that was interrupted here may have left a CA. No bundle contains it, so it can be replaced.
  await folder.replace('authority-next.pem', formatPairs([next]));
  await keyStore.create('authority-next.crt', next.certificate.toString());
}

export async function isRolloverUnderWay(settings: KeySettings, keyStore: KeyStore): Promise<boolean> {
  return (await readAuthorityNamed('authority-next', settings, keyStore)) !== undefined;
}

/**
 * Creates a signing key under the next CA. It shows whether a registry already has the new bundle. The key is not
 * stored.
 */
export async function probeKeyOfNext(
  settings: KeySettings,
  keyStore: KeyStore,
  clock: Clock,
): Promise<SigningKey> {
  const next = await readAuthorityNamed('authority-next', settings, keyStore);
  if (next === undefined)
    throw new DockpassError(
      'key_files',
      'no rollover is in progress. Start one with "dockpass keys rotate --authority".',
    );
  const { createLeaf } = await import('../create-keys.ts');
  const hour = 60 * 60 * 1000;
  const leaf = await createLeaf(
    algorithms[settings.algorithm],
    requireKey(next),
    new Date(clock() - hour),
    new Date(clock() + hour),
  );
  return signingKey(leaf, 'x5c', []);
}

/**
 * Step two. The next refresh of any key ring issues a leaf certificate of the new CA. Tokens of the old one stay
 * valid.
 */
export async function finishRollover(settings: KeySettings, keyStore: KeyStore): Promise<void> {
  requireOwnAuthority(settings);
  const old = await readAuthorityNamed('authority', settings, keyStore);
  // The old certificate is stored before its key is replaced. So a process that reads the files in any order finds
  // both.
  if (old !== undefined) await keyStore.replace(previousAuthority, old.certificate.toString());
  if (!(await isKeyOutside(keyStore))) return keyStore.rename('authority-next.pem', 'authority.pem');
  const folder = fileKeyStore(settings.directory);
  if ((await folder.names()).includes('authority-next.pem'))
    await folder.rename('authority-next.pem', 'authority.pem');
  return keyStore.rename('authority-next.crt', 'authority.crt');
}

async function isKeyOutside(keyStore: KeyStore): Promise<boolean> {
  return (await keyStore.names()).includes('authority.crt');
}

function requireOwnAuthority(settings: KeySettings): void {
  if (settings.authority.certificate === null) return;
  throw new DockpassError(
    'key_files',
    'the certificate authority comes from your own PKI (keys.authority). Add the new certificate to its file after the old one, give registries the new bundle, then replace the key.',
  );
}

function noAuthority(): never {
  throw new DockpassError(
    'key_files',
    'there is no certificate authority yet. Start dockpass once to create it.',
  );
}
