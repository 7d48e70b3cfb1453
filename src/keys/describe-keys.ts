import type { X509Certificate } from 'node:crypto';
import type { StoredKeys } from './stored-keys.ts';
import type { KeyDescription } from './key-ring.ts';
import { findCurrentKey, signsFrom } from './rotation-schedule.ts';

/** Describes the CA and the signing keys for the output of `dockpass keys list`. */
export function describeKeys({ authority, keys }: StoredKeys, now: number): KeyDescription[] {
  const current = findCurrentKey(keys, now);
  const { asymmetricKeyType, asymmetricKeyDetails: details } = authority.certificate.publicKey;
  return [
    {
      name: 'authority',
      use: authority.key === undefined ? 'certifies leaves elsewhere' : 'certifies leaves',
      algorithm: `${asymmetricKeyType === 'rsa' ? 'RSA' : 'EC'} ${details?.modulusLength ?? details?.namedCurve ?? ''}`,
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
