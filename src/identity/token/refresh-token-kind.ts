import type { Secret } from '../../secret.ts';
import { secretTokenLength } from './secret-token.ts';

/**
 * The number of random bytes in a refresh token (`dpi_`). The sessions of users and those of federated identities are
 * in different tables. Their refresh tokens have different lengths, so that each token is looked up in one table only.
 *
 * 32 bytes are 256 bits. RFC 6749 section 10.10 requires at least 128 bits and recommends 160.
 */
export const refreshTokenBytes = { user: 32, federated: 40 } as const;

const federatedLength = secretTokenLength('dpi_', refreshTokenBytes.federated);

/** Returns true if the refresh token can only be one of a federated identity. */
export function isFederatedRefreshToken(text: Secret): boolean {
  return text.reveal().length === federatedLength;
}
