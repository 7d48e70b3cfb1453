import { createPublicKey } from 'node:crypto';
import { expect, test } from 'vitest';
import { libtrustFingerprint } from '../../../../src/keys/signing/signing-key.ts';

test('computes the libtrust fingerprint of a known key', () => {
  // This is the P-256 key of RFC 7517, appendix A.1. The expected fingerprint is the first 30 bytes of the output of
  // `openssl pkey -pubin -outform der | sha256sum`, in base32.
  const key = createPublicKey({
    format: 'jwk',
    key: {
      kty: 'EC',
      crv: 'P-256',
      x: 'MKBCTNIcKUSDii11ySs3526iDZ8AiTo7Tu6KPAqv7D4',
      y: '4Etl6SRW2YiLUrN5vfvVHuhp7x8PxltmWWlbbM4IFyM',
    },
  });
  expect(libtrustFingerprint(key)).toBe('KG4U:JTP2:KRGU:YMTT:VJV7:GUDC:LJ65:KO53:NJYX:EMTU:6U4L:DGRA');
});
