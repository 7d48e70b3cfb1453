import { generateKeyPair, randomBytes, type KeyObject } from 'node:crypto';
import { promisify } from 'node:util';
import type { Algorithm } from './signing/algorithm.ts';
import type { Leaf } from './signing/signing-key.ts';
import { certify, selfSigned, type KeyAndCertificate } from './ca/x509.ts';

/**
 * Creates the CA that registries trust through their `rootcertbundle`. The CA only issues leaf certificates and signs
 * no tokens. Its key is on the curve P-256: every registry version accepts it, NIST SP 800-57 part 1 allows it beyond
 * 2030, and its signature makes each token 430 bytes shorter than the signature of an RSA key with 3072 bits.
 */
export async function createAuthority(from: Date, until: Date): Promise<KeyAndCertificate> {
  const { privateKey } = await promisify(generateKeyPair)('ec', { namedCurve: 'P-256' });
  // Verifiers look up the certificate of an issuer by the name of the issuer. Therefore two CAs in one bundle must have
  // different names.
  const commonName = `dockpass authority ${randomBytes(4).toString('hex')}`;
  return selfSigned(privateKey, { commonName, from, until, use: 'authority' });
}

/**
 * Creates a signing key with a leaf certificate. The leaf certificate never expires later than the certificate of the
 * CA.
 */
export async function createLeaf(
  algorithm: Algorithm,
  authority: KeyAndCertificate,
  from: Date,
  until: Date,
): Promise<Leaf> {
  return certifyLeaf(await algorithm.createKey(), authority, from, until);
}

/** Issues a leaf certificate for an existing key. */
export function certifyLeaf(key: KeyObject, authority: KeyAndCertificate, from: Date, until: Date): Leaf {
  const end = new Date(Math.min(until.getTime(), authority.certificate.validToDate.getTime()));
  return certify(key, { commonName: 'dockpass leaf', from, until: end, use: 'token signing' }, authority);
}
