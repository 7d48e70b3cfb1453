import type { PresetName } from '../../trust/presets.ts';

/**
 * The signature algorithms (RFC 7518 section 3.1, RFC 8037, RFC 9864) that are accepted from an issuer without a
 * preset. Algorithms with a shared secret (HS256 and so on) and `none` are never accepted.
 */
const asymmetricAlgorithms = [
  ...['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512'],
  ...['ES256', 'ES384', 'ES512', 'EdDSA', 'Ed25519'],
];

/** The algorithm that each platform with a preset uses. A platform that changes it announces that long before. */
const platformAlgorithms = ['RS256'];

/** Returns the signature algorithms that are accepted from an issuer. */
export function algorithmsOf(preset: PresetName | undefined): readonly string[] {
  return preset === undefined ? asymmetricAlgorithms : platformAlgorithms;
}
