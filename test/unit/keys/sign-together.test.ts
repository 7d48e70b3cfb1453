import { generateKeyPairSync, verify } from 'node:crypto';
import { expect, test } from 'vitest';
import { algorithms, type Algorithm } from '../../../src/keys/algorithm.ts';
import { togetherSigner } from '../../../src/keys/sign-together.ts';

async function signerOf(name: Algorithm['name'], prefix: string) {
  const { digest, signature, makeKey } = algorithms[name];
  const key = await makeKey();
  const sign = togetherSigner({ key, digest, signature, prefix });
  const isRight = (payload: string, jws: string): boolean => {
    const input = `${prefix}${payload}`;
    const signed = Buffer.from(jws.slice(input.length + 1), 'base64url');
    return jws.startsWith(`${input}.`) && verify(digest, Buffer.from(input), { key, ...signature }, signed);
  };
  return { sign, isRight };
}

test.each(['ES256', 'RS256', 'EdDSA'] as const)('%s: one alone and a hundred at once', async (name) => {
  const { sign, isRight } = await signerOf(name, 'header.');
  const alone = await sign('alone');
  expect(isRight('alone', alone)).toBe(true);
  const payloads = Array.from({ length: 100 }, (_, at) => `payload-${at}`);
  const signed = await Promise.all(payloads.map(sign));
  expect(payloads.filter((payload, at) => !isRight(payload, signed[at] ?? ''))).toEqual([]);
});

test('each with its own key, however two keys take turns', async () => {
  const signers = [await signerOf('ES256', 'old.'), await signerOf('ES256', 'new.')];
  const wanted = Array.from({ length: 200 }, (_, at) => ({
    signer: signers[at % 2],
    payload: `payload-${at}`,
  }));
  const signed = await Promise.all(wanted.map(({ signer, payload }) => signer?.sign(payload)));
  expect(wanted.filter(({ signer, payload }, at) => !signer?.isRight(payload, signed[at] ?? ''))).toEqual([]);
});

test('a key that cannot sign so fails every one of them, and the next key signs on', async () => {
  const { privateKey: key } = generateKeyPairSync('x25519');
  const broken = togetherSigner({ key, digest: 'sha256', signature: {}, prefix: '' });
  const all = await Promise.allSettled(Array.from({ length: 50 }, (_, at) => broken(`payload-${at}`)));
  expect(all.filter(({ status }) => status === 'fulfilled')).toEqual([]);
  const { sign, isRight } = await signerOf('ES256', '');
  const signed = await Promise.all(Array.from({ length: 50 }, (_, at) => sign(`payload-${at}`)));
  expect(signed.filter((text, at) => !isRight(`payload-${at}`, text))).toEqual([]);
});
