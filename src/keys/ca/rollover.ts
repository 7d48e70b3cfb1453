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
 * These functions replace the CA in two steps, because a registry reads its trust bundle only when it starts. In step
 * one, the trust bundle gets both CAs, and the old CA still issues the leaf certificates. In step two, when every
 * registry has this bundle, the new CA begins to issue the leaf certificates. If dockpass crashes during a step,
 * registries accept its tokens both with the bundle from before the step and with the bundle from after it. If the
 * private key of the old CA is in the key folder and not in the database, the private key of the new CA is stored in
 * the key folder too.
 */

/**
 * Step one of the rollover: creates the next CA. As soon as the key ring is read again, the trust bundle contains both
 * CAs.
 */
export async function beginRollover(settings: KeySettings, keyStore: KeyStore, clock: Clock): Promise<void> {
  await requireRolloverPossible(settings, keyStore);
  if (!(await isKeyOutside(keyStore))) {
    await keyStore.create('authority-next.pem', formatPairs([await newAuthority(clock)]));
    return;
  }
  const folder = fileKeyStore(settings.directory);
  const next = await newAuthority(clock);
  // If an earlier rollover was interrupted, the folder may contain a next CA from that rollover. No trust bundle
  // contains that CA, so it can be replaced.
  await folder.replace('authority-next.pem', formatPairs([next]));
  await keyStore.create('authority-next.crt', next.certificate.toString());
}

/**
 * Checks, without changing anything, that this process can begin a rollover.
 * @throws DockpassError `key_files` if the CA belongs to another PKI, or if its private key is elsewhere
 */
export async function requireRolloverPossible(settings: KeySettings, keyStore: KeyStore): Promise<void> {
  requireOwnAuthority(settings);
  if (await isKeyOutside(keyStore))
    requireKey((await readAuthorityNamed('authority', settings, keyStore)) ?? noAuthority());
}

export async function isRolloverUnderWay(settings: KeySettings, keyStore: KeyStore): Promise<boolean> {
  return (await readAuthorityNamed('authority-next', settings, keyStore)) !== undefined;
}

/**
 * Creates a signing key with a certificate that the next CA issues. A registry accepts a token of this key only if the
 * registry already has the new trust bundle. The key is not stored.
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
 * Step two of the rollover: makes the next CA the current one. The next refresh of any key ring then issues a leaf
 * certificate of the new CA. Tokens that were signed under the old CA stay valid.
 */
export async function finishRollover(settings: KeySettings, keyStore: KeyStore): Promise<void> {
  requireOwnAuthority(settings);
  const old = await readAuthorityNamed('authority', settings, keyStore);
  // The old certificate is stored under another name before the new CA replaces it. Therefore a process that reads the
  // files at any moment finds the certificates of both CAs.
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
    'the certificate authority comes from your own PKI (keys.authority), so dockpass cannot replace it. Add the new certificate to the file in keys.authority.certificate after the old one, give registries the new trust bundle, then replace the key.',
  );
}

function noAuthority(): never {
  throw new DockpassError(
    'key_files',
    'there is no certificate authority yet. Start dockpass once to create it.',
  );
}
