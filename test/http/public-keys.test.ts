import request from 'supertest';
import { expect, test } from 'vitest';
import { openKeyRing } from '../../src/keys/open-key-ring.ts';
import { startIssuer } from '../support/dockpass/issuer.ts';

const kidsIn = ({ keys }: { keys: { kid: string }[] }): string[] => keys.map(({ kid }) => kid);

test('the key set contains a key that another process has just created', async () => {
  const issuer = await startIssuer();
  const other = await openKeyRing(issuer.config.keys, issuer.clock);
  for (let round = 0; round < 5; round++) {
    await other.rotate();
    const { body } = await request(issuer.url).get('/auth/jwks').expect(200);
    expect(kidsIn(body as { keys: { kid: string }[] })).toEqual(other.published().map(({ kid }) => kid));
  }
});
