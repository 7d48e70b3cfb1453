import { generateKeyPairSync, sign, verify } from 'node:crypto';
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Worker } from 'node:worker_threads';
import fc from 'fast-check';
import { expect, test, vi } from 'vitest';
import { algorithms, type Algorithm } from '../../../../src/keys/signing/algorithm.ts';
import { createBatchSigner } from '../../../../src/keys/signing/batch-signer.ts';
import type { SigningMaterial } from '../../../../src/keys/signing/payload-signer.ts';
import { outcomeOf, outcomeOfAsync } from '../../../support/fuzz/outcome.ts';

async function signerOf(name: Algorithm['name'], prefix: string, togetherSignerOf = createBatchSigner) {
  const { digest, signature, createKey } = algorithms[name];
  const key = await createKey();
  const sign = togetherSignerOf({ key, digest, signature, prefix });
  const isRight = (payload: string, jws: string): boolean => {
    const input = `${prefix}${payload}`;
    const signed = Buffer.from(jws.slice(input.length + 1), 'base64url');
    return jws.startsWith(`${input}.`) && verify(digest, Buffer.from(input), { key, ...signature }, signed);
  };
  return { sign, isRight };
}

test.each(['ES256', 'RS256', 'EdDSA'] as const)(
  '%s: signs a single payload and a hundred at once',
  async (name) => {
    const { sign, isRight } = await signerOf(name, 'header.');
    const alone = await sign('alone');
    expect(isRight('alone', alone)).toBe(true);
    const payloads = Array.from({ length: 100 }, (_, at) => `payload-${at}`);
    const signed = await Promise.all(payloads.map(sign));
    expect(payloads.filter((payload, at) => !isRight(payload, signed[at] ?? ''))).toEqual([]);
  },
);

test('signs each payload with its own key if two keys alternate', async () => {
  const signers = [await signerOf('ES256', 'old.'), await signerOf('ES256', 'new.')];
  const wanted = Array.from({ length: 200 }, (_, at) => ({
    signer: signers[at % 2],
    payload: `payload-${at}`,
  }));
  const signed = await Promise.all(wanted.map(({ signer, payload }) => signer?.sign(payload)));
  expect(wanted.filter(({ signer, payload }, at) => !signer?.isRight(payload, signed[at] ?? ''))).toEqual([]);
});

test('rejects every payload of a key that cannot sign, and still signs with the next key', async () => {
  const { privateKey: key } = generateKeyPairSync('x25519');
  const broken = createBatchSigner({ key, digest: 'sha256', signature: {}, prefix: '' });
  const all = await Promise.allSettled(Array.from({ length: 50 }, (_, at) => broken(`payload-${at}`)));
  expect(all.filter(({ status }) => status === 'fulfilled')).toEqual([]);
  const { sign, isRight } = await signerOf('ES256', '');
  const signed = await Promise.all(Array.from({ length: 50 }, (_, at) => sign(`payload-${at}`)));
  expect(signed.filter((text, at) => !isRight(`payload-${at}`, text))).toEqual([]);
});

test('signs short and long payloads of overlapping ticks', async () => {
  const { sign, isRight } = await signerOf('ES256', 'header.');
  const all: { readonly payload: string; readonly signed: Promise<string> }[] = [];
  for (let turn = 0; turn < 200; turn++) {
    for (let at = 0; at < turn % 23; at++) {
      // One payload is as long as a token with a hundred scopes, which does not fit into a slot of the shared memory.
      const payload = `${turn}-${at}-${'long'.repeat(at === 7 ? 1500 : at)}`;
      all.push({ payload, signed: sign(payload) });
    }
    await nextTurn();
  }
  const signed = await Promise.all(all.map((each) => each.signed));
  expect(all.filter(({ payload }, at) => !isRight(payload, signed[at] ?? ''))).toEqual([]);
});

test('loses no signature if the thread stops, and starts another thread', async () => {
  vi.resetModules();
  const fresh = await import('../../../../src/keys/signing/batch-signer.ts');
  const { sign, isRight } = await signerOf('RS256', 'header.', fresh.createBatchSigner);
  const threads: Worker[] = [];
  const addThread = (thread: Worker): void => void threads.push(thread);
  process.on('worker', addThread);
  try {
    for (let ended = 0; ended < 3;) {
      const payloads = Array.from({ length: 20 }, (_, at) => `payload-${ended}-${at}`);
      const signing = Promise.all(payloads.map(sign));
      const thread = threads[ended];
      // Stop the thread only after it has started to run, so that it is signing one of these payloads or is about to.
      if (thread !== undefined && thread.performance.eventLoopUtilization().active > 0) {
        await nextTurn();
        await thread.terminate();
        ended++;
      }
      const signed = await signing;
      expect(payloads.filter((payload, at) => !isRight(payload, signed[at] ?? ''))).toEqual([]);
    }
  } finally {
    process.off('worker', addThread);
  }
});

test('signs as node:crypto does without a batch, errors included, for random payloads and ticks', async () => {
  // Signatures of these two algorithms are always the same for the same payload.
  const names = ['RS256', 'EdDSA'] as const;
  const materials = await Promise.all(
    names.map(async (name): Promise<SigningMaterial> => {
      const { digest, signature, createKey } = algorithms[name];
      return { key: await createKey(), digest, signature, prefix: `${name}.` };
    }),
  );
  const unusable = generateKeyPairSync('x25519').privateKey;
  materials.push({ key: unusable, digest: 'sha256', signature: {}, prefix: 'unusable.' });
  const batched = materials.map(createBatchSigner);
  const plain = ({ key, digest, signature, prefix }: SigningMaterial, payload: string): string => {
    const input = `${prefix}${payload}`;
    return `${input}.${sign(digest, Buffer.from(input), { key, ...signature }).toString('base64url')}`;
  };
  // The last length does not fit into a slot of the shared memory.
  const payload = fc.oneof(
    fc.stringMatching(/^[A-Za-z0-9_-]{0,50}$/),
    fc.constantFrom(2048, 2049).map((length) => 'x'.repeat(length)),
  );
  const tick = fc.array(fc.tuple(fc.nat(materials.length - 1), payload), { maxLength: 12 });
  await fc.assert(
    fc.asyncProperty(fc.array(tick, { maxLength: 8 }), async (ticks) => {
      const checks: Promise<void>[] = [];
      for (const wanted of ticks) {
        for (const [at, payload] of wanted) {
          const [material, signBatched] = [materials[at], batched[at]];
          if (material === undefined || signBatched === undefined) continue;
          const expected = outcomeOf(() => plain(material, payload));
          checks.push(
            outcomeOfAsync(() => signBatched(payload)).then((actual) =>
              expect(actual).toStrictEqual(expected),
            ),
          );
        }
        await nextTurn();
      }
      await Promise.all(checks);
    }),
    { numRuns: 30 },
  );
});
