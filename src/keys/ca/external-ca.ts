import { createPrivateKey, type KeyObject, type X509Certificate } from 'node:crypto';
import { DockpassError } from '../../errors.ts';
import { dedicatedCaFix, whyShared } from './dedicated-ca.ts';
import type { Authority } from './authority-type.ts';
import { readPublicFile, readSecretFile } from '../../files/atomic-file.ts';
import type { KeySettings } from '../key-settings.ts';
import { parseCertificates } from '../../files/pem.ts';

/**
 * Reads the CA of your own PKI from the files whose paths are in `keys.authority`. If there is no path of a key file,
 * the returned CA has no key.
 * @throws DockpassError `key_files`
 */
export async function readExternalCa({
  certificate,
  key,
  passphrase,
}: KeySettings['authority']): Promise<Authority> {
  const path = certificate ?? '';
  const all = parseCertificates((await readPublicFile(path)) ?? '', path);
  const [issuing] = all;
  if (issuing === undefined)
    throw new DockpassError(
      'key_files',
      `${path} (keys.authority.certificate) does not exist or contains no certificate. Check the path.`,
    );
  if (!issuing.ca)
    throw new DockpassError(
      'key_files',
      `the first certificate in ${path} is not a CA certificate. Use a certificate with basicConstraints CA:TRUE.`,
    );
  const trusted = all.filter((one) => !all.some((other) => isParent(one, other)));
  return {
    certificate: issuing,
    key: key === null ? undefined : await readKey(key, passphrase, issuing, path),
    chain: all.filter(({ subject, issuer }) => subject !== issuer),
    trusted,
    isExternal: true,
    sharedReason: trusted.map(whyShared).find((reason) => reason !== undefined),
  };
}

/**
 * Returns true if the certificate `one` issued the certificate `other`. Returns false if both are the same certificate,
 * although a root issues itself.
 */
function isParent(one: X509Certificate, other: X509Certificate): boolean {
  return !one.raw.equals(other.raw) && other.checkIssued(one) && other.verify(one.publicKey);
}

/**
 * Throws an error if the CA is not dedicated to dockpass: anyone with another certificate of this CA could sign tokens
 * that registries accept. There are two exceptions:
 * - In mode `kid`, any CA can be used, because registries then trust only the leaf certificates of dockpass.
 * - If there are signing keys already, an error is thrown only if the setting `requireDedicated` is true. Registries
 *   already trust this CA, so without the setting, the caller only logs the problem.
 * @throws DockpassError `key_files`
 */
export function requireDedicated(
  { sharedReason }: Authority,
  { mode, authority: { requireDedicated: isRequired } }: KeySettings,
  hasSigningKeys: boolean,
): void {
  if (sharedReason === undefined || mode === 'kid' || (hasSigningKeys && !isRequired)) return;
  throw new DockpassError('key_files', sharedCaMessage(sharedReason));
}

/**
 * Returns the error message for a CA that is not dedicated to dockpass. Others can sign tokens with the certificates of
 * such a CA. The message contains the fix.
 */
export function sharedCaMessage(sharedReason: string): string {
  return `${sharedReason}. Anyone with another certificate of this authority could sign tokens for every repository. ${dedicatedCaFix}`;
}

async function readKey(
  path: string,
  passphrase: string | null,
  issuing: X509Certificate,
  certificateFile: string,
): Promise<KeyObject> {
  const pem = await readSecretFile(path);
  if (pem === undefined)
    throw new DockpassError('key_files', `${path} (keys.authority.key) does not exist. Check the path.`);
  const key = parseKey(pem, path, passphrase);
  if (!issuing.checkPrivateKey(key))
    throw new DockpassError(
      'key_files',
      `${path} is not the key of the first certificate in ${certificateFile}. Set keys.authority.key to the key that belongs to this certificate.`,
    );
  requireStrong(key, path);
  return key;
}

function parseKey(pem: string, path: string, passphrase: string | null): KeyObject {
  try {
    return createPrivateKey(passphrase === null ? pem : { key: pem, passphrase });
  } catch (cause) {
    const fix = pem.includes('ENCRYPTED')
      ? 'the key is encrypted, and keys.authority.passphrase (DOCKPASS_KEYS_AUTHORITY_PASSPHRASE_FILE) is missing or wrong'
      : 'the file contains no private key in PEM format';
    throw new DockpassError('key_files', `cannot read ${path}: ${fix}`, { cause });
  }
}

function requireStrong(key: KeyObject, path: string): void {
  const { modulusLength, namedCurve } = key.asymmetricKeyDetails ?? {};
  const rsa = key.asymmetricKeyType === 'rsa' && (modulusLength ?? 0) >= 2048;
  const ec =
    key.asymmetricKeyType === 'ec' && ['prime256v1', 'secp384r1', 'secp521r1'].includes(namedCurve ?? '');
  if (!rsa && !ec)
    throw new DockpassError(
      'key_files',
      `the key in ${path} is too weak, or of a type that registries cannot verify. Use RSA with at least 2048 bits, or EC P-256, P-384 or P-521.`,
    );
}
