import { createPrivateKey, type KeyObject, type X509Certificate } from 'node:crypto';
import { DockpassError } from '../../errors.ts';
import type { Authority } from './authority-type.ts';
import { readPublicFile } from '../storage/file-key-store.ts';
import { readSecretFile } from '../../files/atomic-file.ts';
import type { KeySettings } from '../key-settings.ts';
import { parseCertificates } from '../../files/pem.ts';

/**
 * An authority from one's own PKI, out of the files that the settings name; without its key where that is elsewhere.
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
      `${path} (keys.authority.certificate) is not there or holds no certificate`,
    );
  if (!issuing.ca)
    throw new DockpassError(
      'key_files',
      `the first certificate in ${path} may not issue others: it wants basicConstraints CA:TRUE`,
    );
  return {
    certificate: issuing,
    key: key === null ? undefined : await readKey(key, passphrase, issuing, path),
    chain: all.filter(({ subject, issuer }) => subject !== issuer),
    trusted: all,
  };
}

async function readKey(
  path: string,
  passphrase: string | null,
  issuing: X509Certificate,
  certificateFile: string,
): Promise<KeyObject> {
  const pem = await readSecretFile(path);
  if (pem === undefined) throw new DockpassError('key_files', `${path} (keys.authority.key) is not there`);
  const key = decrypt(pem, path, passphrase);
  if (!issuing.checkPrivateKey(key))
    throw new DockpassError(
      'key_files',
      `${path} is not the key of the first certificate in ${certificateFile}`,
    );
  requireStrong(key, path);
  return key;
}

function decrypt(pem: string, path: string, passphrase: string | null): KeyObject {
  try {
    return createPrivateKey(passphrase === null ? pem : { key: pem, passphrase });
  } catch (cause) {
    const mend = pem.includes('ENCRYPTED')
      ? 'it is encrypted: keys.authority.passphrase (DOCKPASS_KEYS_AUTHORITY_PASSPHRASE_FILE) is missing or wrong'
      : 'it holds no private key in PEM';
    throw new DockpassError('key_files', `cannot read ${path}: ${mend}`, { cause });
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
      `${path} is too weak or of a kind that registries do not verify: use RSA of 2048 bits or more, or EC P-256, P-384 or P-521`,
    );
}
