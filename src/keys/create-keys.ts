import { generateKeyPair, randomBytes, type KeyObject } from 'node:crypto';
import { promisify } from 'node:util';
import type { Algorithm } from './signing/algorithm.ts';
import type { Leaf } from './signing/signing-key.ts';
import { certify, selfSigned, type KeyAndCertificate } from './ca/x509.ts';

/** Bits. NIST SP 800-57 part 1 holds 3072 good beyond 2030; an authority lives ten years. */
const modulusLength = 3072;

/** The CA that registries trust, by their `rootcertbundle`. It certifies leaves and signs nothing else. */
export async function createAuthority(from: Date, until: Date): Promise<KeyAndCertificate> {
  const { privateKey } = await promisify(generateKeyPair)('rsa', { modulusLength });
  // Two authorities in one bundle must not share a name: verifiers look an issuer up by it.
  const commonName = `dockpass authority ${randomBytes(4).toString('hex')}`;
  return selfSigned(privateKey, { commonName, from, until, use: 'authority' });
}

/** A new leaf under the authority. Its certificate never outlives the authority's. */
export async function createLeaf(
  algorithm: Algorithm,
  authority: KeyAndCertificate,
  from: Date,
  until: Date,
): Promise<Leaf> {
  return certifyLeaf(await algorithm.makeKey(), authority, from, until);
}

/** The same for a key that is there already. */
export function certifyLeaf(key: KeyObject, authority: KeyAndCertificate, from: Date, until: Date): Leaf {
  const end = new Date(Math.min(until.getTime(), authority.certificate.validToDate.getTime()));
  return certify(key, { commonName: 'dockpass leaf', from, until: end, use: 'token signing' }, authority);
}
