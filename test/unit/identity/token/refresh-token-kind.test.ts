import { expect, test } from 'vitest';
import {
  isFederatedRefreshToken,
  refreshTokenBytes,
} from '../../../../src/identity/token/refresh-token-kind.ts';
import { createSecretToken, parseSecretToken } from '../../../../src/identity/token/secret-token.ts';

test('the two kinds of refresh tokens are told apart by their length, and are shorter than 200 bytes', () => {
  for (let time = 0; time < 100; time++) {
    const user = createSecretToken('dpi_', refreshTokenBytes.user).text;
    const federated = createSecretToken('dpi_', refreshTokenBytes.federated).text;
    expect([isFederatedRefreshToken(user), isFederatedRefreshToken(federated)]).toEqual([false, true]);
    expect(parseSecretToken(federated.reveal())).toBeDefined();
    expect(federated.reveal().length).toBeLessThan(200);
  }
});
