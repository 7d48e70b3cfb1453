import { rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { fakeClock } from '../../../../support/dockpass/issuer.ts';
import { temporaryDirectory } from '../../../../support/run/temp.ts';
import { newIssuerKey, signJwt } from '../../../../support/trust/issuer.ts';
import {
  problemIn,
  startVerifier,
  trustRule,
  type TestVerifier,
} from '../../../../support/trust/verifier.ts';

const issuer = 'https://kubernetes.default.svc.cluster.local';
const [key, second] = [await newIssuerKey(), await newIssuerKey()];

interface Lab extends TestVerifier {
  readonly path: string;
  /** Replaces the key set in one step, as an administrator should. */
  save(keys: readonly unknown[]): Promise<void>;
  check(signer?: typeof key): Promise<string>;
}

async function startLab(): Promise<Lab> {
  const clock = fakeClock();
  const verifier = await startVerifier(clock);
  const path = join(await temporaryDirectory('jwks'), 'cluster.json');
  const rule = trustRule(issuer, { jwks: path });
  return {
    ...verifier,
    path,
    save: async (keys) => {
      await writeFile(`${path}.new`, JSON.stringify({ keys }));
      await rename(`${path}.new`, path);
    },
    check: async (signer = key) => {
      const exp = Math.floor(clock() / 1000) + 300;
      const jwt = await signJwt(signer, { iss: issuer, aud: 'registry.example.com', exp });
      return problemIn(await verifier.verify(jwt, rule));
    },
  };
}

test('a changed file counts at once, for new keys and for keys that are no longer in it', async () => {
  const { save, check } = await startLab();
  await save([key.publicJwk]);
  expect([await check(), await check(second)]).toEqual(['valid', 'unknown key']);
  await save([key.publicJwk, second.publicJwk]);
  expect([await check(), await check(second)]).toEqual(['valid', 'valid']);
  await save([second.publicJwk]);
  expect([await check(), await check(second)]).toEqual(['unknown key', 'valid']);
});

test('a key that has left the file verifies no cached JWT', async () => {
  const { save, check } = await startLab();
  await save([key.publicJwk]);
  expect(await check()).toBe('valid');
  await save([second.publicJwk]);
  expect(await check()).toBe('unknown key');
});

test('a missing file is an error, and its JWTs are accepted as soon as it is there', async () => {
  const { save, check, logged } = await startLab();
  expect(await check()).toBe('keys unavailable');
  expect(await check()).toBe('keys unavailable');
  expect(logged).toEqual([expect.stringMatching(/cluster\.json: the file does not exist\. Until you fix/)]);
  await save([key.publicJwk]);
  expect(await check()).toBe('valid');
});

test.each([
  ['is not JSON', 'not JSON'],
  ['contains a private key', JSON.stringify({ keys: [{ ...key.publicJwk, d: 'AAAA' }] })],
  ['contains a symmetric key', JSON.stringify({ keys: [key.publicJwk, { kty: 'oct', k: 'AAAA' }] })],
])('a file that %s is not used, and the last valid version of it counts', async (_, text) => {
  const { save, check, path, logged } = await startLab();
  await writeFile(path, text);
  expect(await check()).toBe('keys unavailable');
  await save([key.publicJwk]);
  expect(await check()).toBe('valid');
  await writeFile(path, text);
  expect(await check()).toBe('valid');
  expect(logged.at(-1)).toContain('uses the last valid version');
  await rm(path);
  expect(await check()).toBe('valid');
});
