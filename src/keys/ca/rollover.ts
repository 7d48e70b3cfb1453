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
 * one, the new CA is added to the trust bundle, but the old CA still issues the leaf certificates. Then every registry
 * must load this bundle. In step two, the new CA begins to issue the leaf certificates. A crash of dockpass during a
 * step does no harm: every registry still accepts the tokens, no matter whether the registry loaded the trust bundle
 * before or after that step. If the private key of the old CA is in the key folder and not in the database, the private
 * key of the new CA is also stored in the key folder.
 */

/**
 * Performs step one of the rollover: creates the next CA. After the next refresh of the key ring, the trust bundle
 * contains the current CA and the next CA.
 */
export async function beginRollover(settings: KeySettings, keyStore: KeyStore, clock: Clock): Promise<void> {
  await requireRolloverPossible(settings, keyStore);
  if (!(await isKeyOutside(keyStore))) {
    await keyStore.create('authority-next.pem', formatPairs([await newAuthority(clock)]));
    return;
  }
  const folder = fileKeyStore(settings.directory);
  const next = await newAuthority(clock);
  // The folder may already contain a next CA, if an earlier rollover was interrupted between the two statements below.
  // The key store then does not contain the certificate of that CA, so no trust bundle contains it either. Therefore
  // that CA can be replaced.
  await folder.replace('authority-next.pem', formatPairs([next]));
  await keyStore.create('authority-next.crt', next.certificate.toString());
}

/**
 * Checks, without changing anything, that this process can begin a rollover.
 * @throws DockpassError `key_files` if the CA comes from your own PKI, or if this machine does not have the private key
 *   of the CA
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
 * Creates a signing key whose certificate is issued by the next CA. If a registry has not loaded the new trust bundle
 * yet, it rejects every token that is signed with this key. The key is not stored.
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
 * Performs step two of the rollover: makes the next CA the current one. After that, the first process that refreshes
 * its key ring issues a leaf certificate with the new CA. Tokens that were signed while the old CA was current stay
 * valid.
 */
export async function finishRollover(settings: KeySettings, keyStore: KeyStore): Promise<void> {
  requireOwnAuthority(settings);
  const old = await readAuthorityNamed('authority', settings, keyStore);
  // The old certificate is stored under another name before the new CA replaces it. Therefore a process always finds
  // the certificates of both CAs, even if it reads the files during this function.
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
    'the certificate authority comes from your own PKI (keys.authority), so dockpass cannot replace it. Add the certificate of the new CA to the end of the file in keys.authority.certificate. Give every registry the new trust bundle and restart it. Then move the new certificate to the start of the file, and replace the key.',
  );
}

function noAuthority(): never {
  throw new DockpassError(
    'key_files',
    'there is no certificate authority yet. Start dockpass once to create it.',
  );
}
